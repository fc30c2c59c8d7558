import { lineOf, linesOf, type StationOrderDetail } from '../model/index.ts';
import { actionsOf } from '../store/station-actions.ts';
import { codesOf, stationOrdersWithItems } from '../store/station-orders.ts';
import type { Bridge } from './context.ts';

/** Orders with their items and what was done with them, as they are now. Those at other locations are left out, as if there were none. */
export async function orderDetail(
  { db, config }: Pick<Bridge, 'db' | 'config'>,
  ids: readonly string[],
  locations: readonly string[],
): Promise<StationOrderDetail[]> {
  const orders = (await stationOrdersWithItems(db, ids)).filter(({ order }) => locations.includes(order.location));
  const shown = orders.map(({ order, items, progress }) => ({ order, lines: linesOf(items), progress }));
  const skus = [...new Set(shown.flatMap(({ lines }) => lines.map(({ sku }) => sku)))];
  const [codes, actions] = await Promise.all([
    codesOf(db, skus, Object.keys(config.sources)),
    actionsOf(
      db,
      shown.map(({ order }) => order.id),
    ),
  ]);
  return shown.map(({ order, lines, progress }) => ({
    ...order,
    items: lines.map(({ sku, name, quantity }) => {
      const { counted, short = null } = lineOf(progress, sku);
      return { sku, name, quantity, counted, short, codes: codes.get(sku) ?? [sku] };
    }),
    history: actions
      .filter(({ order_id }) => order_id === order.id)
      .map(({ received_at, by, type, payload, message }) => ({
        at: received_at.toISOString(),
        by,
        type,
        detail: detailOf(type, payload, message),
      })),
  }));
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
