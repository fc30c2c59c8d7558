import { Readable } from 'node:stream';
import type mssql from 'mssql';
import type { Connection, Database, Row, Transaction } from './connection.ts';
import type { SqlServerOptions } from './options.ts';
import { portionsOf } from './portions.ts';
import { type Client, close, connect, requireSnapshots } from './sqlserver-client.ts';
import type { Bound } from './statement.ts';
import { asTexts, type DescribedColumn } from './tsql.ts';

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
