import { BridgeError } from '../lib/errors.ts';
import { storeErrors } from '../store/errors.ts';
import { knownChanges, newerChanges } from '../store/migrate.ts';
import type { Bridge } from './context.ts';

export interface Fitness {
  /** False once a newer release has changed the tables: what this one would write might be wrong by then. */
  mayWork(): Promise<boolean>;
}

/** How long an answer counts. Work that was taken just before a change goes on as long as this. */
const freshMs = 1000;

/**
 * Whether this release may still work on the database. Workers of an old release drain while those of a new one take over: the new
 * one changes the tables when it starts, and the old one takes no more work from then on. `onUnfit` is called once.
 */
export function fitness(bridge: Bridge, onUnfit: (error: BridgeError) => void): Fitness {
  let known: Promise<ReadonlySet<string>> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let fit = true;
  return {
    async mayWork() {
      if (!fit || performance.now() - askedAt < freshMs) return fit;
      known ??= knownChanges();
      const unknown = await newerChanges(bridge.db, await known);
      askedAt = performance.now();
      if (unknown.length === 0 || !fit) return fit;
      fit = false;
      const error = new BridgeError(storeErrors.STORE_NEWER, {
        message: `A newer release has changed the schema "${bridge.db.schema}": it has ${unknown.join(', ')}, which this one does not know. This process takes no more work.`,
        hint: 'Start the newer release in its place; what is open goes on there.',
        place: { path: 'database.schema' },
        data: { unknown },
      });
      bridge.log.error({ code: error.code, unknown }, error.message);
      onUnfit(error);
      return false;
    },
  };
}
