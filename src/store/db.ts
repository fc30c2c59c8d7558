/** The one door to PostgreSQL: pooled queries, transactions, COPY, locks between processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Logger } from 'pino';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { apart } from '../lib/log.ts';
import { checkServer, codeOf, connectFailure, isConnectionError } from './connection.ts';
import { storeErrors } from './errors.ts';
import { createLocks, type Lock } from './lock.ts';
import { typeParsers } from './types.ts';

export { explained, isConnectionError, isDataError } from './connection.ts';
export type { Lock } from './lock.ts';

/** A row as it comes back: bigint as number, numeric as text, timestamptz as Date, date as text `2026-11-20`. */
export type Row = Record<string, unknown>;

export interface Queries {
  /** `prepareAs`: see `Queryable`. */
  query<T extends object = Row>(text: string, values?: readonly unknown[], prepareAs?: string): Promise<T[]>;
  /** The only row. @throws BridgeError STORE_ROWS */
  one<T extends object = Row>(text: string, values?: readonly unknown[]): Promise<T>;
  /** The only row, or `undefined`. @throws BridgeError STORE_ROWS when there are several */
  maybe<T extends object = Row>(text: string, values?: readonly unknown[]): Promise<T | undefined>;
  /** How many rows the statement touched. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
}

/** Queries on one connection. Inside `tx` they are one transaction. */
export interface Tx extends Queries {
  /** Runs `COPY … FROM STDIN` with what `chunks` gives and returns how many rows arrived. A chunk need not end at a line. */
  copyInto(sql: string, chunks: AsyncIterable<string | Buffer> | Iterable<string | Buffer>): Promise<number>;
}

/** The part of pg-boss' `IDatabase` that enqueueing needs. */
export interface BossDatabase {
  // biome-ignore lint/suspicious/noExplicitAny: pg-boss declares its rows so.
  executeSql(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
}

export interface Database extends Queries {
  readonly url: string;
  readonly schema: string;
  /**
   * Runs `work` in a transaction. A serialization failure or a deadlock runs it again, up to five times, so it must have
   * no effect outside of the database.
   */
  tx<T>(work: (tx: Tx) => Promise<T>, settings?: TxSettings): Promise<T>;
  /** Runs `work` on one connection, without a transaction. */
  client<T>(work: (client: Tx) => Promise<T>): Promise<T>;
  /** A lock that only one process holds: `null` when another has it. It lives on a connection of its own. */
  lock(key: string): Promise<Lock | null>;
  /** Lets pg-boss insert jobs in the transaction `tx`. */
  asBoss(tx: Queries): BossDatabase;
  /**
   * Runs `work` again while the database is away, until `deadlineSeconds` have passed (60). For work that may be repeated: a
   * commit whose answer was lost may have taken place.
   */
  withReconnect<T>(work: () => Promise<T>, options?: ReconnectOptions): Promise<T>;
  /** Connections at the moment, and how many pieces of work wait for one. */
  pool(): { readonly open: number; readonly idle: number; readonly waiting: number; readonly max: number };
  /** Ends all connections, after the work on them. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Settings of the server, for one transaction. */
export interface TxSettings {
  readonly work_mem?: '64MB';
  /** `off`: sort only where nothing else will do. */
  readonly enable_sort?: 'off';
  /** `off`: after a crash of the server the transaction may never have been, with all that followed it. */
  readonly synchronous_commit?: 'off';
}

export interface ReconnectOptions {
  readonly deadlineSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface OpenDatabase {
  readonly url: string;
  readonly schema: string;
  /** Shown by the server in pg_stat_activity. */
  readonly applicationName: string;
  /** Most connections at a time; further work waits. Default 10. */
  readonly max?: number;
  readonly log: Logger;
}

/** @throws BridgeError that names `database.url` and the remedy */
export async function openDatabase({ url, schema, applicationName, max = 10, log }: OpenDatabase): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // The temporary tables of a connection that lives for months would hold back the whole database's vacuum.
    maxLifetimeSeconds: 3600,
    types: typeParsers,
    Client: PromptClient,
    onConnect: async (client) => {
      // A connection can die while it is checked out and between two queries: unheard, that error would end the process.
      client.on('error', (error) => apart(() => log.debug({ reason: messageOf(error) }, 'database connection lost')));
      // A process that freezes inside a transaction would hold its rows against all others.
      await client.query(
        `set search_path to ${pg.escapeIdentifier(schema)}; set idle_in_transaction_session_timeout to '60s'`,
      );
    },
  });
  pool.on('error', (error) => apart(() => log.warn({ reason: messageOf(error) }, 'idle database connection lost')));

  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isConnectionError(error);
      throw error;
    } finally {
      client.release(broken);
    }
  };

  try {
    await withClient((client) => checkServer(client, url, schema));
  } catch (error) {
    await pool.end();
    throw error instanceof BridgeError ? error : connectFailure(url, error);
  }

  const locks = createLocks({ url, applicationName, log });
  const database: Database = {
    url,
    schema,
    ...queriesOn((query) => pool.query(query)),
    client: (work) => withClient((client) => work(txOn(client))),
    tx: (work, settings) => retryConflicts(() => withClient((client) => inTransaction(client, work, settings))),
    lock: (key) => locks.take(`${schema}:${key}`),
    asBoss: (tx) => ({ executeSql: async (text, values) => ({ rows: await tx.query(text, values) }) }),
    withReconnect: (work, options) => withReconnect(work, { ...options, log }),
    pool: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount, max }),
    close: async () => {
      await locks.close();
      if (!pool.ending) await pool.end();
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
  return database;
}

