import type { PackingOrder, Progress, StationList, StationOrder, StationView } from '../model/index.ts';
import type { Queryable } from './queryable.ts';
import { stationOrderOf, type ViewRow, view, viewWithItems } from './station-view.ts';

export interface OrderFilter {
  readonly locations: readonly string[];
  readonly view: StationView;
  /** A part of the order's id, or the whole SKU or barcode of one of its items. */
  readonly q?: string | undefined;
  /** The id of the last order of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** As the partial index holds them: all but packed-and-known and left ones. */
const open = `p.state <> 'left' and (p.state <> 'packed' or p.oto_has is distinct from 'packed')`;

/** Orders with something for a person: by two small indexes, since those that are well are many. */
const troubled = `p.order_id in (
  select q.order_id from packing_order q
    where q.location = any($1::text[]) and q.state <> 'left' and (q.erp_unmatched is not null or q.problem is not null)
  union all
  select q.order_id from operation o join packing_order q on q.order_id = o.order_id
    and o.id in (coalesce(q.pack_operation, q.pick_operation), q.erp_operation)
    where o.order_id is not null and o.state in ('refused', 'parked') and q.location = any($1::text[]) and q.state <> 'left')`;

const views: { readonly [View in StationView]: string } = {
  open,
  claimed: `${open} and p.claim_staff is not null`,
  ready: `${open} and p.state = 'ready'`,
  picking: `${open} and p.state = 'picking'`,
  short: `p.state = 'short'`,
  picked: `${open} and p.state = 'picked'`,
  trouble: troubled,
  done: `p.state in ('packed', 'left') and not (${open})`,
};

/** In which order they are shown, and what comes behind the order `$4`. */
const oldestFirst = {
  by: 'p.first_seen, p.order_id',
  behind: '(p.first_seen, p.order_id) > (select a.first_seen, a.order_id from packing_order a where a.order_id = $4)',
};
const lastFirst = {
  by: 'p.done_at desc, p.order_id',
  behind: `exists (select from packing_order a where a.order_id = $4
    and (p.done_at < a.done_at or (p.done_at = a.done_at and p.order_id > a.order_id)))`,
};

/** One page of orders, oldest first; those that are done, the last one first. */
export async function listStationOrders(db: Queryable, filter: OrderFilter): Promise<StationOrder[]> {
  const { locations, q, after, limit } = filter;
  const skus = q === undefined ? null : await skusOf(db, q);
  const { by, behind } = filter.view === 'done' ? lastFirst : oldestFirst;
  const rows = await db.query<ViewRow>(
    `with page as (
       select p.order_id from packing_order p
       where p.location = any($1::text[]) and ${views[filter.view]}
         and ($2::text is null or p.order_id ilike $2 or p.skus && $3::text[])
         and ($4::text is null or ${behind})
       order by ${by} limit $5
     )
     ${view} where p.order_id in (select order_id from page) order by ${by}`,
    [locations, q === undefined ? null : `%${q.replace(/[\\%_]/g, '\\$&')}%`, skus, after ?? null, limit],
    `list-station-orders-${filter.view}`,
  );
  return rows.map(stationOrderOf);
}

/** The SKUs that a text may mean: itself, or those whose barcode it is. */
async function skusOf(db: Queryable, text: string): Promise<string[]> {
  const rows = await db.query<{ sku: string }>(
    `select sku from oto_product where barcode = $1
     union select sku from product where data->>'barcode' = $1
     union select sku from product where data->>'secondBarcode' = $1`,
    [text],
  );
  return [text, ...rows.map(({ sku }) => sku)];
}

export async function stationOrders(db: Queryable, ids: readonly string[]): Promise<StationOrder[]> {
  if (ids.length === 0) return [];
  return (await db.query<ViewRow>(`${view} where p.order_id = any($1::text[])`, [ids], 'station-orders')).map(
    stationOrderOf,
  );
}

export interface OrderWithItems {
  readonly order: StationOrder;
  readonly items: PackingOrder['items'];
  readonly progress: Progress;
}

export async function stationOrdersWithItems(db: Queryable, ids: readonly string[]): Promise<OrderWithItems[]> {
  const rows = await db.query<ViewRow & Omit<OrderWithItems, 'order'>>(
    `${viewWithItems} where p.order_id = any($1::text[])`,
    [ids],
    'station-orders-with-items',
  );
  return rows.map((row) => ({ order: stationOrderOf(row), items: row.items, progress: row.progress }));
}

/** How many there are of each, at these locations. */
export async function countStationOrders(db: Queryable, locations: readonly string[]): Promise<StationList['counts']> {
  const [counts] = await db.query<StationList['counts']>(
    `select count(*) filter (where p.state = 'ready')::int as ready, count(*) filter (where p.state = 'picking')::int as picking,
       count(*) filter (where p.state = 'short')::int as short, count(*) filter (where p.state = 'picked')::int as picked,
       -- Looked up for those few that have one: joined, the server may go through all operations there are.
       count(*) filter (where coalesce(p.pack_operation, p.pick_operation) is not null
         and (select t.state from operation t where t.id = coalesce(p.pack_operation, p.pick_operation))
           in ('ready', 'waiting', 'sending', 'unknown'))::int as waiting,
       (select count(*)::int from packing_order p where ${troubled}) as trouble
     from packing_order p where p.location = any($1::text[]) and ${open}`,
    [locations],
    'count-station-orders',
  );
  return counts ?? { ready: 0, picking: 0, short: 0, picked: 0, waiting: 0, trouble: 0 };
}

/** What a scanner may read off each SKU: the SKU itself, and the barcodes that OTO and the ERP know. */
export async function codesOf(
  db: Queryable,
  skus: readonly string[],
  sources: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await db.query<{ sku: string; code: string | null }>(
    `select sku, barcode as code from oto_product where sku = any($1::text[])
     union select sku, data->>'barcode' from product where source = any($2::text[]) and sku = any($1::text[])
     union select sku, data->>'secondBarcode' from product where source = any($2::text[]) and sku = any($1::text[])`,
    [skus, sources],
    'station-codes',
  );
  const codes = new Map(skus.map((sku) => [sku, [sku]]));
  for (const { sku, code } of rows) {
    const known = codes.get(sku);
    if (code !== null && code !== '' && known?.includes(code) === false) known.push(code);
  }
  return codes;
}
