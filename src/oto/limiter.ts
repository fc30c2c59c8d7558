import type { Lane } from './lanes.ts';
import { monotonicTimer, type Timer, untilAborted } from './wait.ts';

/** Where permission for one call comes from: this process alone, or all workers together. */
export interface TokenSource {
  /** Resolves when one call may be sent now. Rejects with the signal's reason when it is aborted first. */
  take(lane: Lane, signal?: AbortSignal): Promise<void>;
  /** OTO asked for fewer calls: nothing for `ms`, then at half the rate, which recovers step by step. */
  slowDown(ms: number): void;
}

export interface LimiterOptions {
  readonly requestsPerSecond: number | 'unlimited';
  readonly timer?: Timer | undefined;
}

export interface Limiter extends TokenSource {
  /** Calls per second allowed now. */
  readonly rate: number;
}

/** How far a late timer may be caught up. Any second holds at most rate + 1 + rate × this; the promise is 100 ms. */
const catchUpMs = 50;
const recoveryStepMs = 5_000;
const recoveryFactor = 1.5;
const lowestFactor = 1 / 32;
const longestPauseMs = 3_600_000;
/** Where an unlimited rate starts to recover from: without a figure of its own it has nothing to halve. */
const unlimitedSlowedTo = 100;

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

  async function admit(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const now = timer.now();
      const earliest = Math.max(blockedUntil, due - catchUpMs);
      if (now >= earliest) {
        due = Math.max(now, due) + 1_000 / rateAt(now);
        return;
      }
      // Asked again after the sleep: a slow-down may have come in between.
      await timer.sleep(earliest - now, signal);
    }
  }

  return {
    get rate() {
      return rateAt(timer.now());
    },
    async take(_lane, signal) {
      const before = tail;
      const mine = Promise.withResolvers<void>();
      tail = mine.promise;
      try {
        await untilAborted(before, signal);
        await admit(signal);
      } finally {
        // One who gives up in the queue must not let those behind pass those before.
        void before.then(mine.resolve);
      }
    },
    slowDown(ms) {
      const now = timer.now();
      // Calls in flight answer 429 together: that is one request to slow down, not eight.
      if (now >= blockedUntil) slowedTo = Math.max(lowestFactor, factor(now) / 2);
      blockedUntil = Math.max(blockedUntil, now + Math.min(Math.max(ms, 0), longestPauseMs));
    },
  };
}
