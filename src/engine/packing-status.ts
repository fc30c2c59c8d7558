import type { ReadOptions } from '../oto/index.ts';
import type { Bridge } from './context.ts';

/** Order statuses that say as much as a packing status, should OTO keep no history of packing. */
const ofOrderStatus: Readonly<Record<string, string>> = { picked: 'picked', packed: 'packed', pickedUp: 'shipped' };

const steps: readonly (string | null | undefined)[] = ['partiallyPicked', 'picked', 'packed', 'shipped'];

export interface PackingShown {
  /** The furthest of its history and of its own status; null where neither names one. */
  readonly status: string | null;
  /** Whether `null` says that no step was taken. Without a history it does not: an order's own status may not follow its packing. */
  readonly telling: boolean;
}

/** What OTO shows of an order's packing. @throws BridgeError when OTO cannot be read, or refuses to show the order */
export async function readPacking(bridge: Bridge, orderId: string, options: ReadOptions): Promise<PackingShown> {
  const order = await bridge.oto.read('orderDetails', { orderId }, options);
  const { packingStatusHistory: history } = order;
  // The order of the entries is not documented: the furthest step counts, and OTO's steps only go forward.
  const status = (history ?? []).reduce<string | null>(
    (best, entry) => (isBeyond(entry.packingStatus, best) ? (entry.packingStatus ?? null) : best),
    ofOrderStatus[order.status ?? ''] ?? null,
  );
  return { status, telling: status !== null || history !== undefined };
}

/** Whether an order that shows `status` has gone further than `than`: a call that says `than` would be a step back. */
export function isBeyond(status: string | null | undefined, than: string | null | undefined): boolean {
  return steps.indexOf(status) > steps.indexOf(than);
}
