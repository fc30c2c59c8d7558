import { beforeEach, expect, test } from 'vitest';
import { type Keep, purge } from '../../src/store/retention.ts';
import { testDatabase } from '../support/database.ts';

const database = testDatabase();
const signal = new AbortController().signal;
const keep: Keep = {
  runDays: 10,
  planDays: 10,
  operationDays: 10,
  eventDays: 5,
  quarantineDays: 10,
  alarmDays: 10,
  packingDays: 10,
  webhookDays: 10,
  staffEventDays: 10,
  stockSnapshots: 2,
};

const ids = async (table: string, key = 'id') =>
  (await database.db.query<{ key: unknown }>(`select ${key} as key from ${table} order by ${key}`)).map(
    (row) => row.key,
  );

beforeEach(async () => {
  await database.db.query(
    'truncate run, snapshot, plan, plan_item, operation, operation_step, document, quarantine, alarm, packing_order, schedule restart identity cascade',
  );
  for (const name of await ids(
    `pg_tables where schemaname = '${database.schema}' and tablename ~ '^stock_row_'`,
    'tablename',
  ))
    await database.db.query(`drop table ${String(name)}`);
});

async function addRun(days: number, status = 'done', flow = 'stock') {
  const row = await database.db.one<{ id: number }>(
    `insert into run (flow, source, trigger, holder, status, outcome, started_at, finished_at)
     values ($1, 'erp', 'schedule', 'w', $2, 'changed', now() - $3 * interval '1 day', now() - $3 * interval '1 day') returning id`,
    [flow, status, days],
  );
  return row.id;
}

async function addSnapshot(days: number, more: { run?: number; entity?: string; status?: string } = {}) {
  const row = await database.db.one<{ id: number }>(
    `insert into snapshot (run_id, source, entity, status, as_of, started_at, finished_at)
     values ($1, 'erp', $2, $3, now() - $4 * interval '1 day', now() - $4 * interval '1 day', now() - $4 * interval '1 day') returning id`,
    [more.run ?? null, more.entity ?? 'stock', more.status ?? 'complete', days],
  );
  await database.db.query(
    `insert into reject (snapshot_id, source, entity, reason, fingerprint) values ($1, 'erp', 'stock', 'bad', 'f')`,
    [row.id],
  );
  return row.id;
}

async function addPlan(days: number, more: { run?: number; snapshot?: number; status?: string; flow?: string } = {}) {
  const row = await database.db.one<{ id: number }>(
    `insert into plan (flow, run_id, status, snapshot_id, mapping_hash, pending_hash, created_at)
     values ($1, $2, $3, $4, '', '', now() - $5 * interval '1 day') returning id`,
    [more.flow ?? 'stock', more.run ?? null, more.status ?? 'applied', more.snapshot ?? null, days],
  );
  await database.db.query(
    `insert into plan_item (plan_id, seq, kind, action, key) select $1, seq, 'stock', 'raise', 'k' from generate_series(1, 4100) seq`,
    [row.id],
  );
  return row.id;
}

async function addOperation(
  days: number,
  state: string,
  more: { kind?: string; key?: string; order?: string; document?: number; run?: number; plan?: number } = {},
) {
  const row = await database.db.one<{ id: number }>(
    `insert into operation (kind, flow, run_id, plan_id, key, lane, document_id, order_id, request, state, created_at, settled_at)
     values ($1, 'stock', $2, $3, $4, 1, $5, $6, '{}', $7, now() - $8 * interval '1 day', now() - $8 * interval '1 day') returning id`,
    [
      more.kind ?? 'stock-set',
      more.run ?? null,
      more.plan ?? null,
      more.key ?? `k${Math.random()}`,
      more.document ?? null,
      more.order ?? null,
      state,
      days,
    ],
  );
  await database.db.query(
    `insert into operation_step (operation_id, at, "to", who, why) values ($1, now() - $2 * interval '1 day', $3, 'w', 'y')`,
    [row.id, days, state],
  );
  return row.id;
}

async function addDocument() {
  const { id } = await database.db.one<{ id: number }>(
    `insert into document (key, source, kind, number, date, booked_at, location, erp_location, reference, hash, state, snapshot_id)
     values ('d', 'erp', 'purchase', 'GRN-1', '2020-01-01', '2020-01-01', 'RUH1', 'RUH', 'r', 'h', 'processed', 1) returning id`,
  );
  return id;
}

