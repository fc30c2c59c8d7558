import { createLaneQueue, type Lane } from './lanes.ts';
import type { TokenSource } from './limiter.ts';

/** Lets calls through one by one: a free slot first, the lane's turn next, a token of the rate last, so that no token grows old waiting for a slot. */
export interface Gate {
  /** Resolves when the call is to be sent at once; the returned function frees its slot. */
  enter(lane: Lane, signal?: AbortSignal): Promise<() => void>;
  readonly active: number;
  readonly waiting: number;
}

interface Waiter {
  readonly lane: Lane;
  readonly signal: AbortSignal | undefined;
  readonly entered: PromiseWithResolvers<() => void>;
}

export function createGate(concurrency: number, tokens: TokenSource): Gate {
  const queue = createLaneQueue<Waiter>();
  let active = 0;
  let pumping = false;

  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    try {
      while (active < concurrency) {
        const waiter = queue.take();
        if (waiter === undefined) return;
        try {
          await tokens.take(waiter.lane, waiter.signal);
          // Given up in the very moment of its turn: nobody would free the slot.
          if (waiter.signal?.aborted === true) continue;
          active += 1;
          waiter.entered.resolve(onceOnly(leave));
        } catch (error) {
          waiter.entered.reject(error);
        }
      }
    } finally {
      pumping = false;
    }
  }

  function leave(): void {
    active -= 1;
    void pump();
  }

  return {
    get active() {
      return active;
    },
    get waiting() {
      return queue.size;
    },
    async enter(lane, signal) {
      signal?.throwIfAborted();
      const waiter: Waiter = { lane, signal, entered: Promise.withResolvers() };
      const abort = (): void => {
        queue.remove(lane, waiter);
        waiter.entered.reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      queue.add(lane, waiter);
      void pump();
      try {
        return await waiter.entered.promise;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

function onceOnly(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
