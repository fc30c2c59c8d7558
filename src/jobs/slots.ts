import { createHash } from 'node:crypto';
import { CronExpressionParser } from 'cron-parser';
import { DateTime } from 'luxon';

/**
 * The slots of a cron expression in a time zone: the moments at which it fires. Clocks that are put forward or back neither drop nor
 * double one. An expression that names hours (`30 2 * * *`) means a time of day: on the day that has no 02:30 it fires at the first
 * moment that exists after it, and on the day that has two, at the first. One that takes every hour (`0,30 * * * *`) means a distance
 * in time and goes on as if the clocks stood still.
 */
interface Cron {
  readonly expression: string;
  readonly timezone: string;
  readonly everyHour: boolean;
}

/** The first slot after a moment. */
export function nextSlot(expression: string, timezone: string, after: Date): Date {
  const cron = cronOf(expression, timezone);
  const from = after.getTime();
  const times = walk(cron, wallOf(from, timezone) - marginAt(from, timezone) - 1000);
  let best = Number.POSITIVE_INFINITY;
  for (;;) {
    const moments = momentsOf(times.next().getTime(), cron);
    // In the hour that comes twice, a later time of day has its first moment before the second one of an earlier.
    if ((moments[0] ?? 0) >= best) return new Date(best);
    for (const moment of moments) if (moment > from) best = Math.min(best, moment);
    if (!cron.everyHour && best !== Number.POSITIVE_INFINITY) return new Date(best);
  }
}

/** The last slot at or before a moment. */
export function lastSlot(expression: string, timezone: string, before: Date): Date {
  const cron = cronOf(expression, timezone);
  const until = before.getTime();
  const times = walk(cron, wallOf(until, timezone) + marginAt(until, timezone) + 1000);
  let best = Number.NEGATIVE_INFINITY;
  for (;;) {
    const moments = momentsOf(times.prev().getTime(), cron);
    const last = moments.at(-1);
    if (last !== undefined && last <= best) return new Date(best);
    for (const moment of moments) if (moment <= until) best = Math.max(best, moment);
    if (!cron.everyHour && best !== Number.NEGATIVE_INFINITY) return new Date(best);
  }
}

/** The same id in every process, in the form of a UUID. */
export function slotId(flow: string, slot: Date): string {
  const hex = createHash('sha256').update(`${flow} ${slot.toISOString()}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function cronOf(expression: string, timezone: string): Cron {
  const hours = new Set(CronExpressionParser.parse(expression, { tz: 'UTC' }).fields.hour.values);
  return { expression, timezone, everyHour: hours.size === 24 };
}

/** Times of day as the expression means them, written as if the zone were UTC: the library sees no change of clocks. */
function walk({ expression }: Cron, wall: number) {
  return CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(Math.floor(wall / 1000) * 1000) });
}

/** The moments at which clocks of the zone show a time of day: one, two when they are put back, none when they skip it. */
function momentsOf(wall: number, { timezone, everyHour }: Cron): number[] {
  const [before, after] = [offsetAt(wall - dayMs, timezone), offsetAt(wall + dayMs, timezone)];
  const shown = [...new Set([before, after])]
    .map((offset) => wall - offset)
    .filter((moment) => wallOf(moment, timezone) === wall)
    .sort((a, b) => a - b);
  if (everyHour) return shown;
  return shown.length > 0
    ? shown.slice(0, 1)
    : [endOfGap(wall - Math.max(before, after), wall - Math.min(before, after), timezone)];
}

/** The moment between two at which the clocks are put forward. */
function endOfGap(low: number, high: number, timezone: string): number {
  const old = offsetAt(low, timezone);
  let [from, to] = [low, high];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(middle, timezone) === old) from = middle;
    else to = middle;
  }
  return to;
}

/** How far times of day around a moment may be out of order: by what the clocks are moved near it. */
function marginAt(moment: number, timezone: string): number {
  return Math.abs(offsetAt(moment + 2 * dayMs, timezone) - offsetAt(moment - 2 * dayMs, timezone));
}

const dayMs = 86_400_000;

function wallOf(moment: number, timezone: string): number {
  return moment + offsetAt(moment, timezone);
}

function offsetAt(moment: number, timezone: string): number {
  return DateTime.fromMillis(moment, { zone: timezone }).offset * 60_000;
}
