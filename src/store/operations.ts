import {
  type Evidence,
  type Lane,
  lanes,
  mayBecome,
  type OperationKind,
  type OperationState,
  type Verdict,
} from '../model/index.ts';
import { maybe, type Queryable } from './queryable.ts';

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
}

export interface OperationEvent {
  readonly at: Date;
  readonly from: OperationState | null;
  readonly to: OperationState;
  readonly who: string;
  readonly why: string;
  readonly detail: unknown;
}

export interface NewOperation {
  readonly kind: OperationKind;
  readonly flow: string;
  readonly runId?: number | null;
  readonly planId?: number | null;
  readonly key: string;
  readonly lane: Lane;
  readonly location?: string | null;
  readonly sku?: string | null;
  readonly documentId?: number | null;
  readonly orderId?: string | null;
  readonly request: Readonly<Record<string, unknown>>;
  readonly precondition?: Readonly<Record<string, unknown>>;
  readonly waitingFor?: string | null;
}

/** How one operation leaves the state it is in. */
export interface Transition {
  readonly id: number;
  readonly to: OperationState;
  readonly why: string;
  readonly detail?: unknown;
  /** Refused unless the row still carries it: a worker whose lease has passed to another cannot settle. */
  readonly fence?: number;
  readonly evidence?: Evidence;
  readonly answer?: unknown;
  readonly otoId?: string | undefined;
  /** Milliseconds until it may be touched again. */
  readonly delayMs?: number;
  readonly waitingFor?: string;
  /** The try did not count: nothing reached OTO. */
  readonly freeAttempt?: boolean;
}

const verdictOf: Partial<Record<OperationState, Verdict>> = {
  landed: 'landed',
  refused: 'refused',
  superseded: 'superseded',
  cancelled: 'cancelled',
};

/**
 * Moves operations from `from` to their next states and appends the events, in one statement. Rows that are no longer in `from`,
 * or carry another fence, stay as they are; the ids that moved come back.
 */
export async function transition(
  db: Queryable,
  from: OperationState,
  steps: readonly Transition[],
  who: string,
): Promise<number[]> {
  for (const step of steps) {
    if (!mayBecome(from, step.to)) throw new Error(`operation ${step.id} cannot go from ${from} to ${step.to}`);
  }
  if (steps.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    `with step as (
       select * from jsonb_to_recordset($1::jsonb) as s(
         id bigint, "to" text, why text, detail jsonb, fence int, verdict text, evidence text, answer jsonb, oto_id text,
         delay_ms int, waiting_for text, free_attempt boolean)
     ), aimed as (
       -- One figure a key may be unsent. Where a newer one waits already, this one has had its day.
       select s.*, s."to" = 'ready' and exists (
         select from operation o join operation n on n.kind = o.kind and n.key = o.key and n.id <> o.id
         where o.id = s.id and n.state in ('ready', 'waiting')) as late
       from step s
     ), moved as (
       update operation o set
         state = case when s.late then 'superseded' else s."to" end,
         verdict = case when s.late then 'superseded' else s.verdict end,
         evidence = s.evidence,
         answer = coalesce(s.answer, o.answer),
         oto_id = coalesce(s.oto_id, o.oto_id),
         why = s.why,
         attempts = o.attempts - (case when s.free_attempt then 1 else 0 end),
         lease_until = null,
         not_before = now() + coalesce(s.delay_ms, 0) * interval '1 millisecond',
         waiting_for = s.waiting_for,
         settled_at = case when s.verdict is not null or s.late then now() end
       from aimed s
       where o.id = s.id and o.state = $2 and (s.fence is null or o.fence = s.fence)
       returning o.id, s."to", s.why, s.detail, s.late
     )
     insert into operation_event (operation_id, "from", "to", who, why, detail)
     select id, "from", "to", $3, why, detail from (
       select id, 1 as step, $2 as "from", "to", why, detail from moved
       union all
       -- It came back to be sent again, and gave way at once.
       select id, 2, 'ready', 'superseded', 'a newer figure took its place', null from moved where late
     ) as event order by id, step
     returning operation_id as id`,
    [
      JSON.stringify(
        steps.map((step) => ({
          id: step.id,
          to: step.to,
          why: step.why,
          detail: step.detail ?? null,
          fence: step.fence ?? null,
          verdict: verdictOf[step.to] ?? null,
          evidence: step.evidence ?? null,
          answer: step.answer ?? null,
          oto_id: step.otoId ?? null,
          // PostgreSQL takes no fraction for an integer, and a refused statement would leave what was sent without its answer.
          delay_ms: step.delayMs === undefined ? null : Math.ceil(step.delayMs),
          waiting_for: step.waitingFor ?? null,
          free_attempt: step.freeAttempt ?? false,
        })),
      ),
      from,
      who,
    ],
  );
  return [...new Set(rows.map((row) => row.id))];
}

