/** Why a read as a whole does not count. */
import type { EntityName } from '../connector/types.ts';
import { BridgeError } from '../lib/errors.ts';
import type { Queryable } from '../store/queryable.ts';
import { figuresMoved, type Snapshot, sameContent } from '../store/snapshots.ts';
import type { RunContext } from './context.ts';
import { engineErrors } from './errors.ts';
import { runLost } from './run-lock.ts';

/** So many figures do not return all together to what they were, other than in an export that was there before. */
const returned = 10;

/** Throws where an export is one from before the last one, whatever time it bears: files without a stated time bear that of their copying. */
export async function requireNoReturn(
  tx: Queryable,
  before: Snapshot,
  snapshot: Snapshot,
  checksum: string | undefined,
): Promise<void> {
  if (checksum === undefined || snapshot.entity !== 'stock') return;
  const earlier = await sameContent(tx, before, checksum);
  if (earlier === undefined) return;
  const moved = await figuresMoved(tx, snapshot.id, before.id, returned);
  if (moved === undefined || moved < returned) return;
  throw new BridgeError(engineErrors.SNAPSHOT_OLDER, {
    message: `The stock of "${snapshot.source}" is to the letter the export of ${earlier.as_of?.toISOString() ?? 'before'} (read ${earlier.id}), and a newer one has been read since (of ${before.as_of?.toISOString() ?? '?'}, read ${before.id}).`,
    hint: 'An older export must not undo a newer one. If it is right all the same, repeat the command with --accept-older.',
  });
}

export function inFuture(entity: EntityName, source: string, asOf: Date): BridgeError {
  return new BridgeError(engineErrors.SNAPSHOT_FUTURE, {
    message: `The ${entity} of "${source}" claim to be true at ${asOf.toISOString()}, which is in the future.`,
    hint: 'Check the clock and the time zone of the ERP, or the asOf of its manifest.',
  });
}

export function olderThan(entity: EntityName, source: string, asOf: Date, before: Snapshot): BridgeError {
  return new BridgeError(engineErrors.SNAPSHOT_OLDER, {
    message: `The ${entity} of "${source}" are of ${asOf.toISOString()}, older than the last read (${before.as_of?.toISOString()}).`,
    hint: 'An older export must not undo a newer one. If it is right all the same, repeat the command with --accept-older.',
  });
}

/** Nothing of such a read counts; another process has done its work. */
export function overtaken({ run }: RunContext, entity: EntityName, source: string): BridgeError {
  return runLost(run.flow, `another process has read the ${entity} of "${source}" meanwhile`);
}

export function broken(entity: EntityName, source: string, what: string): BridgeError {
  return new BridgeError(engineErrors.SNAPSHOT_BROKEN, {
    message: `The ${entity} of "${source}" did not arrive whole: ${what}.`,
    hint: 'Nothing of this read counts and nothing was changed. Let the ERP export again.',
  });
}
