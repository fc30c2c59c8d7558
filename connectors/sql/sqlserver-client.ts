import type mssql from 'mssql';
import { BridgeError, connectorErrors } from '../../src/connector/index.ts';
import type { Connection } from './connection.ts';
import { driverOf } from './driver.ts';
import type { SqlServerOptions } from './options.ts';

/** A connection of its own: a transaction needs no other. */
export interface Client {
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

export async function connect(
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
export async function requireSnapshots(
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

export async function close({ pool, secured }: Client, transaction?: mssql.Transaction): Promise<void> {
  await transaction?.rollback().catch(() => undefined);
  await pool.close().catch(() => undefined);
  for (const socket of secured) socket.destroy();
}
