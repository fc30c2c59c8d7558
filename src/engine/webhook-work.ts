import { setTimeout as delay } from 'node:timers/promises';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import type { Lock } from '../store/db.ts';
import { type DueEvents, dueEvents, postponeEvents, settleEvents } from '../store/webhook-work.ts';
import type { Bridge } from './context.ts';
import { refreshLists } from './refresh-order.ts';
import { lookAfterEvents } from './webhook-effects.ts';

/** Until the next look, in milliseconds: soon where there may be more; patiently while OTO is away. */
const pauses = { more: 100, done: 250, away: 2000 } as const;
const lockEveryMs = 3000;
/** An order is looked up once its events have come to rest for so long: a burst is one look. */
const quietMs = 300;
const ordersAtOnce = 200;
const looksAtOnce = 4;
/** Tries of a look that fails for another reason than an OTO that is away. */
const triesBorne = 6;
const passing = new Set(['OTO_UNREACHABLE', 'OTO_RATE_LIMITED', 'OTO_AUTH', 'OTO_PAUSED']);
const restSeconds = 5;

/**
 * Looks up what OTO's events name, in one process at a time: the one that holds the lock. What was stored and has no effect yet is all
 * there is to know, so whoever comes after a crash goes on with it. Ends with `signal`.
 */
export async function workEvents(bridge: Bridge, signal: AbortSignal): Promise<void> {
  const { db, log } = bridge;
  if (bridge.config.webhooks === undefined) return;
  let lock: Lock | null = null;
  try {
    while (!signal.aborted) {
      try {
        if (lock === null || lock.lost.aborted) lock = await db.lock('webhooks');
        const rest = lock === null ? lockEveryMs : pauses[await workRound(bridge, { signal })];
        await delay(rest, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ reason: messageOf(error) }, "OTO's events could not be worked just now");
        await delay(2000, undefined, { signal }).catch(() => undefined);
      }
    }
  } finally {
    await lock?.release().catch(() => undefined);
  }
}

/** One look at what is due, and what came of it; `quiet`: see `dueEvents`. */
export async function workRound(
  bridge: Bridge,
  { signal, quiet = quietMs }: { readonly signal: AbortSignal; readonly quiet?: number },
): Promise<keyof typeof pauses> {
  const due = await dueEvents(bridge.db, quiet, ordersAtOnce);
  let lists: Promise<boolean> | undefined;
  const round: Round = {
    signal,
    isAway: false,
    readLists: () => {
      lists ??= refreshLists(bridge);
      return lists;
    },
  };
  const left = due.values();
  await Promise.all(
    Array.from({ length: looksAtOnce }, async () => {
      for (const events of left) if (!round.isAway && !signal.aborted) await workOrder(bridge, events, round);
    }),
  );
  if (round.isAway) return 'away';
  return due.length === ordersAtOnce ? 'more' : 'done';
}

interface Round {
  readonly signal: AbortSignal;
  readonly readLists: () => Promise<boolean>;
  /** OTO does not answer: the others wait as well. */
  isAway: boolean;
}

async function workOrder(bridge: Bridge, { order_id, ids, types, attempts }: DueEvents, round: Round): Promise<void> {
  const { db, log } = bridge;
  try {
    const effect = await lookAfterEvents(bridge, order_id, types, round);
    await settleEvents(db, ids, 'done', effect);
  } catch (error) {
    if (round.signal.aborted || (isBridgeError(error) && error.code === 'OTO_CANCELLED')) return;
    if (!isBridgeError(error)) log.error({ err: error, events: ids.slice(0, 10) }, 'an event of OTO met a fault');
    const reason = messageOf(error).slice(0, 500);
    const isPassing = isBridgeError(error) && passing.has(error.code);
    round.isAway ||= isPassing;
    if (!isPassing && attempts + 1 >= triesBorne) return settleEvents(db, ids, 'failed', reason);
    const seconds = isPassing ? restSeconds : 2 ** attempts;
    await postponeEvents(db, ids, { seconds, reason: `to be tried again: ${reason}`, counts: !isPassing });
  }
}
