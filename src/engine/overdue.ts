import { type FlowName, flowNames } from '../config/schema.ts';
import { definitionOf } from '../jobs/schedules.ts';
import { nextSlot } from '../jobs/slots.ts';
import { counted } from '../lib/text.ts';
import { day, minute } from '../lib/time.ts';
import type { Queryable } from '../store/queryable.ts';
import { lastStarts, startHistory } from '../store/report.ts';
import { previousRun } from '../store/runs.ts';
import { getSchedule } from '../store/schedules.ts';
import type { Bridge, RunContext } from './context.ts';
import { silenceOf } from './silence.ts';

/** How late a scheduled run may begin. */
const graceMs = 10 * minute;
/** From so late on, the run that makes up for it says so. */
const lateMs = 60 * minute;
/** A flow without a schedule is not looked at before. */
const unscheduledMs = 60 * minute;
/** Missed slots are counted up to this. */
const most = 100;
const historyDays = 70;

export interface Overdue {
  readonly flow: FlowName;
  /** When the first run that did not take place was due; for a flow without a schedule, when it last ran. */
  readonly since: Date;
  /** How many did not take place; null for a flow without a schedule. */
  readonly missed: number | null;
  readonly message: string;
}

/**
 * Flows whose runs do not take place: those that their schedule promised, since a worker first stood for it; without a schedule, those
 * that the flow has always had (a watch, or a timer of the machine that starts commands). A process that is not there cannot say so, so
 * every process that is looks for it.
 */
export async function overdueRuns({ db, config, now }: Bridge): Promise<Overdue[]> {
  const starts = await lastStarts(db);
  const overdue: Overdue[] = [];
  for (const flow of flowNames) {
    const settings = config.flows[flow];
    const last = starts.get(flow);
    if (settings?.enabled !== true || last?.running === true) continue;
    if (settings.schedule === undefined) {
      if (last === undefined || now() - last.at.getTime() < unscheduledMs) continue;
      const past = await startHistory(db, flow, new Date(now() - historyDays * day));
      const silence = silenceOf(
        past.map((at) => ({ at: at.getTime(), amount: 1 })),
        { at: now(), amount: 0 },
      );
      if (silence === undefined) continue;
      const since = new Date(silence.since);
      const message = `The flow "${flow}" has not run since ${at(since, config.timezone)}; by its history it should have.`;
      overdue.push({ flow, since, missed: null, message });
      continue;
    }
    const from = await promisedFrom(db, flow, definitionOf(settings.schedule, config.timezone), last?.at);
    if (from === undefined) continue;
    const slots = slotsBetween(from, [settings.schedule, config.timezone], new Date(now() - graceMs));
    const [since] = slots;
    if (since === undefined) continue;
    const message =
      slots.length === 1
        ? `The run of "${flow}" that was due at ${at(since, config.timezone)} has not begun.`
        : `${runsOf(slots)} of "${flow}" that were due since ${at(since, config.timezone)} have not begun.`;
    overdue.push({ flow, since, missed: slots.length, message });
  }
  return overdue;
}

/** Notes, in a run, that those before it did not take place: by now nobody else would know. */
export async function noteMissed(context: RunContext): Promise<void> {
  const { db, config, run } = context;
  const settings = config.flows[run.flow as FlowName];
  const before = await previousRun(db, run);
  if (settings?.schedule === undefined || before === undefined) return;
  const definition = definitionOf(settings.schedule, config.timezone);
  // While a run goes on, its slots are those of the next one.
  const from = await promisedFrom(db, run.flow, definition, before.finished_at ?? before.started_at);
  if (from === undefined) return;
  const until = new Date(run.started_at.getTime() - lateMs);
  const slots = slotsBetween(from, [settings.schedule, config.timezone], until);
  const [since] = slots;
  if (since === undefined) return;
  context.note({
    kind: 'missed',
    message: `${runsOf(slots)} of "${run.flow}" that ${slots.length === 1 ? 'was' : 'were'} due from ${at(since, config.timezone)} on did not take place. This one makes up for ${slots.length === 1 ? 'it' : 'them'}.`,
    hint: 'Was no worker up (`oto-bridge run`), or was the database away? The log of the machine says when it ended.',
    new: true,
    count: slots.length,
  });
}

/** After when a run was promised, where the flow last ran at `last`. Undefined: this schedule has never been in force. */
async function promisedFrom(
  db: Queryable,
  flow: string,
  definition: string,
  last: Date | undefined,
): Promise<Date | undefined> {
  const stored = await getSchedule(db, flow);
  if (stored === undefined) return last;
  if (stored.definition !== definition) return undefined;
  return last === undefined || stored.since > last ? stored.since : last;
}

/** The slots after a moment, up to another. */
function slotsBetween(from: Date, [expression, timezone]: readonly [string, string], until: Date): Date[] {
  const slots: Date[] = [];
  let last = from;
  while (slots.length < most) {
    last = nextSlot(expression, timezone, last);
    if (last > until) break;
    slots.push(last);
  }
  return slots;
}

function runsOf(slots: readonly Date[]): string {
  return slots.length === most ? `${most} runs and more` : counted(slots.length, 'run', 'runs');
}

function at(moment: Date, timezone: string): string {
  const words = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' });
  return `${words.format(moment)} (${timezone})`;
}
