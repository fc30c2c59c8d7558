import { randomUUID } from 'node:crypto';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import {
  anytime,
  type Lane,
  laneShares,
  monotonicTimer,
  type Timer,
  type TokenSource,
  type Turn,
  unlimitedSlowedTo,
  type Wanted,
} from '../oto/index.ts';
import { isConnectionError } from './connection.ts';
import type { SharedRate } from './rate.ts';
import { createOffset } from './rate-clock.ts';
import { retryAfter, tellOthers } from './rate-tell.ts';

export interface SharedTokensOptions {
  readonly rate: SharedRate;
  readonly requestsPerSecond: number | 'unlimited';
  readonly log: Logger;
  readonly timer?: Timer | undefined;
}

/** How long from the start of its slot a call may be sent: the migration says why. */
const goodForMs = 60;
/** Before the start of a slot by our reckoning of the database's clock. */
const leadMarginMs = 10;
const longestLeadMs = 250;
const longestSleepMs = 2_000;
/** Without a rate of its own a process looks this often, while it sends, whether OTO has asked for fewer calls; and does not send on older news than `staleMs`. */
const lookEveryMs = 500;
const staleMs = 1_000;
/** OTO's `Retry-After: 0` too: those who have not heard of it yet go on for a moment, and are not to count as a second request. */
const shortestPauseMs = 1_000;
const longestPauseMs = 3_600_000;

interface Taker {
  readonly wanted: Wanted;
  readonly given: PromiseWithResolvers<Turn>;
}

/** A call that was given to us and not used yet. Times are the timer's. */
interface Held {
  readonly lane: Lane;
  readonly slot: number;
  readonly from: number;
  readonly until: number;
}

/**
 * The rate of the account, shared with all processes on the database: calls are asked for in blocks, each good for one short time slot,
 * so that a process that dies takes nothing with it, and one that waits long saves nothing up. While the database is away nothing is
 * sent: without it nobody knows what the others send, and no operation could be claimed or settled anyway.
 */
