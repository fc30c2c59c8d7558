import { lineOf, linesOf, type StationOrderDetail } from '../model/index.ts';
import { getPackingOrder } from '../store/packing.ts';
import { actionsOf } from '../store/station-actions.ts';
import { codesOf, stationOrders } from '../store/station-orders.ts';
import type { Bridge } from './context.ts';

/** Orders with their items and what was done with them, as they are now. Those at other locations are left out, as if there were none. */
export async function orderDetail(
  { db, config }: Pick<Bridge, 'db' | 'config'>,
  ids: readonly string[],
  locations: readonly string[],
): Promise<StationOrderDetail[]> {
  const sources = Object.keys(config.sources);
  const orders = (await stationOrders(db, ids)).filter(({ location }) => locations.includes(location));
  return Promise.all(
    orders.map(async (order) => {
      const stored = await getPackingOrder(db, order.id);
      const lines = linesOf(stored?.items ?? []);
      const [codes, actions] = await Promise.all([
        codesOf(
          db,
          lines.map(({ sku }) => sku),
          sources,
        ),
        actionsOf(db, order.id),
      ]);
      return {
        ...order,
        items: lines.map(({ sku, name, quantity }) => {
          const { counted, short = null } = lineOf(stored?.progress ?? {}, sku);
          return { sku, name, quantity, counted, short, codes: codes.get(sku) ?? [sku] };
        }),
        history: actions.map(({ received_at, by, type, payload, message }) => ({
          at: received_at.toISOString(),
          by,
          type,
          detail: detailOf(type, payload, message),
        })),
      };
    }),
  );
}

/** What an action was about, in a few words. */
function detailOf(type: string, payload: Readonly<Record<string, unknown>>, message: string | null): string | null {
  const { sku, quantity, counted, reason, note } = payload;
  const parts: Readonly<Record<string, unknown[]>> = {
    scan: [sku, `+${String(quantity)}`],
    count: [sku, `= ${String(counted)}`],
    short: [sku, reason, note],
  };
  const words = [...(parts[type] ?? []), message].filter((part) => part !== undefined && part !== null && part !== '');
  return words.length === 0 ? null : words.join(' ');
}
