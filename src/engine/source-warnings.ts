import type { EntityName } from '../connector/types.ts';
import { recentNotes } from '../store/runs.ts';
import type { RunContext } from './context.ts';

const kind = 'source-warning';

/** Beyond this many, a read's further warnings are counted. */
const mostWarnings = 20;

/** A warning that was not said in this many runs is news again. */
const rememberedRuns = 100;

/** The same warning about other numbers is the same: a file's date, a count of rows. */
function gist(message: string): string {
  return message.replace(/[\p{Nd}]+/gu, '#');
}

/** Notes what a source's connector has to say about a read that worked. New are the warnings that recent runs of the flow had not. */
export async function noteWarnings(
  context: RunContext,
  sourceName: string,
  entity: EntityName,
  warnings: readonly string[],
): Promise<void> {
  if (warnings.length === 0) return;
  const { run, db } = context;
  const known = new Set((await recentNotes(db, run.flow, run.id, kind, rememberedRuns)).map(gist));
  const messages = warnings.slice(0, mostWarnings).map((warning) => `${entity} of "${sourceName}": ${warning}`);
  const more = warnings.length - messages.length;
  if (more > 0) messages.push(`${entity} of "${sourceName}": and ${more} more warnings.`);
  for (const message of messages) context.note({ kind, message, new: !known.has(gist(message)) });
}
