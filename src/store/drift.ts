import type { Queryable } from './queryable.ts';
import { differs, type StockScope, scopeValues, wanted } from './stock-plan.ts';

/**
 * Why OTO may show another figure than is wanted. `erp`: the ERP has moved since the bridge wrote what OTO shows. `orders`: units were sold
 * in OTO that the ERP had not booked. `documents`: the ERP booked documents after its figures were true. `new`: the bridge has never
 * written this figure. `unexplained`: OTO shows neither what the bridge wrote last nor what any of these would make of it.
 */
export const driftCauses = ['erp', 'orders', 'documents', 'new', 'unexplained'] as const;
export type DriftCause = (typeof driftCauses)[number];

/** Keeps what a plan found at the locations that it compared as a whole; those without a difference stand there with none. */
export async function noteDrift(
  db: Queryable,
  planId: number,
  runId: number,
  locations: readonly string[],
): Promise<void> {
  await db.query(
    `with found as (
       select i.location, abs(i."to" - coalesce(i."from", 0)) as units,
         case when i.held = 'sold-since' then 'orders' when i.held = 'newer-documents' or i.detail ? 'newer' then 'documents'
           when l.qty is null then 'new' when l.qty = i."from" then 'erp' else 'unexplained' end as cause
       from plan_item i
       left join lateral (
         select (request ->> 'qty')::bigint as qty from operation o
         where o.kind = 'stock-set' and o.key = i.key and o.state = 'landed' order by o.id desc limit 1) l on true
       where i.plan_id = $1 and i.kind = 'stock'
     )
     insert into drift (location, cause, figures, units, run_id)
     select p.location, c.cause, count(f.cause), coalesce(sum(f.units), 0), $2
     from unnest($3::text[]) as p(location) cross join unnest($4::text[]) as c(cause)
     left join found f on f.location = p.location and f.cause = c.cause
     group by p.location, c.cause
     on conflict (location, cause) do update set figures = excluded.figures, units = excluded.units, run_id = excluded.run_id, compared_at = now()`,
    [planId, runId, locations, driftCauses],
  );
}

/** Forgets locations that are no longer compared: a figure of the past would look like one of now. */
export async function forgetDriftElsewhere(db: Queryable, locations: readonly string[]): Promise<void> {
  await db.query('delete from drift where not location = any($1::text[])', [locations]);
}

/** A figure that OTO shows otherwise than is wanted. */
export interface Differing {
  readonly sku: string;
  readonly location: string;
  /** The export does not list it, and what it does not list is zero. */
  readonly absent: boolean;
}

/** Figures of one location that have been read since a moment, and were compared. */
export interface ComparedPlace {
  readonly location: string;
  readonly compared: number;
  /** Wanted, but OTO was not asked for it, or did not answer. */
  readonly unread: number;
}

export async function comparedPlaces(db: Queryable, scope: StockScope, readSince: Date): Promise<ComparedPlace[]> {
  return db.query<ComparedPlace>(
    `with ${wanted(scope)}
     select l.code as location, count(*) filter (where o.read_at >= $4)::int as compared,
       count(w.sku) filter (where o.read_at is null or o.read_at < $4)::int as unread
     from place l left join wanted w on w.location = l.code and $2::timestamptz is not null
     left join oto_stock o on o.location = w.location and o.sku = w.sku
     group by l.code order by l.code`,
    [...scopeValues(scope), readSince],
  );
}

/** The figures that differ, in order of location and SKU, in portions. */
export async function* differingFigures(
  db: Queryable,
  scope: StockScope,
  readSince: Date,
  portion = 20_000,
): AsyncGenerator<Differing[]> {
  let after: Pick<Differing, 'sku' | 'location'> = { location: '', sku: '' };
  while (true) {
    const rows = await db.query<Differing>(
      `with ${wanted(scope)}
       select w.sku, w.location, not w.listed as absent from wanted w join oto_stock o on o.location = w.location and o.sku = w.sku
       where ${differs('$4')} and (w.location, w.sku) > ($5, $6) and $2::timestamptz is not null
       order by w.location, w.sku limit $7`,
      [...scopeValues(scope), readSince, after.location, after.sku, portion],
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < portion) return;
    after = last;
  }
}
