import { expect, onTestFinished, test } from 'vitest';
import { driverOf } from '../../../connectors/sql/driver.ts';
import sql, { sqlOptions } from '../../../connectors/sql/index.ts';
import type { Command, Connector } from '../../../src/connector/index.ts';
import { authority, serverTls } from '../../kit/sql-server.ts';
import { openConnector, readAll } from '../../support/connector.ts';
import type { Column, Statement } from './tds/messages.ts';
import { type Answer, ServerError, startTdsServer } from './tds/server.ts';
import type { SqlType } from './tds/values.ts';

const text = (name: string): Column => ({ name, type: 'nvarchar(max)' });
const columnsOf = (names: Readonly<Record<string, SqlType>>) =>
  Object.entries(names).map(([name, type]): Column => ({ name, type }));

interface Script {
  /** What the query of the configuration gives. */
  readonly columns?: readonly Column[];
  readonly rows?: readonly (readonly (string | null)[])[];
  /** 0: the database allows no snapshots. */
  readonly snapshots?: '0' | '1';
  readonly tls?: typeof serverTls;
  /** Of a statement that writes: the rows that its triggers changed, then its own. */
  readonly affected?: readonly number[];
  readonly fails?: (statement: Statement) => ServerError | undefined;
}

/** A server that gives what a script says, and notes what it was asked. */
async function serve(script: Script) {
  const said: string[] = [];
  const { columns = [], rows = [] } = script;
  const one = (name: string, value: string): Answer => ({ columns: [{ name, type: 'int' }], rows: [[value]] });
  const server = await startTdsServer({
    tls: script.tls,
    async open() {
      return {
        begin: async (isolation) => void said.push(`begin ${isolation}`),
        end: async (how) => void said.push(how),
        close: async () => {},
        async *execute(statement): AsyncGenerator<Answer> {
          const error = script.fails?.(statement);
          if (error !== undefined) throw error;
          const { sql: asked } = statement;
          if (asked.includes('snapshot_isolation_state')) {
            yield one('state', script.snapshots ?? '1');
            return;
          }
          said.push(asked.split('\n;select @@rowcount')[0] ?? '');
          if (asked.includes('dm_exec_describe'))
            yield {
              columns: ['name', 'type', 'number', 'message'].map(text),
              rows: columns.map(({ name, type }) => [name, type, null, null]),
            };
          else if (asked.includes('sysutcdatetime'))
            yield { columns: [text('now')], rows: [['2026-11-20T08:00:00.123']] };
          else if (asked.includes('count(*)')) yield one('count', String(rows.length));
          else if (!/^\s*select/i.test(asked)) for (const affected of script.affected ?? [1]) yield { affected };
          else yield { columns: asTheServer(columns, asked), rows };
          if (asked.includes('@@rowcount')) yield one('oto_bridge_affected', String(script.affected?.at(-1) ?? 1));
        },
      };
    },
  });
  onTestFinished(() => server.stop());
  return { port: server.port, said };
}

/** A column that the statement converts is a text. */
function asTheServer(columns: readonly Column[], asked: string): readonly Column[] {
  return columns.map((column) => (asked.includes(`as [${column.name}]`) ? text(column.name) : column));
}

const query = 'select sku, location, quantity from stock';
const plain = { encrypt: false };

function connect(port: number, options: object): Promise<Connector> {
  const login = {
    dialect: 'sqlserver',
    host: 'localhost',
    port,
    database: 'erp',
    user: 'oto',
    password: 'correct-horse',
  };
  return openConnector(sql, sqlOptions.parse({ ...login, ...options }));
}

const stockColumns = columnsOf({ sku: 'nvarchar(max)', location: 'nvarchar(max)', quantity: 'decimal(38,4)' });

