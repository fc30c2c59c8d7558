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
  /** Ends its wait. */
  readonly signal: AbortSignal | undefined;
  readonly entered: PromiseWithResolvers<Entry>;
}

/** `closing`: when it is aborted, nobody enters any more. */
export function createGate(concurrency: number, tokens: TokenSource, closing?: AbortSignal): Gate {
  const queue = createLaneQueue<Waiter>();
  let active = 0;
  /** Whether a turn is asked for that has not come yet. */
  let asking = false;
  /** Aborted when all that waited have given up. */
  let abandoned = new AbortController();
  const wanted: Wanted = { waiting: () => queue.waiting(), room: () => concurrency - active };

  /**
   * Those who wait, by what ends their wait: a hundred calls share one signal, and to add and remove a listener of each, a signal looks
   * through those of all.
   */
  const crowds = new Map<AbortSignal, Set<Waiter>>();

  function join(waiter: Waiter): boolean {
    const { lane, signal } = waiter;
    if (signal !== undefined) {
      const crowd = crowds.get(signal);
      if (crowd === undefined) {
        crowds.set(signal, new Set([waiter]));
        signal.addEventListener('abort', giveUp, { once: true });
      } else crowd.add(waiter);
    }
    return queue.add(lane, waiter);
  }

  /** The one whose turn it is, who waits no longer. */
  function next(lane?: Lane): Waiter | undefined {
    const waiter = queue.take(lane);
    if (waiter?.signal === undefined) return waiter;
    const crowd = crowds.get(waiter.signal);
    crowd?.delete(waiter);
    if (crowd?.size === 0) {
      crowds.delete(waiter.signal);
      waiter.signal.removeEventListener('abort', giveUp);
    }
    return waiter;
  }

  function giveUp(this: AbortSignal): void {
    for (const waiter of crowds.get(this) ?? []) {
      queue.remove(waiter.lane, waiter);
      waiter.entered.reject(this.reason);
    }
    crowds.delete(this);
    if (asking && queue.size === 0) abandoned.abort(this.reason);
  }

  closing?.addEventListener('abort', () => {
    for (let waiter = next(); waiter !== undefined; waiter = next()) waiter.entered.reject(closing.reason);
    abandoned.abort(closing.reason);
  });

  /** Lets in as many as there are slots and turns. */
  function pump(): void {
    while (!asking && active < concurrency && queue.size > 0) {
      const turn = tokens.take(wanted, abandoned.signal);
      if (turn instanceof Promise) void admitLater(turn);
      else admit(turn);
    }
  }

  async function admitLater(turn: Promise<Turn>): Promise<void> {
    asking = true;
    try {
      admit(await turn);
    } catch (error) {
      if (abandoned.signal.aborted) abandoned = new AbortController();
      else next()?.entered.reject(error);
    } finally {
      asking = false;
    }
    pump();
  }

  function admit(turn: Turn): void {
    const waiter = next(turn.lane);
    if (waiter === undefined) {
      // Given up in the very moment of its turn.
      turn.unused();
      return;
    }
    active += 1;
    let inside = true;
    const leave = (): void => {
      if (!inside) return;
      inside = false;
      active -= 1;
      pump();
    };
    waiter.entered.resolve({ turn, leave });
  }

  return {
    get active() {
      return active;
    },
    get waiting() {
      return queue.size;
    },
    enter(lane, signal) {
      const waiter: Waiter = { lane, signal, entered: Promise.withResolvers() };
      const over = closing?.aborted === true ? closing : signal;
      if (over?.aborted === true) waiter.entered.reject(over.reason);
      else {
        const urgent = join(waiter);
        if (urgent && asking) tokens.changed();
        pump();
      }
      return waiter.entered.promise;
    },
  };
}
