import { Readable } from 'node:stream';
import type mssql from 'mssql';
import { BridgeError, connectorErrors } from '../../src/connector/index.ts';
import type { Connection, Database, Row, Transaction } from './connection.ts';
import { driverOf } from './driver.ts';
import type { SqlServerOptions } from './options.ts';
import { portionsOf } from './portions.ts';
import type { Bound } from './statement.ts';
import { asTexts, type DescribedColumn } from './tsql.ts';

interface Client {
  readonly driver: typeof mssql;
  readonly pool: mssql.ConnectionPool;
  /** What the driver encrypts by, and leaves open. */
  readonly secured: Set<Destroyable>;
}

interface Destroyable {
  destroy(): unknown;
}

/** Longest wait for a connection, and for the server to let go of what it is told to leave, in milliseconds. */
const connectTimeout = 15_000;
const cancelTimeout = 2_000;

/** Microsoft SQL Server, through the driver mssql, which is an optional dependency. */
export function openSqlServer(connection: Connection, options: SqlServerOptions): Database {
  const oneMoment = options.isolation === 'snapshot';
  return {
    dialect: 'sqlserver',
    oneMoment,
    async begin(kind, signal) {
      const client = await connect(connection, options, signal);
      try {
        if (kind === 'read' && oneMoment) await requireSnapshots(client, connection, signal);
        const { SNAPSHOT, READ_COMMITTED } = client.driver.ISOLATION_LEVEL;
        const transaction = new client.driver.Transaction(client.pool);
        await transaction.begin(kind === 'read' && oneMoment ? SNAPSHOT : READ_COMMITTED);
        return transactionOn(client, transaction, connection, signal);
      } catch (error) {
        await close(client);
        throw connection.explain(error, signal);
      }
    },
  };
}

async function connect(
  { host, port, database, user, password, ssl, timeoutMs, path, explain }: Connection,
  { instance, encrypt, trustServerCertificate }: SqlServerOptions,
  signal: AbortSignal,
): Promise<Client> {
  signal.throwIfAborted();
  const driver = await driverOf('mssql', 'SQL Server', async () => (await import('mssql')).default);
  const secured = new Set<Destroyable>();
  const pool = new driver.ConnectionPool({
    server: host,
    ...(instance === undefined ? { port } : {}),
    database,
    user,
    password,
    connectionTimeout: connectTimeout,
    requestTimeout: timeoutMs,
    pool: { max: 1, min: 0 },
    // It is lent out once: nothing can have become of it meanwhile.
    validateConnection: false,
    options: {
      appName: 'oto-bridge',
      ...(instance === undefined ? {} : { instanceName: instance }),
      encrypt,
      trustServerCertificate,
      ...(ssl === undefined ? {} : { cryptoCredentialsDetails: { ca: ssl.ca } }),
      // A statement of a command that fails takes the whole command back.
      abortTransactionOnError: true,
      cancelTimeout,
    },
    beforeConnect: (tedious) => {
      tedious.on('secure', (socket: Destroyable) => void secured.add(socket));
    },
  });
  // Unheard, the loss of a connection would end the process; the query that is under way fails with it.
  pool.on('error', () => undefined);
  const client: Client = { driver, pool, secured };
  const ended = Promise.withResolvers<never>();
  const abort = () => ended.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const connecting = pool.connect();
  try {
    await Promise.race([connecting, ended.promise]);
    // The driver goes on in the clear where the server, or somebody in between, says that it cannot encrypt.
    if (encrypt && secured.size === 0) throw notEncrypted(host, path);
    return client;
  } catch (error) {
    // It may still come about; nobody waits for it.
    void connecting.then(
      () => close(client),
      () => undefined,
    );
    throw explain(error, signal);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function notEncrypted(host: string, path: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
    message: `${host} does not encrypt the connection, though every SQL Server can: something else answers there.`,
    hint: 'Find out what it is and change the password, which it has seen. Only in a network that nobody else is in: `sqlserver: { encrypt: false }`.',
    place: { path: `${path}.sqlserver.encrypt` },
  });
}

/** Without snapshots a count and the rows are of different moments, or every table that is read is locked until the end. */
async function requireSnapshots(
  client: Client,
  { database, path, explain }: Connection,
  signal: AbortSignal,
): Promise<void> {
  const request = new client.driver.Request(client.pool);
  const answer = await request
    .query('select snapshot_isolation_state as state from sys.databases where database_id = db_id()')
    .catch((error: unknown) => {
      throw explain(error, signal);
    });
  const [row] = answer.recordset as { state: number }[];
  if (row?.state === 1) return;
  throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
    message: `The database "${database}" does not allow SNAPSHOT isolation: nothing would prove that a read is whole.`,
    hint: `Its owner allows it, once and for all: alter database [${database}] set allow_snapshot_isolation on. Or set \`sqlserver: { isolation: read-committed }\`: then no read is proven, and a figure that is not listed is left as it is.`,
    place: { path: `${path}.sqlserver.isolation` },
  });
}