test('operations that have ended go with their steps; their steps alone go earlier', async () => {
  await addOperation(20, 'landed');
  await addOperation(20, 'superseded');
  const recent = await addOperation(8, 'landed');
  const young = await addOperation(1, 'landed');
  expect(await purge(database.db, keep, signal)).toMatchObject({ operations: 2, events: 1 });
  expect(await ids('operation')).toEqual([recent, young]);
  expect(await ids('operation_step', 'operation_id')).toEqual([young]);
});

test('what is open, parked or refused stays, and what concerns a document, whatever its age', async () => {
  const kept = [
    await addOperation(99, 'parked'),
    await addOperation(99, 'ready'),
    await addOperation(99, 'unknown'),
    await addOperation(99, 'waiting'),
    await addOperation(99, 'refused', { kind: 'product-create' }),
    await addOperation(99, 'landed', { kind: 'inventory-order', document: await addDocument() }),
  ];
  await addOperation(99, 'refused');
  expect((await purge(database.db, keep, signal)).operations).toBe(1);
  expect(await ids('operation')).toEqual(kept);
  expect(await ids('operation_step', 'operation_id')).toEqual(kept);
  expect(await ids('document')).toHaveLength(1);
});

test('a landed operation stays as long as an older one of its key or order could be sent over it', async () => {
  const kept = [
    await addOperation(99, 'parked', { key: 'a' }),
    await addOperation(98, 'landed', { key: 'a' }),
    await addOperation(99, 'refused', { kind: 'packing-status', key: 'o picked', order: 'o' }),
    await addOperation(98, 'landed', { kind: 'packing-status', key: 'o packed', order: 'o' }),
  ];
  await addOperation(99, 'landed', { key: 'b' });
  await addOperation(98, 'refused', { kind: 'product-create', key: 'c' });
  const newer = await addOperation(1, 'landed', { kind: 'product-create', key: 'c' });
  await purge(database.db, keep, signal);
  expect(await ids('operation')).toEqual([...kept, newer]);
});

test('the items of a plan go with it', async () => {
  const gone = await addPlan(2);
  const stays = await addPlan(1);
  await database.db.run('delete from plan where id = $1', [gone]);
  expect(await ids('(select distinct plan_id from plan_item) as i', 'plan_id')).toEqual([stays]);
});

test('runs go with their plans, reads and rejects, and the base of the next comparison stays', async () => {
  for (let index = 0; index < 45; index += 1) await addRun(100);
  const old = await addRun(90);
  const oldSnapshot = await addSnapshot(90, { run: old });
  await addPlan(90, { run: old, snapshot: oldSnapshot });
  const sent = await addRun(80);
  const sentSnapshot = await addSnapshot(80, { run: sent });
  const sentPlan = await addPlan(80, { run: sent, snapshot: sentSnapshot });
  const last = await addRun(70);
  const lastSnapshot = await addSnapshot(70, { run: last });
  const lastPlan = await addPlan(70, { run: last, snapshot: lastSnapshot, status: 'proposed' });
  const going = await addRun(60, 'running', 'documents');
  const reading = await addSnapshot(60, { run: going, entity: 'documents', status: 'reading' });

  const purged = await purge(database.db, keep, signal);
  expect(purged).toMatchObject({ plans: 1, snapshots: 1, runs: 8 });
  expect(await ids('snapshot')).toEqual([sentSnapshot, lastSnapshot, reading]);
  expect(await ids('reject', 'snapshot_id')).toEqual([sentSnapshot, lastSnapshot, reading]);
  expect(await ids('plan')).toEqual([sentPlan, lastPlan]);
  expect(await ids('(select distinct plan_id from plan_item) as i', 'plan_id')).toEqual([sentPlan, lastPlan]);
  const runs = await ids('run');
  expect(runs).toHaveLength(41);
  expect(runs).toEqual(expect.arrayContaining([old, sent, last, going]));
});

test('a read that something held is compared with stays', async () => {
  const compared = await addSnapshot(90);
  const free = await addSnapshot(89);
  const last = await addSnapshot(88);
  await database.db.query(
    `insert into quarantine (flow, rule, direction, reason, snapshot_id) values ('stock', 'stray-zero', 'lower', 'r', $1)`,
    [compared],
  );
  await purge(database.db, keep, signal);
  expect(await ids('snapshot')).toEqual([compared, last]);
  expect(await ids('snapshot')).not.toContain(free);
});

