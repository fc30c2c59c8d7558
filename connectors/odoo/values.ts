import Big from 'big.js';

/** Odoo writes `false` for an empty field of any type. */
export type Field<T> = T | false | null | undefined;

/** A reference to another record: its id and its name as Odoo shows it. */
export type Ref = readonly [id: number, name: string];

/** Digits that a float of Odoo's database keeps for sure; what comes after them is noise, such as that of 0.1 + 0.2. */
const floatDigits = 15;

/** A quantity or price as an exact decimal; undefined where it is no number. */
export function decimalOf(value: unknown): Big | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    const exact = new Big(value);
    const isFloat = /[.e]/i.test(String(value));
    return isFloat && exact.c.length > floatDigits ? exact.prec(floatDigits) : exact;
  } catch {
    return undefined;
  }
}

/** Plain digits, without an exponent and without zeros at the end. */
export function decimalText(value: Big): string {
  const text = value.toFixed();
  return text === '-0' ? '0' : text;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

export function isRef(value: unknown): value is Ref {
  return Array.isArray(value) && typeof value[0] === 'number';
}

export function idOf(value: unknown): number | undefined {
  return isRef(value) ? value[0] : undefined;
}

/** Odoo's own notation for a time, which is always UTC: `2026-11-20 23:34:31`. */
export function stampOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

export function timeOf(stamp: string): number {
  return Date.parse(`${stamp.slice(0, 19).replace(' ', 'T')}Z`);
}

export function isStamp(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(value);
}

export function shifted(stamp: string, milliseconds: number): string {
  return stampOf(timeOf(stamp) + milliseconds);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar date of a moment in a time zone, as `YYYY-MM-DD`. */
export function dateIn(stamp: string, timeZone: string): string {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  formats.set(timeZone, format);
  return format.format(timeOf(stamp));
}