/** Bounds the handshake with the server alone. The pool's own timeout would also fail work that merely waits for its turn. */
class PromptClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: 10_000 });
  }
}

type Send = (query: pg.QueryConfig) => Promise<pg.QueryResult>;

function queriesOn(send: Send): Queries {
  const asked = async (text: string, values?: readonly unknown[], prepareAs?: string): Promise<pg.QueryResult> =>
    send({
      text,
      ...(values === undefined ? {} : { values: [...values] }),
      ...(prepareAs === undefined ? {} : { name: prepareAs }),
    });
  const query = async <T extends object>(text: string, values?: readonly unknown[], prepareAs?: string): Promise<T[]> =>
    (await asked(text, values, prepareAs)).rows as T[];
  const maybe = async <T extends object>(text: string, values?: readonly unknown[]): Promise<T | undefined> => {
    const rows = await query<T>(text, values);
    if (rows.length > 1) throw rowsError(text, rows.length);
    return rows[0];
  };
  return {
    query,
    maybe,
    one: async <T extends object>(text: string, values?: readonly unknown[]) => {
      const row = await maybe<T>(text, values);
      if (row === undefined) throw rowsError(text, 0);
      return row;
    },
    run: async (text, values) => (await asked(text, values)).rowCount ?? 0,
  };
}

function rowsError(text: string, count: number): BridgeError {
  return new BridgeError(storeErrors.STORE_ROWS, {
    message: `A query for one row gave ${count}: ${text.replace(/\s+/g, ' ').trim().slice(0, 200)}`,
  });
}

function txOn(client: pg.ClientBase): Tx {
  return {
    ...queriesOn((query) => client.query(query)),
    copyInto: async (sql, chunks) => {
      const sink = client.query(copyFrom(sql));
      await writeAll(sink, chunks);
      return sink.rowCount;
    },
  };
}

type CopySink = ReturnType<typeof copyFrom>;

/**
 * Feeds `chunks` to a COPY. Not `stream.pipeline`: that ends as soon as the sink is destroyed, while the server still has to
 * acknowledge the cancelled COPY, and the connection would carry that answer into its next query.
 */
async function writeAll(
  sink: CopySink,
  chunks: AsyncIterable<string | Buffer> | Iterable<string | Buffer>,
): Promise<void> {
  let failure: { error: unknown } | undefined;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  sink.once('finish', end);
  sink.once('error', (error) => {
    failure ??= { error };
    end();
  });
  try {
    for await (const batch of batches(chunks)) {
      // One write at a time: with several waiting, the sink throws where nobody can catch it once the server refuses the data.
      await Promise.race([ended, written(sink, batch)]);
      if (failure !== undefined) break;
    }
  } catch (error) {
    if (failure === undefined) {
      failure = { error };
      sink.destroy(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }
  if (failure === undefined) sink.end();
  await ended;
  if (failure !== undefined) throw failure.error;
}

function written(sink: CopySink, batch: Buffer): Promise<void> {
  return new Promise((resolve) => {
    // An error reaches the sink's own listener.
    sink.write(batch, () => resolve());
  });
}

/** Small chunks together: each write has a price of its own. */
async function* batches(chunks: AsyncIterable<string | Buffer> | Iterable<string | Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    parts.push(part);
    size += part.length;
    if (size < 65_536) continue;
    yield joined(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield joined(parts);
}

function joined(parts: readonly Buffer[]): Buffer {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

async function inTransaction<T>(
  client: pg.PoolClient,
  work: (tx: Tx) => Promise<T>,
  settings: TxSettings = {},
): Promise<T> {
  const local = Object.entries(settings).map(([name, value]) => `; set local ${name} = '${value}'`);
  await client.query(`begin${local.join('')}`);
  let result: T;
  try {
    result = await work(txOn(client));
  } catch (error) {
    // The work's error tells more than a rollback that fails after it.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
  const { command } = await client.query('commit');
  // The server turns the commit of a failed transaction into a rollback without an error.
  if (command !== 'COMMIT') {
    throw new BridgeError(storeErrors.STORE_LOST_ERROR, {
      message: 'A statement of a transaction failed, its error was dropped, and so nothing was saved.',
    });
  }
  return result;
}

const conflicts = new Set(['40001', '40P01']);

async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 5 || !conflicts.has(codeOf(error) ?? '')) throw error;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}

async function withReconnect<T>(
  work: () => Promise<T>,
  { deadlineSeconds = 60, signal, log }: ReconnectOptions & { log: Logger },
): Promise<T> {
  const deadline = performance.now() + deadlineSeconds * 1000;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const pause = Math.min(5000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
      if (!isConnectionError(error) || performance.now() + pause > deadline) throw error;
      log.warn({ reason: messageOf(error), pauseMs: Math.round(pause) }, 'the database is away; trying again');
      await sleep(pause, undefined, { signal });
    }
  }
}
