import { goneOrders } from '../store/packing-list.ts';
import type { RunContext } from './context.ts';
import { noteOrderRead } from './order-read.ts';
import { readOrder } from './refresh-order.ts';

/** Orders of a location that are looked at in one run: each is a call. The others have their turn in the next one. */
const looksPerRun = 200;

/**
 * Asks OTO about orders that are gone from the list of those ready for packing: packed in OTO itself, then the ERP hears of them as of those
 * that were packed here; cancelled, then they leave with the reason. Each is looked at once, unless OTO cannot be read.
 */
export async function lookAtGone(context: RunContext, location: string): Promise<{ packed: number; left: number }> {
  const count = { packed: 0, left: 0 };
  for (const orderId of await goneOrders(context.db, location, context.run.started_at, looksPerRun)) {
    const noted = await noteOrderRead(context, orderId, await readOrder(context, orderId, context), {
      runId: context.run.id,
    });
    if (noted === 'packed' || noted === 'left') count[noted] += 1;
  }
  return count;
}