export function createSharedTokens(options: SharedTokensOptions): TokenSource {
  const { rate, log } = options;
  const timer = options.timer ?? monotonicTimer;
  const unlimited = options.requestsPerSecond === 'unlimited';
  const perSecond = options.requestsPerSecond === 'unlimited' ? unlimitedSlowedTo : options.requestsPerSecond;
  const holder = randomUUID();
  const offset = createOffset();
  const takers = new Set<Taker>();
  let held: Held[] = [];
  const unused = new Map<number, number>();
  /** Calls to ask for beyond the free slots of the moment: as many as were used of the last block, or a little more. */
  let block = 1;
  let usedOfBlock = 0;
  let sizeOfBlock = 0;
  let askAt = Number.NEGATIVE_INFINITY;
  let blockedUntil = Number.NEGATIVE_INFINITY;
  let serving = false;
  let nap: AbortController | undefined;
  let failures = 0;
  /** Without a limit: when we last looked, and whether calls may go without asking. */
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let free = false;
  /** Slow-downs that the others do not know of yet: what the database says is too good as long as there is one. */
  let untold = 0;
  /** Something more urgent came while a question was under way. */
  let outdated = false;

  function wake(): void {
    nap?.abort();
  }

  async function sleep(ms: number): Promise<void> {
    nap = new AbortController();
    try {
      await timer.sleep(Math.min(Math.max(ms, 1), longestSleepMs), nap.signal);
    } catch {
      // Woken early.
    } finally {
      nap = undefined;
    }
  }

  function waiting(): Map<Lane, number> {
    const sum = new Map<Lane, number>();
    for (const { wanted } of takers) {
      for (const [lane, count] of wanted.waiting()) sum.set(lane, (sum.get(lane) ?? 0) + count);
    }
    return sum;
  }

  function give(taker: Taker, turn: Turn): void {
    takers.delete(taker);
    taker.given.resolve(turn);
  }

  function takerFor(lane: Lane): Taker | undefined {
    let any: Taker | undefined;
    for (const taker of takers) {
      const count = taker.wanted.waiting();
      if (count.has(lane)) return taker;
      any ??= taker;
    }
    return any;
  }

  function turnOf({ lane, slot, until }: Held): Turn {
    const giveBack = (): void => {
      usedOfBlock -= 1;
      putBack(slot);
    };
    return { lane, until, unused: giveBack };
  }

  function putBack(slot: number): void {
    unused.set(slot, (unused.get(slot) ?? 0) + 1);
  }

  function dropOld(now: number): void {
    for (const { slot, until } of held) if (until <= now) putBack(slot);
    held = held.filter((one) => one.until > now);
  }

  /** Serves those who wait, one after the other, until nobody does. */
  async function serve(): Promise<void> {
    if (serving) return;
    serving = true;
    try {
      while (takers.size > 0) await step();
    } finally {
      serving = false;
    }
  }

  async function step(): Promise<void> {
    const now = timer.now();
    dropOld(now);
    if (blockedUntil > now) return sleep(blockedUntil - now);
    const next = held[0];
    if (next !== undefined) {
      if (next.from > now) return sleep(next.from - now);
      const taker = takerFor(next.lane);
      if (taker === undefined) return;
      held.shift();
      usedOfBlock += 1;
      give(taker, turnOf(next));
      return;
    }
    if (askAt > now) return sleep(askAt - now);
    try {
      await (unlimited ? lookOrAsk() : ask());
      if (failures > 0) log.info('the database is back: calls to OTO go on');
      failures = 0;
    } catch (error) {
      if (!isConnectionError(error)) {
        for (const taker of takers) taker.given.reject(error);
        takers.clear();
        return;
      }
      if (failures === 0) log.warn({ reason: messageOf(error) }, 'the database is away: calls to OTO wait for it');
      failures += 1;
      askAt = timer.now() + retryAfter(failures);
    }
  }

  async function ask(): Promise<void> {
    const demand = waiting();
    if (demand.size === 0) {
      // Those who wait have all given up, and their aborts are on the way.
      askAt = timer.now() + 1;
      return;
    }
    if (sizeOfBlock > 0) block = usedOfBlock >= sizeOfBlock ? sizeOfBlock * 2 : Math.max(1, usedOfBlock);
    let room = 0;
    for (const { wanted } of takers) room += wanted.room();
    const most = Math.max(1, room, block);
    const back = new Map(unused);
    unused.clear();
    outdated = false;
    const asked = timer.now();
    // Should the answer get lost, they stay counted: that is the safe side.
    const given = await rate.take({
      holder,
      waiting: new Map([...demand].map(([lane, count]) => [lane, Math.min(count, most)])),
      most,
      shares: laneShares,
      perSecond,
      leadMs: Math.min(offset.delay() + leadMarginMs, longestLeadMs),
      unused: back,
    });
    const ahead = offset.learn(asked, timer.now(), given.now);
    usedOfBlock = 0;
    sizeOfBlock = 0;
    if (given.slot !== undefined) {
      const from = given.slot.start - ahead;
      for (const [lane, count] of given.taken) {
        for (let call = 0; call < count; call += 1) {
          held.push({ lane, slot: given.slot.number, from, until: from + goodForMs });
          sizeOfBlock += 1;
        }
      }
    }
    if (given.blockedUntil !== undefined && given.blockedUntil > given.now) {
      blockedUntil = Math.max(blockedUntil, given.blockedUntil - ahead);
    }
    free = unlimited && given.part === 1 && untold === 0;
    lookedAt = asked;
    // A moment later, or it would come a moment too early and be sent away.
    askAt = sizeOfBlock > 0 || outdated ? Number.NEGATIVE_INFINITY : given.again - ahead - offset.delay() + 1;
  }

  async function lookOrAsk(): Promise<void> {
    const known = timer.now() - lookedAt < staleMs;
    if (known && !free) return ask();
    if (!known) await look();
    if (!free) return;
    for (const taker of [...takers]) give(taker, anytime);
  }

  function look(): Promise<void> {
    looking ??= (async () => {
      const asked = timer.now();
      const { blockedMs, reduced } = await rate.look();
      lookedAt = asked;
      free = !reduced && blockedMs <= 0 && untold === 0;
      if (blockedMs > 0) blockedUntil = Math.max(blockedUntil, timer.now() + blockedMs);
    })().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function waitForTurn(wanted: Wanted, signal: AbortSignal | undefined): Promise<Turn> {
    signal?.throwIfAborted();
    const taker: Taker = { wanted, given: Promise.withResolvers() };
    const abort = (): void => {
      takers.delete(taker);
      taker.given.reject(signal?.reason);
      wake();
    };
    signal?.addEventListener('abort', abort, { once: true });
    takers.add(taker);
    void serve();
    try {
      return await taker.given.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  return {
    take(wanted, signal) {
      const now = timer.now();
      if (signal?.aborted !== true && free && blockedUntil <= now && now - lookedAt < staleMs) {
        // Beside the calls. A look that fails makes the news too old, and then those who come wait for it.
        if (now - lookedAt > lookEveryMs) look().catch(() => undefined);
        return anytime;
      }
      return waitForTurn(wanted, signal);
    },
    changed() {
      if (held.length > 0 || failures > 0) return;
      outdated = true;
      askAt = Number.NEGATIVE_INFINITY;
      wake();
    },
    slowDown(ms, { why, ageMs }) {
      const now = timer.now();
      const pauseMs = Math.min(Math.max(ms, shortestPauseMs), longestPauseMs);
      blockedUntil = Math.max(blockedUntil, now + pauseMs);
      free = false;
      for (const { slot } of held) putBack(slot);
      held = [];
      wake();
      untold += 1;
      void tellOthers({ rate, log, timer }, now, { pauseMs, why, ageMs }).finally(() => {
        untold -= 1;
      });
    },
  };
}
