import type { Queryable } from './queryable.ts';

/** Notes which ERP location codes a snapshot of stock has rows for. */
export async function seeCodes(
  db: Queryable,
  source: string,
  snapshotId: number,
  codes: readonly string[],
): Promise<void> {
  await db.query(
    `insert into erp_code (source, code, snapshot_id) select $1, code, $2 from unnest($3::text[]) as c(code)
     on conflict (source, code) do update set snapshot_id = greatest(erp_code.snapshot_id, excluded.snapshot_id)`,
    [source, snapshotId, codes],
  );
}

/** Codes that earlier snapshots of stock had rows for, and this one has not. */
export async function codesGone(db: Queryable, source: string, snapshotId: number): Promise<string[]> {
  const rows = await db.query<{ code: string }>(
    'select code from erp_code where source = $1 and snapshot_id < $2 order by code',
    [source, snapshotId],
  );
  return rows.map((row) => row.code);
}

export async function forgetCodes(db: Queryable, source: string, codes: readonly string[]): Promise<void> {
  await db.query('delete from erp_code where source = $1 and code = any($2::text[])', [source, codes]);
}

/** Holds every change of a plan that lowers a figure at some locations. Returns how many. */
export async function holdLoweringAt(
  db: Queryable,
  planId: number,
  locations: readonly string[],
  rule: string,
): Promise<number> {
  const rows = await db.query(
    `update plan_item set held = $3
     where plan_id = $1 and held is null and location = any($2::text[]) and "to" < "from" returning seq`,
    [planId, locations, rule],
  );
  return rows.length;
}
