import { setTimeout as delay } from 'node:timers/promises';
import { crashPoint } from '../lib/crash-point.ts';
import { BridgeError } from '../lib/errors.ts';
import type { PackingStatus } from '../model/index.ts';
import { createOperations } from '../store/operation-steps.ts';
import { getOperation, type Operation } from '../store/operations.ts';
import { getPackingOrder } from '../store/packing.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';
import { isBeyond, readPacking } from './packing-status.ts';

/**
 * Writes down that an order was picked or packed, and the job that tells OTO. The order's present status in OTO is kept with it:
 * should the answer get lost, it says whether the call landed.
 */
export async function markPacking(
  bridge: Bridge,
  order: { readonly orderId: string; readonly status: PackingStatus; readonly by: string },
  signal: AbortSignal,
): Promise<number> {
  const known = await getPackingOrder(bridge.db, order.orderId);
  if (known === undefined) {
    throw new BridgeError(engineErrors.NOT_FOUND, {
      message: `Order "${order.orderId}" is not among the orders ready for packing.`,
      hint: 'Read the list again with `oto-bridge pull packing`, and check the number.',
    });
  }
  if (known.state === 'left' || known.state === 'packed') {
    throw new BridgeError(engineErrors.WRONG_STATE, {
      message: `Order "${order.orderId}" ${known.state === 'packed' ? 'is packed already' : `has left the list: ${known.why}`}.`,
      hint: 'Read the list again with `oto-bridge pull packing`.',
    });
  }
  const { status: before } = await readPacking(bridge, order.orderId, { signal });
  // Somebody packed it in OTO itself, and the list does not say so yet.
  if (isBeyond(before, order.status)) {
    throw new BridgeError(engineErrors.WRONG_STATE, {
      message: `Order "${order.orderId}" is ${before} in OTO already: "${order.status}" would be a step back.`,
      hint: 'Read the list again with `oto-bridge pull packing`.',
    });
  }
  const marked = await bridge.db.tx(async (tx) => {
    const [id] = await createOperations(
      tx,
      [
        {
          kind: 'packing-status',
          flow: 'packing',
          key: `${order.orderId}\t${order.status}`,
          lane: 'packing',
          location: known.location,
          orderId: order.orderId,
          request: { orderId: order.orderId, packingStatus: order.status },
          precondition: { packingStatus: before, by: order.by },
        },
      ],
      bridge.who,
    );
    if (id === undefined) throw new Error(`no operation was written for ${order.orderId}`);
    crashPoint('mark:created', id);
    await bridge.jobs.enqueue(tx, [{ id, lane: 'packing' }]);
    return id;
  });
  crashPoint('mark:committed', marked);
  return marked;
}

/** Waits until an operation is settled or parked; after `waitMs` it comes back as it is. */
export async function waitForOperation(
  bridge: Bridge,
  id: number,
  waitMs: number,
  signal: AbortSignal,
  onWait?: () => Promise<void>,
): Promise<Operation> {
  const deadline = Date.now() + waitMs;
  while (true) {
    const operation = await bridge.db.withReconnect(() => getOperation(bridge.db, id));
    if (operation === undefined) throw new Error(`operation ${id} is gone`);
    const open = ['ready', 'waiting', 'sending', 'unknown'].includes(operation.state);
    if (!open || Date.now() > deadline) return operation;
    await onWait?.();
    await delay(100, undefined, { signal });
  }
}
