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

/**
 * The differences of a plan that look as if a call of ours had been delivered late: OTO shows neither what landed last nor something new,
 * but the figure of an earlier call that was never answered.
 */
export async function lateWrites(db: Queryable, planId: number): Promise<LateWrite[]> {
  return db.query<LateWrite>(
    `select i.sku, i.location, i."from" as shown, o.id as late, n.qty as "set", n.id as newer, i."to" as wanted
     from plan_item i
     cross join lateral (
       select id, (request ->> 'qty')::bigint as qty from operation
       where key = i.key and kind = 'stock-set' and state = 'landed' order by id desc limit 1) n
     cross join lateral (
       select p.id from operation p
       where p.key = i.key and p.kind = 'stock-set' and p.state in ('landed', 'superseded', 'parked', 'refused', 'cancelled')
         and p.id < n.id and (p.request ->> 'qty')::bigint = i."from"
         and exists (select from operation_event e where e.operation_id = p.id and e."to" = 'unknown')
       order by p.id desc limit 1) o
     where i.plan_id = $1 and i.kind = 'stock' and i."from" <> n.qty
     order by i.location, i.sku`,
    [planId],
  );
}
