import type { Queryable } from './queryable.ts';

/** Figures of locations that OTO owns which differ from what was last written to the ERP, in this run's reading. */
export async function figuresToWrite(
  db: Queryable,
  locations: readonly string[],
  readSince: Date,
): Promise<{ sku: string; location: string; on_hand: number; written: number | null }[]> {
  return db.query(
    `select o.sku, o.location, o.on_hand, w.quantity as written from oto_stock o
     left join stock_written w on w.sku = o.sku and w.location = o.location
     where o.location = any($1::text[]) and o.read_at >= $2 and o.on_hand is not null and o.on_hand is distinct from w.quantity
     order by o.location, o.sku`,
    [locations, readSince],
  );
}

export async function noteWritten(
  db: Queryable,
  lines: readonly { sku: string; location: string; quantity: number }[],
): Promise<void> {
  await db.query(
    `insert into stock_written (location, sku, quantity)
     select location, sku, quantity from unnest($1::text[], $2::text[], $3::bigint[]) as l(location, sku, quantity)
     on conflict (location, sku) do update set quantity = excluded.quantity, written_at = now()`,
    [lines.map((line) => line.location), lines.map((line) => line.sku), lines.map((line) => line.quantity)],
  );
}
