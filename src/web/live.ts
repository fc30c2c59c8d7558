import { signal } from '@preact/signals';
import type { StationOrder } from '../model/station.ts';
import { api } from './api.ts';
import { parseEvents } from './event-stream.ts';
import { cursor, heardAt, takeOrder } from './orders.ts';

/** `live`: what is shown is what the server has. `lost`: it is as of `heardAt`. */
export const live = signal<'connecting' | 'live' | 'lost'>('connecting');

/** The server says something at least every 15 seconds. */
const silenceMs = 35_000;
const waitsMs = [500, 1000, 2000, 4000, 8000];

export interface LiveOptions {
  readonly location: string;
  /** Lists have to be read again. */
  readonly onList: () => void;
  /** An order has changed. */
  readonly onOrder: (order: StationOrder) => void;
  readonly onSignedOut: () => void;
}

/** Keeps a stream of events open until the signal ends it. Not an EventSource: that one hides whether the server still breathes, and why it refuses. */
export async function followEvents(options: LiveOptions, stop: AbortSignal): Promise<void> {
  live.value = 'connecting';
  for (let failures = 0; !stop.aborted; failures += 1) {
    try {
      const heard = await readStream(options, stop);
      if (heard) failures = 0;
    } catch {
      // Whatever it was, it is tried again; the bar says that nothing is live meanwhile.
    }
    if (stop.aborted) return;
    live.value = 'lost';
    await wait(waitsMs[Math.min(failures, waitsMs.length - 1)] ?? 8000, stop);
  }
}

async function readStream(
  { location, onList, onOrder, onSignedOut }: LiveOptions,
  stop: AbortSignal,
): Promise<boolean> {
  const quit = new AbortController();
  const end = () => quit.abort();
  stop.addEventListener('abort', end);
  // The device knows at once that its network is gone; the stream would find out later.
  addEventListener('offline', end);
  let watchdog = setTimeout(end, silenceMs);
  let heard = false;
  const fromNow = cursor.value === '';
  try {
    const response = await fetch(api.events(location, cursor.value), {
      headers: { accept: 'text/event-stream' },
      cache: 'no-store',
      signal: quit.signal,
    });
    if (response.status === 401) onSignedOut();
    if (!response.ok || response.body === null) return false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const feed = parseEvents(({ type, data, id }) => {
      if (type === 'order') {
        const order = JSON.parse(data) as StationOrder;
        takeOrder(order);
        onOrder(order);
      }
      if (type === 'list') onList();
      if (id !== null) cursor.value = id;
    });
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return heard;
      clearTimeout(watchdog);
      watchdog = setTimeout(end, silenceMs);
      feed(value);
      heardAt.value = new Date();
      // Only now: a proxy may take the request and never let anything through.
      if (!heard) live.value = 'live';
      // What changed between the reading of a list and the begin of the stream is in neither.
      if (!heard && fromNow) onList();
      heard = true;
    }
  } finally {
    clearTimeout(watchdog);
    stop.removeEventListener('abort', end);
    removeEventListener('offline', end);
    quit.abort();
  }
}

function wait(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener('online', end);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener('online', end);
    stop.addEventListener('abort', end);
  });
}

const staleListeners = new Set<() => void>();
/** Calls when lists have to be read again. Returns how to stop. */
export function onListStale(listener: () => void): () => void {
  staleListeners.add(listener);
  return () => staleListeners.delete(listener);
}
export function listsAreStale(): void {
  for (const listener of staleListeners) listener();
}
