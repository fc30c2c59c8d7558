import { transition } from './operation-steps.ts';
import type { Queryable } from './queryable.ts';
import { type StockScope, scopeValues, wanted } from './stock-plan.ts';

/**
 * Parked stock figures whose key shows what is wanted by now, read since `readSince`: whatever became of them, nothing is left to decide.
 * The ids of those that are over come back.
 */
export async function endParkedFigures(
  db: Queryable,
  scope: StockScope,
  readSince: Date,
  who: string,
): Promise<number[]> {
  const keys = `select distinct o.sku, o.location from operation o where o.kind = 'stock-set' and o.state = 'parked'`;
  const rows = await db.query<{ id: number; figure: number }>(
    `with ${wanted(scope, { keys })}
     select o.id, w.figure from wanted w
     join oto_stock s on s.sku = w.sku and s.location = w.location and s.on_hand = w.figure and s.read_at >= $4
     join operation o on o.kind = 'stock-set' and o.state = 'parked' and o.sku = w.sku and o.location = w.location
     where not (w.negative = 'reject' and w.erp < 0)`,
    [...scopeValues(scope), readSince],
  );
  return transition(
    db,
    'parked',
    rows.map(({ id, figure }) => ({
      id,
      to: 'superseded' as const,
      why: `OTO shows ${figure}, which is wanted by now`,
    })),
    who,
  );
}
