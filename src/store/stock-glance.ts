import { erpFigure, impliedFigure } from './guard-tables.ts';
import { one, type Queryable } from './queryable.ts';

/** What is seen of a plan's changes by one look at them. Rules that a person has let a change pass are not asked for: it may only look worse. */
export interface Glance {
  /** Changes of figures that OTO shows, by location. */
  readonly changed: Readonly<Record<string, number>>;
  /** The highest figure that would be written; null without changes. */
  readonly highest: number | null;
  /** Some figure would fall to 0. */
  readonly zeros: boolean;
  /** Some figure is as far from OTO's as a mistaken unit, a misread separator or a doubled row would put it. */
  readonly leaps: boolean;
}

/** Changes that nothing holds yet. `nearest`: the smallest factor that is a leap, `exact`: the smallest by which a single figure is one. */
export async function glance(
  db: Queryable,
  planId: number,
  { nearest, exact }: { readonly nearest: number; readonly exact: number },
): Promise<Glance> {
  return one<Glance>(
    db,
    `select coalesce(jsonb_object_agg(location, changed), '{}') as changed, max(highest) as highest,
       coalesce(bool_or(zeros), false) as zeros, coalesce(bool_or(leaps), false) as leaps
     from (
       select location, count(*) filter (where "from" > 0) as changed, max("to") as highest, bool_or("to" = 0 and "from" > 0) as zeros,
         bool_or("from" > 0 and ((greatest(erp, implied) >= 20 and (erp >= implied * $2::float8 or implied >= erp * $2::float8))
           or erp >= implied * $3::float8 or implied >= erp * $3::float8 or "to" >= "from" * $3::float8 or "from" >= "to" * $3::float8)) as leaps
       from (select location, "from", "to", ${erpFigure} as erp, ${impliedFigure} as implied from plan_item where plan_id = $1 and held is null) i
       group by location) p`,
    [planId, nearest, exact],
  );
}
