import type { Queryable } from './queryable.ts';
import { partitionOf } from './snapshots.ts';

/** What the configuration says about one location, as the plan's SQL needs it. */
export interface LocationRule {
  readonly code: string;
  readonly buffer: number;
  readonly negative: 'clamp' | 'reject';
  /** SKUs that the snapshot does not list count as zero here. Only ever true for a proven snapshot without unplaced rejects. */
  readonly absentIsZero: boolean;
  /** Purchase receipts become inventory orders here, so pending ones are taken off. */
  readonly receiptsByOrder: boolean;
}

export interface StockScope {
  readonly snapshotId: number;
  readonly asOf: Date;
  readonly locations: readonly LocationRule[];
  readonly sku: string | null;
}

/**
 * wanted = ERP on hand (summed over the location's ERP codes) − pending inbound whose goods the ERP figure already contains − buffer,
 * clamped at 0. Keys with a rejected row are left out: their sum would be too low. $1 locations, $2 as-of, $3 SKU or null.
 */
export const wanted = (snapshotId: number): string => `
  place as (
    select * from jsonb_to_recordset($1::jsonb) as l(code text, buffer bigint, negative text, "absentIsZero" boolean, "receiptsByOrder" boolean)
  ), erp as (
    select r.sku, r.location, sum(r.quantity)::bigint as quantity, true as listed
    from ${partitionOf(snapshotId)} r
    where r.location in (select code from place) and ($3::text is null or r.sku = $3)
      and not exists (select from stock_doubt x where x.snapshot_id = ${Math.trunc(snapshotId)} and x.sku = r.sku and x.location = r.location)
    group by r.sku, r.location
  ), absent as (
    select o.sku, o.location, 0::bigint as quantity, false as listed
    from oto_stock o join place l on l.code = o.location and l."absentIsZero"
    where o.on_hand > 0 and ($3::text is null or o.sku = $3)
      and not exists (select from ${partitionOf(snapshotId)} r where r.sku = o.sku and r.location = o.location)
      -- A location of which nothing is listed was left out by the export: that is an alarm, not an empty warehouse.
      and exists (select from ${partitionOf(snapshotId)} r where r.location = o.location)
      and not exists (select from stock_doubt x where x.snapshot_id = ${Math.trunc(snapshotId)} and x.sku = o.sku and x.location = o.location)
  ), pending as (
    select l.sku, d.location, sum(l.quantity)::bigint as quantity, array_agg(distinct d.id) as documents
    from document d join document_line l on l.document_id = d.id join place p on p.code = d.location and p."receiptsByOrder"
    where d.kind = 'purchase' and d.state in ('new', 'held', 'sending', 'pending') and d.booked_at <= $2
    group by l.sku, d.location
  ), wanted as (
    select e.sku, e.location, e.listed, e.quantity as erp, coalesce(p.quantity, 0) as pending, p.documents, l.buffer, l.negative,
      e.quantity - coalesce(p.quantity, 0) - l.buffer as raw,
      greatest(e.quantity - coalesce(p.quantity, 0) - l.buffer, 0) as figure
    from (select * from erp union all select * from absent) e
    join place l on l.code = e.location
    left join pending p on p.sku = e.sku and p.location = e.location
  )`;

/** The parameters of `wanted`. */
export function scopeValues(scope: StockScope): unknown[] {
  return [JSON.stringify(scope.locations), scope.asOf, scope.sku];
}

/** The SKUs whose figures in OTO have to be read before a diff, in order. */
export async function skusToRead(db: Queryable, scope: StockScope): Promise<string[]> {
  const rows = await db.query<{ sku: string }>(
    `with ${wanted(scope.snapshotId)} select distinct sku from wanted where $2::timestamptz is not null order by sku`,
    scopeValues(scope),
  );
  return rows.map((row) => row.sku);
}

/**
 * Writes one plan item for each figure that differs from what OTO showed in this run. Figures that OTO was not seen to have
 * since `readSince` are left alone: they were not read, so nothing is known.
 */
export async function writeStockItems(
  db: Queryable,
  planId: number,
  scope: StockScope,
  readSince: Date,
): Promise<{ equal: number }> {
  const [compared] = await db.query<{ equal: number }>(
    `with ${wanted(scope.snapshotId)}, written as (
     insert into plan_item (plan_id, seq, kind, action, key, sku, location, "from", "to", detail)
     select $4, row_number() over (order by w.location, w.sku), 'stock',
       case when w.figure = 0 then 'zero' when w.figure < o.on_hand then 'lower' else 'raise' end,
       w.location || E'\\t' || w.sku, w.sku, w.location, o.on_hand, w.figure,
       jsonb_strip_nulls(jsonb_build_object('erp', w.erp, 'pending', nullif(w.pending, 0), 'documents', w.documents,
         'buffer', nullif(w.buffer, 0), 'clamped', case when w.raw < 0 then w.raw end,
         'absent', case when not w.listed then true end, 'readAt', o.read_at,
         'forecasted', o.forecasted,
         'product', case when o.on_hand is null and not exists (select from oto_product p where p.sku = w.sku) then false end))
     from wanted w join oto_stock o on o.sku = w.sku and o.location = w.location and o.read_at >= $5
     where o.on_hand is distinct from w.figure
       -- OTO shows nothing there and nothing is wanted: a call would only make an empty row.
       and not (o.on_hand is null and w.figure = 0)
       and not (w.negative = 'reject' and w.erp < 0)
     )
     select count(*) as equal from wanted w join oto_stock o on o.sku = w.sku and o.location = w.location and o.read_at >= $5
     where o.on_hand = w.figure`,
    [...scopeValues(scope), planId, readSince],
  );
  return { equal: Number(compared?.equal ?? 0) };
}

