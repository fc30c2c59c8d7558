import type { Queryable } from './queryable.ts';
import { partitionOf } from './snapshots.ts';

/** A figure that would fall to 0 in one step, and the newest earlier export that had more of it. */
export interface EmptiedFigure {
  readonly seq: number;
  readonly sku: string;
  readonly location: string;
  /** What OTO shows. */
  readonly from: number;
  /** What the ERP says now, and what it said in that export. */
  readonly erp: number;
  readonly before: number;
  readonly asOf: Date;
}

/**
 * Figures of a plan that would fall from `minimum` or more to 0, `most` of them, those with the most units first; where one of the last
 * exports had any. `kept`: how many exports are kept, this one among them. Older ones may be on their way out.
 */
export async function emptiedFigures(
  db: Queryable,
  plan: { readonly id: number; readonly source: string; readonly snapshotId: number },
  { minimum, most, kept }: { readonly minimum: number; readonly most: number; readonly kept: number },
): Promise<EmptiedFigure[]> {
  type Row = Omit<EmptiedFigure, 'before' | 'asOf'>;
  let open = await db.query<Row>(
    `select seq, sku, location, "from"::int as "from", coalesce((detail->>'erp')::bigint, 0)::int as erp from plan_item
     where plan_id = $1 and held is null and "to" = 0 and "from" >= $2 order by "from" desc, seq limit $3`,
    [plan.id, minimum, most],
  );
  if (open.length === 0) return [];
  const earlier = await db.query<{ id: number; asOf: Date }>(
    `select id, as_of as "asOf" from snapshot where source = $1 and entity = 'stock' and status = 'complete' and id < $2
       and to_regclass('stock_row_' || id) is not null order by id desc limit $3`,
    [plan.source, plan.snapshotId, kept - 1],
  );
  const found: EmptiedFigure[] = [];
  for (const { id, asOf } of earlier) {
    if (open.length === 0) break;
    const rows = await db.query<{ seq: number; before: string }>(
      `select k.seq, sum(r.quantity) as before from unnest($1::int[], $2::text[], $3::text[]) as k(seq, sku, location)
       join ${partitionOf(id)} r on r.sku = k.sku and r.location = k.location group by k.seq having sum(r.quantity) > 0`,
      [open.map(({ seq }) => seq), open.map(({ sku }) => sku), open.map(({ location }) => location)],
    );
    const before = new Map(rows.map((row) => [row.seq, Number(row.before)]));
    found.push(
      ...open.flatMap((row) => {
        const units = before.get(row.seq);
        return units === undefined ? [] : [{ ...row, before: units, asOf }];
      }),
    );
    open = open.filter(({ seq }) => !before.has(seq));
  }
  return found;
}
