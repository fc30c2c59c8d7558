import { createHash } from 'node:crypto';
import { DateTime } from 'luxon';
import type { z } from 'zod';
import { type DocumentKind, product, stockDocument, stockKey, stockLevel } from '../model/index.ts';
import type { Change, Reject } from './types.ts';

/** Fields of a record as texts, for sources that know no other types. A field that holds nothing is left out. */
export type TextFields = Readonly<Record<string, string>>;

/** Fields that stand in the lines of a document. */
const lineFields: readonly string[] = ['sku', 'quantity', 'unit'];

/** One record that holds both, parted into the fields of its document and those of its line. */
export function headAndLine(fields: TextFields): { readonly head: TextFields; readonly line: TextFields } {
  const of = (line: boolean) =>
    Object.fromEntries(Object.entries(fields).filter(([field]) => lineFields.includes(field) === line));
  return { head: of(false), line: of(true) };
}

/** Where a field stands in the source, for the person who mends it. */
export type NameOf = (field: string) => string;

export interface Zones {
  readonly merchant: string;
  /** What times without a zone mean. */
  readonly naive: string;
}

export const textFieldsOf = {
  products: Object.keys(product.shape),
  stock: Object.keys(stockLevel.shape),
  /** Those of a document and of its lines. */
  documents: [...Object.keys(stockDocument.shape).filter((field) => field !== 'lines'), ...lineFields],
} as const;

export function stockOfTexts(fields: TextFields, nameOf: NameOf): Change<'stock'> {
  const key = stockKey(fields.sku ?? '', fields.location ?? '');
  const parsed = stockLevel.safeParse({ ...fields, quantity: decimal(fields.quantity) });
  if (parsed.success) return { op: 'upsert', key, value: parsed.data };
  return { op: 'reject', key, ...problemOf(parsed.error, fields, nameOf) };
}

export interface ProductTexts {
  readonly nameOf: NameOf;
  /** The ERP's words for product types. */
  readonly types: Readonly<Record<string, string>>;
}

export function productOfTexts(fields: TextFields, { nameOf, types }: ProductTexts): Change<'products'> {
  const { active, type, price, taxAmount, ...rest } = fields;
  const key = fields.id ?? fields.sku ?? '';
  const parsed = product.safeParse({
    ...rest,
    price: decimal(price),
    taxAmount: decimal(taxAmount),
    type: type === undefined ? undefined : (types[type] ?? type),
    active: active === undefined ? undefined : (truths.get(active.toLowerCase()) ?? active),
  });
  if (parsed.success) return { op: 'upsert', key, value: parsed.data };
  return { op: 'reject', key, ...problemOf(parsed.error, fields, nameOf) };
}

export interface DocumentTexts {
  readonly nameOf: NameOf;
  /** The ERP's words for document kinds; `ignore` leaves one out. */
  readonly kinds: Readonly<Record<string, DocumentKind | 'ignore'>>;
  readonly zones: Zones;
}

/** The ERP's own id, else what tells documents apart: company, kind, number and year. */
export function documentKey({ id, company = '', kind = '', number = '', date = '' }: TextFields, zones: Zones): string {
  return id ?? [company, kind, number, dayOf(date, zones).slice(0, 4)].join('/');
}

/** A whole document, or its rejection: one bad line takes all of it. Undefined: of a kind that is left out. */
export function documentOfTexts(
  key: string,
  head: TextFields,
  lines: readonly TextFields[],
  { nameOf, kinds, zones }: DocumentTexts,
): Change<'documents'> | undefined {
  const kind = kinds[head.kind ?? ''] ?? head.kind;
  if (kind === 'ignore') return undefined;
  const { date, deliveryDate, bookedAt } = head;
  const parsed = stockDocument.safeParse({
    ...head,
    kind,
    date: date === undefined ? undefined : dayOf(date, zones),
    deliveryDate: deliveryDate === undefined ? undefined : dayOf(deliveryDate, zones),
    bookedAt: bookedAt === undefined ? undefined : instantOf(bookedAt, zones),
    lines: lines.map((line) => ({ ...line, quantity: decimal(line.quantity) })),
  });
  if (parsed.success) return { op: 'upsert', key, value: parsed.data };
  const [issue] = parsed.error.issues;
  const at = issue?.path[0] === 'lines' && issue.path.length > 1 ? Number(issue.path[1]) : undefined;
  const { reason, ...rest } = problemOf(parsed.error, at === undefined ? head : (lines[at] ?? {}), nameOf);
  if (at === undefined) return { op: 'reject', key, ...rest, reason };
  return { op: 'reject', key, ...rest, reason: `line ${at + 1}: ${reason}; a document counts whole or not at all` };
}

/** The same for the same content, in whatever order its lines come: for `OverlapCursor`. */
export function documentMark(head: TextFields, lines: readonly TextFields[]): string {
  const content = JSON.stringify([head, lines.map((line) => JSON.stringify(line)).sort()]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 16);
}

/** What is wrong with a record, as the parts of a rejection. */
export function problemOf(error: z.ZodError, fields: TextFields, nameOf: NameOf): Omit<Reject, 'op'> {
  const [issue] = error.issues;
  const field = String(issue?.path.at(-1) ?? '');
  const value = fields[field];
  if (field === 'lines') return { column: nameOf(field), reason: issue?.message ?? 'has no lines' };
  return value === undefined
    ? { column: nameOf(field), reason: `${field} is empty` }
    : { column: nameOf(field), value, reason: `${field} ${issue?.message ?? 'cannot be used'}` };
}

const truths = new Map([
  ...['t', 'true', '1', 'y', 'yes'].map((word) => [word, true] as const),
  ...['f', 'false', '0', 'n', 'no'].map((word) => [word, false] as const),
]);

/** A number as decimal text: `.5` and `5.` are written out. What is no number stays as it is, and is rejected. */
function decimal(text: string | undefined): string | undefined {
  return text
    ?.replace(/^(-?)\./, '$10.')
    .replace(/\.$/, '')
    .replace(/^\+/, '');
}

/** The day of a date, or of a time as clocks at the merchant show it. */
function dayOf(text: string, zones: Zones): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  return timeOf(text, zones)?.setZone(zones.merchant).toISODate() ?? text;
}

function instantOf(text: string, zones: Zones): string {
  return timeOf(text, zones)?.toISO({ suppressMilliseconds: true }) ?? text;
}

/** ISO, SQL (a blank in place of the T), or seconds since 1970. */
function timeOf(text: string, { naive }: Zones): DateTime | undefined {
  const time = /^\d{9,11}(\.\d+)?$/.test(text)
    ? DateTime.fromSeconds(Number(text), { zone: 'utc' })
    : DateTime.fromISO(text.replace(' ', 'T'), { zone: naive, setZone: true });
  return time.isValid ? time : undefined;
}
