import pg from 'pg';
import type { Connection, Database, Row, Transaction } from './connection.ts';
import type { Bound } from './statement.ts';

/** Values as PostgreSQL writes them: a number that went through JavaScript's would lose digits. */
const asText = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

const cursorName = 'oto_bridge_rows';

export function openPostgres(connection: Connection): Database {
  return {
    dialect: 'postgres',
    oneMoment: true,
    async begin(kind, signal) {
      const client = await connect(connection, signal);
      const transaction = transactionOn(client, connection, signal);
      await transaction.run({
        // One snapshot for all that is read in it; and what cannot write does no harm, whatever the query holds.
        sql: kind === 'read' ? 'begin isolation level repeatable read read only' : 'begin',
        values: [],
        names: [],
      });
      return transaction;
    },
    listen: (channel, signal) => listen(connection, channel, signal),
  };
}

async function connect({ ssl, timeoutMs, explain, ...rest }: Connection, signal: AbortSignal): Promise<pg.Client> {
  signal.throwIfAborted();
  const client = new pg.Client({
    ...rest,
    ...(ssl === undefined ? {} : { ssl }),
    types: asText,
    application_name: 'oto-bridge',
    connectionTimeoutMillis: 15_000,
    statement_timeout: timeoutMs,
    options: '-c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c idle_in_transaction_session_timeout=600000',
  });
  // Unheard, the loss of a connection would end the process; the query that is under way fails with it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw explain(error, signal);
  }
}

function transactionOn(client: pg.Client, { explain }: Connection, signal: AbortSignal): Transaction {
  // A query that runs for minutes would hold up a stop: without its connection it ends.
  const leave = () => void client.end().catch(() => undefined);
  const abort = () => client.connection.stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const run = async ({ sql, values }: Bound) => {
    signal.throwIfAborted();
    try {
      const { rows, rowCount } = await client.query<Row>(sql, [...values]);
      return { rows, affected: rowCount ?? 0 };
    } catch (error) {
      throw explain(error, signal, 'the statement');
    }
  };
  const plain = (sql: string) => run({ sql, values: [], names: [] });
  return {
    run,
    async *portions({ sql, values, names }, size) {
      await run({ sql: `declare ${cursorName} no scroll cursor for ${sql}`, values, names });
      for (;;) {
        const { rows } = await plain(`fetch forward ${Math.trunc(size)} from ${cursorName}`);
        if (rows.length > 0) yield rows;
        if (rows.length < size) break;
      }
      await plain(`close ${cursorName}`);
    },
    async commit() {
      await plain('commit');
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', abort);
      leave();
      await client.end().catch(() => undefined);
    },
  };
}

async function* listen(connection: Connection, channel: string, signal: AbortSignal): AsyncGenerator<string> {
  const client = await connect(connection, signal);
  let wake = Promise.withResolvers<void>();
  const heard: string[] = [];
  let lost: Error | undefined;
  client.on('notification', ({ payload }) => {
    heard.push(payload ?? '');
    wake.resolve();
  });
  client.on('end', () => {
    lost ??= new Error('the connection was closed');
    wake.resolve();
  });
  const abort = () => wake.resolve();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    // What was said before is not said again.
    heard.push('');
    while (!signal.aborted) {
      yield* heard.splice(0);
      if (lost !== undefined) throw connection.explain(lost, signal, `listening on ${channel}`);
      if (heard.length > 0) continue;
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  } catch (error) {
    if (!signal.aborted) throw connection.explain(error, signal, `listening on ${channel}`);
  } finally {
    signal.removeEventListener('abort', abort);
    await client.end().catch(() => undefined);
  }
}
