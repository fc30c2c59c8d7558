import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Timer } from '../oto/index.ts';
import { isConnectionError } from './connection.ts';
import type { SharedRate } from './rate.ts';

const retryMs = 100;
const longestRetryMs = 2_000;
const tellAttempts = 10;

/** How long to wait for a database that was away so many times running, in milliseconds. */
export function retryAfter(failures: number): number {
  return Math.min(retryMs * 2 ** Math.min(failures, 10), longestRetryMs);
}

/** Tells the others that OTO asked for fewer calls at `since`. Until the database hears of it, this process at least keeps to it. */
export async function tellOthers(
  { rate, log, timer }: { readonly rate: SharedRate; readonly log: Logger; readonly timer: Timer },
  since: number,
  cause: { readonly pauseMs: number; readonly why: string; readonly ageMs: number },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const late = timer.now() - since;
    try {
      await rate.slowDown({ ...cause, pauseMs: Math.max(0, cause.pauseMs - late), ageMs: cause.ageMs + late });
      return;
    } catch (error) {
      if (!isConnectionError(error) || attempt === tellAttempts) {
        log.warn({ reason: messageOf(error) }, 'the others could not be told that OTO asked for fewer calls');
        return;
      }
    }
    await timer.sleep(retryAfter(attempt));
  }
}
