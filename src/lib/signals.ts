import { setMaxListeners } from 'node:events';

/** One signal for several, until it is disposed of. */
export interface Joined extends Disposable {
  /** Aborted with the first of them, for its reason. */
  readonly signal: AbortSignal;
}

/**
 * For work that is short beside what may end it: each signal that `AbortSignal.any` makes of one that lives for months stays in memory
 * as long as that one does, once somebody has listened to it (Node 24).
 */
export function joinSignals(...signals: readonly (AbortSignal | undefined)[]): Joined {
  const joined = new AbortController();
  const sources = signals.filter((signal) => signal !== undefined);
  const abort = ({ target }: Event) => joined.abort((target as AbortSignal).reason);
  // Many pieces of work at a time are no leak.
  setMaxListeners(0, joined.signal, ...sources);
  for (const source of sources) {
    if (source.aborted) joined.abort(source.reason);
    source.addEventListener('abort', abort, { once: true });
  }
  return {
    signal: joined.signal,
    [Symbol.dispose]() {
      for (const source of sources) source.removeEventListener('abort', abort);
    },
  };
}
