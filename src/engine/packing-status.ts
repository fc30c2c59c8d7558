import type { Bridge } from './context.ts';

/** Order statuses that say as much as a packing status, should OTO keep no history of packing. */
const ofOrderStatus: Readonly<Record<string, string>> = { picked: 'picked', packed: 'packed', pickedUp: 'shipped' };

/** The packing status that OTO shows for an order: the furthest of its history and of its own status; null where neither names one. */
export async function readPackingStatus(bridge: Bridge, orderId: string, signal: AbortSignal): Promise<string | null> {
  const order = await bridge.oto.read('orderDetails', { orderId }, { signal });
  const history = order.packingStatusHistory ?? [];
  const rank = (status: string | null | undefined) =>
    ['partiallyPicked', 'picked', 'packed', 'shipped'].indexOf(status ?? '');
  // The order of the entries is not documented: the furthest step counts, and OTO's steps only go forward.
  return history.reduce<string | null>(
    (best, entry) => {
      const status = entry.packingStatus ?? null;
      return rank(status) > rank(best) ? status : best;
    },
    ofOrderStatus[order.status ?? ''] ?? null,
  );
}