/**
 * Writes operations. A newer one takes the place of an unsent one of the same kind and key (`superseded`), and of a parked stock
 * figure. An inventory order is never written twice: the second one is left out. The new ids come back in the order of `wanted`,
 * undefined where one was left out.
 */
export async function createOperations(
  db: Queryable,
  wanted: readonly NewOperation[],
  who: string,
): Promise<(number | undefined)[]> {
  const made = new Map<string, number>();
  let left = wanted;
  // An older operation may come back from sending between our two statements and keep the place: then it is superseded in the next round.
  for (let round = 0; left.length > 0 && round < 5; round += 1) {
    for (const row of await supersedeAndInsert(db, left, who)) made.set(`${row.kind}\n${row.key}`, row.id);
    left = left.filter(
      (operation) => operation.kind !== 'inventory-order' && !made.has(`${operation.kind}\n${operation.key}`),
    );
  }
  return wanted.map((operation) => made.get(`${operation.kind}\n${operation.key}`));
}

async function supersedeAndInsert(
  db: Queryable,
  wanted: readonly NewOperation[],
  who: string,
): Promise<{ id: number; key: string; kind: string }[]> {
  const values = JSON.stringify(wanted.map(toRow));
  await db.query(
    `with gone as (
       update operation o set state = 'superseded', verdict = 'superseded', why = 'a newer figure took its place',
         lease_until = null, waiting_for = null, settled_at = now()
       from jsonb_to_recordset($1::jsonb) as w(kind text, key text), operation was
       where o.kind = w.kind and o.key = w.key and was.id = o.id
         and (o.state in ('ready', 'waiting') or (o.state = 'parked' and o.kind = 'stock-set')) and o.kind <> 'inventory-order'
       returning o.id, was.state
     )
     insert into operation_event (operation_id, "from", "to", who, why)
     select id, state, 'superseded', $2, 'a newer figure took its place' from gone`,
    [values, who],
  );
  return db.query<{ id: number; key: string; kind: string }>(
    `with made as (
       insert into operation (kind, flow, run_id, plan_id, key, lane, location, sku, document_id, order_id, request, precondition, state, waiting_for)
       select kind, flow, run_id, plan_id, key, lane, location, sku, document_id, order_id, request, precondition,
         case when waiting_for is null then 'ready' else 'waiting' end, waiting_for
       from jsonb_to_recordset($1::jsonb) as w(
         kind text, flow text, run_id bigint, plan_id bigint, key text, lane smallint, location text, sku text,
         document_id bigint, order_id text, request jsonb, precondition jsonb, waiting_for text)
       on conflict do nothing
       returning id, key, kind, state, waiting_for
     ), noted as (
       insert into operation_event (operation_id, "from", "to", who, why)
       select id, null, state, $2, coalesce('waits for ' || waiting_for, 'planned') from made
     )
     select id, key, kind from made`,
    [values, who],
  );
}

function toRow(operation: NewOperation): Record<string, unknown> {
  return {
    kind: operation.kind,
    flow: operation.flow,
    run_id: operation.runId ?? null,
    plan_id: operation.planId ?? null,
    key: operation.key,
    lane: lanes.indexOf(operation.lane),
    location: operation.location ?? null,
    sku: operation.sku ?? null,
    document_id: operation.documentId ?? null,
    order_id: operation.orderId ?? null,
    request: operation.request,
    precondition: operation.precondition ?? {},
    waiting_for: operation.waitingFor ?? null,
  };
}

/**
 * Takes up to `limit` of the given operations for sending, most urgent first. Rows that another worker holds and keys that have a
 * call in flight are passed over. Every claim raises the fence: from then on only the claimer can settle.
 */
