import { isBridgeError } from '../lib/errors.ts';
import type { NotTaken, Outcome, Paused } from '../oto/index.ts';

/** What a read that failed means for the operations that wait for it: they were not sent, and it uses up no try of theirs. */
export function unread(error: unknown, what: string): NotTaken | Paused {
  if (!isBridgeError(error)) throw error;
  const outcome = (error.data as { outcome?: Outcome<unknown> } | undefined)?.outcome;
  if (outcome?.kind === 'paused') return outcome;
  const text = outcome === undefined || outcome.kind === 'ok' ? error.message : outcome.message;
  const cause = outcome?.kind === 'not-taken' && outcome.cause === 'rate-limit' ? 'rate-limit' : 'connect';
  const retryAfterMs = outcome !== undefined && 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined;
  return { kind: 'not-taken', cause, message: `${what} could not be read first: ${text}`, retryAfterMs };
}
