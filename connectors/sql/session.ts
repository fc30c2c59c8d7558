import { BridgeError, type Context, connectorErrors, type Zones } from '../../src/connector/index.ts';
import type { Database, Row, Transaction } from './connection.ts';
import { grammars } from './grammar.ts';
import type { SqlOptions } from './options.ts';
import { type Bound, bind } from './statement.ts';

/** What every part of an open connector needs. */
export interface Session {
  readonly context: Context<SqlOptions>;
  readonly database: Database;
  readonly zones: Zones;
}

export type QueryName = 'products' | 'stock' | 'documents';

export function sessionOf(context: Context<SqlOptions>, database: Database): Session {
  const { options, timezone } = context;
  return { context, database, zones: { merchant: timezone, naive: options.timestamps === 'utc' ? 'utc' : timezone } };
}

/** The options of a query. @throws BridgeError CONNECTOR_OPTIONS where the configuration has none */
export function optionsOf<Name extends QueryName>({ context }: Session, name: Name): NonNullable<SqlOptions[Name]> {
  const found = context.options[name];
  if (found !== undefined) return found as NonNullable<SqlOptions[Name]>;
  throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
    message: `Source \`${context.source}\` is asked for ${name}, but its option \`${name}\` is not set.`,
    hint: `Add \`options.${name}.query\` to the source, or let the flow read from another one.`,
    place: { path: pathOf(context, name) },
  });
}

export function pathOf({ source }: Pick<Context<SqlOptions>, 'source'>, name: string): string {
  return `sources.${source}.options.${name}`;
}

/** A statement of our own around a query of the configuration. */
export function around({ database }: Session, before: string, query: string, after: string, since?: string): Bound {
  const { dialect } = database;
  const { sql, values, names } = bind(query, dialect, since === undefined ? {} : { since });
  return { sql: grammars[dialect].around(before, sql, after), values, names };
}

/** Names of the columns that a query gives; nothing of its data is read. */
export async function columnNames(
  session: Session,
  transaction: Transaction,
  query: string,
  since?: string,
): Promise<readonly string[]> {
  if (transaction.columns !== undefined)
    return transaction.columns(bind(query, session.database.dialect, since === undefined ? {} : { since }));
  // One row of nothings beside the empty result: drivers give names by rows alone.
  const { rows } = await transaction.run(
    around(session, 'select oto_bridge_query.* from (select 1 as one) one left join', query, 'on 1 = 0', since),
  );
  return Object.keys(rows[0] ?? {});
}

export async function firstText(transaction: Transaction, sql: string | Bound): Promise<string> {
  const { rows } = await transaction.run(typeof sql === 'string' ? { sql, values: [], names: [] } : sql);
  const [value] = Object.values((rows[0] ?? {}) as Row);
  return value ?? '';
}

/** The moment at which the transaction sees the database, by the database's clock. */
export async function momentOf(session: Session, transaction: Transaction): Promise<string> {
  const { clock } = grammars[session.database.dialect];
  return new Date(`${(await firstText(transaction, clock)).slice(0, 23)}Z`).toISOString();
}
