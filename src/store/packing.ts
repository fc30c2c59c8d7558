import type { PackingOrder } from '../model/index.ts';
import { maybe, type Queryable } from './queryable.ts';

export interface StoredPackingOrder {
  readonly order_id: string;
  readonly location: string;
  readonly items: PackingOrder['items'];
  readonly state: 'ready' | 'picked' | 'packed' | 'left';
  readonly why: string | null;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly picked_at: Date | null;
  readonly packed_at: Date | null;
  readonly changed_by: string | null;
}

const unseen = 'no longer in the list of orders ready for packing';

/** Stores OTO's list of one location. New orders come back; ready ones that the list no longer names have left. */
export async function storePackingList(
  db: Queryable,
  location: string,
  orders: readonly PackingOrder[],
): Promise<{ fresh: string[]; left: string[] }> {
  const fresh = await db.query<{ order_id: string; fresh: boolean }>(
    `insert into packing_order (order_id, location, items, state)
     select distinct on (order_id) order_id, $1, items, 'ready' from jsonb_to_recordset($2::jsonb) as p(order_id text, items jsonb)
     on conflict (order_id) do update set items = excluded.items, location = excluded.location, last_seen = now(),
       state = case when packing_order.state = 'left' then 'ready' else packing_order.state end,
       why = case when packing_order.state = 'left' then null else packing_order.why end
     returning order_id, first_seen = last_seen as fresh`,
    [location, JSON.stringify(orders.map((order) => ({ order_id: order.orderId, items: order.items })))],
  );
  const left = await db.query<{ order_id: string }>(
    `update packing_order set state = 'left', why = $3
     where location = $1 and state = 'ready' and not (order_id = any($2::text[])) returning order_id`,
    [location, orders.map((order) => order.orderId), unseen],
  );
  return { fresh: fresh.filter((row) => row.fresh).map((row) => row.order_id), left: left.map((row) => row.order_id) };
}

/**
 * Orders that have left the list, or were picked within a week and are not in it since `listedAt`: nobody knows yet what became of them.
 * Not those that the bridge itself is telling OTO about.
 */
export async function goneOrders(db: Queryable, location: string, listedAt: Date): Promise<string[]> {
  const rows = await db.query<{ order_id: string }>(
    `select order_id from packing_order where location = $1 and ((state = 'left' and why = $2)
       or (state = 'picked' and last_seen < $3 and picked_at > now() - interval '7 days'))
       and not exists (select from operation o where o.kind = 'packing-status' and o.order_id = packing_order.order_id
         and o.state in ('ready', 'waiting', 'sending', 'unknown', 'parked')) order by order_id`,
    [location, unseen, listedAt],
  );
  return rows.map((row) => row.order_id);
}

/** Says what became of an order that has left the list. */
export async function explainLeft(db: Queryable, orderId: string, why: string): Promise<void> {
  await db.query(`update packing_order set why = $2 where order_id = $1 and state = 'left'`, [orderId, why]);
}

export async function getPackingOrder(db: Queryable, orderId: string): Promise<StoredPackingOrder | undefined> {
  return maybe<StoredPackingOrder>(db, 'select * from packing_order where order_id = $1', [orderId]);
}

export async function listPackingOrders(
  db: Queryable,
  filter: { location?: string | undefined; states: readonly StoredPackingOrder['state'][] },
): Promise<StoredPackingOrder[]> {
  return db.query<StoredPackingOrder>(
    `select * from packing_order where ($1::text is null or location = $1) and state = any($2::text[])
     order by location, first_seen, order_id`,
    [filter.location ?? null, filter.states],
  );
}

export async function setPackingState(
  db: Queryable,
  orderId: string,
  state: 'picked' | 'packed',
  by: string,
): Promise<void> {
  await db.query(
    `update packing_order set state = $2, changed_by = $3,
       picked_at = case when $2 = 'picked' then now() else picked_at end,
       packed_at = case when $2 = 'packed' then now() else packed_at end
     where order_id = $1 and not (state = 'packed' and $2 = 'picked')`,
    [orderId, state, by],
  );
}
