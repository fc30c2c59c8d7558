import { setTimeout as delay } from 'node:timers/promises';
import { crashPoint } from '../lib/crash-point.ts';
import { BridgeError } from '../lib/errors.ts';
import type { PackingStatus } from '../model/index.ts';
import type { Tx } from '../store/db.ts';
import { createOperations } from '../store/operation-steps.ts';
import { getOperation, type Operation } from '../store/operations.ts';
import { changePackingOrder, lockPackingOrder, type StoredPackingOrder } from '../store/packing.ts';
import { noteAction } from '../store/station-actions.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';

export interface Telling {
  readonly status: PackingStatus;
  readonly by: string;
  /** For so long it may still be taken back. */
  readonly delayMs?: number;
}

/**
 * Takes the step in an order that the transaction has locked, and writes down the operation that tells OTO, with the job that carries it.
 * OTO is not asked here: what it shows of the order is read and stored right before the call is sent (packing-before.ts), so that staff
 * need not wait for an OTO that is away.
 */
export async function takeStep(
  bridge: Bridge,
  tx: Tx,
  order: Pick<StoredPackingOrder, 'order_id' | 'location' | 'oto_has'>,
  { status, by, delayMs = 0 }: Telling,
): Promise<number> {
  const { order_id: orderId, location } = order;
  const [id] = await createOperations(
    tx,
    [
      {
        kind: 'packing-status',
        flow: 'packing',
        key: `${orderId}\t${status}`,
        lane: 'packing',
        location,
        orderId,
        request: { orderId, packingStatus: status },
        precondition: { by },
        delayMs,
      },
    ],
    bridge.who,
  );
  if (id === undefined) throw new Error(`no operation was written for ${orderId}`);
  crashPoint('mark:created', id);
  await bridge.jobs.enqueue(tx, [{ id, lane: 'packing' }], delayMs);
  const at = new Date();
  await changePackingOrder(tx, orderId, {
    state: status,
    changed_by: by,
    ...(status === 'picked' ? { picked_at: at, pick_operation: id } : { packed_at: at, pack_operation: id }),
    claim_staff: null,
    claim_name: null,
    claim_since: null,
    claim_last: null,
    changed: null,
  });
  return id;
}

/**
 * Somebody without the page says that an order is picked or packed, whatever was counted of it. The id of the operation that tells OTO.
 * @throws BridgeError NOT_FOUND, WRONG_STATE
 */
export async function markPacking(
  bridge: Bridge,
  { orderId, status, by }: { readonly orderId: string; readonly status: PackingStatus; readonly by: string },
): Promise<number> {
  const marked = await bridge.db.tx(async (tx) => {
    const order = await lockPackingOrder(tx, orderId);
    if (order === undefined) {
      throw new BridgeError(engineErrors.NOT_FOUND, {
        message: `Order "${orderId}" is not among the orders ready for packing.`,
        hint: 'Read the list again with `oto-bridge pull packing`, and check the number.',
      });
    }
    requireMarkable(order, status);
    const id = await takeStep(bridge, tx, order, { status, by });
    const type = status === 'picked' ? 'pick' : 'pack';
    await noteAction(tx, { orderId, location: order.location, type, by, message: 'without the station' });
    return id;
  });
  crashPoint('mark:committed', marked);
  return marked;
}

/** @throws BridgeError WRONG_STATE */
function requireMarkable(order: StoredPackingOrder, status: PackingStatus): void {
  const { order_id: orderId, state, claim_name: holder } = order;
  // A step that OTO has refused, or that nobody knows of, may be said again.
  const isTold = state === status && order.oto_has === status;
  if (state === 'left' || state === 'packed') {
    if (state === 'packed' && status === 'packed' && !isTold) return;
    throw new BridgeError(engineErrors.WRONG_STATE, {
      message: `Order "${orderId}" ${state === 'packed' ? 'is packed already' : `has left the list: ${order.why}`}.`,
      hint: 'Read the list again with `oto-bridge pull packing`.',
    });
  }
  if (holder !== null && status === 'picked') {
    throw new BridgeError(engineErrors.WRONG_STATE, {
      message: `Order "${orderId}" is being picked at the station by ${holder}.`,
      hint: 'A supervisor can release it there.',
    });
  }
  if (state === 'short') {
    throw new BridgeError(engineErrors.WRONG_STATE, {
      message: `Order "${orderId}" is short: it waits for a supervisor at the station.`,
    });
  }
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