export async function claimOperations(
  db: Queryable,
  ids: readonly number[],
  limit: number,
  leaseMs: number,
  who: string,
): Promise<Operation[]> {
  return db.query<Operation>(
    `with due as (
       select o.id from operation o
       where o.id = any($1::bigint[]) and o.state = 'ready' and o.not_before <= now()
         and not exists (
           select from operation f where f.kind = o.kind and f.key = o.key and f.state in ('sending', 'unknown'))
         -- Packing goes step by step: "packed" never overtakes "picked" of the same order.
         and not (o.order_id is not null and exists (
           select from operation e where e.kind = o.kind and e.order_id = o.order_id and e.id < o.id
             and e.state in ('ready', 'waiting', 'sending', 'unknown', 'parked')))
         and not exists (
           select from pause p where p.scope = 'flow' and p.name = o.flow)
       order by o.lane, o.id limit $2
       for update of o skip locked
     ), claimed as (
       update operation o set state = 'sending', fence = o.fence + 1, attempts = o.attempts + 1,
         lease_until = now() + $3 * interval '1 millisecond', sent_at = now(), why = 'claimed'
       from due where o.id = due.id returning o.*
     ), noted as (
       insert into operation_event (operation_id, "from", "to", who, why, detail)
       select id, 'ready', 'sending', $4, 'claimed', jsonb_build_object('fence', fence) from claimed
     )
     select * from claimed order by lane, id`,
    [ids, limit, leaseMs, who],
  );
}

/** Operations in `unknown` whose settle time is over, taken for proving: their next look is pushed away by the lease. */
export async function claimUnknown(db: Queryable, limit: number, leaseMs: number): Promise<Operation[]> {
  return db.query<Operation>(
    `with due as (
       select id from operation where state = 'unknown' and not_before <= now()
       order by lane, id limit $1 for update skip locked
     )
     update operation o set fence = o.fence + 1, not_before = now() + $2 * interval '1 millisecond'
     from due where o.id = due.id returning o.*`,
    [limit, leaseMs],
  );
}

/** A `sending` row whose lease has lapsed: its worker is gone or too late, and nobody knows whether the call went out. */
export async function sweepLapsed(db: Queryable, settleMs: number, who: string): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `with lapsed as (
       update operation o set state = 'unknown', lease_until = null, fence = fence + 1, why = 'its worker went away while sending',
         not_before = now() + $1 * interval '1 millisecond'
       -- A worker that froze in the middle of settling holds its row: the others do not wait for it.
       where id in (select id from operation where state = 'sending' and lease_until < now() for update skip locked)
       returning id
     )
     insert into operation_event (operation_id, "from", "to", who, why)
     select id, 'sending', 'unknown', $2, 'its worker went away while sending' from lapsed returning operation_id as id`,
    [settleMs, who],
  );
  return rows.map((row) => row.id);
}

export interface LateAnswer {
  readonly id: number;
  /** As the claim gave it: tells whether anybody has sent the operation again since. */
  readonly sentAt: Date;
  readonly answer: unknown;
  readonly otoId: string | null;
}

/**
 * Takes an answer of success that could not be stored while the lease was ours (the database was away): the operation is `unknown`
 * or `parked` by now. It landed, if nobody has sent it since. The ids of those that moved come back.
 */
export async function landLate(db: Queryable, answers: readonly LateAnswer[], who: string): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `with late as (
       select * from jsonb_to_recordset($1::jsonb) as a(id bigint, sent_at timestamptz, answer jsonb, oto_id text)
     ), moved as (
       update operation o set state = 'landed', verdict = 'landed', evidence = 'answer', answer = a.answer, oto_id = a.oto_id,
         why = 'OTO answered with success; the answer could be stored only late', lease_until = null, settled_at = now(),
         fence = o.fence + 1
       from late a, operation was
       -- The moment comes back from JavaScript to the millisecond; another sending of the row is a lease away at least.
       where o.id = a.id and was.id = o.id and o.state in ('unknown', 'parked')
         and abs(extract(epoch from o.sent_at - a.sent_at)) < 0.005
       returning o.id, was.state, o.why
     )
     insert into operation_event (operation_id, "from", "to", who, why)
     select id, state, 'landed', $2, why from moved returning operation_id as id`,
    [
      JSON.stringify(
        answers.map(({ id, sentAt, answer, otoId }) => ({ id, sent_at: sentAt.toISOString(), answer, oto_id: otoId })),
      ),
      who,
    ],
  );
  return rows.map((row) => row.id);
}

