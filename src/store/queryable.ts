/** Anything that runs SQL: the database itself, or one open transaction. All functions of the store take one. */
export interface Queryable {
  /**
   * `prepareAs`: a name under which each connection keeps the statement. Planning costs as much as a hundred rows do, so this is for
   * statements that run all the time, always with the same text.
   */
  query<Row extends object>(text: string, values?: readonly unknown[], prepareAs?: string): Promise<Row[]>;
}

export async function one<Row extends object>(db: Queryable, text: string, values?: readonly unknown[]): Promise<Row> {
  const [row] = await db.query<Row>(text, values);
  if (row === undefined) throw new Error(`no row came back from: ${text.slice(0, 80)}`);
  return row;
}

export async function maybe<Row extends object>(
  db: Queryable,
  text: string,
  values?: readonly unknown[],
): Promise<Row | undefined> {
  return (await db.query<Row>(text, values))[0];
}

/** The database's clock: moments that it wrote are compared with this one, not with ours. */
export async function databaseTime(db: Queryable): Promise<Date> {
  return (await one<{ now: Date }>(db, 'select clock_timestamp() as now')).now;
}

/** Ids as PostgreSQL writes a list. The driver would look through each number of it for what has to be escaped. */
export function idList(ids: readonly number[]): string {
  return `{${ids.join()}}`;
}