test('no digit is lost on the way through the driver, of whatever type a value is', async () => {
  const columns = columnsOf({
    sku: 'bigint',
    id: 'uniqueidentifier',
    name: 'nvarchar(max)',
    price: 'decimal(38,8)',
    tax_amount: 'money',
    active: 'bit',
    category: 'datetime2(7)',
    barcode: 'int',
    origin: 'float',
    supplier: 'nvarchar(max)',
  });
  const rows = [
    [
      '9007199254740993',
      '0E984725-C51C-4BF4-9960-E1C80E27ABA0',
      'قميص',
      '12345678901234567890.12345678',
      '922337203685477.5807',
      '1',
      '2026-11-20 08:15:00.1234567',
      '42',
      '0.1',
      'Nile Mills',
    ],
  ];
  const { port, said } = await serve({ columns, rows });
  const connector = await connect(port, { sqlserver: plain, products: { query: 'select * from item' } });
  const { changes, manifest } = await readAll(connector, 'products');
  expect(changes).toMatchObject([
    {
      value: {
        sku: '9007199254740993',
        id: '0E984725-C51C-4BF4-9960-E1C80E27ABA0',
        name: 'قميص',
        price: '12345678901234567890.12345678',
        taxAmount: '922337203685477.5807',
        active: true,
        category: '2026-11-20 08:15:00.1234567',
        barcode: '42',
        origin: '0.1',
        supplier: 'Nile Mills',
      },
    },
  ]);
  expect(manifest).toMatchObject({ completeness: 'proven', expectedRows: 1, asOf: '2026-11-20T08:00:00.123Z' });
  expect(said[0]).toBe('begin 5');
  expect(said.at(-1)).toBe('rollback');
});

test('without snapshots there is no proof: check says so, unless the configuration does without', async () => {
  const script: Script = { columns: stockColumns, rows: [['A', 'M', '1']], snapshots: '0' };
  const { port, said } = await serve(script);
  const strict = await connect(port, { sqlserver: plain, stock: { query } });
  const refusal = {
    code: 'CONNECTOR_OPTIONS',
    hint: expect.stringContaining('allow_snapshot_isolation on'),
    place: { path: 'sources.erp.options.sqlserver.isolation' },
  };
  await expect(strict.check(AbortSignal.timeout(5000))).rejects.toMatchObject(refusal);
  await expect(readAll(strict, 'stock')).rejects.toMatchObject(refusal);
  expect(said).toEqual([]);

  const loose = await connect(port, { sqlserver: { ...plain, isolation: 'read-committed' }, stock: { query } });
  const { changes, manifest } = await readAll(loose, 'stock');
  expect(changes).toHaveLength(1);
  expect(manifest).toEqual({ asOf: expect.any(String), completeness: 'likely', description: 'stock of erp' });
  expect(said).toContain('begin 2');
});

test('the connection is encrypted and the server checked, or it is refused', async () => {
  const script: Script = { columns: stockColumns, rows: [['A', 'M', '1']], tls: serverTls };
  const { port } = await serve(script);
  const trusting = await connect(port, { ca: authority, stock: { query } });
  expect((await readAll(trusting, 'stock')).changes).toHaveLength(1);
  const unknown = await connect(port, { stock: { query } });
  await expect(unknown.check(AbortSignal.timeout(5000))).rejects.toMatchObject({
    code: 'CONNECTOR_OPTIONS',
    hint: expect.stringContaining('`ca`'),
  });
  const anyone = await connect(port, { sqlserver: { trustServerCertificate: true }, stock: { query } });
  await anyone.check(AbortSignal.timeout(5000));

  const clear = await serve({ columns: stockColumns });
  const downgraded = await connect(clear.port, { ca: authority, stock: { query } });
  await expect(readAll(downgraded, 'stock')).rejects.toMatchObject({
    message: expect.stringContaining('does not encrypt'),
  });
  expect(clear.said).toEqual([]);
});

test.each<[string, number, string, string, RegExp]>([
  ['a table that is not there', 208, 'CONNECTOR_OPTIONS', "Invalid object name 'stock'.", /Invalid object name/],
  ['a right that is missing', 229, 'CONNECTOR_AUTH', 'The SELECT permission was denied', /lacks a right/],
  ['a value that cannot be converted', 245, 'CONNECTOR_BAD_SOURCE', 'Conversion failed', /stumbles over a value/],
  ['a deadlock', 1205, 'CONNECTOR_UNREACHABLE', 'was deadlocked', /was deadlocked/],
  ['a lock that takes too long', 1222, 'CONNECTOR_UNREACHABLE', 'Lock request time out', /took longer/],
  [
    'a snapshot across databases',
    3952,
    'CONNECTOR_OPTIONS',
    'Snapshot isolation transaction failed',
    /Snapshot isolation/,
  ],
])('what the server says is explained: %s', async (_, number, code, said, message) => {
  const fails = ({ sql: asked }: Statement) => (/count\(\*\)/.test(asked) ? new ServerError(number, said) : undefined);
  const { port } = await serve({ columns: stockColumns, fails });
  const connector = await connect(port, { sqlserver: plain, stock: { query } });
  await expect(readAll(connector, 'stock')).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\w/),
  });
});

