import { maybe, type Queryable } from './queryable.ts';
import { isStaged, partitionOf } from './snapshots.ts';

/** What the configuration says about one location, as the plan's SQL needs it. */
export interface LocationRule {
  readonly code: string;
  readonly buffer: number;
  readonly negative: 'clamp' | 'reject';
  /** SKUs that the snapshot does not list count as zero here. Only ever true for a proven snapshot without unplaced rejects. */
  readonly absentIsZero: boolean;
  /** Where only the ERP's manner of leaving out zeros says so: of active products of this source alone. What it never knew is not its to empty. */
  readonly absentOf: string | null;
  /** Purchase receipts become inventory orders here, so pending ones are taken off. */
  readonly receiptsByOrder: boolean;
}

export interface StockScope {
  readonly snapshotId: number;
  readonly asOf: Date;
  readonly locations: readonly LocationRule[];
  readonly sku: string | null;
  /** Types of products that carry stock: what others show in OTO is left alone. */
  readonly types: readonly string[];
  /** Some key of the snapshot has several rows: lots, bins, or several ERP codes. Otherwise none is looked for. */
  readonly lots: boolean;
  /** Some key of the snapshot may be in doubt. */
  readonly doubts: boolean;
}

/** Common table expressions: those keys alone, where it is about a few. */
interface Restriction {
  /** Needed before `key`. */
  readonly first?: string;
  /** A query that gives `sku` and `location`. */
  readonly keys: string;
}

/**
 * wanted = ERP on hand (summed over the location's ERP codes) − pending inbound whose goods the ERP figure already contains − buffer,
 * clamped at 0. Keys with a rejected row are left out: their sum would be too low. $1 locations, $2 as-of, $3 SKU or null.
 * What a snapshot surely lacks (several rows of a key, doubts) is not looked for: over a million rows each look takes a second.
 */
export const wanted = (scope: StockScope, only?: Restriction): string => {
  const id = Math.trunc(scope.snapshotId);
  const staged = partitionOf(id);
  const byOrder = scope.locations.some((place) => place.receiptsByOrder);
  const pending = byOrder ? 'coalesce(p.quantity, 0)' : '0';
  const sure = (row: string) =>
    scope.doubts
      ? `and not exists (select from stock_doubt x where x.snapshot_id = ${id} and x.sku = ${row}.sku and x.location = ${row}.location)`
      : '';
  const asked = (row: string) =>
    only === undefined ? '' : `join key k on k.sku = ${row}.sku and k.location = ${row}.location`;
  const absent = `
    select o.sku, o.location, 0::bigint as quantity, false as listed
    from oto_stock o join place l on l.code = o.location and l."absentIsZero" ${asked('o')}
    where o.on_hand > 0 and ($3::text is null or o.sku = $3)
      and (l."absentOf" is null or exists (select from product p where p.source = l."absentOf" and p.sku = o.sku and p.active))
      and not exists (select from product p where p.sku = o.sku and not p.type = any(array[${scope.types.map((type) => `'${type}'`).join(', ')}]))
      and not exists (select from ${staged} r where r.sku = o.sku and r.location = o.location)
      -- A location of which nothing is listed was left out by the export: that is an alarm, not an empty warehouse.
      and exists (select from ${staged} r where r.location = o.location) ${sure('o')}`;
  return `
  place as (
    select * from jsonb_to_recordset($1::jsonb) as l(code text, buffer bigint, negative text, "absentIsZero" boolean, "absentOf" text, "receiptsByOrder" boolean)
  ), ${only === undefined ? '' : `${only.first ?? ''} key as (${only.keys}), `}erp as (
    select r.sku, r.location, ${scope.lots ? 'sum(r.quantity)::bigint as quantity' : 'r.quantity'}, true as listed
    from ${staged} r ${asked('r')}
    where ($3::text is null or r.sku = $3) ${sure('r')}
    ${scope.lots ? 'group by r.sku, r.location' : ''}
  ), pending as (
    select l.sku, d.location, sum(l.quantity)::bigint as quantity, array_agg(distinct d.id) as documents
    from document d join document_line l on l.document_id = d.id join place p on p.code = d.location and p."receiptsByOrder"
    where d.kind = 'purchase' and d.state in ('new', 'held', 'sending', 'pending') and d.booked_at <= $2
    group by l.sku, d.location
  ), wanted as (
    select e.sku, e.location, e.listed, e.quantity as erp, l.buffer, l.negative,
      e.quantity - ${pending} - l.buffer as raw, greatest(e.quantity - ${pending} - l.buffer, 0) as figure
    from (select * from erp ${scope.locations.some((place) => place.absentIsZero) ? `union all ${absent}` : ''}) e
    join place l on l.code = e.location
    ${byOrder ? 'left join pending p on p.sku = e.sku and p.location = e.location' : ''}
  )`;
};

/** The parameters of `wanted`. */
export function scopeValues(scope: StockScope): unknown[] {
  return [JSON.stringify(scope.locations), scope.asOf, scope.sku];
}

/** Whether a wanted figure `w` and OTO's `o`, if it was read since `since`, are different. */
export const differs = (since: string): string =>
  `o.read_at >= ${since} and o.on_hand is distinct from w.figure
   -- OTO shows nothing there and nothing is wanted: a call would only make an empty row.
   and not (o.on_hand is null and w.figure = 0)
   and not (w.negative = 'reject' and w.erp < 0)`;

