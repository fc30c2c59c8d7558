import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import sql, { type SqlOptions, sqlOptions } from '../../../connectors/sql/index.ts';
import type { Change, Command, Connector, EntityName, Manifest } from '../../../src/connector/index.ts';
import type { ErpDatabase } from '../../kit/sql-erp.ts';
import { openPostgresErp } from '../../kit/sql-postgres.ts';
import { openConnector, readAll as read } from '../../support/connector.ts';

let db: ErpDatabase;

beforeEach(async () => {
  db = await openPostgresErp(inject('databaseServer'));
});
afterEach(() => db.drop());

type Options = Partial<Record<keyof SqlOptions, unknown>>;

function connect(options: Options): Promise<Connector> {
  const { dialect, host, port, database, user, password } = db;
  return openConnector(sql, sqlOptions.parse({ dialect, host, port, database, user, password, ...options }));
}

const never = new AbortController().signal;
setMaxListeners(0, never);

const keys = ({ changes }: { readonly changes: readonly Change[] }) => changes.map((change) => change.key);

test('a full read is one moment of the database, counted and proven, whatever is booked meanwhile', async () => {
  await db.run('create table stock (sku text, place text, quantity numeric)');
  await db.run(`insert into stock select 'S' || n, 'MAIN', n from generate_series(1, 10) n`);
  const connector = await connect({
    pageSize: 3,
    stock: { query: 'select * from stock;', columns: { location: 'place' } },
  });
  const changes: Change[] = [];
  let manifest: Manifest['manifest'] | undefined;
  for await (const item of connector.read.stock?.({ since: null, signal: never }) ?? []) {
    if ('manifest' in item) manifest = item.manifest;
    else {
      changes.push(...item.changes);
      await db.run(`insert into stock values ('LATE', 'MAIN', 1)`);
      await db.run(`update stock set quantity = 0 where sku = 'S10'`);
      await db.run(`delete from stock where sku = 'S9'`);
    }
  }
  expect(manifest).toMatchObject({ expectedRows: 10, completeness: 'proven' });
  expect(Math.abs(Date.parse(manifest?.asOf ?? '') - Date.now())).toBeLessThan(60_000);
  expect(changes).toHaveLength(10);
  expect(changes.at(-1)).toMatchObject({ key: 'S10\tMAIN', value: { quantity: '10' } });
});

test('numbers keep every digit, blanks at the ends go, and what is no number is rejected with its column', async () => {
  const rows = [
    ['A', `12345678901234567890.5`],
    ['B', `'.5'`],
    ['C', `'7.'`],
    ['D  ', `'1e3'`],
    ['E', `''`],
    ['F', 'null'],
  ];
  const query = rows.map(
    ([sku, n]) => `select cast('${sku}' as char(20)) as SKU, 'M' as location, ${n}::text as quantity`,
  );
  const connector = await connect({ stock: { query: query.join(' union all ') } });
  const { changes } = await read(connector, 'stock');
  expect(changes.map((change) => ('value' in change && change.op === 'upsert' ? change.value : change))).toMatchObject([
    { sku: 'A', quantity: '12345678901234567890.5' },
    { sku: 'B', quantity: '0.5' },
    { sku: 'C', quantity: '7' },
    { op: 'reject', key: 'D\tM', column: 'quantity', value: '1e3' },
    { op: 'reject', key: 'E\tM', column: 'quantity', reason: 'quantity is empty' },
    { op: 'reject', key: 'F\tM', column: 'quantity', reason: 'quantity is empty' },
  ]);
});

test('a product that a join gives twice is rejected, wherever its rows stand; the others arrive', async () => {
  const query = `select * from (values ('A', 'Shirt', 1), ('B', 'Socks', 2), ('C', 'Hat', 3), ('A', 'Shirt', 4)) v (sku, name, price)`;
  const connector = await connect({ pageSize: 1, products: { query } });
  const { changes, manifest } = await read(connector, 'products');
  expect(changes.map((change) => [change.op, change.key])).toEqual([
    ['reject', 'A'],
    ['upsert', 'B'],
    ['upsert', 'C'],
    ['reject', 'A'],
  ]);
  expect(manifest).toMatchObject({ expectedRows: 4 });
});

async function openReceipts(options: object = {}, pageSize = 2): Promise<Connector> {
  await db.run('create table receipt (id text, changed_at timestamptz, sku text, quantity numeric, kind text)');
  return connect({
    pageSize,
    documents: {
      query: `select id, id as number, kind, changed_at as date, changed_at as booked_at, 'MAIN' as location, sku, quantity, changed_at from receipt
              where changed_at >= :since order by changed_at, id`,
      cursor: { column: 'changed_at', ...options },
      kinds: { GRN: 'purchase', SALE: 'ignore' },
    },
  });
}

