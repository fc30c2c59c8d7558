import { effect, untracked } from '@preact/signals';
import type { StationSession } from '../model/station.ts';
import { api } from './api.ts';
import { ApiError } from './api-error.ts';
import type { Device } from './device.ts';
import { followEvents, listsAreStale, live } from './live.ts';
import { forgetOrders, type OrdersKept, recallOrders, snapshot, takeDetail, takeList } from './orders.ts';
import { isConfirmed, loadSession, location, nobody, rememberedSession, session, signedIn } from './session.ts';

const askAgainMs = 3000;
const keepAfterMs = 2000;
const countAfterMs = 1500;

/** Keeps what the page shows as the server has it, from the first moment to the last. */
export function followServer(device: Device): void {
  const { outbox, memory } = device;
  outbox.onResult(({ order }) => {
    if (order !== null) takeDetail(order);
  });
  void start(device);

  let signedOut = true;
  effect(() => {
    const person = signedIn.value;
    if (!isConfirmed.value) return;
    if (person !== null) void memory.keep('session', { ...person, csrf: '' });
    else if (!signedOut) void memory.forget();
    signedOut = person === null;
  });

  // A place and a person at a time: all that is known belongs to both.
  let of = '';
  effect(() => {
    const [person, place] = [signedIn.value?.staff.id, location.value?.code];
    const now = person === undefined || place === undefined ? '' : `${person} ${place}`;
    if (now !== of) untracked(forgetOrders);
    of = now;
    if (place === undefined || person === undefined) return;
    const stop = new AbortController();
    untracked(() => void follow(device, place, stop.signal));
    return () => stop.abort();
  });

  const keep = later(keepAfterMs, () => {
    const place = location.peek()?.code;
    if (place !== undefined) void memory.keep(`orders ${place}`, snapshot.peek());
  });
  effect(() => {
    if (snapshot.value.orders.length > 0) keep();
  });
}

async function start({ memory }: Device): Promise<void> {
  for (;;) {
    try {
      await loadSession();
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const kept = await memory.recall<StationSession>('session');
      if (kept === null) {
        if (session.peek() === undefined) nobody();
      } else rememberedSession(kept.value);
    }
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    // Somebody has signed in meanwhile.
    if (isConfirmed.peek()) return;
  }
}

async function follow({ memory, outbox }: Device, place: string, stop: AbortSignal): Promise<void> {
  const kept = await memory.recall<OrdersKept>(`orders ${place}`);
  if (stop.aborted) return;
  if (kept !== null) recallOrders(kept.value, kept.at);
  const count = later(countAfterMs, () => {
    // One row: what is wanted are the figures beside it.
    api.orders({ location: place, view: 'open', limit: 1 }, stop).then(takeList, () => undefined);
  });
  const back = effect(() => {
    if (live.value !== 'live') return;
    outbox.wake();
    if (!untracked(() => isConfirmed.value)) void loadSession().catch(() => undefined);
  });
  count();
  await followEvents(
    {
      location: place,
      onList: () => {
        listsAreStale();
        count();
      },
      onOrder: count,
      onSignedOut: () => void loadSession().catch(() => undefined),
    },
    stop,
  );
  back();
}

/** Does it once, so long after it was asked for, however often it is asked for meanwhile. */
function later(ms: number, work: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    setTimeout(() => {
      asked = false;
      work();
    }, ms);
  };
}
