import { claimStep, transition } from './operation-steps.ts';
import type { Claimed, Operation } from './operations.ts';
import { idList, type Queryable } from './queryable.ts';

/**
 * Takes up to `limit` of the given operations for sending, most urgent first. Rows that another worker holds and keys that have a
 * call in flight are passed over. Every claim raises the fence: from then on only the claimer can settle. The row itself tells of the claim
 * until it ends: see `transition`.
 */
export async function claimOperations(
  db: Queryable,
  ids: readonly number[],
  limit: number,
  leaseMs: number,
  who: string,
): Promise<Claimed[]> {
  return db.query<Claimed>(
    `with due as (
       select o.id from operation o
       where o.id = any($1::bigint[]) and o.state = 'ready' and o.not_before <= now()
         -- Looked up one by one: joined, the rows in flight would be gone through for every row that is to be claimed.
         and (select f.id from operation f where f.kind = o.kind and f.key = o.key and f.state in ('sending', 'unknown') limit 1) is null
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
         lease_until = now() + $3 * interval '1 millisecond', sent_at = now(), why = 'claimed', claimed_by = $4
       where o.id = any(array(select id from due))
       returning id, kind, flow, run_id, key, lane, location, sku, document_id, order_id, request, precondition, attempts, fence,
         -- A moment costs as much to read as all else, and only for documents is it asked for.
         case when kind = 'inventory-order' then sent_at end as sent_at
     )
     select * from claimed order by lane, id`,
    [idList(ids), limit, leaseMs, who],
    'claim-operations',
  );
}

/** Adds to the precondition of an operation that is being sent. False where it is no longer ours to send. */
export async function setPrecondition(
  db: Queryable,
  { id, fence }: Pick<Operation, 'id' | 'fence'>,
  seen: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const rows = await db.query(
    `update operation set precondition = precondition || $3 where id = $1 and fence = $2 and state = 'sending' returning id`,
    [id, fence, JSON.stringify(seen)],
    'set-precondition',
  );
  return rows.length > 0;
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
       -- A worker that froze in the middle of settling holds its row: the others do not wait for it.
       select id, claimed_by, sent_at, fence from operation where state = 'sending' and lease_until < now() for update skip locked
     ), moved as (
       update operation o set state = 'unknown', lease_until = null, fence = o.fence + 1, claimed_by = null,
         why = 'its worker went away while sending', not_before = now() + $1 * interval '1 millisecond'
       from lapsed where o.id = lapsed.id
     ), noted as (
       insert into operation_step (operation_id, at, "from", "to", who, why, detail)
       select id, at, "from", "to", who, why, detail from (
         ${claimStep('lapsed', 'claimed_by')}
         union all
         select id, 2, now(), 'sending', 'unknown', $2, 'its worker went away while sending', null from lapsed
       ) as event order by id, step
     )
     select id from lapsed`,
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
  if (answers.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    `with late as (
       select * from jsonb_to_recordset($1::jsonb) as a(id bigint, sent_at timestamptz, answer jsonb, oto_id text)
     ), was as (
       -- Locked as it is read: it may just be parked by the prover.
       select o.id, o.state, a.answer, a.oto_id from late a join operation o on o.id = a.id
       where o.state in ('unknown', 'parked')
         -- The moment comes back from JavaScript to the millisecond; another sending of the row is a lease away at least.
         and abs(extract(epoch from o.sent_at - a.sent_at)) < 0.005
       for update of o
     ), moved as (
       update operation o set state = 'landed', verdict = 'landed', evidence = 'answer', answer = was.answer, oto_id = was.oto_id,
         why = 'OTO answered with success; the answer could be stored only late', lease_until = null, settled_at = now(),
         fence = o.fence + 1
       from was where o.id = was.id
       returning o.id, was.state, o.why
     )
     insert into operation_step (operation_id, "from", "to", who, why)
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

/** Gives the unsettled operations of a flow to a new run. Returns how many. */
export async function takeOver(db: Queryable, flow: string, runId: number): Promise<number> {
  const rows = await db.query(
    `update operation set run_id = $2 where flow = $1 and (state in ('ready', 'waiting') or state in ('sending', 'unknown')) returning id`,
    [flow, runId],
  );
  return rows.length;
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

/**
 * Parked stock figures that a newer one has overtaken: whatever became of them, the level is the newer one's business. The ids of those
 * that gave way come back.
 */
export async function supersedeParked(db: Queryable, who: string): Promise<number[]> {
  const rows = await db.query<{ id: number; newer: number }>(
    `select o.id, n.id as newer from operation o
     cross join lateral (
       -- By key in three parts, as the indexes hold them.
       select max(id) as id from (
         select id, kind from operation where key = o.key and state in ('ready', 'waiting')
         union all select id, kind from operation where key = o.key and state in ('sending', 'unknown')
         union all select id, kind from operation where key = o.key and state = 'landed') e
       where e.kind = o.kind and e.id > o.id) n
     where o.state = 'parked' and o.kind = 'stock-set' and n.id is not null`,
  );
  return transition(
    db,
    'parked',
    rows.map(({ id, newer }) => ({ id, to: 'superseded' as const, why: `operation ${newer} took its place` })),
    who,
  );
}
