import type { Connection as MysqlConnection, RowDataPacket, TypeCastField } from 'mysql2';
import type { Connection, Database, Row, Transaction } from './connection.ts';
import { driverOf } from './driver.ts';
import { portionsOf } from './portions.ts';

/** MySQL and MariaDB, through the driver mysql2, which is an optional dependency. */
export function openMysql(connection: Connection): Database {
  return {
    dialect: 'mysql',
    oneMoment: true,
    async begin(kind, signal) {
      const client = await connect(connection, signal);
      const transaction = transactionOn(client, connection, signal);
      const timeout = (await isMariaDb(transaction))
        ? `set session max_statement_time = ${connection.timeoutMs / 1000}`
        : `set session max_execution_time = ${connection.timeoutMs}`;
      for (const sql of [
        "set session time_zone = '+00:00', sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES')",
        timeout,
        'set session transaction isolation level repeatable read',
        kind === 'read' ? 'start transaction with consistent snapshot, read only' : 'start transaction',
      ])
        await transaction.run({ sql, values: [], names: [] });
      return transaction;
    },
  };
}

async function isMariaDb(transaction: Transaction): Promise<boolean> {
  const { rows } = await transaction.run({ sql: 'select version() as version', values: [], names: [] });
  return /mariadb/i.test(rows[0]?.version ?? '');
}

/** Every value as its text. A TIMESTAMP is told in the session's zone, which is UTC; a DATETIME has none. */
function textOf(field: TypeCastField): string | null {
  const text = field.string();
  return text !== null && field.type === 'TIMESTAMP' ? `${text}+00:00` : text;
}

async function connect(
  { host, port, database, user, password, ssl, explain }: Connection,
  signal: AbortSignal,
): Promise<MysqlConnection> {
  signal.throwIfAborted();
  const { createConnection } = await driver();
  const { promise, resolve, reject } = Promise.withResolvers<MysqlConnection>();
  const client = createConnection({
    host,
    port,
    database,
    user,
    password,
    ...(ssl === undefined ? {} : { ssl }),
    charset: 'utf8mb4',
    connectTimeout: 15_000,
    typeCast: textOf,
  });
  // Unheard, the loss of a connection would end the process; the query that is under way fails with it.
  client.on('error', () => undefined);
  client.connect((error) => (error === null ? resolve(client) : reject(explain(error, signal))));
  return promise;
}

function driver(): Promise<typeof import('mysql2')> {
  return driverOf(
    'mysql2',
    'MySQL and MariaDB',
    async () => (await import('mysql2')).default as unknown as typeof import('mysql2'),
  );
}

function transactionOn(client: MysqlConnection, { explain }: Connection, signal: AbortSignal): Transaction {
  const abort = () => client.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const run: Transaction['run'] = async ({ sql, values }) => {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<{ rows: readonly Row[]; affected: number }>();
    client.query(sql, [...values], (error, result) => {
      if (error !== null) reject(explain(error, signal, 'the statement'));
      else if (Array.isArray(result)) resolve({ rows: result as RowDataPacket[] as Row[], affected: result.length });
      else resolve({ rows: [], affected: (result as { affectedRows?: number }).affectedRows ?? 0 });
    });
    // A connection that is destroyed answers nothing any more.
    const ended = Promise.withResolvers<never>();
    const end = () => ended.reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([promise, ended.promise]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  };
  return {
    run,
    async *portions({ sql, values }, size) {
      signal.throwIfAborted();
      yield* portionsOf(client.query(sql, [...values]).stream({ highWaterMark: size }), {
        size,
        signal,
        leave: () => client.destroy(),
        explain: (error) => explain(error, signal, 'the statement'),
      });
    },
    async commit() {
      await run({ sql: 'commit', values: [], names: [] });
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', abort);
      const { promise, resolve } = Promise.withResolvers<void>();
      client.once('end', () => resolve());
      client.end(() => resolve());
      // A connection that was destroyed gives no sign.
      const timer = setTimeout(() => resolve(), 1000);
      await promise;
      clearTimeout(timer);
      client.destroy();
    },
  };
}