test('staged stock: the newest two snapshots stay; of reads that failed or vanished nothing does', async () => {
  const stage = async (id: number, attach = true) => {
    await database.db.query(`create table stock_row_${id} (like stock_row including defaults)`);
    if (attach) await database.db.query(`alter table stock_row attach partition stock_row_${id} for values in (${id})`);
  };
  const snapshots = [];
  for (const days of [5, 4, 3]) snapshots.push(await addSnapshot(days));
  const failed = await addSnapshot(2, { status: 'failed' });
  const reading = await addSnapshot(1, { status: 'reading' });
  for (const id of [...snapshots, failed, reading]) await stage(id);
  await stage(4711, false);
  await purge(database.db, keep, signal);
  const left = await ids(
    `pg_tables where schemaname = '${database.schema}' and tablename ~ '^stock_row_'`,
    'tablename',
  );
  expect(left).toEqual([snapshots[1], snapshots[2], reading].map((id) => `stock_row_${id}`).sort());
});

test('decided quarantine, cleared alarms and packing orders that left', async () => {
  const { db } = database;
  await db.query(
    `insert into quarantine (flow, rule, sku, direction, reason, state, decided_at, approved_until)
     select 'stock', 'r', state || days, 'lower', 'x', state, case when state <> 'held' then now() - days * interval '1 day' end,
       case when state = 'approved' then now() - (days - 1) * interval '1 day' end
     from unnest(array['held', 'approved', 'rejected', 'released']) state, unnest(array[1, 99]) days`,
  );
  await db.query(
    `insert into alarm (kind, subject, message, first_at, cleared_at)
     values ('a', '1', 'm', now() - interval '99 days', null), ('a', '2', 'm', now() - interval '99 days', now() - interval '99 days'),
       ('a', '3', 'm', now() - interval '99 days', now())`,
  );
  await db.query(
    `insert into packing_order (order_id, location, items, state, last_seen)
     select state || days, 'RUH1', '[]', state, now() - days * interval '1 day'
     from unnest(array['ready', 'picked', 'packed', 'left']) state, unnest(array[1, 99]) days`,
  );
  await addOperation(1, 'ready', { kind: 'packing-status', order: 'packed99' });
  expect(await purge(db, keep, signal)).toMatchObject({ quarantine: 3, alarms: 1, packing: 1 });
  expect(await ids('quarantine', 'sku')).toEqual(['approved1', 'held1', 'held99', 'rejected1', 'released1']);
  expect(await ids('alarm', 'subject')).toEqual(['1', '3']);
  expect(await ids('packing_order', 'order_id')).not.toContain('left99');
});

test('sessions that are over, forgotten attempts to sign in, and old records of both; accounts stay', async () => {
  const { db } = database;
  await db.query('truncate staff, staff_session, staff_event, sign_in_guard restart identity');
  await db.query(
    `insert into staff (name, name_key, role, pin_hash, created_by, created_at) values ('A', 'a', 'picker', 'x', 'test', now() - interval '999 days')`,
  );
  await db.query(
    `insert into staff_session (id, staff_id, expires_at, address, device)
     select 'session' || hours, 1, now() + hours * interval '1 hour', '', '' from unnest(array[-1, 1]) hours`,
  );
  await db.query(
    `insert into sign_in_guard (kind, key, last_at, not_before)
     select 'name', 'key' || days, now() - days * interval '1 day', now() - days * interval '1 day' from unnest(array[1, 3]) days`,
  );
  await db.query(
    `insert into staff_event (type, staff_id, by, outcome, at)
     select 'sign-in', 1, 'A', 'event' || days, now() - days * interval '1 day' from unnest(array[9, 11]) days`,
  );
  expect(await purge(db, keep, signal)).toMatchObject({ sessions: 1, attempts: 1, staffEvents: 1 });
  expect(await ids('staff_session')).toEqual(['session1']);
  expect(await ids('sign_in_guard', 'key')).toEqual(['key1']);
  expect(await ids('staff_event', 'outcome')).toEqual(['event9']);
  expect(await ids('staff', 'name')).toEqual(['A']);
});

test('events of webhooks go after their time, unless they still wait for a look', async () => {
  const { db } = database;
  await db.query('truncate webhook_event restart identity');
  await db.query(
    `insert into webhook_event (fingerprint, type, body, headers, state, received_at)
     select sha256((state || days)::bytea), 'orderStatus', '', '{}', state, now() - days * interval '1 day'
     from unnest(array['received', 'done', 'failed']) state, unnest(array[9, 11]) days order by days, state`,
  );
  expect(await purge(db, keep, signal)).toMatchObject({ webhooks: 2 });
  const left = await db.query<{ state: string }>('select state from webhook_event order by id');
  expect(left.map(({ state }) => state)).toEqual(['done', 'failed', 'received', 'received']);
});
