import type { Database } from './db.ts';
import { actions, changes, packing } from './retention-packing.ts';
import { dropOldStock, partitionOf, skuTableOf } from './snapshots.ts';

/**
 * How long the records of finished work are kept, in days. Documents and what happened to them have no such limit: their keys are what
 * keeps a receipt from being sent twice.
 */
export interface Keep {
  readonly runDays: number;
  readonly planDays: number;
  readonly operationDays: number;
  readonly eventDays: number;
  readonly quarantineDays: number;
  readonly alarmDays: number;
  readonly packingDays: number;
  readonly webhookDays: number;
  readonly staffEventDays: number;
  /** Complete stock snapshots of each source whose rows are kept. */
  readonly stockSnapshots: number;
}

export type Purged = Record<
  | 'operations'
  | 'events'
  | 'plans'
  | 'snapshots'
  | 'runs'
  | 'quarantine'
  | 'alarms'
  | 'packing'
  | 'actions'
  | 'webhooks'
  | 'sessions'
  | 'attempts'
  | 'staffEvents',
  number
>;

/** True for one asker in `everyMinutes`, over all processes. */
export async function claimPurge(db: Database, everyMinutes: number): Promise<boolean> {
  const rows = await db.query(
    `insert into schedule (name, definition, slot) values ('retention', '', now())
     on conflict (name) do update set slot = excluded.slot, updated_at = now()
       where schedule.slot < now() - $1 * interval '1 minute' returning name`,
    [everyMinutes],
  );
  return rows.length > 0;
}

/** Rows in one statement: it is over within milliseconds, so that nothing waits for it. */
const batch = 2000;

/**
 * Deletes what has been kept for long enough, each batch a transaction of its own. What is open, parked, held, or the base of a
 * comparison stays, whatever its age. Ends early, without harm, when `signal` aborts.
 */
export async function purge(db: Database, keep: Keep, signal: AbortSignal): Promise<Purged> {
  await dropStaged(db, keep.stockSnapshots);
  return {
    operations: await purgeOperations(db, keep.operationDays, signal),
    events: await purgeEvents(db, keep.eventDays, signal),
    plans: await purgePlans(db, keep.planDays, signal),
    snapshots: await purgeSnapshots(db, keep.runDays, signal),
    runs: await repeat(db, signal, runs, [keep.runDays]),
    quarantine: await repeat(db, signal, quarantine, [keep.quarantineDays]),
    alarms: await repeat(db, signal, alarms, [keep.alarmDays]),
    packing: await repeat(db, signal, packing, [keep.packingDays]),
    actions: (await repeat(db, signal, actions, [keep.packingDays])) + (await repeat(db, signal, changes, [])),
    webhooks: await repeat(db, signal, webhookEvents, [keep.webhookDays]),
    sessions: await repeat(db, signal, sessions, []),
    attempts: await repeat(db, signal, attempts, []),
    staffEvents: await repeat(db, signal, staffEvents, [keep.staffEventDays]),
  };
}

/** Staged stock beyond the newest snapshots, and tables of reads that died between making and attaching them. */
async function dropStaged(db: Database, stockSnapshots: number): Promise<void> {
  const sources = await db.query<{ source: string }>(`select distinct source from snapshot where entity = 'stock'`);
  for (const { source } of sources) await dropOldStock(db, source, stockSnapshots);
  const orphans = await db.query<{ id: number }>(
    `select distinct substr(c.relname, 11)::bigint as id from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname ~ '^stock_(row|sku)_[0-9]{1,18}$'
       -- One that is being made just now has its snapshot in the same transaction: we see both or neither.
       and not exists (select from snapshot s where s.id = substr(c.relname, 11)::bigint)
       and not exists (select from pg_inherits i where i.inhrelid = c.oid)`,
  );
  for (const { id } of orphans) await db.query(`drop table if exists ${partitionOf(id)}, ${skuTableOf(id)}`);
}

/** The operations that have the kind and the key of `o`, by the three indexes that hold them. */
const ofKey = `
  select id, state from operation where kind = o.kind and key = o.key and state in ('ready', 'waiting')
  union all select id, state from operation where kind = o.kind and key = o.key and state in ('sending', 'unknown')
  union all select id, state from operation
    where kind = o.kind and key = o.key and state not in ('ready', 'waiting', 'sending', 'unknown')`;