/** What a comparison found at one location, beside the changes. */
export interface Compared {
  readonly location: string;
  /** Keys that the snapshot has for the location at all. */
  readonly rows: number;
  /** Those of them that have a figure in OTO. */
  readonly listed: number;
  /** Compared figures of OTO that are not 0: what could become 0. Those that nothing was said of are none. */
  readonly stocked: number;
  /** Figures that OTO shows as they are wanted. */
  readonly equal: number;
  /** Figures that differ: the plan has one item for each. */
  readonly differs: number;
  /** Negative ERP figures: left out where the location rejects them, else taken for 0. */
  readonly negative: number;
}

/**
 * Writes one plan item for each figure that differs from what OTO showed in this run. Figures that OTO was not seen to have
 * since `readSince` are left alone: they were not read, so nothing is known.
 *
 * It is one look at everything: each figure that differs is a group of its own, and all others of a location are one together.
 */
export async function writeStockItems(
  db: Queryable,
  planId: number,
  scope: StockScope,
  readSince: Date,
): Promise<Compared[]> {
  const rows = await db.query<Record<keyof Compared, string>>(
    `with ${wanted(scope)}, judged as (
       select w.*, o.on_hand, o.forecasted, o.read_at, o.on_hand = w.figure and o.read_at >= $5 as equal, ${differs('$5')} as differs
       from wanted w left join oto_stock o on o.sku = w.sku and o.location = w.location
       -- Judged once for each row, and not once for each of the sums below.
       offset 0
     ), compared as materialized (
       select w.location, case when differs then w.sku end as sku,
         min(erp) filter (where differs) as erp, min(raw) filter (where differs) as raw,
         min(figure) filter (where differs) as figure, min(on_hand) filter (where differs) as on_hand,
         min(forecasted) filter (where differs) as forecasted, min(read_at) filter (where differs) as read_at,
         count(*) filter (where listed) as rows, count(on_hand) filter (where listed) as listed,
         count(*) filter (where on_hand > 0) as stocked, count(*) filter (where equal) as equal, count(*) filter (where erp < 0) as negative
       from judged w group by 1, 2
     ), written as (
       insert into plan_item (plan_id, seq, kind, action, key, sku, location, "from", "to", detail)
       select $4, row_number() over (order by c.location, c.sku), 'stock',
         case when c.figure = 0 then 'zero' when c.figure < c.on_hand then 'lower' else 'raise' end,
         c.location || E'\\t' || c.sku, c.sku, c.location, c.on_hand, c.figure,
         jsonb_strip_nulls(jsonb_build_object('erp', c.erp, 'pending', p.quantity, 'documents', p.documents,
           'buffer', nullif(l.buffer, 0), 'clamped', case when c.raw < 0 then c.raw end,
           'absent', case when c.rows = 0 then true end, 'readAt', c.read_at, 'forecasted', c.forecasted,
           'product', case when c.on_hand is null and not exists (select from oto_product q where q.sku = c.sku) then false end))
       from compared c join place l on l.code = c.location left join pending p on p.sku = c.sku and p.location = c.location
       where c.sku is not null
     )
     select location, sum(rows) as rows, sum(listed) as listed, sum(stocked) as stocked, sum(equal) as equal, sum(negative) as negative, count(sku) as differs
     from compared group by location`,
    [...scopeValues(scope), planId, readSince],
  );
  return rows.map((row) => ({
    location: row.location,
    rows: Number(row.rows),
    listed: Number(row.listed),
    stocked: Number(row.stocked),
    equal: Number(row.equal),
    differs: Number(row.differs),
    negative: Number(row.negative),
  }));
}

/** The first of the negative ERP figures at locations that reject them, or at those that take them for 0. */
export async function firstNegative(
  db: Queryable,
  scope: StockScope,
  negative: LocationRule['negative'],
): Promise<{ sku: string; location: string; erp: number } | undefined> {
  return maybe(
    db,
    `with ${wanted(scope)}
     select sku, location, erp from wanted where negative = $4 and erp < 0 and $2::timestamptz is not null
     order by location, sku limit 1`,
    [...scopeValues(scope), negative],
  );
}

/** The figures that a snapshot makes zero by not listing them; none where its rows are not kept any more. */
export async function absentFigures(db: Queryable, scope: StockScope): Promise<{ sku: string; location: string }[]> {
  if (!(await isStaged(db, scope.snapshotId))) return [];
  return db.query(
    `with ${wanted(scope)} select sku, location from wanted where not listed and $2::timestamptz is not null`,
    scopeValues(scope),
  );
}

/** How many figures OTO has at each location, as far as is known: the base of the share that a snapshot has to list. */
export async function knownFigures(db: Queryable, scope: StockScope): Promise<ReadonlyMap<string, number>> {
  const rows = await db.query<{ location: string; known: number }>(
    `select location, count(on_hand)::int as known from oto_stock where location = any($1::text[]) group by location`,
    [scope.locations.map((location) => location.code)],
  );
  return new Map(rows.map(({ location, known }) => [location, known]));
}

/** Keys in doubt are listed too. Of a location where no row at all could be used, nothing is. */
export async function doubtful(
  db: Queryable,
  { snapshotId, locations, doubts }: StockScope,
): Promise<{ location: string; rows: number; listed: number }[]> {
  if (!doubts) return [];
  return db.query(
    `select x.location, count(o.on_hand)::int as listed,
       case when exists (select from ${partitionOf(snapshotId)} r where r.location = x.location) then count(*) else 0 end::int as rows
     from stock_doubt x left join oto_stock o on o.sku = x.sku and o.location = x.location
     where x.snapshot_id = $1 and x.location = any($2::text[]) group by x.location`,
    [snapshotId, locations.map((location) => location.code)],
  );
}

const needsEscape = /[\\\t\n\r]/;
/** Text as COPY takes it. */
export function copyText(text: string): string {
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
