import type { Evidence, OperationKind, OperationState, Verdict } from '../model/index.ts';
import { idList, maybe, type Queryable } from './queryable.ts';

/** One intended call with a side effect: written before it is sent, kept with all that became of it. */
export interface Operation {
  readonly id: number;
  readonly kind: OperationKind;
  readonly flow: string;
  readonly run_id: number | null;
  readonly plan_id: number | null;
  readonly key: string;
  readonly lane: number;
  readonly location: string | null;
  readonly sku: string | null;
  readonly document_id: number | null;
  readonly order_id: string | null;
  readonly request: Readonly<Record<string, unknown>>;
  readonly precondition: Readonly<Record<string, unknown>>;
  readonly state: OperationState;
  readonly verdict: Verdict | null;
  readonly evidence: Evidence | null;
  readonly attempts: number;
  readonly fence: number;
  readonly lease_until: Date | null;
  readonly not_before: Date;
  readonly waiting_for: string | null;
  readonly answer: Readonly<Record<string, unknown>> | null;
  readonly oto_id: string | null;
  readonly why: string | null;
  readonly created_at: Date;
  readonly sent_at: Date | null;
  readonly settled_at: Date | null;
  /** The pg-boss job that carries it. */
  readonly job_id: string | null;
  /** Of a stock figure: milliseconds between the last reading of OTO's and its sending. */
  readonly window_ms: number | null;
  /** What somebody else had made of OTO's figure since it was read for the plan. */
  readonly moved: string | null;
}

/** What a worker gets to know of an operation that it has claimed: what it sends, and what settling needs. */
export type Claimed = Pick<
  Operation,
  | 'id'
  | 'kind'
  | 'flow'
  | 'run_id'
  | 'key'
  | 'lane'
  | 'location'
  | 'sku'
  | 'document_id'
  | 'order_id'
  | 'request'
  | 'precondition'
  | 'attempts'
  | 'fence'
  | 'sent_at'
>;

export interface OperationEvent {
  readonly at: Date;
  readonly from: OperationState | null;
  readonly to: OperationState;
  readonly who: string;
  readonly why: string;
  readonly detail: unknown;
}

/** True of every operation, in the parts by which the indexes hold those of a run. */
function anyState(of = ''): string {
  return `(${of}state in ('sending', 'unknown') or ${of}state not in ('sending', 'unknown'))`;
}

/** Which of the given operations still wait to be sent. */
export async function stillReady(db: Queryable, ids: readonly number[]): Promise<Set<number>> {
  const rows = await db.query<{ id: number }>(
    `select id from operation where id = any($1::bigint[]) and state = 'ready'`,
    [idList(ids)],
  );
  return new Set(rows.map((row) => row.id));
}

/** Those of the given operations that wait to be sent. */
export async function readyAmong(db: Queryable, ids: readonly number[]): Promise<Operation[]> {
  return db.query<Operation>(
    `select * from operation where id = any($1::bigint[]) and state = 'ready' order by lane, id`,
    [ids],
  );
}

export async function getOperation(db: Queryable, id: number): Promise<Operation | undefined> {
  return maybe<Operation>(db, 'select * from operation where id = $1', [id]);
}

/** Null where it has been deleted since. */
export async function stateOfOperation(db: Queryable, id: number): Promise<OperationState | null> {
  const rows = await db.query<{ state: OperationState }>(
    'select state from operation where id = $1',
    [id],
    'state-of-operation',
  );
  return rows[0]?.state ?? null;
}

export async function operationEvents(db: Queryable, id: number): Promise<OperationEvent[]> {
  return db.query<OperationEvent>(
    'select at, "from", "to", who, why, detail from operation_event where operation_id = $1 order by id',
    [id],
  );
}

export interface OperationFilter {
  readonly states?: readonly OperationState[];
  readonly flow?: string | undefined;
  readonly kind?: string | undefined;
  readonly sku?: string | undefined;
  readonly location?: string | undefined;
  readonly runId?: number | undefined;
  readonly documentId?: number | undefined;
  /** Only those that came to their end by then. */
  readonly settledUntil?: Date | undefined;
  readonly limit?: number;
}

