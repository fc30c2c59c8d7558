import { createHash } from 'node:crypto';
import { CronExpressionParser } from 'cron-parser';
import cron, { type ScheduledTask } from 'node-cron';
import type { Logger } from '../lib/log.ts';
import type { Jobs } from './jobs.ts';

export interface Schedule {
  readonly flow: string;
  readonly expression: string;
  /** When the flow last began, where it ever did: slots before that are not missed. */
  readonly lastStart: Date | undefined;
}

/**
 * Fires the schedules of this process. Every process fires every slot; the job's id is made from flow and slot, so the database
 * keeps one of them. The last slot that passed while nothing ran is sent once, the same way.
 */
export async function startSchedules(
  jobs: Jobs,
  schedules: readonly Schedule[],
  timezone: string,
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  const tasks: ScheduledTask[] = [];
  for (const { flow, expression, lastStart } of schedules) {
    const fire = async (slot: Date, trigger: string) => {
      try {
        if (await jobs.enqueueFlow(flow, trigger, { jobId: slotId(flow, slot) }))
          log.debug({ flow, slot }, 'slot fired');
      } catch (error) {
        log.error({ err: error, flow, slot }, 'a slot could not be queued');
      }
    };
    const missed = lastSlot(expression, timezone);
    if (lastStart !== undefined && missed > lastStart) await fire(missed, 'missed-schedule');
    tasks.push(
      cron.schedule(expression, (context) => fire(minuteOf(context.date), 'schedule'), { timezone, name: flow }),
    );
  }
  return {
    async stop() {
      for (const task of tasks) await task.destroy();
    },
  };
}

function minuteOf(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 60_000) * 60_000);
}

function lastSlot(expression: string, timezone: string): Date {
  return CronExpressionParser.parse(expression, { tz: timezone }).prev().toDate();
}

/** The next time that a schedule fires. */
export function nextSlot(expression: string, timezone: string): Date {
  return CronExpressionParser.parse(expression, { tz: timezone }).next().toDate();
}

/** The same id in every process, in the form of a UUID. */
export function slotId(flow: string, slot: Date): string {
  const hex = createHash('sha256').update(`${flow} ${slot.toISOString()}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
