import type { Bridge } from './context.ts';

/** The packing status that OTO shows for an order: the newest of its history; null where it has none. */
export async function readPackingStatus(bridge: Bridge, orderId: string, signal: AbortSignal): Promise<string | null> {
  const order = await bridge.oto.read('orderDetails', { orderId }, { signal });
  const history = order.packingStatusHistory ?? [];
  const rank = (status: string | null | undefined) =>
    ['partiallyPicked', 'picked', 'packed', 'shipped'].indexOf(status ?? '');
  // The order of the entries is not documented: the furthest step counts, and OTO's steps only go forward.
  const furthest = history.reduce<string | null>((best, entry) => {
    const status = entry.packingStatus ?? null;
    return rank(status) > rank(best) ? status : best;
  }, null);
  return furthest;
}
