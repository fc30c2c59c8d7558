import { DateTime } from 'luxon';
import type { Refused } from './numbers.ts';
import { asciiDigits } from './text.ts';

/** How a date may be written. `MMM` is a month's English name, whole or by its first three letters; `YY` is a year of this century. */
export const dateFormats = [
  'YYYY-MM-DD',
  'YYYY/MM/DD',
  'YYYY.MM.DD',
  'YYYYMMDD',
  'DD/MM/YYYY',
  'DD-MM-YYYY',
  'DD.MM.YYYY',
  'DDMMYYYY',
  'MM/DD/YYYY',
  'MM-DD-YYYY',
  'DD MMM YYYY',
  'MMM DD YYYY',
  'DD/MM/YY',
  'DD-MM-YY',
  'DD.MM.YY',
  'MM/DD/YY',
  'DD MMM YY',
] as const;
export type DateFormat = (typeof dateFormats)[number];

const months = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october'],
  ...['november', 'december'],
];

/** A time of day after a date: `14:30`, `T14:30:05.123`, `2:30 PM`, `02:30:00 م`, with a zone or without. */
const timeOfDay =
  '(?:(?:T|\\s+)(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?<fraction>\\.\\d{1,9})?)?(?:\\s*(?<half>[ap]\\.?m\\.?|ص|م))?(?:\\s*(?<zone>Z|[+-]\\d{2}(?::?\\d{2})?))?)?';
/** After a date of eight digits: `20261120143005` too. */
const compactTime = '(?:(?<hour2>\\d{2})(?<minute2>\\d{2})(?<second2>\\d{2}))';

function patternOf(format: DateFormat): RegExp {
  const compact = format === 'YYYYMMDD' || format === 'DDMMYYYY';
  // A digit lost from 2026-11-20 must not make January of it; people write 5/1/2026, machines do not.
  const two = compact || format.startsWith('YYYY') ? '\\d{2}' : '\\d{1,2}';
  const date = format
    .replaceAll('.', '\\.')
    .replaceAll(' ', '[ ,./-]{1,2}')
    .replace('YYYY', '(?<year>\\d{4})')
    .replace('YY', '(?<year>\\d{2})')
    .replace('MMM', '(?<name>[a-z]{3,9})\\.?')
    .replace('MM', `(?<month>${two})`)
    .replace('DD', `(?<day>${two})`);
  return new RegExp(`^${date}${format === 'YYYYMMDD' ? `(?:${compactTime}|${timeOfDay})` : timeOfDay}$`, 'i');
}

const patterns = new Map<DateFormat, RegExp>(dateFormats.map((format) => [format, patternOf(format)]));

interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Absent where only a date is written. */
  readonly time?: {
    readonly hour: number;
    readonly minute: number;
    readonly second: number;
    readonly fraction: string;
  };
  readonly zone?: string | undefined;
}

function monthOf(groups: Readonly<Record<string, string | undefined>>): number {
  if (groups.name === undefined) return Number(groups.month);
  const name = groups.name.toLowerCase();
  const short = name === 'sept' ? 'sep' : name;
  return months.findIndex((month) => month === short || month.slice(0, 3) === short) + 1;
}

/** Undefined: not written so, or no such day or time. */
function momentOf(text: string, format: DateFormat): Moment | undefined {
  const groups = patterns.get(format)?.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const year = Number(groups.year) + (groups.year?.length === 2 ? 2000 : 0);
  const month = monthOf(groups);
  const day = Number(groups.day);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (year < 1900 || year > 2200 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const written = groups.hour ?? groups.hour2;
  if (written === undefined) return { year, month, day };
  const minute = Number(groups.minute ?? groups.minute2);
  const second = Number(groups.second ?? groups.second2 ?? 0);
  const half = groups.half?.toLowerCase();
  let hour = Number(written);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.startsWith('p') || half === 'م' ? 12 : 0);
  }
  const zone = zoneOf(groups.zone);
  if (hour > 23 || minute > 59 || second > 59 || zone === 'none') return undefined;
  return {
    year,
    month,
    day,
    time: { hour, minute, second, fraction: groups.fraction ?? '' },
    zone,
  };
}