/**
 * Operations with a verdict. Not those of documents; and not while an older one of the same key or order waits for a person: that the
 * newer one landed is what keeps the old one from being sent over it. A refused one goes when it cannot be sent again.
 */
async function purgeOperations(db: Database, days: number, signal: AbortSignal): Promise<number> {
  return sweep(
    db,
    signal,
    `with part as (
       select id, created_at from operation where id > $1 order by id limit $2
     ), gone as (
       delete from operation o using part p
       where o.id = p.id and o.document_id is null and o.kind <> 'inventory-order' and o.settled_at < now() - $3 * interval '1 day'
         and (o.state in ('landed', 'superseded', 'cancelled')
           or (o.state = 'refused' and (o.kind = 'stock-set' or exists (
                 select from (${ofKey}) as n where n.id > o.id))))
         and not exists (
           select from (${ofKey}) as e where e.id < o.id and e.state in ('parked', 'refused', 'unknown', 'sending', 'ready', 'waiting'))
         and not exists (
           select from operation e where o.order_id is not null and e.order_id = o.order_id and e.id < o.id
             and e.state in ('parked', 'refused', 'unknown', 'sending', 'ready', 'waiting'))
       returning o.id
     )
     select max(id) as last, bool_and(created_at >= now() - $3 * interval '1 day') as young, (select count(*) from gone) as gone from part`,
    days,
  );
}

/** The steps of operations with a verdict: of each only how it ended is kept, in the operation itself. */
async function purgeEvents(db: Database, days: number, signal: AbortSignal): Promise<number> {
  return sweep(
    db,
    signal,
    `with part as (
       select id, created_at from operation where id > $1 order by id limit $2
     ), gone as (
       delete from operation_step e using part p, operation o
       where o.id = p.id and e.operation_id = o.id and e.at < now() - $3 * interval '1 day' and o.document_id is null
         and o.kind <> 'inventory-order' and o.state in ('landed', 'superseded', 'cancelled')
       returning e.id
     )
     select max(id) as last, bool_and(created_at >= now() - $3 * interval '1 day') as young, (select count(*) from gone) as gone from part`,
    days,
  );
}

/**
 * Goes over a table in the order of its ids, which is nearly that of time, a portion at a time, until everything is younger than the
 * limit. An index over time would cost every insertion something, this costs a reading of what is kept.
 */
async function sweep(db: Database, signal: AbortSignal, text: string, days: number): Promise<number> {
  let total = 0;
  let after = 0;
  while (!signal.aborted) {
    const part = await db.one<{ last: number | null; young: boolean | null; gone: number }>(text, [after, batch, days]);
    total += Number(part.gone);
    if (part.last === null || part.young === true) break;
    after = part.last;
  }
  return total;
}

/** Snapshots that something is still compared with: by source and entity the newest, the latest as-of time, and the latest that OTO was given. */
const neededSnapshots = `
  select distinct on (source, entity) id from snapshot where status = 'complete' order by source, entity, id desc`;
const latestSnapshots = `
  select distinct on (source, entity) id from snapshot where status = 'complete' order by source, entity, as_of desc nulls last`;
const sentSnapshots = `
  select distinct on (s.source, s.entity) s.id from snapshot s join plan p on p.snapshot_id = s.id
  where s.status = 'complete' and p.status = 'applied' order by s.source, s.entity, s.as_of desc nulls last`;

async function purgePlans(db: Database, days: number, signal: AbortSignal): Promise<number> {
  const doomed = await db.query<{ id: number }>(
    `select p.id from plan p
     where p.created_at < now() - $1 * interval '1 day' and p.status <> 'approved'
       and p.id not in (select max(id) from plan group by flow)
       and not exists (select from (${sentSnapshots}) as sent where sent.id = p.snapshot_id)
       and not exists (select from operation o where o.run_id = p.run_id and o.plan_id = p.id and o.state in ('ready', 'waiting', 'parked'))
       and not exists (select from operation o where o.run_id = p.run_id and o.plan_id = p.id and o.state in ('sending', 'unknown'))
     order by p.id`,
    [days],
  );
  let total = 0;
  for (const { id } of doomed) {
    await repeat(
      db,
      signal,
      `delete from plan_item where plan_id = $1 and seq in (select seq from plan_item where plan_id = $1 limit $2)`,
      [id],
    );
    if (signal.aborted) break;
    total += await db.run('delete from plan where id = $1', [id]);
  }
  return total;
}