const packed: Command = {
  name: 'set-packing-status',
  id: '17',
  orderId: 'ORDER-1',
  status: 'packed',
  at: '2026-11-20T05:15:00Z',
  location: 'MAIN',
};
const write = { packing: ['update orders set status = :status where number = :order'] };

test('an update that meets no row writes nothing, whatever its triggers change', async () => {
  const { port, said } = await serve({ affected: [3, 0] });
  const connector = await connect(port, { sqlserver: plain, write });
  // The command's own id meets no row either: it was written before.
  await expect(connector.apply?.(packed, AbortSignal.timeout(5000))).resolves.toEqual({ outcome: 'already-done' });
  expect(said).not.toContain('commit');

  const met = await serve({ affected: [3, 1] });
  const other = await connect(met.port, { sqlserver: plain, write });
  await expect(other.apply?.(packed, AbortSignal.timeout(5000))).resolves.toMatchObject({ outcome: 'done' });
  expect(met.said).toEqual([
    'begin 2',
    expect.stringMatching(/^insert into oto_bridge_applied .*@operation.* with \(updlock, holdlock\)/),
    'update orders set status = @status where number = @order',
    'commit',
  ]);
});

test('what a rule of the ERP refuses is not tried again', async () => {
  const fails = ({ sql: asked }: Statement) =>
    asked.startsWith('update')
      ? new ServerError(547, 'The UPDATE statement conflicted with the CHECK constraint')
      : undefined;
  const { port, said } = await serve({ fails });
  const connector = await connect(port, { sqlserver: plain, write });
  await expect(connector.apply?.(packed, AbortSignal.timeout(5000))).rejects.toMatchObject({
    code: 'CONNECTOR_REFUSED',
  });
  expect(said).not.toContain('commit');
});

test('a read that is aborted in the middle of its rows ends at once, and the server hears of it', async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => [`S${index}`, 'M', '1']);
  const { port, said } = await serve({ columns: stockColumns, rows });
  const connector = await connect(port, { sqlserver: plain, pageSize: 10, stock: { query } });
  const ends = new AbortController();
  const reason = new Error('stopped');
  const reading = (async () => {
    const items = connector.read.stock?.({ since: null, signal: ends.signal }) ?? [];
    for await (const _ of items) ends.abort(reason);
  })();
  await expect(reading).rejects.toBe(reason);
  expect(said.at(-1)).toBe('rollback');
});

test('a driver that is not installed is named, with what to do', async () => {
  const missing = driverOf('mssql', 'SQL Server', () => import(String('no-such-driver')));
  await expect(missing).rejects.toMatchObject({
    code: 'CONNECTOR_OPTIONS',
    message: expect.stringContaining('the package `mssql`, is not installed'),
    hint: expect.stringContaining('npm install mssql'),
  });
});

test.each<[string, object, RegExp]>([
  ['a second statement', { stock: { query: 'select 1 exec sp_who' } }, /EXEC/],
  ['a port of a named instance', { port: 1433, sqlserver: { instance: 'ERP' } }, /leave it out/],
  [
    'a certificate without encryption',
    { sqlserver: { encrypt: false, trustServerCertificate: true } },
    /without encryption/,
  ],
  ['options of another dialect', { dialect: 'mysql', sqlserver: {} }, /dialect: sqlserver/],
  ['a channel that nobody notifies', { watch: { channel: 'oto' } }, /PostgreSQL alone/],
])('the configuration is refused: %s', (_, options, message) => {
  const login = { dialect: 'sqlserver', host: 'h', database: 'd', user: 'u', password: 'p' };
  expect(sqlOptions.safeParse({ ...login, ...options }).error?.message).toMatch(message);
});
