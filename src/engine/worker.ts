import { flowNames } from '../config/schema.ts';
import { type Schedules, startSchedules } from '../jobs/schedules.ts';
import { type BridgeError, messageOf } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import { askedRuns, type FlowTable } from './asked.ts';
import type { Bridge } from './context.ts';
import { showPresence } from './presence.ts';
import { repeatFailedRuns } from './repeat.ts';
import { watchSources } from './watch.ts';
import { workEvents } from './webhook-work.ts';
import { startWorking } from './work.ts';

export interface WorkerOptions {
  readonly flows: FlowTable;
  /** Of this release; shown to whoever asks which workers stand. */
  readonly version: string;
  /** Aborts when the worker is to stop. Runs end with its reason. */
  readonly stop: AbortSignal;
  /** This release may not work any more: a newer one has changed the tables. */
  readonly onUnfit: (error: BridgeError) => void;
}

export interface Worker {
  /** Names of the flows that run by schedule, and of those that are watched. */
  readonly scheduled: readonly string[];
  readonly watched: readonly string[];
  /** Asks for the runs whose slot has come, without waiting for the next look. */
  look(): Promise<void>;
  /**
   * Ends everything. What is in flight is finished or given back within `graceMs`; false when something was still in flight then, so
   * that whoever comes next has to prove what became of it.
   */
  close(graceMs: number): Promise<boolean>;
}

/** Everything that a standing worker does: jobs, the looking after, schedules, watches, and showing that it is there. */
export async function startWorker(bridge: Bridge, { flows, version, stop, onUnfit }: WorkerOptions): Promise<Worker> {
  const { config, db, jobs, log, now } = bridge;
  const enabled = flowNames.flatMap((flow) => {
    const settings = config.flows[flow];
    return settings?.enabled === true ? [{ flow, settings }] : [];
  });
  const schedules = enabled.flatMap(({ flow, settings }) =>
    settings.schedule === undefined ? [] : [{ flow, expression: settings.schedule }],
  );
  const watched = enabled.flatMap(({ flow, settings }) => ('watch' in settings && settings.watch ? [flow] : []));

  const asked = askedRuns(bridge, flows);
  const work = await startWorking(bridge, {
    async runFlow(payload, signal) {
      using ends = joinSignals(stop, signal);
      await asked(payload, ends.signal);
    },
    onUnfit,
  });
  const undo: (() => Promise<unknown>)[] = [];
  const close = async (graceMs: number): Promise<boolean> => {
    // First of all no more work is taken, so that the time goes to what is in flight.
    const drained = work.stop(graceMs);
    for (const step of undo.splice(0).reverse())
      await step().catch((error: unknown) =>
        log.warn({ reason: messageOf(error) }, 'could not be stopped in good order'),
      );
    return drained;
  };
  let scheduler: Schedules;
  try {
    scheduler = await startSchedules(schedules, { db, jobs, timezone: config.timezone, now, log });
    undo.push(() => scheduler.stop());
    const watching = watchSources(bridge, stop);
    undo.push(() => watching);
    const repeating = repeatFailedRuns(bridge, stop);
    undo.push(() => repeating);
    const events = workEvents(bridge, stop);
    undo.push(() => events);
    const presence = showPresence(bridge, version);
    undo.push(() => presence.stop());
  } catch (error) {
    await close(1000);
    throw error;
  }
  return { scheduled: schedules.map(({ flow }) => flow), watched, look: () => scheduler.look(), close };
}
