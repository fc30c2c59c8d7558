import { DateTime } from 'luxon';

/** Where the time comes from: injected, so that tests decide what time it is. Milliseconds since the epoch. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A moment as `DD/MM/YYYY` in `zone`: the form that OTO takes. */
export function formatDate(moment: Date | number, zone: string): string {
  return inZone(moment, zone).toFormat('dd/MM/yyyy');
}

/** A plain date `YYYY-MM-DD` as `DD/MM/YYYY`: no zone is involved, so the day cannot shift. */
export function formatPlainDate(date: string): string {
  const [year, month, dayOfMonth] = date.split('-');
  return `${dayOfMonth}/${month}/${year}`;
}

/** The calendar date, `YYYY-MM-DD`, of a moment in `zone`. */
export function dateIn(moment: Date | number, zone: string): string {
  return inZone(moment, zone).toFormat('yyyy-MM-dd');
}

/** The first moment of a calendar date (`YYYY-MM-DD`) in `zone`: where a clock change skips midnight, the first moment that exists. */
export function startOfDay(date: string, zone: string): Date {
  const start = DateTime.fromISO(date, { zone }).startOf('day');
  if (!start.isValid) throw new RangeError(`${date} is no date in ${zone}: ${start.invalidExplanation}`);
  return start.toJSDate();
}

/** A length of time for a person, its two largest units: `1 h 5 min`, `12.3 s`, `80 ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds < second) return `${Math.round(milliseconds)} ms`;
  const tenths = Math.round(milliseconds / 100) / 10;
  if (tenths < 60) return `${tenths} s`;
  const seconds = Math.round(milliseconds / second);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

function inZone(moment: Date | number, zone: string): DateTime {
  const at = DateTime.fromMillis(Number(moment), { zone });
  if (!at.isValid) throw new RangeError(`No such moment in ${zone}: ${at.invalidExplanation}`);
  return at;
}
