import type { Queryable } from './queryable.ts';

/** A figure of ours that reached OTO after a newer one had landed. */
export interface LateWrite {
  readonly sku: string;
  readonly location: string;
  /** What OTO shows: the figure of operation `late`, to which it never gave an answer. */
  readonly shown: number;
  readonly late: number;
  /** What operation `newer` had set. */
  readonly set: number;
  readonly newer: number;
  /** What the plan makes of it. */
  readonly wanted: number;
}

/** Older calls are nowhere on their way any more. */
const days = 7;

/**
 * The differences of a plan that look as if a call of ours had been delivered late: OTO shows neither what landed last nor something new,
 * but the figure of an earlier call that was never answered.
 */
export async function lateWrites(db: Queryable, planId: number): Promise<LateWrite[]> {
  // First of all by themselves: mostly there are none, and the items of a plan may be a million.
  const doubted = await db.query<{ id: number }>(
    `select o.id from operation o
     where o.kind = 'stock-set'
       and ((o.state = 'landed' and o.attempts > 1) or (o.state in ('superseded', 'parked', 'cancelled') and o.attempts > 0))
       and o.sent_at > now() - $1 * interval '1 day'
       and exists (select from operation_event e where e.operation_id = o.id and e."to" = 'unknown')`,
    [days],
  );
  if (doubted.length === 0) return [];
  return db.query<LateWrite>(
    `select distinct on (i.location, i.sku) i.sku, i.location, i."from" as shown, o.id as late, n.qty as "set", n.id as newer, i."to" as wanted
     from operation o
     join plan_item i on i.plan_id = $1 and i.kind = 'stock' and i.key = o.key and i."from" = (o.request ->> 'qty')::bigint
     cross join lateral (
       select id, (request ->> 'qty')::bigint as qty from operation
       where key = o.key and kind = 'stock-set' and state = 'landed' order by id desc limit 1) n
     where o.id = any($2::bigint[]) and n.id > o.id and n.qty <> i."from"
     order by i.location, i.sku, o.id desc`,
    [planId, doubted.map(({ id }) => id)],
  );
}
