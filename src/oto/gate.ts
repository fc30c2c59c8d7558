import { createLaneQueue, type Lane } from './lanes.ts';
import type { TokenSource, Turn, Wanted } from './limiter.ts';

/**
 * Lets calls through one by one: a free slot first, then a turn by the rate, and the caller last, so that no turn grows old waiting for a
 * slot, and the most urgent lane of the moment gets it.
 */
export interface Gate {
  /** Resolves when the call is to be sent at once. */
  enter(lane: Lane, signal?: AbortSignal): Promise<Entry>;
  readonly active: number;
  readonly waiting: number;
}

export interface Entry {
  readonly turn: Turn;
  /** Frees the slot. */
  leave(): void;
}

interface Waiter {
  readonly entered: PromiseWithResolvers<Entry>;
}

export function createGate(concurrency: number, tokens: TokenSource): Gate {
  const queue = createLaneQueue<Waiter>();
  let active = 0;
  let pumping = false;
  /** Aborted when all that waited have given up. */
  let abandoned = new AbortController();
  const wanted: Wanted = { waiting: () => queue.waiting(), room: () => concurrency - active };

  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    try {
      while (active < concurrency && queue.size > 0) {
        try {
          admit(await tokens.take(wanted, abandoned.signal));
        } catch (error) {
          if (abandoned.signal.aborted) abandoned = new AbortController();
          else queue.take()?.entered.reject(error);
        }
      }
    } finally {
      pumping = false;
    }
  }

  function admit(turn: Turn): void {
    const waiter = queue.take(turn.lane);
    if (waiter === undefined) {
      // Given up in the very moment of its turn.
      turn.unused();
      return;
    }
    active += 1;
    waiter.entered.resolve({ turn, leave: onceOnly(leave) });
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
      const waiter: Waiter = { entered: Promise.withResolvers() };
      const abort = (): void => {
        queue.remove(lane, waiter);
        waiter.entered.reject(signal?.reason);
        if (queue.size === 0) abandoned.abort(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const urgent = queue.add(lane, waiter);
      if (pumping && urgent) tokens.changed();
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
