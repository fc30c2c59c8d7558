import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import type { StationOrder } from '../model/index.ts';
import { liveAmong } from '../store/staff-sessions.ts';
import { type Cursor, changesSince, presentCursor } from '../store/station-changes.ts';
import { stationOrders } from '../store/station-orders.ts';
import type { Bridge } from './context.ts';

/** `order`: it has changed. `list`: too much has, or nobody knows what: read the list again. */
export type FeedEvent =
  | { readonly kind: 'order'; readonly order: StationOrder; readonly cursor: Cursor }
  | { readonly kind: 'list'; readonly cursor: Cursor };

export interface Watcher {
  readonly locations: readonly string[];
  readonly sessionId: string;
  /** Goes on behind this cursor. Default: from now on. */
  readonly after?: Cursor | undefined;
  send(event: FeedEvent): void;
  /** Says that the feed lives. */
  beat(): void;
  /** The session is over, or the feed is: nothing more will come. */
  end(): void;
}

export interface Feed {
  /** Resolves once what was missed has been sent; what it gives ends the watch. */
  watch(watcher: Watcher): Promise<() => void>;
  /** Looks at once: something has just been changed here. */
  wake(): void;
  close(): void;
}

export interface FeedTimes {
  readonly pollMs: number;
  readonly beatMs: number;
  /** The database was away for so long: watchers are let go, so that their screens say that they do not know. */
  readonly blindMs: number;
}

const times: FeedTimes = { pollMs: 300, beatMs: 10_000, blindMs: 3000 };
/** More orders than this at once, and it is cheaper to read the list. */
const most = 300;

/**
 * Tells all who watch the station's orders at this worker what has changed, whichever worker or command did it: by one look at the database
 * for all of them together, and by none while nobody watches.
 */
export function createFeed(
  { db, config, log }: Pick<Bridge, 'db' | 'config' | 'log'>,
  over: Partial<FeedTimes> = {},
): Feed {
  const { pollMs, beatMs, blindMs } = { ...times, ...over };
  const watchers = new Set<Watcher>();
  let looking: AbortController | undefined;
  let wakeUp = new AbortController();

  function drop(watcher: Watcher): void {
    if (watchers.delete(watcher) && watchers.size === 0) looking?.abort();
  }

  function dropAll(): void {
    for (const watcher of [...watchers]) {
      drop(watcher);
      watcher.end();
    }
  }

  async function look(signal: AbortSignal, begin: Cursor): Promise<void> {
    let cursor = begin;
    let seen = new Map<string, number>();
    let beatAt = performance.now();
    let sightAt = performance.now();
    while (!signal.aborted) {
      try {
        const changes = await changesSince(db, cursor);
        if (changes === undefined) {
          // The database is another one: restored from a copy, or moved.
          cursor = await presentCursor(db);
          for (const watcher of watchers) watcher.send({ kind: 'list', cursor });
          continue;
        }
        const fresh = changes.orders.filter(({ order_id, version }) => (seen.get(order_id) ?? 0) < version);
        await tell(
          fresh.map(({ order_id }) => order_id),
          changes.cursor,
          [...watchers],
        );
        seen = new Map(changes.orders.map(({ order_id, version }) => [order_id, version]));
        cursor = changes.cursor;
        sightAt = performance.now();
        if (sightAt - beatAt >= beatMs) {
          beatAt = sightAt;
          await endEnded();
          for (const watcher of watchers) watcher.beat();
        }
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ reason: messageOf(error) }, 'the station cannot see what changes just now');
        if (performance.now() - sightAt > blindMs) dropAll();
      }
      await rest(signal);
    }
  }

  async function rest(signal: AbortSignal): Promise<void> {
    wakeUp = new AbortController();
    using ends = joinSignals(signal, wakeUp.signal);
    await delay(pollMs, undefined, { signal: ends.signal, ref: false }).catch(() => undefined);
  }

  async function tell(ids: readonly string[], cursor: Cursor, some: readonly Watcher[]): Promise<void> {
    if (ids.length === 0) return;
    if (ids.length > most) {
      for (const watcher of some) watcher.send({ kind: 'list', cursor });
      return;
    }
    for (const order of await stationOrders(db, ids)) {
      for (const watcher of some)
        if (watcher.locations.includes(order.location)) watcher.send({ kind: 'order', order, cursor });
    }
  }

  async function catchUp(watcher: Watcher, from: Cursor): Promise<void> {
    const missed = await changesSince(db, from);
    if (missed === undefined) return watcher.send({ kind: 'list', cursor: await presentCursor(db) });
    const ids = missed.orders.map(({ order_id }) => order_id);
    await tell(ids, missed.cursor, [watcher]);
  }

  async function endEnded(): Promise<void> {
    const ids = [...new Set([...watchers].map(({ sessionId }) => sessionId))];
    const live = new Set(await liveAmong(db, ids, config.http.station.idleMinutes));
    for (const watcher of [...watchers]) {
      if (live.has(watcher.sessionId)) continue;
      drop(watcher);
      watcher.end();
    }
  }

  return {
    async watch(watcher) {
      // The feed begins before the look at what was missed: what both see is sent twice, and nothing slips between.
      const present = await presentCursor(db);
      watchers.add(watcher);
      if (looking === undefined || looking.signal.aborted) {
        looking = new AbortController();
        void look(looking.signal, present);
      }
      try {
        await catchUp(watcher, watcher.after ?? present);
      } catch (error) {
        drop(watcher);
        throw error;
      }
      return () => drop(watcher);
    },
    wake: () => wakeUp.abort(),
    close() {
      dropAll();
      looking?.abort();
    },
  };
}
