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
  readonly lane: Lane;
  readonly entered: PromiseWithResolvers<Entry>;
}

/** `closing`: when it is aborted, nobody enters any more. */
export function createGate(concurrency: number, tokens: TokenSource, closing?: AbortSignal): Gate {
  const queue = createLaneQueue<Waiter>();
  let active = 0;
  let pumping = false;
  /** Aborted when all that waited have given up. */
  let abandoned = new AbortController();
  const wanted: Wanted = { waiting: () => queue.waiting(), room: () => concurrency - active };

  /**
   * Those who wait, by what ends their wait: a hundred calls share one signal, and to add and remove a listener of each, a signal looks
   * through those of all.
   */
  const crowds = new Map<AbortSignal, Set<Waiter>>();

  function join(signal: AbortSignal, waiter: Waiter): void {
    const crowd = crowds.get(signal);
    if (crowd !== undefined) {
      crowd.add(waiter);
      return;
    }
    crowds.set(signal, new Set([waiter]));
    signal.addEventListener('abort', giveUp);
  }

  function part(signal: AbortSignal, waiter: Waiter): void {
    const crowd = crowds.get(signal);
    crowd?.delete(waiter);
    if (crowd?.size !== 0) return;
    crowds.delete(signal);
    signal.removeEventListener('abort', giveUp);
  }

  function giveUp(this: AbortSignal): void {
    for (const waiter of crowds.get(this) ?? []) {
      queue.remove(waiter.lane, waiter);
      waiter.entered.reject(this.reason);
    }
    if (queue.size === 0) abandoned.abort(this.reason);
  }

  closing?.addEventListener('abort', () => {
    for (let waiter = queue.take(); waiter !== undefined; waiter = queue.take()) waiter.entered.reject(closing.reason);
    abandoned.abort(closing.reason);
  });

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
      closing?.throwIfAborted();
      signal?.throwIfAborted();
      const waiter: Waiter = { lane, entered: Promise.withResolvers() };
      if (signal !== undefined) join(signal, waiter);
      const urgent = queue.add(lane, waiter);
      if (pumping && urgent) tokens.changed();
      void pump();
      try {
        return await waiter.entered.promise;
      } finally {
        if (signal !== undefined) part(signal, waiter);
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
