import { one, type Queryable } from './queryable.ts';

/** Where somebody who watches the orders stands: all changes before it have been seen. A transaction id of PostgreSQL, in decimal digits. */
export type Cursor = string;

export interface Changes {
  readonly cursor: Cursor;
  /** The last change of each order since then. Some may have been seen already. */
  readonly orders: readonly { readonly order_id: string; readonly version: number }[];
}

/**
 * The end of what is visible. Changes of transactions that run just now appear behind it, in whatever order they end: a running number alone
 * would let one slip that was made earlier and ended later.
 */
export async function presentCursor(db: Queryable): Promise<Cursor> {
  return (await one<{ cursor: Cursor }>(db, 'select pg_snapshot_xmin(pg_current_snapshot())::text as cursor')).cursor;
}

/** What has changed since; undefined where the cursor is none of this database. */
export async function changesSince(db: Queryable, cursor: Cursor): Promise<Changes | undefined> {
  if (!/^\d{1,18}$/.test(cursor)) return undefined;
  const [row] = await db.query<Changes & { isKnown: boolean }>(
    `select pg_snapshot_xmin(pg_current_snapshot())::text as cursor,
       $1::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) as "isKnown",
       coalesce((select jsonb_agg(c) from (
         select order_id, max(version) as version from station_change where xid >= $1::xid8 group by order_id) c), '[]') as orders`,
    [cursor],
    'station-changes',
  );
  return row?.isKnown === true ? row : undefined;
}
