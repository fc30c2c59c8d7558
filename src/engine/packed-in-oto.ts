import { isBridgeError } from '../lib/errors.ts';
import { explainLeft, goneOrders, setPackingState } from '../store/packing.ts';
import type { RunContext } from './context.ts';
import { isBeyond, readPacking } from './packing-status.ts';
import { tellErp } from './tell-erp.ts';

/** Who is named where OTO does not say. */
const by = 'OTO';

/**
 * Orders that are gone from the list of those ready for packing, since somebody packed them in OTO itself: the ERP hears of them as of
 * those that were packed here. Returns how many. Each is looked at once, unless OTO cannot be read.
 */
export async function tellOfPackedInOto(context: RunContext, location: string): Promise<number> {
  const { db, config, run } = context;
  if (config.flows.packing?.to === undefined) return 0;
  let told = 0;
  for (const orderId of await goneOrders(db, location, run.started_at)) {
    const status = await statusOf(context, orderId);
    const isPacked = status === 'packed' || isBeyond(status, 'packed');
    await db.tx(async (tx) => {
      if (isPacked) {
        await setPackingState(tx, orderId, 'packed', by);
        await tellErp(context, tx, { orderId, status: 'packed', location, by, runId: run.id });
      } else await explainLeft(tx, orderId, `it left the list in OTO, which does not show it as packed`);
    });
    if (isPacked) told += 1;
  }
  return told;
}

async function statusOf(context: RunContext, orderId: string): Promise<string | null> {
  try {
    return (await readPacking(context, orderId, context)).status;
  } catch (error) {
    // It was deleted, or is not ours to see any more.
    if (isBridgeError(error) && error.code === 'OTO_REFUSED') return null;
    throw error;
  }
}