function transactionOn(
  client: Client,
  transaction: mssql.Transaction,
  { explain, timeoutMs }: Connection,
  signal: AbortSignal,
): Transaction {
  // The driver tells it when the server has taken the transaction back; the statement that failed says why.
  transaction.on('rollback', () => undefined);
  let current: mssql.Request | undefined;
  let idle = Promise.resolve();
  // To close a connection under a request makes the driver fail where nothing catches it: the request is cancelled, and ends first.
  const abort = () => void current?.cancel();
  signal.addEventListener('abort', abort, { once: true });
  const failed = (error: unknown) => explain(error, signal, 'the statement');
  const requestFor = ({ names, values }: Bound) => {
    signal.throwIfAborted();
    const request = new client.driver.Request(transaction);
    for (const [at, name] of names.entries()) request.input(name, client.driver.NVarChar, values[at] ?? null);
    current = request;
    return request;
  };
  const run: Transaction['run'] = async (statement) => {
    // Triggers report what they changed as well: only this counts the statement's own rows.
    const working = requestFor(statement).query(`${statement.sql}\n;select @@rowcount as oto_bridge_affected`);
    try {
      const { recordsets } = await working;
      const sets = recordsets as unknown as readonly (readonly Record<string, unknown>[])[];
      const rows = sets.length > 1 ? (sets[0] ?? []) : [];
      return { rows: rows.map(textsOf), affected: Number(sets.at(-1)?.[0]?.oto_bridge_affected ?? 0) };
    } catch (error) {
      throw failed(error);
    } finally {
      current = undefined;
    }
  };
  const describe = async ({ sql, names }: Bound): Promise<DescribedColumn[]> => {
    const parameters = names.map((name) => `@${name} nvarchar(4000)`).join(', ');
    const { rows } = await run({ sql: describing, names: ['query', 'parameters'], values: [sql, parameters] });
    return rows.map(({ name, type, number, message }, at) => {
      if (message) throw failed(Object.assign(new Error(message), { number: Number(number) }));
      if (!name) throw failed(Object.assign(new Error(`column ${at + 1} has no name`), { number: 8155 }));
      return { name, type: type ?? '' };
    });
  };
  return {
    run,
    async columns(statement) {
      return (await describe(statement)).map(({ name }) => name);
    },
    async *portions(statement, size, order = []) {
      const sql = asTexts(statement.sql, await describe(statement), order);
      const request = requestFor(statement);
      const { promise, resolve } = Promise.withResolvers<void>();
      idle = promise;
      const stream = streamOf(request, sql, size, resolve);
      const portions = portionsOf(stream, { size, signal, explain: failed, patience: timeoutMs });
      for await (const rows of portions) yield rows.map(textsOf);
    },
    async commit() {
      try {
        await transaction.commit();
      } catch (error) {
        throw explain(error, signal, 'the commit');
      }
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', abort);
      await idle;
      await close(client, transaction);
    },
  };
}

const describing = `select name, system_type_name as type, error_number as number, error_message as message
from sys.dm_exec_describe_first_result_set(@query, @parameters, 0) where is_hidden = 0 order by column_ordinal`;

/** What is not text yet holds all of its digits as it is: integers of up to 32 bits, truths, bytes, and floats, which are no more than that. */
function textsOf(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  return String(value);
}

/** The rows as they come; it stands still where they are not taken. */
function streamOf(request: mssql.Request, sql: string, size: number, ended: () => void): Readable {
  let done = false;
  request.stream = true;
  const stream = new Readable({
    objectMode: true,
    highWaterMark: size,
    read: () => void request.resume(),
    destroy(error, destroyed) {
      if (!done) request.cancel();
      destroyed(error);
    },
  });
  request.on('row', (row) => {
    if (!stream.push(row) && !stream.destroyed) request.pause();
  });
  request.on('error', (error: Error) => stream.destroy(error));
  request.on('done', () => {
    done = true;
    stream.push(null);
    ended();
  });
  void request.query(sql);
  return stream;
}

async function close({ pool, secured }: Client, transaction?: mssql.Transaction): Promise<void> {
  await transaction?.rollback().catch(() => undefined);
  await pool.close().catch(() => undefined);
  for (const socket of secured) socket.destroy();
}
