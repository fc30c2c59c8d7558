/** Anything that runs SQL: the database itself, or one open transaction. All functions of the store take one. */
export interface Queryable {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
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
