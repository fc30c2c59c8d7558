import type { Queryable } from './queryable.ts';

/** A stock figure that was set in OTO. */
export interface FigureMove {
  readonly sku: string;
  readonly location: string;
  /** What OTO showed when it was planned, and when that was read; null where it showed nothing, or where it is not known. */
  readonly from: number | null;
  readonly readAt: string | null;
  readonly to: number;
}

/** Documents whose goods may stand in OTO's figures from now on: it has them, or may have them. */
const active = `d.state in ('sending', 'pending')`;

/**
 * Notes what OTO shows of the keys of documents right before they are sent, where no other document of such a key has been sent: goods
 * that arrive from now on show above it.
 */
export async function noteBase(db: Queryable, documents: readonly number[]): Promise<void> {
  if (documents.length === 0) return;
  await db.query(
    `with key as (
       select distinct d.location, l.sku from document d join document_line l on l.document_id = d.id
       where d.id = any($1::bigint[])
     ), shown as (
       select k.location, k.sku, coalesce(o.on_hand, 0) as on_hand, coalesce(o.read_at, now()) as read_at,
         exists (select from document d join document_line l on l.document_id = d.id
                 where ${active} and not d.id = any($1::bigint[]) and d.location = k.location and l.sku = k.sku) as shared
       from key k left join oto_stock o on o.location = k.location and o.sku = k.sku
     )
     insert into receipt_base as b (location, sku, on_hand, since)
     select location, sku, on_hand, read_at from shown order by location, sku
     on conflict (location, sku) do update set on_hand = excluded.on_hand, since = excluded.since
       where not (select shared from shown s where s.location = b.location and s.sku = b.sku)`,
    [documents],
  );
}

/** The columns of figures that were set, as `FigureMove` has them. */
export const figureMoves = `f(sku text, location text, "from" bigint, "to" bigint, "readAt" timestamptz)`;

/** Figures that were set, in "f", move the base along with what OTO shows. */
export const moveBase = `update receipt_base b set on_hand = case
    -- Planned from an older reading than the base's own: it may be in that one already. The higher base shows no goods too many.
    when f."readAt" is null or f."readAt" < b.since then greatest(b.on_hand, f."to")
    else b.on_hand + f."to" - coalesce(f."from", 0) end
  from f where b.location = f.location and b.sku = f.sku`;

/** Figures of which nobody knows whether they were set: what they would have raised is no sign of goods that arrived. */
export async function raiseBase(db: Queryable, moves: readonly FigureMove[]): Promise<void> {
  const raising = moves.filter(({ from, to }) => to > (from ?? 0));
  if (raising.length === 0) return;
  await db.query(`with f as (select * from jsonb_to_recordset($1::jsonb) as ${figureMoves}) ${moveBase}`, [
    JSON.stringify(raising),
  ]);
}

export interface BaseReading {
  readonly sku: string;
  readonly location: string;
  readonly base: number;
  readonly since: Date;
  readonly onHand: number;
  /** The fewest units that a receipt has of it; null where none is open. */
  readonly least: number | null;
  /** Units that disposals may have taken out. */
  readonly leaving: number;
}

/**
 * Keys of documents that OTO has, or may have, with their base and what OTO shows, as read since a moment. Keys with a figure on its way are left out: what
 * OTO shows may be before it or after.
 */
export async function baseReadings(
  db: Queryable,
  locations: readonly string[],
  readSince: Date,
): Promise<BaseReading[]> {
  const rows = await db.query<BaseReading>(
    `with key as (
       select d.location, l.sku, min(l.quantity) filter (where d.kind = 'purchase') as least,
         coalesce(sum(l.quantity) filter (where d.kind = 'disposal'), 0) as leaving, bool_or(d.state = 'pending') as pending
       from document d join document_line l on l.document_id = d.id
       where ${active} and d.location = any($1::text[]) group by d.location, l.sku
     ), made as (
       -- Entered in OTO by hand: what arrives from now on shows.
       insert into receipt_base (location, sku, on_hand, since)
       select k.location, k.sku, o.on_hand, $2 from key k join oto_stock o on o.location = k.location and o.sku = k.sku
       where k.pending and o.on_hand is not null and o.read_at >= $2
       on conflict do nothing
     )
     select k.sku, k.location, b.on_hand as base, b.since, o.on_hand as "onHand", k.least, k.leaving
     from key k join receipt_base b on b.location = k.location and b.sku = k.sku
     join oto_stock o on o.location = k.location and o.sku = k.sku
     where o.on_hand is not null and o.read_at >= $2 and not exists (
       select from operation p where p.kind = 'stock-set' and p.key = k.location || E'\\t' || k.sku and p.state in ('sending', 'unknown'))
     order by k.location, k.sku`,
    [locations, readSince],
  );
  return rows.map((row) => ({
    ...row,
    base: Number(row.base),
    onHand: Number(row.onHand),
    least: row.least === null ? null : Number(row.least),
    leaving: Number(row.leaving),
  }));
}

/** Nothing of what is pending can have arrived at these keys: they are watched from what OTO shows now. */
export async function rebase(
  db: Queryable,
  keys: readonly { sku: string; location: string; onHand: number }[],
  at: Date,
): Promise<void> {
  if (keys.length === 0) return;
  await db.query(
    `update receipt_base b set on_hand = k."onHand", since = $2
     from jsonb_to_recordset($1::jsonb) as k(sku text, location text, "onHand" bigint)
     where b.location = k.location and b.sku = k.sku and not exists (
       select from operation p where p.kind = 'stock-set' and p.key = k.location || E'\\t' || k.sku and p.state in ('sending', 'unknown'))`,
    [JSON.stringify(keys), at],
  );
}
