/** Processes that share the rate of one account, in a time that passes only when all of them wait. The database is real. */

import { createLogger } from '../../src/lib/log.ts';
import { createGate } from '../../src/oto/gate.ts';
import type { Lane, Timer, TokenSource } from '../../src/oto/index.ts';
import type { Queryable } from '../../src/store/queryable.ts';
import { rateState, type SharedRate, slowCallsDown, takeCalls } from '../../src/store/rate.ts';
import { createSharedTokens } from '../../src/store/rate-tokens.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export interface Load {
  readonly lane: Lane;
  /** When the calls come in, in milliseconds from the start. */
  readonly at: number;
  readonly calls: number;
}

export interface ProcessOptions {
  readonly requestsPerSecond: number | 'unlimited';
  readonly load: readonly Load[];
  readonly concurrency?: number;
  /** How long a call takes at OTO. */
  readonly callMs?: number;
  /** Way to the database and back, in milliseconds. */
  readonly tripMs?: number;
  /** How far its own clock is from the others'. */
  readonly clock?: number;
  /** How late this process comes to send a call whose turn it is: one after the other, again from the start. */
  readonly stalls?: readonly number[];
  /** How long calls are on their way to OTO, one after the other. */
  readonly ways?: readonly number[];
  /** From then on nothing is heard of it. */
  readonly diesAt?: number;
  /** While the database cannot be reached. */
  readonly away?: readonly [from: number, to: number];
}

export interface Sent {
  /** When OTO had it. */
  readonly at: number;
  readonly lane: Lane;
  readonly process: number;
  /** When it began to wait. */
  readonly asked: number;
}

export class SharedTime {
  now = 0;
  readonly sent: Sent[] = [];
  /** What the database's clock shows at our 0. */
  epoch = Date.UTC(2026, 10, 21);
  questions = 0;
  readonly #db: Queryable;
  #sleepers: Sleeper[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #processes = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    this.questions += 1;
    const asking = question();
    this.#underWay.add(asking);
    try {
      return await asking;
    } finally {
      this.#underWay.delete(asking);
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { at: this.now + ms, wake: resolve };
    this.#sleepers.push(sleeper);
    signal?.addEventListener('abort', () => {
      this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
      reject(signal.reason);
    });
    return promise;
  }

  /** Lets the time pass. */
  async run(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await this.#settle();
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (a, b) => (a === undefined || b.at < a.at ? b : a),
        undefined,
      );
      if (next === undefined || next.at > end) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.now = Math.max(this.now, next.at);
      next.wake();
    }
    this.now = end;
  }

  async #settle(): Promise<void> {
    do {
      await Promise.allSettled(this.#underWay);
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#underWay.size > 0);
  }

  /** Starts a process; it sends what its load says, as soon as it may. */
  start(options: ProcessOptions): TokenSource {
    const { tripMs = 1, clock = 0, diesAt = Number.POSITIVE_INFINITY, stalls = [0], ways = [0] } = options;
    const number = this.#processes++;
    const dead = (): boolean => this.now >= diesAt;
    const never = new Promise<never>(() => undefined);
    const timer: Timer = {
      now: () => this.now + clock,
      sleep: async (ms, signal) => {
        await this.sleep(ms, signal);
        if (dead()) await never;
      },
    };
    const far = async <T>(question: () => Promise<T>): Promise<T> => {
      await this.sleep(tripMs / 2);
      if (dead()) await never;
      const [from, to] = options.away ?? [0, 0];
      if (this.now >= from && this.now < to) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      const answer = await this.#ask(question);
      await this.sleep(tripMs / 2);
      if (dead()) await never;
      return answer;
    };
    const theirs = () => this.epoch + this.now;
    const rate: SharedRate = {
      take: (wanted) => far(() => takeCalls(this.#db, wanted, theirs())),
      slowDown: (cause) => far(() => slowCallsDown(this.#db, cause, theirs())),
      look: () =>
        far(async () => {
          const { part, blockedUntil } = await rateState(this.#db, theirs());
          return { blockedMs: blockedUntil === null ? 0 : blockedUntil.getTime() - theirs(), reduced: part < 1 };
        }),
    };
    const log = createLogger({ level: 'silent', secrets: () => [] });
    const tokens = createSharedTokens({ rate, requestsPerSecond: options.requestsPerSecond, timer, log });
    const gate = createGate(options.concurrency ?? 8, tokens);
    let calls = 0;
    const call = async (lane: Lane): Promise<void> => {
      const asked = this.now;
      for (;;) {
        const { turn, leave } = await gate.enter(lane);
        const stall = stalls[calls++ % stalls.length] ?? 0;
        if (stall > 0) await timer.sleep(stall);
        if (timer.now() <= turn.until) {
          this.sent.push({ at: this.now + (ways[calls % ways.length] ?? 0), lane, process: number, asked });
          await timer.sleep(options.callMs ?? 20);
          return leave();
        }
        turn.unused();
        leave();
      }
    };
    for (const { lane, at, calls: count } of options.load) {
      void this.sleep(at).then(() => {
        for (let each = 0; each < count && !dead(); each += 1) void call(lane);
      });
    }
    return tokens;
  }
}

/** The most that any second holds, by the times given. */
export function fullestSecond(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  for (const [index, time] of sorted.entries()) {
    while ((sorted[from] ?? time) <= time - 1_000) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}
