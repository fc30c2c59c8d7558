import cron, { type ScheduledTask } from 'node-cron';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock } from '../lib/time.ts';
import type { Database } from '../store/db.ts';
import { lastStarts } from '../store/report.ts';
import { beginSchedule, getSchedule, takeSlot } from '../store/schedules.ts';
import type { Jobs } from './jobs.ts';
import { lastSlot, slotId } from './slots.ts';

export interface Schedule {
  readonly flow: string;
  readonly expression: string;
}

export interface Schedules {
  /** Asks for a run of every flow whose slot has come since the last look. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

interface Parts {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly timezone: string;
  readonly now: Clock;
  readonly log: Logger;
}

/** Between two looks that nobody asked for. A slot that nothing woke us for is late by as much. */
const lookEveryMs = 15_000;
/** A slot that is fired later than this was missed. */
const lateMs = 60_000;

/**
 * Fires the schedules of this process. Every process looks; the slot that is taken in the database, in the transaction that makes its
 * job, is one run over all of them. node-cron wakes us in time, and that is all: which slots there are, also when clocks change, is
 * decided by `lastSlot`, and a look every few seconds finds what nothing woke us for. Of several slots that passed while nothing ran
 * (downtime, a machine that slept) the last is made up for, once.
 */
export async function startSchedules(schedules: readonly Schedule[], parts: Parts): Promise<Schedules> {
  const { timezone, log } = parts;
  const fired = schedules.map((schedule) => oneSchedule(schedule, parts));
  let looking: Promise<void> | undefined;
  const look = (): Promise<void> => {
    // A look that is asked for while one goes on might come after it read the clock.
    const next = (looking ?? Promise.resolve()).then(async () => {
      for (const one of fired) await one.look();
    });
    looking = next;
    return next;
  };
  await begin(schedules, parts);
  await look();
  const tasks: ScheduledTask[] = schedules.map(({ flow, expression }) =>
    cron.schedule(expression, () => look(), { timezone, name: flow }),
  );
  const poll = setInterval(() => void look(), lookEveryMs);
  log.debug({ schedules: schedules.length }, 'schedules are on');
  return {
    look,
    async stop() {
      clearInterval(poll);
      for (const task of tasks) await task.destroy();
      await looking;
    },
  };
}

/**
 * A schedule that is new or was changed begins now: its earlier slots were never promised. One that has been known to the bridge by
 * its runs alone (an upgrade) begins with the last of them.
 */
async function begin(schedules: readonly Schedule[], { db, timezone, now }: Parts): Promise<void> {
  const starts = await lastStarts(db);
  for (const { flow, expression } of schedules) {
    const definition = definitionOf(expression, timezone);
    const known = await getSchedule(db, flow);
    const last = starts.get(flow)?.at;
    const passed = lastSlot(expression, timezone, new Date(now()));
    const missedOnce = known === undefined && last !== undefined && last < passed;
    await beginSchedule(db, flow, definition, { slot: missedOnce ? last : passed, since: new Date(now()) });
    // A run by hand since then has done what the missed slot was for.
    if (last !== undefined && last >= passed) await takeSlot(db, flow, definition, passed);
  }
}

function oneSchedule({ flow, expression }: Schedule, { db, jobs, timezone, now, log }: Parts) {
  const definition = definitionOf(expression, timezone);
  let done = 0;
  return {
    async look(): Promise<void> {
      const slot = lastSlot(expression, timezone, new Date(now()));
      if (slot.getTime() <= done) return;
      const trigger = now() - slot.getTime() > lateMs ? 'missed-schedule' : 'schedule';
      try {
        const taken = await db.tx(async (tx) => {
          if (!(await takeSlot(tx, flow, definition, slot))) return false;
          await jobs.enqueueFlow(flow, trigger, { jobId: slotId(flow, slot), tx });
          return true;
        });
        // Only now: a look that failed is repeated.
        done = slot.getTime();
        if (taken) log.debug({ flow, slot, trigger }, 'slot fired');
      } catch (error) {
        log.error({ flow, slot, reason: messageOf(error) }, 'a slot could not be queued; tried again');
      }
    },
  };
}

/** What a stored schedule is known by. */
export function definitionOf(expression: string, timezone: string): string {
  return `${expression.trim().split(/\s+/).join(' ')} ${timezone}`;
}
