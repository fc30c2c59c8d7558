import {
  type Evidence,
  type Lane,
  lanes,
  mayBecome,
  type OperationKind,
  type OperationState,
  type Verdict,
} from '../model/index.ts';
import type { Queryable } from './queryable.ts';

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
  /** Milliseconds until it may be sent. */
  readonly delayMs?: number;
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
  /** How long before the sending OTO's figure had been read, in milliseconds. */
  readonly windowMs?: number | undefined;
  /** What somebody else had made of OTO's figure since it was planned. */
  readonly moved?: string | undefined;
}

const verdictOf: Partial<Record<OperationState, Verdict>> = {
  landed: 'landed',
  refused: 'refused',
  superseded: 'superseded',
  cancelled: 'cancelled',
};

/** The first step to be written of a claim that ends: the claim itself. `claimer`: the column that says whose it was; null, it is written already. */
export function claimStep(rows: string, claimer: string): string {
  return `select id, 1 as step, sent_at as at, 'ready' as "from", 'sending' as "to", ${claimer} as who, 'claimed' as why,
      jsonb_build_object('fence', fence) as detail
    from ${rows} where ${claimer} is not null`;
}

/**
 * Moves operations from `from` to their next states and writes down the steps, in one statement. Rows that are no longer in `from`,
 * or carry another fence, stay as they are; the ids that moved come back. Where a claim ends in its landing, the row tells of both, and
 * no step is written; where it ends otherwise, the claim is written down as well (view `operation_event`).
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
       select *, $2 = 'sending' and "to" = 'landed' and fence is not null and detail is null as straight
       from jsonb_to_recordset($1::jsonb) as s(
         id bigint, "to" text, why text, detail jsonb, fence int, verdict text, evidence text, answer jsonb, oto_id text,
         delay_ms int, waiting_for text, free_attempt boolean, window_ms int, moved text)
     ), aimed as (
       -- One figure a key may be unsent. Where a newer one waits already, this one has had its day.
       select s.*, s."to" = 'ready' and exists (
           select from operation o join operation n on n.kind = o.kind and n.key = o.key and n.id <> o.id
           where o.id = s.id and n.state in ('ready', 'waiting')) as late,
         case when not s.straight then (select claimed_by from operation o where o.id = s.id) end as claimer
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
         window_ms = coalesce(s.window_ms, o.window_ms),
         moved = coalesce(s.moved, o.moved),
         claimed_by = case when s.straight then o.claimed_by end,
         settled_at = case when s.verdict is not null or s.late then now() end
       from aimed s
       where o.id = s.id and o.state is not distinct from $2 and (s.fence is null or o.fence = s.fence)
       returning o.id, o.claimed_by, o.sent_at, o.fence, s."to", s.why, s.detail, s.late, s.claimer
     ), noted as (
       insert into operation_step (operation_id, at, "from", "to", who, why, detail)
       select id, at, "from", "to", who, why, detail from (
         ${claimStep('moved', 'claimer')}
         union all
         select id, 2, now(), $2, "to", $3, why, detail from moved where claimed_by is null
         union all
         -- It came back to be sent again, and gave way at once.
         select id, 3, now(), 'ready', 'superseded', $3, 'a newer figure took its place', null from moved where late
       ) as event order by id, step
     )
     select id from moved`,
    [
      JSON.stringify(
        // What is undefined is not written, and null on the other side.
        steps.map((step) => ({
          id: step.id,
          to: step.to,
          why: step.why,
          detail: step.detail,
          fence: step.fence,
          verdict: verdictOf[step.to],
          evidence: step.evidence,
          answer: step.answer,
          oto_id: step.otoId,
          // PostgreSQL takes no fraction for an integer, and a refused statement would leave what was sent without its answer.
          delay_ms: step.delayMs === undefined ? undefined : Math.ceil(step.delayMs),
          waiting_for: step.waitingFor,
          free_attempt: step.freeAttempt,
          window_ms: step.windowMs === undefined ? undefined : Math.round(step.windowMs),
          moved: step.moved,
        })),
      ),
      from,
      who,
    ],
    'move-operations',
  );
  return rows.map((row) => row.id);
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
    `with wanted as (
       select * from jsonb_to_recordset($1::jsonb) as w(kind text, key text) where kind <> 'inventory-order'
     ), unsent as (
       -- Locked as they are read: what another process changes in this moment is what they are superseded from.
       select o.id, o.state from wanted w join operation o on o.kind = w.kind and o.key = w.key
       where o.state in ('ready', 'waiting') for update of o
     ), parked as (
       select o.id, o.state from wanted w join operation o on o.kind = w.kind and o.key = w.key
       where o.state = 'parked' and o.kind = 'stock-set' for update of o
     ), old as (
       select * from unsent union all select * from parked
     ), gone as (
       update operation o set state = 'superseded', verdict = 'superseded', why = 'a newer figure took its place',
         lease_until = null, waiting_for = null, settled_at = now()
       from old where o.id = old.id
       returning o.id, old.state
     )
     insert into operation_step (operation_id, "from", "to", who, why)
     select id, state, 'superseded', $2, 'a newer figure took its place' from gone`,
    [values, who],
  );
  return db.query<{ id: number; key: string; kind: string }>(
    `with made as (
       insert into operation (kind, flow, run_id, plan_id, key, lane, location, sku, document_id, order_id, request, precondition, state, waiting_for, not_before)
       select kind, flow, run_id, plan_id, key, lane, location, sku, document_id, order_id, request, precondition,
         case when waiting_for is null then 'ready' else 'waiting' end, waiting_for, now() + delay_ms * interval '1 millisecond'
       from jsonb_to_recordset($1::jsonb) as w(
         kind text, flow text, run_id bigint, plan_id bigint, key text, lane smallint, location text, sku text,
         document_id bigint, order_id text, request jsonb, precondition jsonb, waiting_for text, delay_ms int)
       on conflict do nothing
       returning id, key, kind, state, waiting_for
     ), noted as (
       insert into operation_step (operation_id, "from", "to", who, why)
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
    delay_ms: Math.ceil(operation.delayMs ?? 0),
  };
}
