import { computed, type ReadonlySignal } from '@preact/signals';
import type { StationOrder, StationOrderDetail } from '../model/station.ts';
import type { Device, NewAction, Outbox, WaitingAction } from './device.ts';
import { details } from './orders.ts';
import { announce } from './parts/announce.tsx';
import { signedIn } from './session.ts';
import { type Shown, withWaiting } from './store-rules.ts';
import { say } from './texts/index.ts';

/** What waits on this device, by whose it is: only the own actions can be sent in this session. */
export function waitingOf({ waiting }: Outbox): { own: readonly WaitingAction[]; foreign: readonly WaitingAction[] } {
  const me = signedIn.value?.staff.id;
  return {
    own: waiting.value.filter(({ staff }) => staff.id === me),
    foreign: waiting.value.filter(({ staff }) => staff.id !== me),
  };
}

/** How many actions on an order the server does not have. */
export function unsentOf({ waiting }: Outbox, order: string): number {
  return waiting.value.filter(({ action }) => action.order === order).length;
}

/** An order as it will be when the server takes what waits. */
export function shownOrder(outbox: Outbox, id: string): ReadonlySignal<Shown<StationOrderDetail> | undefined> {
  return computed(() => {
    const [order, me] = [details.value.get(id), signedIn.value?.staff];
    if (order === undefined || me === undefined) return undefined;
    return withWaiting(
      order,
      waitingOf(outbox).own.map(({ action }) => action),
      me,
    );
  });
}

export const isMine = ({ claim }: StationOrder): boolean =>
  claim !== null && claim.staffId === signedIn.value?.staff.id;
export const isOthers = ({ claim }: StationOrder): boolean =>
  claim !== null && claim.staffId !== signedIn.value?.staff.id;

/** Puts an action into the outbox. False where the device could not keep it: then nothing has happened, and it says so. */
export async function act({ outbox, feedback }: Device, action: NewAction): Promise<boolean> {
  try {
    await outbox.add(action);
    return true;
  } catch {
    feedback.wrong();
    announce(say.value('bar.full'), 'urgent');
    return false;
  }
}

/** Counts something of an order, which makes it one's own first where it is nobody's. */
export async function actOnLines(device: Device, order: StationOrder, action: NewAction): Promise<boolean> {
  if (order.claim === null && !(await act(device, { type: 'claim', order: order.id }))) return false;
  return act(device, action);
}
