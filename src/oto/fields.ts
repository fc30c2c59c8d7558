import { z } from 'zod';
import { secret } from '../lib/secret.ts';

/** Field forms that OTO's documents, examples and captures write in more than one way. Answers are read tolerantly, requests strictly. */

/** An id that OTO writes as a number in one answer and as text in another: always text here. */
export const idText = z.union([z.string().min(1), z.number().transform(String)]);

/** Text that OTO may leave out, or give as `null` or as a bare number. */
export const looseText = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((text) => text ?? undefined)
  .optional();

/** The same for a key or token. A schema of its own: the mark is on the schema, and `looseText` is that of nearly every field. */
export const looseSecret = secret(looseText.optional());

/**
 * A figure in an answer, as a number or as numeric text. Anything else (`null`, blank, a word) is `undefined`: unknown.
 * Coercing it would turn a blank into 0 and empty a shelf.
 */
export const figure = z
  .union([
    z.number(),
    z
      .string()
      .trim()
      .regex(/^[+-]?\d+(\.\d+)?$/)
      .transform(Number),
  ])
  .optional()
  .catch(undefined);

/** A list that may be missing or `null`. */
export function looseList<Item extends z.ZodType>(item: Item) {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}

/** Rows keyed by SKU: OTO's text says one object for a SKU, its captures show a list. Both become a list; no key is ever added. */
export function rowsBySku<Row extends z.ZodType>(row: Row) {
  const rows = z.union([z.array(row), row.transform((one) => [one]), z.null().transform(() => [])]);
  // Serialisers that know no difference between an empty map and an empty list write `[]`.
  const nothing = z.array(z.never()).transform((): Record<string, z.output<Row>[]> => ({}));
  return z.union([z.record(z.string(), rows), nothing]);
}

/** A whole quantity in a request, as a number or as text (OTO's examples send text). `"40.75"` is refused by OTO with OTO1132. */
export const wholeQuantity = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be a whole number')
    .transform(Number),
]);

/** A positive whole quantity in a request. */
export const positiveQuantity = wholeQuantity.refine((quantity) => quantity > 0, 'must be a positive whole number');

/** A positive count in a request; in a query it arrives as text. */
export const count = z.union([
  z.int().min(1),
  z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be a positive whole number')
    .transform(Number),
]);

/** A price in a request: decimal text. A word is refused by OTO with OTO1009. */
export const price = z.union([
  z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a decimal number such as 23.5'),
  z.number().transform(String),
]);

/** A code, key or name that OTO refuses when it is empty. */
export const requiredText = z.string().min(1, 'is required');

/** `yyyy-mm-dd`; anything else is refused with OTO1107. */
export const isoDay = z.iso.date();

/** Part of every answer. `success` and `warnings` are judged by the answer parser, not by a schema. */
export const envelope = { success: z.boolean().optional() };

/** What most writes answer: that the call was taken, and a text. */
export const plainAnswer = z.looseObject({ ...envelope, message: looseText });

/** A yes or no in an answer: OTO also writes it as text. Anything else is `undefined`: unknown. */
export const yesOrNo = z
  .union([z.boolean(), z.stringbool({ truthy: ['true', 'yes'], falsy: ['false', 'no'] })])
  .optional()
  .catch(undefined);

/** A number in a request: OTO's tables say number where its examples send text and the other way round. Sent as it was given. */
export const decimal = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a number such as 12.5')]);

/** A yes or no in a request; OTO's example of createOrder sends `"true"`. Sent as it was given. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false'])]);

/** An id in a request that OTO's examples write as a number and as text. Sent as it was given. */
export const givenId = z.union([z.string().min(1, 'is required'), z.int()]);

/** A field that OTO requires, with what its documents say of it. */
export function required<Schema extends z.ZodType>(schema: Schema, description: string): Schema {
  return schema.describe(description);
}

/** A field that OTO does not insist on, or of which its documents disagree whether it does. */
export function optional<Schema extends z.ZodType>(schema: Schema, description: string): z.ZodOptional<Schema> {
  return schema.optional().describe(description);
}
