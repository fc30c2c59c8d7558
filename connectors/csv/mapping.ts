import { z } from 'zod';
import { compile, type ResultType } from './expressions.ts';
import { type Field, type FieldOf, type FileEntity, fields } from './fields.ts';
import { isRefused, numberReader } from './numbers.ts';

/** What an expression for a field may give. Numbers need no text; all else does, and `active` is a yes or no as well. */
export function resultTypes(field: string, { kind }: Field): readonly ResultType[] {
  if (kind === 'number') return ['string', 'int', 'Decimal'];
  if (kind === 'date' || kind === 'time' || kind === 'text') return ['string'];
  return field === 'active' ? ['string', 'int', 'bool'] : ['string', 'int'];
}

const anyFormat = numberReader({
  decimalSeparator: '.',
  thousandsSeparator: 'none',
  negatives: 'leading',
  exponentNumbers: 'reject',
});

function expressionOf(types: readonly ResultType[]) {
  return z
    .string()
    .min(1, 'is empty')
    .superRefine((text, context) => {
      const expression = compile(text, types, anyFormat);
      if (isRefused(expression)) {
        context.addIssue({ code: 'custom', message: expression.refused });
      }
    });
}

const columnName = z.string().min(1, 'is empty');

function sourceOf(types: readonly ResultType[]) {
  return z.union([
    columnName.describe('Name of the column, as the header of the file writes it.'),
    z
      .array(columnName)
      .min(1, 'lists no name')
      .describe('Names of which the file has exactly one: exports of several versions of one ERP.'),
    z.strictObject({
      position: z.int().min(1).describe('The column by its place, counted from 1: for files without a header.'),
    }),
    z.strictObject({ value: z.string().describe('The same value for every row; no column is read.') }),
    z.strictObject({
      expression: expressionOf(types).describe('A CEL expression over `row["Column name"]`, worked out for every row.'),
    }),
  ]);
}

export type Source = z.output<ReturnType<typeof sourceOf>>;

/** The option `columns` of an entity. */
export function columnsOption<E extends FileEntity>(entity: E) {
  const shape = Object.fromEntries(
    Object.entries<Field>(fields[entity]).map(([field, about]) => [
      field,
      sourceOf(resultTypes(field, about))
        .optional()
        .describe(
          `Column of \`${field}\`${about.need === 'required' ? '' : ' (optional)'}; unset, a column of that name.`,
        ),
    ]),
  ) as Record<FieldOf<E>, z.ZodOptional<ReturnType<typeof sourceOf>>>;
  return z
    .strictObject(shape)
    .prefault({} as never)
    .describe(
      'Which column of the file holds which field: a name, several names, `{ position }`, `{ value }` or `{ expression }`. A column that is named here must be in the file.',
    );
}

/** How numbers and codes are written. The same for every entity. */
export const valueOptions = {
  decimalSeparator: z.enum(['.', ',']).default('.').describe('What separates the fraction of a number.'),
  thousandsSeparator: z
    .enum(['none', ',', '.', ' ', "'"])
    .default('none')
    .describe(
      "What parts groups of thousands; ' ' stands for no-break and narrow no-break blanks too. `none`: a number that holds one is rejected.",
    ),
  negatives: z
    .enum(['leading', 'trailing', 'parentheses'])
    .default('leading')
    .describe('How negative numbers may be written beside `-12`: `trailing` is `12-`, `parentheses` is `(12)`.'),
  exponentNumbers: z
    .enum(['reject', 'accept'])
    .default('reject')
    .describe('Numbers as `1.2E+05`: a spreadsheet that writes so may have dropped digits. Either way the run warns.'),
  exponentCodes: z
    .enum(['reject', 'keep'])
    .default('reject')
    .describe('Codes as `6.28E+12`, which a spreadsheet makes of long digits; `keep` where they are real codes.'),
  invisibleMarks: z
    .enum(['remove', 'keep'])
    .default('remove')
    .describe(
      'Bidi marks, zero-width characters and no-break blanks inside codes: removed (a blank for a blank, with a warning of the run), or kept byte for byte.',
    ),
  where: z
    .strictObject({
      expression: expressionOf(['bool']).describe(
        'A CEL expression over `row["Column name"]` that gives true or false.',
      ),
    })
    .optional()
    .describe(
      'Which rows count. Rows on which the expression gives false are left out, as if they were not in the file.',
    ),
};
