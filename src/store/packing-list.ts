import { fitProgress, linesOf, type PackingOrder, totalsOf } from '../model/index.ts';
import { changePackingOrder, type OrderChange, type StoredPackingOrder } from './packing.ts';
import { one, type Queryable } from './queryable.ts';
import { noteAction } from './station-actions.ts';
import { unmatchedCode } from './station-view.ts';

const unseen = 'no longer in the list of orders ready for packing';

export interface StoredList {
  readonly fresh: string[];
  readonly left: string[];
  /** Orders whose items OTO has changed after somebody had begun to pick them, as they are now. */
  readonly changed: StoredPackingOrder[];
}

/**
 * Stores OTO's list of one location, in one transaction. New orders come back, and those that the list no longer names: they have left,
 * unless they are picked, since nobody knows whether OTO keeps picked orders in its list. `readAt`: when the reading began; a list that is
 * older than what is stored says nothing new.
 */
export async function storePackingList(
  db: Queryable,
  location: string,
  orders: readonly PackingOrder[],
  readAt: Date,
): Promise<StoredList> {
  // One list of a location at a time: two that go through the same rows would get in each other's way.
  await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`packing list of ${location}`]);
  const stored = await db.query(
    `insert into packing_list (location, read_at) values ($1, $2)
     on conflict (location) do update set read_at = excluded.read_at where packing_list.read_at <= excluded.read_at returning location`,
    [location, readAt],
  );
  if (stored.length === 0) return { fresh: [], left: [], changed: [] };
  const rows = JSON.stringify(
    [...new Map(orders.map((order) => [order.orderId, order])).values()].map(({ orderId, items }) => {
      const { lines, units, skus } = totalsOf(linesOf(items), {});
      return { order_id: orderId, items, lines, units, skus };
    }),
  );
  const fresh = await db.query<{ order_id: string }>(
    `insert into packing_order (order_id, location, items, state, lines, units, skus)
     select order_id, $1, items, 'ready', lines, units, skus
     from jsonb_to_recordset($2::jsonb) as l(order_id text, items jsonb, lines int, units bigint, skus text[])
     on conflict (order_id) do nothing returning order_id`,
    [location, rows],
  );
  const other = await db.query<StoredPackingOrder & { listed: PackingOrder['items'] }>(
    `select p.*, l.items as listed from jsonb_to_recordset($2::jsonb) as l(order_id text, items jsonb)
     join packing_order p using (order_id) where p.items is distinct from l.items or p.location <> $1 or p.state = 'left'
     order by p.order_id for update of p`,
    [location, rows],
  );
  const changed: StoredPackingOrder[] = [];
  for (const row of other) {
    const { listed, ...order } = row;
    const change = relist(order, listed, location);
    await changePackingOrder(db, order.order_id, change);
    if (typeof change.changed !== 'string') continue;
    changed.push({ ...order, ...change });
    await noteAction(db, { orderId: order.order_id, location, type: 'changed', by: 'OTO', message: change.changed });
  }
  await db.query(
    `update packing_order set last_seen = now() where order_id in (select order_id from jsonb_to_recordset($1::jsonb) as l(order_id text))`,
    [rows],
  );
  const left = await db.query<{ order_id: string }>(
    `update packing_order set state = 'left', why = $3, done_at = now() where location = $1 and state in ('ready', 'picking', 'short')
       and not (order_id = any($2::text[])) returning order_id`,
    [location, orders.map((order) => order.orderId), unseen],
  );
  return { fresh: fresh.map((row) => row.order_id), left: left.map((row) => row.order_id), changed };
}

/** What becomes of a known order that OTO lists with other items, at another location, or again. */
function relist(order: StoredPackingOrder, items: PackingOrder['items'], location: string): OrderChange {
  const after = linesOf(items);
  const { progress, changed } = fitProgress(linesOf(order.items), after, order.progress);
  const isBegun = !['ready', 'left'].includes(order.state);
  const isBack = order.state === 'left';
  return {
    items,
    progress,
    location,
    totals: totalsOf(after, progress),
    ...(isBack ? { state: Object.keys(progress).length > 0 ? 'picking' : 'ready', why: null } : {}),
    ...(order.state === 'short' && changed !== null ? { state: 'picking' as const } : {}),
    // Whoever held it may not see it there.
    ...(location === order.location
      ? {}
      : { claim_staff: null, claim_name: null, claim_since: null, claim_last: null }),
    ...(changed !== null && (isBegun || Object.keys(order.progress).length > 0) ? { changed } : {}),
  };
}

/**
 * Orders that have left the list, or were picked within a week and are not in it since `listedAt`: nobody knows yet what became of them.
 * Not those that the bridge itself is telling OTO about. Those that were looked at longest ago come first, `limit` at most.
 */
export async function goneOrders(db: Queryable, location: string, listedAt: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ order_id: string }>(
    `select order_id from packing_order where location = $1 and ((state = 'left' and why = $2)
       or (state = 'picked' and last_seen < $3 and picked_at > now() - interval '7 days'))
       and not exists (select from operation o where o.kind = 'packing-status' and o.order_id = packing_order.order_id
         and o.state in ('ready', 'waiting', 'sending', 'unknown', 'parked'))
     order by looked_at nulls first, order_id limit $4`,
    [location, unseen, listedAt, limit],
  );
  return rows.map((row) => row.order_id);
}

/** When the lists of the locations were last read: the oldest of them; null where one never was. */
export async function listsReadAt(db: Queryable, locations: readonly string[]): Promise<Date | null> {
  const row = await one<{ at: Date | null; known: number }>(
    db,
    'select min(read_at) as at, count(*)::int as known from packing_list where location = any($1::text[])',
    [locations],
  );
  return row.known < locations.length ? null : row.at;
}

/** Operations of an order that are to tell OTO of a step and have not come to their end. */
export async function openPackingSteps(db: Queryable, orderId: string): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select id from operation where order_id = $1 and kind = 'packing-status'
       and state in ('ready', 'waiting', 'sending', 'unknown', 'parked') order by id`,
    [orderId],
  );
  return rows.map((row) => row.id);
}

/** Orders of which the ERP could not be told, since it knows none of that number or nothing tells the number. Oldest first. */
export async function unmatchedOrders(
  db: Queryable,
  location: string | null,
): Promise<
  (Pick<StoredPackingOrder, 'order_id' | 'location' | 'state' | 'refs'> & {
    told: string | null;
    reason: string | null;
  })[]
> {
  return db.query(
    `select p.order_id, p.location, p.state, p.refs, o.request->'command'->>'orderId' as told, coalesce(p.erp_unmatched, o.why) as reason
     from packing_order p left join operation o on o.id = p.erp_operation
     where ($1::text is null or p.location = $1)
       and (p.erp_unmatched is not null or (o.state = 'refused' and o.answer->>'code' = $2))
     order by p.first_seen, p.order_id`,
    [location, unmatchedCode],
  );
}
