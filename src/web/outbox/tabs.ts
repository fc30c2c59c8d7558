import type { StationResult } from '../../model/station.ts';

/** What the tabs of one device share beside the drawer. */
export interface Tabs {
  /** Runs `work` while no other tab is in here: two tabs must not send one action at the same time. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** The drawer has changed, and these answers have come. */
  tell(results: readonly StationResult[]): void;
  onTold(listener: (results: readonly StationResult[]) => void): void;
}

const name = 'oto-bridge.outbox';

export function browserTabs(): Tabs {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  return {
    alone: async (work) => {
      // Without a secure context the browser has no locks. Two tabs may then send twice, which the ids make harmless.
      if (typeof navigator === 'undefined' || navigator.locks === undefined) return work();
      return navigator.locks.request(name, work);
    },
    tell: (results) => channel?.postMessage(results),
    onTold: (listener) => {
      channel?.addEventListener('message', ({ data }: MessageEvent<readonly StationResult[]>) => listener(data));
    },
  };
}