export async function listOperations(db: Queryable, filter: OperationFilter): Promise<Operation[]> {
  return db.query<Operation>(
    `select * from operation
     where ($1::text[] is null or state = any($1)) and ($2::text is null or flow = $2) and ($3::text is null or kind = $3)
       and ($4::text is null or sku = $4) and ($5::text is null or location = $5)
       and ($6::bigint is null or (run_id = $6 and ${anyState()}))
       and ($7::bigint is null or document_id = $7)
       and ($9::timestamptz is null or date_trunc('milliseconds', settled_at) <= $9)
     order by id desc limit $8`,
    [
      filter.states ?? null,
      filter.flow ?? null,
      filter.kind ?? null,
      filter.sku ?? null,
      filter.location ?? null,
      filter.runId ?? null,
      filter.documentId ?? null,
      filter.limit ?? 100,
      filter.settledUntil ?? null,
    ],
  );
}

/** Operations that have waited for their product for longer than a day. */
export async function longWaiting(db: Queryable): Promise<{ sku: string; since: Date }[]> {
  return db.query(
    `select substr(waiting_for, 9) as sku, min(created_at) as since from operation
     where state = 'waiting' and waiting_for like 'product %' and created_at < now() - interval '1 day' group by 1 order by 2 limit 1000`,
  );
}

/**
 * How many operations of a run are in each state. One that waits for figures which are just being lowered counts as ready: it goes
 * as soon as they have landed. One that waits for OTO to let us again counts as `paused`, also in the moment between the end of the
 * pause and its release.
 */
export async function countByState(
  db: Queryable,
  runId: number,
): Promise<Partial<Record<OperationState | 'paused', number>>> {
  const rows = await db.query<{ state: OperationState | 'paused'; count: number }>(
    `select case when o.state = 'waiting' and (o.waiting_for = 'account' or o.waiting_for like 'family %') then 'paused'
       when o.state = 'waiting' and o.waiting_for = 'figures' and not exists (
         select from document_line l join document d on d.id = l.document_id
         where l.document_id = o.document_id and l.taken_off_at is null and not exists (
             select from operation s where s.kind = 'stock-set' and s.key = d.location || E'\\t' || l.sku and s.state = 'ready')
           and not exists (
             select from operation s where s.kind = 'stock-set' and s.key = d.location || E'\\t' || l.sku
               and s.state in ('sending', 'unknown')))
       then 'ready' else o.state end as state, count(*)
     from operation o where o.run_id = $1 and ${anyState('o.')} group by 1`,
    [runId],
  );
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.count)]));
}

/** Open work by lane, with the age of the oldest in seconds: for `status`. */
export async function openByLane(
  db: Queryable,
): Promise<{ lane: number; state: OperationState; count: number; oldest: number }[]> {
  const rows = await db.query<{ lane: number; state: OperationState; count: string; oldest: string }>(
    `select lane, state, count(*), extract(epoch from now() - min(created_at)) as oldest from operation
     where state in ('ready', 'waiting') or state in ('sending', 'unknown') or state = 'parked'
     group by lane, state order by lane, state`,
  );
  return rows.map((row) => ({ ...row, count: Number(row.count), oldest: Math.round(Number(row.oldest)) }));
}

/** A ready operation and the job that should carry it. */
export type Carried = Pick<Operation, 'id' | 'kind' | 'key' | 'lane' | 'job_id'>;

/**
 * Ready operations in the order of key and kind, those behind `after`: the sweeper goes round them, portion by portion, and queues those
 * whose job is gone. However many there are, a portion costs the same.
 */
export async function readyOperations(
  db: Queryable,
  after: Pick<Operation, 'kind' | 'key'> | undefined,
  limit: number,
): Promise<Carried[]> {
  return db.query<Carried>(
    `select id, kind, key, lane, job_id from operation where state = 'ready' and (key, kind) > ($1, $2) order by key, kind limit $3`,
    [after?.key ?? '', after?.kind ?? '', limit],
  );
}