const book = (id: string, at: string, kind = 'GRN') =>
  db.run('insert into receipt values (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)', [id, at, 'A', 2, kind, id, at, 'B', 1, kind]);

test('a receipt that is committed late, with an earlier time than what was read, is read all the same, once', async () => {
  const connector = await openReceipts({ overlap: 600 });
  await book('R1', '2026-11-20 21:00:00+00');
  await book('R2', '2026-11-20 21:05:00.123456+00');
  const first = await read(connector, 'documents');
  expect(keys(first)).toEqual(['R1', 'R2']);
  // Booked at 21:00 UTC, which is the next day in Riyadh.
  expect(first.changes[0]).toMatchObject({
    value: {
      date: '2026-11-21',
      bookedAt: '2026-11-20T21:00:00Z',
      kind: 'purchase',
      lines: [{ sku: 'A' }, { sku: 'B' }],
    },
  });
  await book('LATE', '2026-11-20 20:56:00+00');
  await book('R3', '2026-11-20 21:06:00+00');
  const second = await read(connector, 'documents', first.checkpoint);
  expect(keys(second)).toEqual(['LATE', 'R3']);
  expect(keys(await read(connector, 'documents', second.checkpoint))).toEqual([]);
  await db.run(`update receipt set quantity = 9 where id = 'R2' and sku = 'A'`);
  expect(keys(await read(connector, 'documents', second.checkpoint))).toEqual(['R2']);
});

test('thousands of receipts with one time are read once, and the next read goes on', async () => {
  const connector = await openReceipts({}, 500);
  await db.run(
    `insert into receipt select 'R' || n, '2026-11-20 08:00:00+00', 'A', 1, 'GRN' from generate_series(1, 3000) n order by 1`,
  );
  const first = await read(connector, 'documents');
  expect(new Set(keys(first)).size).toBe(3000);
  expect(keys(await read(connector, 'documents', first.checkpoint))).toEqual([]);
  await book('R0', '2026-11-20 08:00:00+00');
  expect(keys(await read(connector, 'documents', first.checkpoint))).toEqual(['R0']);
});

test('other kinds are left out, and one bad line takes its whole document with it', async () => {
  const connector = await openReceipts();
  await book('R1', '2026-11-20 08:00:00+00');
  await book('S1', '2026-11-20 08:01:00+00', 'SALE');
  await book('X1', '2026-11-20 08:02:00+00', 'TRANSFER');
  await book('R2', '2026-11-20 08:03:00+00');
  await db.run(`update receipt set sku = '' where id = 'R2' and sku = 'B'`);
  const { changes } = await read(connector, 'documents');
  expect(changes).toMatchObject([
    { op: 'upsert', key: 'R1' },
    { op: 'reject', key: 'X1', column: 'kind', value: 'TRANSFER' },
    { op: 'reject', key: 'R2', column: 'sku', reason: expect.stringMatching(/^line 2: sku is empty/) },
  ]);
});

test.each([
  [
    'the lines of a document stand apart',
    `'2026-11-20 08:00'`,
    'R1 A, R2 A, R1 B',
    'lines of document "R1" stand apart',
  ],
  ['no order', 'n', 'R2 A, R1 A', 'comes after'],
])('documents out of order are refused as a whole: %s', async (_, at, list, message) => {
  const values = list.split(', ').map((one, index) => {
    const [id, sku] = one.split(' ');
    const time = at === 'n' ? `'2026-11-20 0${9 - index}:00'` : at;
    return `('${id}', '${sku}', ${time}::timestamp)`;
  });
  const connector = await connect({
    documents: {
      query: `select id, id as number, 'purchase' as kind, at as date, 'MAIN' as location, sku, 1 as quantity, at from (values ${values}) v (id, sku, at) where at >= :since`,
      cursor: { column: 'at' },
    },
  });
  await expect(read(connector, 'documents')).rejects.toMatchObject({
    code: 'CONNECTOR_BAD_SOURCE',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('order by'),
  });
});

