import { setTimeout as delay } from 'node:timers/promises';
import { type FlowName, flowNames } from '../config/schema.ts';
import { slotId } from '../jobs/slots.ts';
import { messageOf } from '../lib/errors.ts';
import { minute } from '../lib/time.ts';
import { failuresThatPass } from '../store/report.ts';
import type { Bridge } from './context.ts';

const lookEveryMs = 10_000;
/** After the first failure in a row, the second, and so on; the last one from then on. */
const pauses = [1, 5, 15, 30, 60].map((minutes) => minutes * minute);
/** By then somebody has been told for a day, and the schedule goes on. */
const mostRepeats = 24;

/**
 * Repeats runs that failed for a reason which passes by itself, such as OTO or the ERP being away: a nightly run would otherwise be a day
 * late. Which they are is told by the stored runs, so it does not matter which process saw them fail. Runs by hand are the person's
 * to repeat. Ends with `signal`.
 */
export async function repeatFailedRuns(bridge: Bridge, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await askAgain(bridge);
    } catch (error) {
      bridge.log.warn({ reason: messageOf(error) }, 'could not look for runs to repeat just now');
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Asks for the repeats that are due, each once over all processes. Gives the flows. */
export async function askAgain({ db, config, jobs, log }: Bridge): Promise<FlowName[]> {
  const asked: FlowName[] = [];
  for (const { flow, run, endedAt, inARow, ageMs } of await failuresThatPass(db)) {
    const name = flowNames.find((one) => one === flow);
    if (name === undefined || config.flows[name]?.enabled !== true || inARow > mostRepeats) continue;
    if (ageMs < (pauses[Math.min(inARow, pauses.length) - 1] ?? 0)) continue;
    const jobId = slotId(`repeat of run ${run}`, endedAt);
    if (!(await jobs.enqueueFlow(name, 'repeat', { jobId, unlessQueued: true }))) continue;
    log.info({ flow, run, inARow }, 'a run that failed is repeated');
    asked.push(name);
  }
  return asked;
}
