import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { pino } from 'pino';
import { beforeAll, describe, expect, test } from 'vitest';
import { isBridgeError } from '../../src/lib/errors.ts';
import { isConnectionError, openDatabase } from '../../src/store/db.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { testDatabase } from '../support/database.ts';

const database = testDatabase();
const log = pino({ level: 'silent' });

beforeAll(async () => {
  await database.db.query('create table item (id int primary key, name text)');
});

const open = (url: string, schema = database.schema) => openDatabase({ url, schema, applicationName: 'test', log });

/** Ends other connections of this database, as a restarting server does. */
async function endConnections(condition: string): Promise<number> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and ${condition}`,
  );
  await client.end();
  return rowCount ?? 0;
}

async function* chunksOf(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}

describe('types and rows', () => {
  test('each type arrives as the documentation says', async () => {
    const row = await database.db.one(
      `select 9007199254740991::bigint as id, array[1, null, 3]::bigint[] as ids, 0.10::numeric as price,
              date '2026-11-20' as day, timestamptz '2026-11-20 10:00+03' as at, count(*) as counted from item`,
    );
    expect(row).toEqual({
      id: 9_007_199_254_740_991,
      ids: [1, null, 3],
      price: '0.10',
      day: '2026-11-20',
      at: new Date('2026-11-20T07:00:00Z'),
      counted: 0,
    });
  });

  test('a bigint that would be rounded is an error', async () => {
    await expect(database.db.one('select 9007199254740993::bigint as id')).rejects.toThrow(RangeError);
    expect(await database.db.one('select 1 as still_usable')).toEqual({ still_usable: 1 });
  });

  test('one and maybe insist on their number of rows', async () => {
    await expect(database.db.one('select 1 where false')).rejects.toMatchObject({ code: 'STORE_ROWS' });
    await expect(database.db.one('values (1), (2)')).rejects.toMatchObject({ code: 'STORE_ROWS' });
    await expect(database.db.maybe('values (1), (2)')).rejects.toMatchObject({ code: 'STORE_ROWS' });
    expect(await database.db.maybe('select 1 where false')).toBeUndefined();
  });

  test('names are looked up in the schema of the bridge', async () => {
    expect(
      await database.db.one("select to_regclass('item')::oid = to_regclass('oto_bridge.item')::oid as own"),
    ).toEqual({
      own: true,
    });
  });
});

describe('transactions', () => {
  test('what fails leaves nothing', async () => {
    const failure = new Error('stop');
    await expect(
      database.db.tx(async (tx) => {
        expect(await tx.run("insert into item values (1, 'a'), (2, 'b')")).toBe(2);
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await database.db.query('select * from item')).toEqual([]);
  });

  test('an error that the work drops does not turn into a silent rollback', async () => {
    await expect(
      database.db.tx(async (tx) => {
        await tx.run("insert into item values (3, 'c')");
        await tx.run('select 1/0').catch(() => undefined);
      }),
    ).rejects.toMatchObject({ code: 'STORE_LOST_ERROR' });
  });

  const conflict = "do $$ begin raise exception 'conflict' using errcode = '40001'; end $$";

  test('a conflict runs the work again', async () => {
    let attempts = 0;
    await database.db.tx(async (tx) => {
      attempts++;
      await tx.run("insert into item values (4, 'd')");
      if (attempts < 3) await tx.run(conflict);
    });
    expect(attempts).toBe(3);
    expect(await database.db.query('select id from item where id = 4')).toEqual([{ id: 4 }]);
  });

  test('a conflict without end is given up', async () => {
    let attempts = 0;
    await expect(
      database.db.tx(async (tx) => {
        attempts++;
        await tx.run(conflict);
      }),
    ).rejects.toMatchObject({ code: '40001' });
    expect(attempts).toBe(5);
  });

  test('jobs of pg-boss go with the transaction', async () => {
    const boss = new PgBoss({
      connectionString: database.url,
      schema: 'boss_of_test',
      supervise: false,
      schedule: false,
    });
    boss.on('error', () => undefined);
    await boss.start();
    await boss.createQueue('push');
    const send = (commit: boolean) =>
      database.db.tx(async (tx) => {
        await boss.send('push', { commit }, { db: database.db.asBoss(tx) });
        if (!commit) throw new Error('rolled back');
      });
    await expect(send(false)).rejects.toThrow('rolled back');
    await send(true);
    const jobs = await boss.fetch<{ commit: boolean }>('push', { batchSize: 10 });
    expect(jobs.map(({ data }) => data)).toEqual([{ commit: true }]);
    await boss.stop({ graceful: false });
  });
});

describe('copyInto', () => {
  const copy = 'copy item from stdin (format csv)';

  test('chunks need not end with a line', async () => {
    const rows = await database.db.tx((tx) =>
      tx.copyInto(copy, chunksOf('10,te', 'n\n11,"elev', 'en"\n12,"zwölf ١٢"\n')),
    );
    expect(rows).toBe(3);
    expect(await database.db.query('select name from item where id between 10 and 12 order by id')).toEqual([
      { name: 'ten' },
      { name: 'eleven' },
      { name: 'zwölf ١٢' },
    ]);
  });

  test('more than any buffer holds', async () => {
    async function* many() {
      for (let page = 0; page < 200; page++) {
        yield Array.from({ length: 500 }, (_, row) => `${1000 + page * 500 + row},${'x'.repeat(100)}\n`).join('');
      }
    }
    expect(await database.db.tx((tx) => tx.copyInto(copy, many()))).toBe(100_000);
  });

  test('a source that fails half way leaves nothing, and the connection usable', async () => {
    async function* failing() {
      yield '20,twenty\n';
      throw new Error('the file ended early');
    }
    await database.db.client(async (client) => {
      await expect(client.copyInto(copy, failing())).rejects.toThrow('the file ended early');
      expect(await client.query('select * from item where id = 20')).toEqual([]);
      expect(await client.copyInto(copy, chunksOf('21,one\n'))).toBe(1);
    });
  });

  test('data that the table refuses end the copy, however much is still to come', async () => {
    let pages = 0;
    async function* endless() {
      // As good as endless: what is still to come would take hours, so a copy that went on would run out of the test's time.
      for (; pages < 100_000_000; pages++) yield `not a number,${'x'.repeat(10_000)}\n`;
    }
    await database.db.client(async (client) => {
      await expect(client.copyInto(copy, endless())).rejects.toMatchObject({ code: '22P02' });
      expect(await client.one('select 1 as x')).toEqual({ x: 1 });
    });
    expect(pages).toBeLessThan(100_000_000);
  });

  test('a statement that is no copy is an error', async () => {
    await expect(database.db.tx((tx) => tx.copyInto('copy missing from stdin', chunksOf('1\n')))).rejects.toMatchObject(
      {
        code: '42P01',
      },
    );
  });

  test('a connection that is lost under way is a connection error', async () => {
    async function* cut() {
      yield `40,${'x'.repeat(100_000)}\n`;
      await endConnections("state = 'active'");
      yield `41,${'x'.repeat(100_000)}\n`;
    }
    const failure = await database.db.tx((tx) => tx.copyInto(copy, cut())).catch((error: unknown) => error);
    expect(isConnectionError(failure)).toBe(true);
    expect(await database.db.query('select * from item where id in (40, 41)')).toEqual([]);
  });
});

describe('lost connections', () => {
  test('idle ones are replaced', async () => {
    await database.db.query('select 1');
    expect(await endConnections("application_name = 'test'")).toBeGreaterThan(0);
    expect(await database.db.withReconnect(() => database.db.one('select 2 as x'))).toEqual({ x: 2 });
  });

  test('one that is lost between two statements fails its transaction as a connection error', async () => {
    const failure = await database.db
      .tx(async (tx) => {
        await tx.run("insert into item values (30, 'lost')");
        await endConnections("state = 'idle in transaction'");
        await tx.run("insert into item values (31, 'never')");
      })
      .catch((error: unknown) => error);
    expect(isConnectionError(failure)).toBe(true);
    expect(await database.db.query('select * from item where id in (30, 31)')).toEqual([]);
  });

  test('a mistake in the work is not taken for one', async () => {
    let attempts = 0;
    const work = async () => {
      attempts++;
      await database.db.query('select 1/0');
    };
    await expect(database.db.withReconnect(work)).rejects.toMatchObject({ code: '22012' });
    expect(attempts).toBe(1);
  });

  test('withReconnect gives up at its deadline', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    let attempts = 0;
    const work = async () => {
      attempts++;
      throw away;
    };
    await expect(database.db.withReconnect(work, { deadlineSeconds: 0.3 })).rejects.toBe(away);
    expect(attempts).toBeGreaterThan(1);
  });

  test('a server that is killed and comes back is survived', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'oto-bridge-away-'));
    await chmod(dataDir, 0o755);
    const server = await startEmbedded({ dataDir, log, settings: { fsync: 'off' } });
    const db = await open(server.url);
    await db.query(`create schema ${database.schema}`);
    await db.query('create table figure as select 7 as figure');
    const pid = Number((await readFile(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    expect(await db.withReconnect(() => db.one('select figure from figure'))).toEqual({ figure: 7 });
    await db.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
});

describe('lock', () => {
  test('one holder at a time', async () => {
    const held = await database.db.lock('stock');
    expect(held).not.toBeNull();
    expect(await database.db.lock('stock')).toBeNull();
    const other = await database.db.lock('products');
    expect(other).not.toBeNull();
    await other?.release();
    await held?.release();
    expect(held?.lost.aborted).toBe(false);
    const again = await database.db.lock('stock');
    expect(again).not.toBeNull();
    await again?.release();
  });

  test('the holder hears of its loss, and another can have it', async () => {
    const held = await database.db.lock('stock');
    if (held === null) throw new Error('not free');
    const lost = once(held.lost, 'abort');
    expect(await endConnections("pid in (select pid from pg_locks where locktype = 'advisory')")).toBe(1);
    await lost;
    const next = await database.db.lock('stock');
    expect(next).not.toBeNull();
    await next?.release();
    await held.release();
  });
});

describe('a database that cannot be used', () => {
  const changed = (change: Partial<URL>) => Object.assign(new URL(database.url), change).href;

  async function refusal(url: string, schema?: string): Promise<{ code: string; text: string }> {
    const error = await open(url, schema).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!isBridgeError(error)) throw new Error('was not refused with a BridgeError', { cause: error });
    expect(error.place?.path).toBe('database.url');
    expect(error.hint).toMatch(/database\.url/);
    expect(JSON.stringify(error)).not.toContain(new URL(url).password);
    return { code: error.code, text: error.message };
  }

  test('wrong password', async () => {
    const { code, text } = await refusal(changed({ password: 'mistaken' }));
    expect(code).toBe('STORE_AUTH');
    expect(text).toContain('oto_bridge');
  });

  test('unknown database', async () => {
    const { code, text } = await refusal(changed({ pathname: '/nowhere' }));
    expect(code).toBe('STORE_NO_DATABASE');
    expect(text).toContain('nowhere');
  });

  test('nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    const { code, text } = await refusal(changed({ port: String(port) }));
    expect(code).toBe('STORE_UNREACHABLE');
    expect(text).toContain(String(port));
  });

  test('unknown host', async () => {
    const { code } = await refusal(changed({ host: 'database.invalid:5432' }));
    expect(code).toBe('STORE_UNREACHABLE');
  });

  test('something that is no PostgreSQL', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code } = await refusal(changed({ port: String(port) }));
    expect(code).toMatch(/^STORE_(UNREACHABLE|CONNECT)$/);
    server.close();
  });

  test('no right to make or use the schema, and a database that takes no writes', async () => {
    const role = `limited_${process.pid}`;
    await database.db.query(`create role ${role} login password 'secret-of-limited'`);
    const url = changed({ username: role, password: 'secret-of-limited' });
    expect((await refusal(url, 'new_schema')).code).toBe('STORE_NO_RIGHT');
    expect((await refusal(url)).text).toContain(`"${role}" may not use the schema "oto_bridge"`);
    await database.db.query(`alter role ${role} set default_transaction_read_only = on`);
    expect((await refusal(url)).code).toBe('STORE_READ_ONLY');
    await database.db.query(`drop role ${role}`);
  });
});
