import { crashPoint } from '../lib/crash-point.ts';
import type { StationAction, StationRefusal } from '../model/index.ts';
import type { Tx } from '../store/db.ts';
import { stateOfOperation } from '../store/operations.ts';
import { cancelUnsent, changePackingOrder, lockPackingOrder } from '../store/packing.ts';
import { type ActionRecord, addAction, findAction } from '../store/station-actions.ts';
import type { Bridge } from './context.ts';
import { takeStep } from './pack.ts';
import { type Actor, type Decision, decide, type Order } from './station-decide.ts';

/** A person at a device. */
export interface ActorAt extends Actor {
  readonly address: string;
}

export interface Carried {
  readonly id: string;
  readonly result: 'done' | 'refused';
  readonly refusal: StationRefusal | null;
  readonly message: string | null;
}

/**
 * Carries out what somebody did: once, however often it is sent and by how many requests at the same time. One transaction, with the order's
 * row locked; neither OTO nor the ERP is asked. What was refused is recorded as well.
 */
export async function carryOut(bridge: Bridge, actor: ActorAt, action: StationAction): Promise<Carried> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const carried = await bridge.db.tx((tx) => inTransaction(bridge, tx, actor, action));
      crashPoint('act:committed');
      return carried;
    } catch (error) {
      // The same id came with another order at the same moment: now it is there to be found.
      if (attempt > 0 || (error as { code?: string }).code !== '23505') throw error;
    }
  }
}

async function inTransaction(bridge: Bridge, tx: Tx, actor: ActorAt, action: StationAction): Promise<Carried> {
  // Locked before the look for the action's id: whoever sends the same one waits here, and then finds it.
  const stored = await lockPackingOrder(tx, action.order);
  const known = await findAction(tx, action.id);
  if (known !== undefined) return repeated(known, actor, action);
  const operation = stored?.pack_operation ?? stored?.pick_operation ?? null;
  const told = operation === null ? null : await stateOfOperation(tx, operation);
  const order: Order | undefined = stored === undefined ? undefined : { ...stored, told };
  const { claimMinutes = 15, undoSeconds = 0 } = bridge.config.flows.packing ?? {};
  let decision = decide(order, action, actor, { now: Date.now(), claimMinutes });
  if (order !== undefined && decision.kind === 'done') {
    decision = await apply(bridge, tx, order, decision, { by: actor.name, delayMs: undoSeconds * 1000 });
  }
  const { id, order: orderId, at, type, ...payload } = action;
  const carried: Carried = {
    id,
    result: decision.kind,
    refusal: decision.kind === 'refused' ? decision.refusal : null,
    message: decision.message,
  };
  await addAction(tx, {
    ...carried,
    staff_id: actor.id,
    by: actor.name,
    order_id: orderId,
    location: order?.location ?? null,
    type,
    payload,
    device_at: new Date(at),
    address: actor.address,
  });
  return carried;
}

type Done = Extract<Decision, { kind: 'done' }>;

async function apply(
  bridge: Bridge,
  tx: Tx,
  order: Order,
  decision: Done,
  { by, delayMs }: { readonly by: string; readonly delayMs: number },
): Promise<Decision> {
  const { order_id: orderId } = order;
  if (decision.cancel !== undefined) {
    const why = `${by} took it back`;
    const gone = await cancelUnsent(tx, orderId, { who: by, why, only: decision.cancel });
    // A worker has just taken it.
    if (gone.length === 0) return { kind: 'refused', refusal: 'too-late', message: 'OTO is just being told.' };
  }
  await changePackingOrder(tx, orderId, decision.change);
  if (decision.tell !== undefined) await takeStep(bridge, tx, order, { status: decision.tell, by, delayMs });
  return decision;
}

/** The stored answer; an id that was used for something else is no repeat. */
function repeated(known: ActionRecord, actor: Actor, action: StationAction): Carried {
  const { id, result, refusal, message } = known;
  const isSame = known.staff_id === actor.id && known.order_id === action.order && known.type === action.type;
  if (isSame) return { id, result, refusal, message };
  return { id, result: 'refused', refusal: 'wrong-state', message: 'This id was used for another action.' };
}
