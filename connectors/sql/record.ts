import { DateTime } from 'luxon';
import type { z } from 'zod';
import { BridgeError, connectorErrors, type Reject } from '../../src/connector/index.ts';
import type { Row } from './connection.ts';

/** Where the fields of an entity stand in a result. */
export type Columns = ReadonlyMap<string, string>;

interface Wanted {
  readonly fields: readonly string[];
  readonly required: readonly string[];
  /** Option `columns`. */
  readonly named: Readonly<Record<string, string>>;
  /** Path of the query's options, for messages. */
  readonly path: string;
}

const plain = (name: string) => name.toLowerCase().replaceAll('_', '');

/** @throws BridgeError CONNECTOR_OPTIONS where a column is missing, doubtful, or named for a field that there is not */
export function findColumns(names: readonly string[], { fields, required, named, path }: Wanted): Columns {
  const fail = (message: string): never => {
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `${message} The query gives: ${names.join(', ')}.`,
      hint: 'Name the columns in the query (`select code as sku`), or say in `columns` which is which.',
      place: { path },
    });
  };
  const odd = Object.keys(named).find((field) => !fields.includes(field));
  if (odd !== undefined) fail(`There is no field "${odd}" that a column could be taken for.`);
  const found = new Map<string, string>();
  for (const field of fields) {
    const wanted = named[field];
    const matches = names.filter((name) => (wanted === undefined ? plain(name) === plain(field) : name === wanted));
    const [column] = matches;
    if (matches.length > 1) fail(`The columns ${matches.join(' and ')} both look like "${field}".`);
    if (column !== undefined) found.set(field, column);
    else if (wanted !== undefined) fail(`The column "${wanted}" of \`columns.${field}\` is not there.`);
    else if (required.includes(field)) fail(`A column for "${field}" is missing.`);
  }
  return found;
}

/** The fields of a row that hold something. Blanks at the ends go: columns of a fixed width are filled up with them. */
export function fieldsOf(row: Row, columns: Columns): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [field, column] of columns) {
    const value = row[column]?.trim();
    if (value !== undefined && value !== '') fields[field] = value;
  }
  return fields;
}

/** What is wrong with a row, as a rejection. `name` gives the column of a field. */
export function problemOf(
  error: z.ZodError,
  fields: Readonly<Record<string, unknown>>,
  columns: Columns,
): Omit<Reject, 'op'> {
  const [issue] = error.issues;
  const field = String(issue?.path.at(-1) ?? '');
  const value = fields[field];
  const missing = value === undefined;
  return {
    column: columns.get(field) ?? field,
    ...(missing ? {} : { value: String(value) }),
    reason: missing ? `${field} is empty` : `${field} ${issue?.message ?? 'cannot be used'}`,
  };
}

const truths = new Map([
  ...['t', 'true', '1', 'y', 'yes'].map((word) => [word, true] as const),
  ...['f', 'false', '0', 'n', 'no'].map((word) => [word, false] as const),
]);

/** Undefined where the text is neither. */
export function truthOf(text: string): boolean | undefined {
  return truths.get(text.toLowerCase());
}

/** A number as decimal text: `.5` and `5.` are written out. What is no number stays as it is, and is rejected. */
export function decimalOf(text: string): string {
  return text
    .replace(/^(-?)\./, '$10.')
    .replace(/\.$/, '')
    .replace(/^\+/, '');
}

/** A time of the database: its text, and whether that carries a zone. */
export function timeOf(text: string, zone: string): DateTime | undefined {
  const time = DateTime.fromSQL(text, { zone, setZone: true });
  return time.isValid ? time : undefined;
}

/** The day of a date, or of a time as clocks at the merchant show it. */
export function dayOf(text: string, zones: Zones): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  return timeOf(text, zones.naive)?.setZone(zones.merchant).toISODate() ?? text;
}

export function instantOf(text: string, zones: Zones): string {
  return timeOf(text, zones.naive)?.toISO({ suppressMilliseconds: true }) ?? text;
}

export interface Zones {
  readonly merchant: string;
  /** What times without a zone mean. */
  readonly naive: string;
}
