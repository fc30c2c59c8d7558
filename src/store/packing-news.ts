import type { Queryable } from './queryable.ts';

/**
 * Shows what OTO said to be wrong with an order's shipment. `at`: when it said so; what is older than what is shown changes nothing.
 * False where nothing changed, or the order is not known here.
 */
export async function showProblem(db: Queryable, orderId: string, problem: string, at: Date): Promise<boolean> {
  const rows = await db.query(
    `update packing_order set problem = $2, problem_at = $3
     where order_id = $1 and problem is distinct from $2 and (problem is null or problem_at is null or problem_at <= $3)
     returning order_id`,
    [orderId, problem, at],
  );
  return rows.length > 0;
}
