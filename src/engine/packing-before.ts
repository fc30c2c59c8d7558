import { crashPoint } from '../lib/crash-point.ts';
import { isBridgeError } from '../lib/errors.ts';
import type { NotTaken, Ok, Paused, Refused } from '../oto/index.ts';
import { setPrecondition } from '../store/operation-claims.ts';
import type { Claimed } from '../store/operations.ts';
import type { Bridge } from './context.ts';
import type { Compared } from './judge.ts';
import { noteOrderRead } from './order-read.ts';
import { isBeyond, type PackingShown, whyGone } from './packing-status.ts';
import { readOrder } from './refresh-order.ts';
import { unread } from './unread.ts';

/** What ends a packing step before it is sent. */
export interface Unsent {
  readonly outcome: Ok<unknown> | Refused | NotTaken | Paused;
  readonly compared?: Compared;
}

/**
 * Reads the order right before its step is sent, and stores what OTO shows of it: should the answer get lost, that is what tells whether the
 * call landed. Stored before the first byte goes out; an operation in whose precondition it is missing was never sent. Undefined: send it.
 */
export async function lookBefore(bridge: Bridge, operation: Claimed, signal: AbortSignal): Promise<Unsent | undefined> {
  const orderId = operation.order_id ?? '';
  const wanted = String(operation.request.packingStatus);
  let read: PackingShown | 'refused';
  try {
    // In the lane of the step itself, and once: the step is tried again, its lease is not longer for it.
    read = await readOrder(bridge, orderId, { signal, lane: 'packing', attempts: 1 });
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    return { outcome: unread(error, 'the order') };
  }
  crashPoint('look:read', operation);
  if (read === 'refused') {
    return refused(`Not sent: OTO does not show the order "${orderId}".`);
  }
  const gone = whyGone(read.orderStatus);
  const isThere = read.status === wanted || isBeyond(read.status, wanted);
  const isMatched = bridge.config.flows.packing?.orderField !== 'orderId';
  if (gone !== null || isBeyond(read.status, wanted) || isMatched) {
    await bridge.db.withReconnect(() => noteOrderRead(bridge, orderId, read, { sending: operation.id }));
  }
  if (gone !== null) return refused(`Not sent: the order was ${gone}.`);
  if (isThere) {
    const outcome = { kind: 'ok', data: {}, warnings: [], status: 0, raw: '' } as const;
    return { outcome, compared: { already: read.status ?? wanted } };
  }
  const isOurs = await setPrecondition(bridge.db, operation, { packingStatus: read.status });
  crashPoint('look:committed', operation);
  return isOurs ? undefined : { outcome: { kind: 'not-taken', cause: 'fenced', message: 'the lease ran out' } };
}

function refused(message: string): Unsent {
  return { outcome: { kind: 'refused', status: 0, message } };
}
