import { isBridgeError } from '../lib/errors.ts';
import type { ReadOptions } from '../oto/index.ts';
import { secondsUntilNext } from '../store/runs.ts';
import type { Bridge } from './context.ts';
import { type Noted, noteOrderRead } from './order-read.ts';
import { isShipped, type PackingShown, readPacking, whyGone } from './packing-status.ts';

/** What OTO shows of an order; `refused` where it does not show it: deleted, or not ours to see any more. @throws BridgeError when OTO cannot be read */
export async function readOrder(
  bridge: Bridge,
  orderId: string,
  options: ReadOptions,
): Promise<PackingShown | 'refused'> {
  try {
    return await readPacking(bridge, orderId, options);
  } catch (error) {
    if (isBridgeError(error) && error.code === 'OTO_REFUSED') return 'refused';
    throw error;
  }
}

export interface Refreshed {
  /** `asked`: the bridge does not know the order, so a reading of the lists stands in the queue. */
  readonly outcome: Exclude<Noted, 'unknown'> | 'asked' | 'unknown';
  /** The order's status in OTO; null where OTO does not show it. */
  readonly status: string | null;
}

/**
 * Something has happened to an order in OTO: asks what, and holds it fast. Cancelled or shipped, it leaves the station with the reason;
 * packed in OTO itself, the ERP hears of it; what is wrong with its shipment is shown. An order that the bridge does not know may be new:
 * then the lists of orders ready for packing are read soon, by whichever worker comes first.
 * @throws BridgeError when OTO cannot be read: ask again later
 */
export async function refreshOrder(bridge: Bridge, orderId: string, options: ReadOptions): Promise<Refreshed> {
  const read = await readOrder(bridge, orderId, options);
  const status = read === 'refused' ? null : read.orderStatus;
  const noted = await noteOrderRead(bridge, orderId, read);
  if (noted !== 'unknown') return { outcome: noted, status };
  if (read === 'refused' || whyGone(status) !== null || isShipped(read)) return { outcome: 'unknown', status };
  return { outcome: (await refreshLists(bridge)) ? 'asked' : 'unknown', status };
}

/** From the start of a reading until events may start the next one: each location is a call, and an account may have many. */
const everySeconds = 3;

/** Asks for a reading of the lists of orders ready for packing, once for all who ask until it begins. False where that flow is off. */
export async function refreshLists(bridge: Bridge): Promise<boolean> {
  const { packing } = bridge.config.flows;
  if (packing === undefined || !packing.enabled) return false;
  const afterSeconds = await secondsUntilNext(bridge.db, 'packing', everySeconds);
  await bridge.jobs.enqueueFlow('packing', 'event', { unlessQueued: true, afterSeconds });
  return true;
}
