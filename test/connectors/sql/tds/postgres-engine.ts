import pg from 'pg';
import type { Column, Statement } from './messages.ts';
import { type Answer, type Engine, ServerError } from './server.ts';
import type { SqlType } from './values.ts';

/** What stands for the types of a table in PostgreSQL. */
const types: Readonly<Record<number, SqlType>> = {
  16: 'bit',
  20: 'bigint',
  23: 'int',
  701: 'float',
  1082: 'date',
  1114: 'datetime2(7)',
  1700: 'decimal(38,12)',
};

/** Errors that the connector tells apart, as SQL Server numbers them. */
const numbers: Readonly<Record<string, number>> = {
  '42P01': 208,
  '42703': 207,
  '42501': 229,
  '21000': 512,
  '23505': 2627,
};

/** The T-SQL that the connector and its tests write, as PostgreSQL says it. */
function translated({ sql, parameters }: Statement): { text: string; values: (string | null)[] } {
  const names = Object.keys(parameters);
  const text = sql
    .replaceAll(/\[([^\]]*)\]/g, '"$1"')
    .replaceAll(/convert\(nvarchar\(100\), ([\w."]+)(, \d+)?\)/g, '$1::text')
    .replace(
      /convert\(varchar\(23\), sysutcdatetime\(\), 126\)/,
      `to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS')`,
    )
    .replaceAll(/with \(updlock, holdlock\)/g, '')
    .replaceAll(/@(\w+)/g, (_, name: string) => `$${names.indexOf(name) + 1}`);
  return { text, values: Object.values(parameters) };
}

/** A connection to PostgreSQL that answers as SQL Server would. */
export function postgresEngine(config: pg.ClientConfig): Engine {
  const client = new pg.Client({ ...config, types: { getTypeParser: () => (value: string) => value } as never });
  client.on('error', () => undefined);
  // Not before it is needed: the driver opens connections only to see whether it can.
  let connected: Promise<unknown> | undefined;
  const ask = async (text: string, values: readonly (string | null)[] = []) => {
    connected ??= client.connect();
    await connected;
    try {
      return await client.query<(string | null)[]>({ text, values: [...values], rowMode: 'array' });
    } catch (error) {
      throw new ServerError(numbers[(error as { code?: string }).code ?? ''] ?? 50_000, (error as Error).message);
    }
  };
  const columnsOf = (fields: readonly pg.FieldDef[]): Column[] =>
    fields.map(({ name, dataTypeID }) => ({ name, type: types[dataTypeID] ?? 'nvarchar(max)' }));

  async function* select(text: string, values: readonly (string | null)[]): AsyncGenerator<Answer> {
    await ask(`declare rows_of_it no scroll cursor for ${text}`, values);
    const first = await ask('fetch forward 2 from rows_of_it');
    async function* rows() {
      for (let portion = first; portion.rows.length > 0; portion = await ask('fetch forward 2 from rows_of_it'))
        yield* portion.rows;
    }
    yield { columns: columnsOf(first.fields), rows: rows() };
    await ask('close rows_of_it');
  }

  const text = 'nvarchar(max)';
  async function* describe({ query = '' }: Statement['parameters']): AsyncGenerator<Answer> {
    const names = ['name', 'type', 'number', 'message'];
    const columns = names.map((name): Column => ({ name, type: name === 'number' ? 'int' : text }));
    const { text: sql } = translated({ sql: query ?? '', parameters: { since: '' } });
    try {
      const { fields } = await ask(`select * from (${sql.replaceAll('$1', 'null')}) q limit 0`);
      yield { columns, rows: columnsOf(fields).map(({ name, type }) => [name, type, null, null]) };
    } catch (error) {
      yield { columns, rows: [[null, null, String((error as ServerError).number), (error as Error).message]] };
    }
  }

  return {
    async begin(isolation) {
      await ask(isolation === 5 ? 'begin isolation level repeatable read' : 'begin');
    },
    async end(how) {
      await ask(how);
    },
    async *execute(statement) {
      const { sql, parameters } = statement;
      if (sql.includes('snapshot_isolation_state')) {
        yield { columns: [{ name: 'state', type: 'int' }], rows: [['1']] };
        return;
      }
      const [inner = '', counted] = sql.split('\n;select @@rowcount as ');
      if (inner.includes('dm_exec_describe_first_result_set')) yield* describe(parameters);
      else if (/^\s*(select|with)\b/i.test(inner)) {
        const { text: query, values } = translated({ sql: inner, parameters });
        yield* select(query, values);
      } else {
        const { text: query, values } = translated({ sql: inner, parameters });
        // Every column that is written is a text, and PostgreSQL wants to be told.
        const { rowCount } = await ask(query.replaceAll(/\$\d+/g, '$&::varchar'), values);
        yield { affected: rowCount ?? 0 };
        if (counted !== undefined) yield { columns: [{ name: counted, type: 'int' }], rows: [[String(rowCount ?? 0)]] };
        return;
      }
      if (counted !== undefined) yield { columns: [{ name: counted, type: 'int' }], rows: [['0']] };
    },
    async close() {
      if (connected !== undefined) await client.end();
    },
  };
}