async function purgeSnapshots(db: Database, days: number, signal: AbortSignal): Promise<number> {
  const doomed = await db.query<{ id: number; entity: string }>(
    `select s.id, s.entity from snapshot s
     where coalesce(s.finished_at, s.started_at) < now() - $1 * interval '1 day' and s.status <> 'reading'
       and s.id not in (${neededSnapshots}) and s.id not in (${latestSnapshots}) and s.id not in (${sentSnapshots})
       and not exists (select from plan p where p.snapshot_id = s.id)
       -- A stray zero is let through once a second snapshot says the same: the first has to be there to be compared with.
       and not exists (select from quarantine q where q.snapshot_id = s.id and q.state = 'held')
       and not exists (select from run r where r.id = s.run_id and r.status = 'running')
     order by s.id`,
    [days],
  );
  let total = 0;
  for (const { id, entity } of doomed) {
    for (const [table, key] of [
      ['reject', 'id'],
      ['stock_doubt', 'ctid'],
      ['stock_part', 'ctid'],
    ] as const) {
      await repeat(
        db,
        signal,
        `delete from ${table} where ${key} = any(array(select ${key} from ${table} where snapshot_id = $1 limit $2))`,
        [id],
      );
    }
    if (signal.aborted) break;
    if (entity === 'stock') await db.query(`drop table if exists ${partitionOf(id)}, ${skuTableOf(id)}`);
    total += await db.run('delete from snapshot where id = $1', [id]);
  }
  return total;
}

/** The newest 40 of each flow stay: a flow that has no effect any more is known by them. */
const runs = `
  delete from run where id in (
    select r.id from (
      select id, status, finished_at, row_number() over (
        partition by flow, status = 'done' and trigger <> 'plan' order by id desc) as place from run) r
    where r.place > 40 and r.status <> 'running' and r.finished_at < now() - $1 * interval '1 day'
      and not exists (select from plan p where p.run_id = r.id)
      and not exists (select from snapshot s where s.run_id = r.id)
      and not exists (select from operation o where o.run_id = r.id and o.state in ('ready', 'waiting', 'parked'))
      and not exists (select from operation o where o.run_id = r.id and o.state in ('sending', 'unknown'))
    order by r.id limit $2)`;

/** What was rejected counts for a week, a figure that was rejected until the ERP says another, and an approval until it ends. */
const quarantine = `
  delete from quarantine where id in (
    select id from quarantine where state <> 'held' and document_id is null and decided_at < now() - $1 * interval '1 day'
      and (state <> 'rejected' or decided_at < now() - interval '7 days') and not (state = 'rejected' and flow = 'stock' and sku <> '' and "to" is not null and ended_at is null)
      and (approved_until is null or approved_until < now())
    limit $2)`;

const alarms = `
  delete from alarm where id in (select id from alarm where cleared_at < now() - $1 * interval '1 day' limit $2)`;

const webhookEvents = `
  delete from webhook_event where id in (
    select id from webhook_event where state <> 'received' and received_at < now() - $1 * interval '1 day' order by id limit $2)`;

/** Of people who were signed in: what they did stands elsewhere. */
const sessions = `
  delete from staff_session where id in (select id from staff_session where expires_at < now() limit $1)`;

/** Failed attempts that nobody repeated (see sign-in-guard.ts). */
const attempts = `
  delete from sign_in_guard where (kind, key) in (
    select kind, key from sign_in_guard where last_at < now() - interval '2 days' and not_before < now() limit $1)`;

const staffEvents = `
  delete from staff_event where id in (
    select id from staff_event where at < now() - $1 * interval '1 day' order by id limit $2)`;

/** Runs a statement that deletes at most a batch until there is nothing more for it. The size of a batch is its last parameter. */
async function repeat(db: Database, signal: AbortSignal, text: string, values: readonly unknown[]): Promise<number> {
  let total = 0;
  while (!signal.aborted) {
    const gone = await db.run(text, [...values, batch]);
    total += gone;
    if (gone < batch) break;
  }
  return total;
}
