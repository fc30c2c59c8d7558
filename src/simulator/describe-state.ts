import { type Figure, forecastOf, type StockRow } from './figures.ts';
import type { World } from './state.ts';

export interface StateFilter {
  readonly sku?: string | undefined;
  readonly location?: string | undefined;
  /** With the earlier figures of each stock row, oldest first, and what moved them. */
  readonly history?: boolean | undefined;
}

/** Everything the account holds, or what concerns one SKU or location; products are listed for one SKU only, else counted. */
export function describeState(world: World, filter: StateFilter = {}): Record<string, unknown> {
  const { state, switches } = world;
  const { sku, location, history } = filter;
  const account = state.account.content;
  const withOrders = switches.values.forecastIncludesInventoryOrders;
  const at = (code: string): boolean => location === undefined || code === location;
  const holds = (items: readonly { readonly sku: string }[]): boolean =>
    sku === undefined || items.some((item) => item.sku === sku);
  const figure = (one: Figure) => ({ ...one, forecasted: forecastOf(one, withOrders) });
  const rows: Iterable<StockRow> = sku === undefined ? state.figures.all() : state.figures.ofSku(sku);
  const stock = [...rows]
    .filter((row) => at(row.location))
    .map((row) => ({
      sku: row.sku,
      location: row.location,
      stocked: row.stocked,
      ...figure(row.now),
      ...(history === true && { history: row.past.map(figure) }),
    }));
  const product = sku === undefined ? undefined : state.products.get(sku);
  return {
    locations: [...state.locations.values()].filter(({ code }) => at(code)),
    productCount: state.products.size,
    ...(sku !== undefined && { products: product === undefined ? [] : [product] }),
    stock,
    inventoryOrders: [...state.inventoryOrders.values()].filter((one) => at(one.locationCode) && holds(one.items)),
    account: { ...account, vendors: account.vendors.map(({ refreshToken: _, ...vendor }) => vendor) },
    orders: [...state.orders.values()].filter((order) => at(order.location) && holds(order.items)),
  };
}
