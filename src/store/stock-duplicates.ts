import type { Queryable } from './queryable.ts';
import { partitionOf } from './snapshots.ts';

/** A row that came with a quantity that is not whole. */
export interface StockPart {
  readonly sku: string;
  readonly location: string;
  readonly erpLocation: string;
  /** In base units: a decimal text. */
  readonly quantity: string;
  readonly key: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** The quantity as the source gave it, and why it is refused unless its sum is whole. */
  readonly written: string;
  readonly reason: string;
}

/** A row that is taken out of a snapshot again. */
export interface RefusedRow {
  readonly key: string;
  readonly sku: string;
  readonly location: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly value: string;
  readonly reason: string;
}

export async function addParts(db: Queryable, snapshotId: number, parts: readonly StockPart[]): Promise<void> {
  if (parts.length === 0) return;
  await db.query(
    `insert into stock_part (snapshot_id, sku, location, erp_location, quantity, key, file, line, written, reason)
     select $1, p.sku, p.location, p."erpLocation", p.quantity, p.key, p.file, p.line, p.written, p.reason
     from jsonb_to_recordset($2::jsonb) as p(sku text, location text, "erpLocation" text, quantity numeric, key text, file text, line int, written text, reason text)`,
    [snapshotId, JSON.stringify(parts)],
  );
}

const judged = `
  with total as (
    select sku, location, min(erp_location) as erp_location, sum(quantity) as quantity
    from stock_part where snapshot_id = $1 group by sku, location
  )`;

/** Stages the sum of each key's fractions as one row: where it is whole, or rounded down where `floor` says so. */
export async function stageParts(db: Queryable, snapshotId: number, floor: boolean): Promise<void> {
  await db.query(
    `${judged} insert into ${partitionOf(snapshotId)} (snapshot_id, sku, location, erp_location, quantity)
     select $1::bigint, sku, location, erp_location, floor(quantity)::bigint from total
     where ($2 or quantity = floor(quantity)) and abs(quantity) < 9007199254740992`,
    [snapshotId, floor],
  );
}

/** The rows of which the sum is no figure, in portions. They stay until `dropParts`. */
export async function* refusedParts(db: Queryable, snapshotId: number, floor: boolean): AsyncGenerator<RefusedRow[]> {
  yield* inPortions<RefusedRow>(
    db,
    `${judged} select p.ctid::text as place, p.key, p.sku, p.location, p.file, p.line, p.written as value, p.reason
     from stock_part p join total t using (sku, location)
     where p.snapshot_id = $1 and p.ctid > $2::tid
       and (not ($3 or t.quantity = floor(t.quantity)) or abs(t.quantity) >= 9007199254740992)
     order by p.ctid limit $4`,
    (place) => [snapshotId, place, floor],
    '(0,0)',
  );
}

export async function dropParts(db: Queryable, snapshotId: number): Promise<void> {
  await db.query('delete from stock_part where snapshot_id = $1', [snapshotId]);
}

/** Of each (SKU, ERP location) only the row that came last stays. Returns how many others there were. */
export async function keepLast(db: Queryable, snapshotId: number): Promise<number> {
  const rows = partitionOf(snapshotId);
  const [gone] = await db.query<{ count: number }>(
    `with last as (
       select sku, erp_location, max(seq) as seq from ${rows} group by sku, erp_location having count(*) > 1
     ), gone as (
       delete from ${rows} r using last l where r.sku = l.sku and r.erp_location = l.erp_location and r.seq < l.seq returning 1
     )
     select count(*) as count from gone`,
  );
  return Number(gone?.count ?? 0);
}

/** The rows of each (SKU, ERP location) that came more than once, in the order in which they came, in portions. */
export async function* duplicateRows(db: Queryable, snapshotId: number): AsyncGenerator<RefusedRow[]> {
  const rows = partitionOf(snapshotId);
  yield* inPortions<RefusedRow>(
    db,
    `select r.seq as place, r.sku || E'\\t' || r.erp_location as key, r.sku, r.location, r.file, r.line, r.quantity::text as value,
       r.sku || ' is listed ' || d.count || ' times for location ' || r.erp_location as reason
     from ${rows} r join (
       select sku, erp_location, count(*) as count from ${rows} group by sku, erp_location having count(*) > 1
     ) d using (sku, erp_location)
     where r.seq > $1 order by r.seq limit $2`,
    (place) => [place],
    '-1',
  );
}

export async function dropDuplicates(db: Queryable, snapshotId: number): Promise<void> {
  const rows = partitionOf(snapshotId);
  await db.query(
    `delete from ${rows} r using (
       select sku, erp_location from ${rows} group by sku, erp_location having count(*) > 1
     ) d where r.sku = d.sku and r.erp_location = d.erp_location`,
  );
}

async function* inPortions<Row extends object>(
  db: Queryable,
  text: string,
  values: (place: string) => unknown[],
  start: string,
): AsyncGenerator<Row[]> {
  const portion = 5000;
  for (let place = start; ; ) {
    const rows = await db.query<Row & { place: string | number }>(text, [...values(place), portion]);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < portion) return;
    place = String(last.place);
  }
}