test.each<[string, Options, string, RegExp]>([
  ['a table that is not there', { stock: { query: 'select * from nowhere' } }, 'CONNECTOR_OPTIONS', /nowhere/],
  [
    'a missing column',
    { stock: { query: `select 'A' as sku, 'M' as location` } },
    'CONNECTOR_OPTIONS',
    /"quantity" is missing.*sku, location/,
  ],
  [
    'two columns for one field',
    { stock: { query: `select 'A' as sku, 'B' as "SKU", 'M' as location, 1 as quantity` } },
    'CONNECTOR_OPTIONS',
    /sku and SKU/,
  ],
  [
    'a column that is named and is not there',
    { stock: { query: `select 'A' as sku, 'M' as location, 1 as quantity`, columns: { unit: 'uom' } } },
    'CONNECTOR_OPTIONS',
    /"uom"/,
  ],
  ['a right that is missing', { stock: { query: 'select * from pg_authid' } }, 'CONNECTOR_AUTH', /lacks a right/],
  [
    'a table of written commands that is not there',
    { write: { packing: ['update orders set x = 1'] } },
    'CONNECTOR_OPTIONS',
    /oto_bridge_applied/,
  ],
])('check says what has to be mended: %s', async (_, options, code, message) => {
  const connector = await connect(options);
  await expect(connector.check(never)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\w/),
    place: { path: expect.stringMatching(/^sources\.erp\.options/) },
  });
});

test('a query that takes too long is ended by the server', async () => {
  const connector = await connect({
    statementTimeoutSeconds: 1,
    stock: { query: `select 'A' as sku, 'M' as location, 1 as quantity from pg_sleep(30)` },
  });
  await expect(read(connector, 'stock')).rejects.toMatchObject({
    code: 'CONNECTOR_UNREACHABLE',
    message: expect.stringContaining('longer than 1 s'),
  });
});

test('a read writes nothing, whatever a function in it does', async () => {
  await db.run('create table log (n int)');
  await db.run(
    `create function noisy() returns int language plpgsql as 'begin insert into log values (1); return 1; end'`,
  );
  const connector = await connect({ stock: { query: `select 'A' as sku, 'M' as location, noisy() as quantity` } });
  await expect(read(connector, 'stock')).rejects.toThrow(/read-only transaction/);
  expect(await db.run('select * from log')).toEqual([]);
});

const packed = (id: string, orderId: string): Command => ({
  name: 'set-packing-status',
  id,
  orderId,
  status: 'packed',
  at: '2026-11-20T05:15:00Z',
  location: 'MAIN',
});

test('a command is one transaction: an order that is not there takes back what went before, and the same command may come again', async () => {
  await db.run('create table oto_bridge_applied (operation varchar(64) primary key, applied_at varchar(40) not null)');
  await db.run('create table orders (number text, status text)');
  await db.run('create table audit (operation text)');
  const connector = await connect({
    write: {
      packing: ['update orders set status = :status where number = :order', 'insert into audit values (:operation)'],
    },
  });
  const apply = (command: Command) => connector.apply?.(command, never);
  await expect(apply(packed('17', 'ORDER-1'))).rejects.toMatchObject({
    code: 'CONNECTOR_ORDER_UNKNOWN',
    message: expect.stringContaining('"ORDER-1"'),
  });
  expect(await db.run('select * from oto_bridge_applied')).toEqual([]);
  await db.run(`insert into orders values ('ORDER-1')`);
  const both = await Promise.all([apply(packed('17', 'ORDER-1')), apply(packed('17', 'ORDER-1'))]);
  expect(both.map((one) => one?.outcome).sort()).toEqual(['already-done', 'done']);
  expect(await db.run('select * from audit')).toEqual([{ operation: '17' }]);
  await expect(apply({ name: 'write-stock', id: '18', asOf: '2026-11-20T05:15:00Z', lines: [] })).rejects.toMatchObject(
    { code: 'CONNECTOR_UNSUPPORTED', place: { path: 'sources.erp.options.write.stock' } },
  );
});

test('a channel whose connection is lost is listened to again', async () => {
  const connector = await connect({ watch: { channel: 'news', everySeconds: 3600 } });
  const ends = new AbortController();
  const said = connector.watch?.(['stock', 'documents'], ends.signal)[Symbol.asyncIterator]();
  const next = async () => (await said?.next())?.value as EntityName | undefined;
  expect([await next(), await next()].sort()).toEqual(['documents', 'stock']);
  await db.run(`select pg_notify('news', 'stock')`);
  expect(await next()).toBe('stock');
  await db.run(`select pg_terminate_backend(pid) from pg_stat_activity where usename = ? and query like 'listen%'`, [
    db.user,
  ]);
  // What was said while nobody listened is not said again, so everything is looked at.
  expect([await next(), await next()].sort()).toEqual(['documents', 'stock']);
  ends.abort();
  expect(await next()).toBeUndefined();
});
