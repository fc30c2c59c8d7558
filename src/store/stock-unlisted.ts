import { one, type Queryable } from './queryable.ts';
import { partitionOf } from './snapshots.ts';

/** SKUs of which OTO has units at some locations, and which a snapshot does not list there. */
export async function unlistedStock(
  db: Queryable,
  snapshotId: number,
  locations: readonly string[],
): Promise<{ readonly count: number; readonly sku: string | null; readonly location: string | null }> {
  const row = await one<{ count: string; first: string[] | null }>(
    db,
    `select count(*) as count, min(array[o.location, o.sku]) as first from oto_stock o
     where o.location = any($1::text[]) and o.on_hand > 0
       and not exists (select from ${partitionOf(snapshotId)} r where r.sku = o.sku and r.location = o.location)
       and not exists (select from stock_doubt x where x.snapshot_id = $2 and x.sku = o.sku and x.location = o.location)
       and exists (select from ${partitionOf(snapshotId)} r where r.location = o.location)`,
    [locations, snapshotId],
  );
  const [location = null, sku = null] = row.first ?? [];
  return { count: Number(row.count), location, sku };
}
