import { messageOf } from '../lib/errors.ts';
import { claimPurge, purge } from '../store/retention.ts';
import { endLostReads, endLostRuns, runsWithoutHolder } from '../store/runs.ts';
import type { Bridge } from './context.ts';

export interface Retainer {
  /** Begins a round where one is due; returns at once. */
  look(): void;
  /** Resolves when no round is under way. */
  idle(): Promise<void>;
}

const lookEveryMs = 60_000;

/**
 * Deletes what has been kept for long enough, where nobody has within `retention.everyMinutes`. Never throws; `signal` ends it between
 * two batches, and whoever comes next goes on.
 */
export async function retain({ db, config, log }: Bridge, signal: AbortSignal): Promise<void> {
  try {
    if (!(await claimPurge(db, config.retention.everyMinutes))) return;
    const purged = await purge(db, config.retention, signal);
    const some = Object.fromEntries(Object.entries(purged).filter(([, count]) => count > 0));
    if (Object.keys(some).length > 0) log.info(some, 'deleted what has been kept for long enough');
  } catch (error) {
    if (!signal.aborted) log.warn({ reason: messageOf(error) }, 'old records could not be deleted just now');
  }
}

/**
 * Keeps the tables from growing without end: deletes what has been kept for long enough, and ends what lost its process. Beside the
 * looking after of operations, which must not wait for it. `signal` ends a round between two batches.
 */
export function retainer(bridge: Bridge, signal: AbortSignal): Retainer {
  let nextLook = 0;
  let round: Promise<void> | undefined;
  let suspects = new Set<number>();

  async function endLost(): Promise<void> {
    const without = await runsWithoutHolder(bridge.db, bridge.db.schema);
    const ended = await endLostRuns(
      bridge.db,
      without.filter((id) => suspects.has(id)),
    );
    suspects = new Set(without);
    if (ended.length > 0) bridge.log.warn({ runs: ended }, 'ended: runs whose process is gone');
    await endLostReads(bridge.db);
  }

  async function once(): Promise<void> {
    await endLost().catch((error: unknown) => {
      if (!signal.aborted) bridge.log.warn({ reason: messageOf(error) }, 'lost runs could not be looked for just now');
    });
    await retain(bridge, signal);
  }

  return {
    look() {
      const now = bridge.now();
      if (round !== undefined || now < nextLook || signal.aborted) return;
      nextLook = now + Math.min(lookEveryMs, bridge.config.retention.everyMinutes * 60_000);
      round = once().finally(() => {
        round = undefined;
      });
    },
    idle: async () => round,
  };
}
