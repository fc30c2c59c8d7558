import type { Lane } from './lanes.ts';
import { monotonicTimer, type Timer, untilAborted } from './wait.ts';

/** Permission for one call. */
export interface Turn {
  /** Whose turn it is. Undefined: the asker decides. */
  readonly lane: Lane | undefined;
  /** By the timer's clock: a call that is not on its way by then needs another turn, or it would come in with those after it. */
  readonly until: number;
  /** Gives it back: nothing was sent. */
  unused(): void;
}

/** Who asks: the calls that wait, and how many of them could be sent at once. */
export interface Wanted {
  waiting(): ReadonlyMap<Lane, number>;
  room(): number;
}

/** Where permission for calls comes from: this process alone, or all processes of the account together. */
export interface TokenSource {
  /**
   * A turn for one call, where it may be sent now; else a promise of one for when it may. That rejects with the signal's reason when it
   * is aborted first.
   */
  take(wanted: Wanted, signal?: AbortSignal): Turn | Promise<Turn>;
  /** A call came into a lane in which none waited: it may be more urgent than what was asked for so far. */
  changed(): void;
  /** OTO asked for fewer calls: nothing for `ms`, then at half the rate, which recovers step by step. */
  slowDown(ms: number, cause: SlowDownCause): void;
}

export interface SlowDownCause {
  /** What OTO answered, in words for `status`. */
  readonly why: string;
  /** How long ago the call was sent that was answered so: one from before the last slow-down is no news. */
  readonly ageMs: number;
}

/** One call of a lane, apart from any queue. */
export function oneOf(lane: Lane): Wanted {
  const waiting = new Map([[lane, 1]]);
  return { waiting: () => waiting, room: () => 1 };
}

export interface LimiterOptions {
  readonly requestsPerSecond: number | 'unlimited';
  readonly timer?: Timer | undefined;
}

export interface Limiter extends TokenSource {
  /** Calls per second allowed now. */
  readonly rate: number;
  take(wanted: Wanted, signal?: AbortSignal): Promise<Turn>;
}

/**
 * How far a late timer may be caught up, and how old a turn may get before its call is on its way. Any second holds at most
 * rate + 1 + rate × their sum; the promise is 100 ms.
 */
const catchUpMs = 50;
const goodForMs = 50;
const recoveryStepMs = 5_000;
const recoveryFactor = 1.5;
const lowestFactor = 1 / 32;
const longestPauseMs = 3_600_000;
/** Where an unlimited rate starts to recover from: without a figure of its own it has nothing to halve. */
export const unlimitedSlowedTo = 100;

/** No limit: any call, whenever it is ready. */
export const anytime: Turn = { lane: undefined, until: Number.POSITIVE_INFINITY, unused() {} };

/** A limiter for this process alone: calls are spaced evenly, and no unused time is saved up for a burst. */
export function createLimiter(options: LimiterOptions): Limiter {
  const timer = options.timer ?? monotonicTimer;
  const unlimited = options.requestsPerSecond === 'unlimited';
  const full = options.requestsPerSecond === 'unlimited' ? unlimitedSlowedTo : options.requestsPerSecond;
  /** When the next call is due by the rate. */
  let due = Number.NEGATIVE_INFINITY;
  let blockedUntil = Number.NEGATIVE_INFINITY;
  let slowedTo = 1;
  let tail: Promise<void> = Promise.resolve();

  function factor(now: number): number {
    if (slowedTo === 1) return 1;
    const steps = Math.max(0, Math.floor((now - blockedUntil) / recoveryStepMs));
    return Math.min(1, slowedTo * recoveryFactor ** steps);
  }

  function rateAt(now: number): number {
    const share = factor(now);
    return unlimited && share === 1 ? Number.POSITIVE_INFINITY : full * share;
  }

  async function admit(signal: AbortSignal | undefined): Promise<Turn> {
    for (;;) {
      signal?.throwIfAborted();
      const now = timer.now();
      const earliest = Math.max(blockedUntil, due - catchUpMs);
      if (now >= earliest) {
        const rate = rateAt(now);
        due = Math.max(now, due) + 1_000 / rate;
        return rate === Number.POSITIVE_INFINITY ? anytime : { lane: undefined, until: now + goodForMs, unused() {} };
      }
      // Asked again after the sleep: a slow-down may have come in between.
      await timer.sleep(earliest - now, signal);
    }
  }

  return {
    get rate() {
      return rateAt(timer.now());
    },
    async take(_wanted, signal) {
      const before = tail;
      const mine = Promise.withResolvers<void>();
      tail = mine.promise;
      try {
        await untilAborted(before, signal);
        return await admit(signal);
      } finally {
        // One who gives up in the queue must not let those behind pass those before.
        void before.then(mine.resolve);
      }
    },
    changed() {},
    slowDown(ms, { ageMs }) {
      const now = timer.now();
      // Calls in flight answer 429 together: that is one request to slow down, not eight.
      if (now - ageMs >= blockedUntil) slowedTo = Math.max(lowestFactor, factor(now) / 2);
      blockedUntil = Math.max(blockedUntil, now + Math.min(Math.max(ms, 0), longestPauseMs));
    },
  };
}