/** `waiting` rows whose product exists in OTO by now, or whose pause is over. */
export async function releaseWaiting(db: Queryable, who: string): Promise<Operation[]> {
  const rows = await db.query<Operation>(
    `select o.* from operation o
     where o.state = 'waiting' and (
       (o.waiting_for like 'product %' and exists (select from oto_product p where p.sku = substr(o.waiting_for, 9)))
       -- A document: its products are there, and the goods of a late one are taken off the figures.
       or (o.waiting_for in ('products', 'figures') and not exists (
             select from document_line l where l.document_id = o.document_id
               and (not exists (select from oto_product p where p.sku = l.sku)
                 or (o.precondition ? 'late' and l.taken_off_at is null))))
       or (o.waiting_for = 'account' and not exists (select from pause where scope = 'account'))
       or (o.waiting_for like 'family %' and not exists (
             select from pause where (scope = 'family' and name = substr(o.waiting_for, 8)) or scope = 'account')))`,
  );
  const moved = new Set(
    await transition(
      db,
      'waiting',
      rows.map((row) => ({ id: row.id, to: 'ready' as const, why: `no longer waits for ${row.waiting_for}` })),
      who,
    ),
  );
  return rows.filter((row) => moved.has(row.id));
}

/** How many of the given operations still wait to be sent. */
export async function countReady(db: Queryable, ids: readonly number[]): Promise<number> {
  const row = await maybe<{ count: number }>(
    db,
    `select count(*) from operation where id = any($1::bigint[]) and state = 'ready'`,
    [ids],
  );
  return Number(row?.count ?? 0);
}

export async function getOperation(db: Queryable, id: number): Promise<Operation | undefined> {
  return maybe<Operation>(db, 'select * from operation where id = $1', [id]);
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
  readonly limit?: number;
}

export async function listOperations(db: Queryable, filter: OperationFilter): Promise<Operation[]> {
  return db.query<Operation>(
    `select * from operation
     where ($1::text[] is null or state = any($1)) and ($2::text is null or flow = $2) and ($3::text is null or kind = $3)
       and ($4::text is null or sku = $4) and ($5::text is null or location = $5) and ($6::bigint is null or run_id = $6)
       and ($7::bigint is null or document_id = $7)
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

/** Gives the unsettled operations of a flow to a new run. Returns how many. */
export async function takeOver(db: Queryable, flow: string, runId: number): Promise<number> {
  const rows = await db.query(
    `update operation set run_id = $2 where flow = $1 and state in ('ready', 'waiting', 'sending', 'unknown') returning id`,
    [flow, runId],
  );
  return rows.length;
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
           select from operation s where s.kind = 'stock-set' and s.key = d.location || E'\\t' || l.sku
             and s.state in ('ready', 'sending', 'unknown')))
       then 'ready' else o.state end as state, count(*)
     from operation o where o.run_id = $1 group by 1`,
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
     where state in ('ready', 'waiting', 'sending', 'unknown', 'parked') group by lane, state order by lane, state`,
  );
  return rows.map((row) => ({ ...row, count: Number(row.count), oldest: Math.round(Number(row.oldest)) }));
}

/** Notes which job carries which operations. */
export async function setJob(
  db: Queryable,
  jobs: readonly { readonly id: string; readonly operations: readonly number[] }[],
): Promise<void> {
  await db.query(
    `update operation o set job_id = j.job from unnest($1::uuid[], $2::bigint[]) as j(job, operation) where o.id = j.operation`,
    [jobs.flatMap((job) => job.operations.map(() => job.id)), jobs.flatMap((job) => job.operations)],
  );
}

/** Ready operations, with the job that should carry them: the sweeper queues those whose job is gone. */
export async function readyOperations(db: Queryable, limit: number): Promise<Operation[]> {
  return db.query<Operation>(`select * from operation where state = 'ready' order by lane, id limit $1`, [limit]);
}

/** Stock figures that could not be sent for too long: the world has moved on, and the next run makes fresh ones. */
export async function supersedeOld(db: Queryable, maxAgeMs: number, who: string): Promise<number> {
  const rows = await db.query<{ id: number }>(
    `select id from operation where kind = 'stock-set' and state = 'ready' and attempts > 0
       and created_at < now() - $1 * interval '1 millisecond'`,
    [maxAgeMs],
  );
  const moved = await transition(
    db,
    'ready',
    rows.map((row) => ({
      id: row.id,
      to: 'superseded' as const,
      why: 'the figure grew too old before it could be sent',
    })),
    who,
  );
  return moved.length;
}
