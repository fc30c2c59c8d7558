import { DateTime } from 'luxon';
import type { dateFormats } from './options.ts';

type DateFormat = (typeof dateFormats)[number];

const shapes: { readonly [F in DateFormat]: { pattern: RegExp; order: readonly [number, number, number] } } = {
  'YYYY-MM-DD': { pattern: /^(\d{4})-(\d{2})-(\d{2})$/, order: [1, 2, 3] },
  YYYYMMDD: { pattern: /^(\d{4})(\d{2})(\d{2})$/, order: [1, 2, 3] },
  'DD/MM/YYYY': { pattern: /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, order: [3, 2, 1] },
  'DD-MM-YYYY': { pattern: /^(\d{1,2})-(\d{1,2})-(\d{4})$/, order: [3, 2, 1] },
  'DD.MM.YYYY': { pattern: /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, order: [3, 2, 1] },
  'MM/DD/YYYY': { pattern: /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, order: [3, 1, 2] },
};

/** `YYYY-MM-DD` from a date in `format`; other text as it is, so that the document's schema refuses it. */
export function isoDate(text: string | undefined, format: DateFormat): string | undefined {
  if (text === undefined) return undefined;
  const { pattern, order } = shapes[format];
  const match = pattern.exec(text);
  // An ISO date that is not in the configured format is refused too: 2026-01-02 must not pass where 02/01/2026 is meant.
  if (match === null) return `${text} `;
  const [year, month, day] = order.map((index) => match[index] ?? '');
  return `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`;
}

/** A time with its zone as it is; a bare `2026-11-20 08:15` is the merchant's local time. Other text comes back unchanged. */
export function zonedTime(text: string | undefined, timezone: string): string | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text)) return text;
  const time = DateTime.fromISO(text.replace(' ', 'T'), { zone: timezone });
  return time.isValid ? (time.toISO({ suppressMilliseconds: true }) ?? text) : text;
}