/** Negative ERP figures at locations that reject them. */
export async function negativeFigures(
  db: Queryable,
  scope: StockScope,
): Promise<{ sku: string; location: string; erp: number }[]> {
  return db.query(
    `with ${wanted(scope.snapshotId)}
     select sku, location, erp from wanted where negative = 'reject' and erp < 0 and $2::timestamptz is not null order by location, sku`,
    scopeValues(scope),
  );
}

/** Figures of a location before a plan: the base that the guards judge shares by. */
export interface LocationShape {
  readonly location: string;
  /** SKUs with a figure in OTO. */
  readonly known: number;
  readonly nonZero: number;
  /** Known SKUs that the snapshot lists. */
  readonly listed: number;
  /** Rows that the snapshot has for the location at all. */
  readonly rows: number;
  readonly zeroed: number;
  readonly changed: number;
}

export async function locationShapes(db: Queryable, planId: number, scope: StockScope): Promise<LocationShape[]> {
  const rows = await db.query<Record<keyof LocationShape, string>>(
    `with place as (select * from jsonb_to_recordset($1::jsonb) as l(code text)),
       erp as (select distinct sku, location from ${partitionOf(scope.snapshotId)} where location in (select code from place)),
       doubt as (select sku, location from stock_doubt where snapshot_id = $3),
       oto as (select o.location, count(*) as known, count(*) filter (where o.on_hand > 0) as non_zero,
                 count(*) filter (where exists (select from erp e where e.sku = o.sku and e.location = o.location)
                                     or exists (select from doubt x where x.sku = o.sku and x.location = o.location)) as listed
               from oto_stock o where o.on_hand is not null and o.location in (select code from place) group by o.location),
       item as (select location, count(*) filter (where "to" = 0 and "from" > 0) as zeroed, count(*) filter (where "from" > 0) as changed
                from plan_item where plan_id = $2 group by location)
     select p.code as location, coalesce(o.known, 0) as known, coalesce(o.non_zero, 0) as "nonZero", coalesce(o.listed, 0) as listed,
       (select count(*) from erp e where e.location = p.code) as rows, coalesce(i.zeroed, 0) as zeroed, coalesce(i.changed, 0) as changed
     from place p left join oto o on o.location = p.code left join item i on i.location = p.code order by p.code`,
    [JSON.stringify(scope.locations), planId, scope.snapshotId],
  );
  return rows.map((row) => ({
    location: row.location,
    known: Number(row.known),
    nonZero: Number(row.nonZero),
    listed: Number(row.listed),
    rows: Number(row.rows),
    zeroed: Number(row.zeroed),
    changed: Number(row.changed),
  }));
}

export interface PendingReading {
  readonly sku: string;
  readonly location: string;
  /** Before clamping: ERP − all pending − buffer. */
  readonly base: number;
  readonly onHand: number | null;
}

/** For each key of a pending purchase document: what OTO would show were nothing processed, and what it shows. */
export async function pendingReadings(db: Queryable, scope: StockScope, readSince: Date): Promise<PendingReading[]> {
  const rows = await db.query<Record<keyof PendingReading, string | null>>(
    `with ${wanted(scope.snapshotId)}
     select w.sku, w.location, w.raw as base, o.on_hand as "onHand"
     from wanted w join oto_stock o on o.sku = w.sku and o.location = w.location and o.read_at >= $4
     where exists (select from document d join document_line l on l.document_id = d.id
       where d.kind = 'purchase' and d.state = 'pending' and d.location = w.location and l.sku = w.sku)`,
    [...scopeValues(scope), readSince],
  );
  return rows.map((row) => ({
    sku: String(row.sku),
    location: String(row.location),
    base: Number(row.base),
    onHand: row.onHand === null ? null : Number(row.onHand),
  }));
}

/** Adds staged rows of a snapshot, already in base units. */
export function stockRowText(
  sku: string,
  location: string,
  erpLocation: string,
  snapshotId: number,
  quantity: number,
): string {
  return `${snapshotId}\t${copyText(sku)}\t${copyText(location)}\t${copyText(erpLocation)}\t${quantity}\n`;
}

const needsEscape = /[\\\t\n\r]/;
function copyText(text: string): string {
  return needsEscape.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    : text;
}

export async function addDoubts(
  db: Queryable,
  snapshotId: number,
  doubts: readonly { sku: string; location: string; reason: string }[],
): Promise<void> {
  if (doubts.length === 0) return;
  await db.query(
    `insert into stock_doubt (snapshot_id, sku, location, reason)
     select $1, sku, location, reason from unnest($2::text[], $3::text[], $4::text[]) as d(sku, location, reason)
     on conflict do nothing`,
    [snapshotId, doubts.map((d) => d.sku), doubts.map((d) => d.location), doubts.map((d) => d.reason)],
  );
}
