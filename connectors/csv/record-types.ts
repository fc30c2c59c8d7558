import { z } from 'zod';

const column = z.union([
  z.string().min(1, 'is empty').describe('Name of the column.'),
  z.strictObject({ position: z.int().min(1).describe('The column by its place, counted from 1.') }),
]);

const types = z.union([z.string().min(1, 'is empty'), z.array(z.string().min(1, 'is empty')).min(1, 'lists no type')]);

/** The option `records` of documents: what `layout: header-lines` goes by. */
export const recordsOption = z
  .strictObject({
    type: column.prefault({ position: 1 }).describe('Column of the record type.'),
    header: types
      .default('H')
      .describe('Type of the records that begin a document and carry its fields; one or several.'),
    line: types
      .default('D')
      .describe('Type of the records that carry `sku`, `quantity` and `unit` of one line; one or several.'),
    ignore: z.array(z.string().min(1, 'is empty')).default([]).describe('Types of records that are left out.'),
    reference: column
      .optional()
      .describe(
        'Column of line records that repeats the number or id of their document. One that names another is rejected.',
      ),
    trailer: z
      .strictObject({
        type: z.string().min(1, 'is empty').default('T').describe('Type of the records that state a count.'),
        count: column.describe('Column of the count.'),
        of: z
          .enum(['document', 'file'])
          .describe(
            'Whether each document ends with one, and is rejected where the count differs, or the file, which is refused then.',
          ),
        counts: z
          .enum(['lines', 'documents', 'records'])
          .default('lines')
          .describe('What a trailer of a file counts: line records, header records, or both together.'),
      })
      .optional()
      .describe('Records that state how many there should be.'),
  })
  .optional()
  .describe('The records of `layout: header-lines`; `{}` where H and D stand in the first column.');

export type Records = NonNullable<z.output<typeof recordsOption>>;
export type RecordColumn = z.output<typeof column>;

/** Every type that is listed twice, so that its meaning is in doubt. */
export function typesInDoubt({ header, line, ignore, trailer }: Records): string[] {
  const all = [header, line, ignore, trailer === undefined ? [] : trailer.type].flat();
  return all.filter((type, index) => all.indexOf(type) !== index);
}
