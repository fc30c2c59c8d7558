import type { Queryable } from './queryable.ts';
import { type FigureMove, figureMoves, moveBase } from './receipt-base.ts';

/** OTO's figure of one SKU at one location. `onHand` null: OTO answered and named no figure, which is not zero. */
export interface Figure {
  readonly sku: string;
  readonly location: string;
  readonly onHand: number | null;
  readonly forecasted: number | null;
}

export interface StoredFigure {
  readonly sku: string;
  readonly location: string;
  readonly on_hand: number | null;
  readonly forecasted: number | null;
  readonly read_at: Date;
}

export async function storeFigures(db: Queryable, figures: readonly Figure[], readAt: Date): Promise<void> {
  if (figures.length === 0) return;
  // Ordered, so that two runs that write the same rows wait for each other instead of locking each other out.
  await db.query(
    `insert into oto_stock (location, sku, on_hand, forecasted, read_at)
     select location, sku, on_hand, forecasted, $5
     from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as f(location, sku, on_hand, forecasted)
     order by location, sku
     on conflict (location, sku) do update
       set on_hand = excluded.on_hand, forecasted = excluded.forecasted, read_at = excluded.read_at
       where oto_stock.read_at <= excluded.read_at`,
    [
      figures.map((figure) => figure.location),
      figures.map((figure) => figure.sku),
      figures.map((figure) => figure.onHand),
      figures.map((figure) => figure.forecasted),
      readAt,
    ],
  );
}

/**
 * A stock figure that landed is what OTO shows from then on, until the next reading says otherwise. One statement, and its input read once:
 * both parts are a matter of each figure that is sent.
 */
export async function noteLanded(db: Queryable, landed: readonly FigureMove[], at: Date): Promise<void> {
  if (landed.length === 0) return;
  await db.query(
    `with f as materialized (
       select * from jsonb_to_recordset($1::jsonb) as ${figureMoves}
     ), based as (
       ${moveBase}
     )
     insert into oto_stock (location, sku, on_hand, forecasted, read_at)
     select location, sku, "to", null, $2 from f order by location, sku
     on conflict (location, sku) do update set on_hand = excluded.on_hand, read_at = excluded.read_at
       where oto_stock.read_at <= excluded.read_at`,
    [JSON.stringify(landed), at],
    'note-landed',
  );
}

export async function getFigures(
  db: Queryable,
  filter: { skus?: readonly string[]; location?: string },
): Promise<StoredFigure[]> {
  return db.query<StoredFigure>(
    `select sku, location, on_hand, forecasted, read_at from oto_stock
     where ($1::text[] is null or sku = any($1)) and ($2::text is null or location = $2) order by location, sku`,
    [filter.skus ?? null, filter.location ?? null],
  );
}