/** `+03`, `+0300` and `+03:00` are not all ISO; the last is. `none`: there is no such zone. */
function zoneOf(zone: string | undefined): string | undefined {
  if (zone === undefined || /^z$/i.test(zone)) return zone?.toUpperCase();
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  if (digits > '1400' || digits.slice(2) > '59') return 'none';
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

const pad = (value: number, length = 2) => String(value).padStart(length, '0');

function dateText({ year, month, day }: Moment): string {
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

/** ISO text with a zone; a time without one is the merchant's. */
function timeText(moment: Moment, timezone: string): string | Refused {
  const { year, month, day, time, zone } = moment;
  if (time === undefined) {
    return { refused: 'has no time of day; where the ERP writes none, leave the field unmapped: the date counts then' };
  }
  const { hour, minute, second, fraction } = time;
  if (zone !== undefined) return `${dateText(moment)}T${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}${zone}`;
  const local = DateTime.fromObject({ year, month, day, hour, minute, second }, { zone: timezone });
  if (local.hour !== hour || local.minute !== minute) {
    return { refused: `does not exist in ${timezone}: the clocks go forward over it. Check \`timezone\`` };
  }
  // Where the clocks go back an hour is there twice; the earlier one counts, as of several booking times.
  const [first = local] = local.getPossibleOffsets().sort((a, b) => a.toMillis() - b.toMillis());
  return `${dateText(moment)}T${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}${first.toFormat('ZZ')}`;
}

/** The date in the merchant's zone, where the text names a zone; else as it is written. */
function localDate(moment: Moment, timezone: string): string | Refused {
  if (moment.zone === undefined) return dateText(moment);
  const time = timeText(moment, timezone);
  if (typeof time !== 'string') return time;
  return DateTime.fromISO(time, { zone: timezone }).toFormat('yyyy-MM-dd');
}

export interface DateReader {
  /** `YYYY-MM-DD`. */
  date(text: string): string | Refused;
  /** ISO time with zone. */
  time(text: string): string | Refused;
}

/**
 * Dates and times as one of `formats` writes them, with Arabic-Indic and Persian digits too. A text that two of the formats read
 * differently is refused, and so is what is no date of the Gregorian calendar. Times may always be ISO.
 */
export function dateReader(formats: readonly DateFormat[], timezone: string): DateReader {
  const timeFormats: readonly DateFormat[] = [...new Set<DateFormat>([...formats, 'YYYY-MM-DD'])];
  const read = (
    text: string,
    allowed: readonly DateFormat[],
    show: (moment: Moment, timezone: string) => string | Refused,
  ): string | Refused => {
    const plain = asciiDigits(text);
    const readings = new Map<string, { format: DateFormat; result: string | Refused }>();
    for (const format of allowed) {
      const moment = momentOf(plain, format);
      if (moment === undefined) continue;
      const result = show(moment, timezone);
      readings.set(typeof result === 'string' ? result : result.refused, { format, result });
    }
    const [first, second] = readings.values();
    if (first === undefined) return { refused: whyNot(plain, allowed) };
    if (second === undefined) return first.result;
    return { refused: `is another day as ${first.format} than as ${second.format}, and \`dateFormat\` allows both` };
  };
  return { date: (text) => read(text, formats, localDate), time: (text) => read(text, timeFormats, timeText) };
}

/** How far from today years of the Hijri and Persian calendars are. */
const otherCalendar = /(?:^|\D)1[34]\d\d(?:\D|$)|^1[34]\d{6}$|هـ|AH\b/i;

function whyNot(text: string, formats: readonly DateFormat[]): string {
  const wanted = `must be a date as ${formats.join(' or ')}`;
  if (otherCalendar.test(text)) {
    return `${wanted}; it looks like a Hijri or Persian date, and only the Gregorian calendar is read. Export Gregorian dates`;
  }
  if (/^\d{5}(\.\d+)?$/.test(text)) return `${wanted}; it looks like a spreadsheet's day number. Export it as a date`;
  if (!text.match(/\d/)) return wanted;
  const other = dateFormats.filter((format) => momentOf(text, format) !== undefined);
  return other.length === 0 ? `${wanted}, and a day that exists` : `${wanted}; it is written as ${other.join(' or ')}`;
}
