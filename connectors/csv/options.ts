import picomatch from 'picomatch';
import { z } from 'zod';
import { documentKinds } from '../../src/connector/index.ts';
import { connectionOption } from './connection.ts';
import { dateFormats } from './dates.ts';
import { encodings } from './encodings.ts';
import { columnsOption, valueOptions } from './mapping.ts';
import { type Records, recordsOption, typesInDoubt } from './record-types.ts';

export type { FileEntity } from './fields.ts';

/** Names that this connector gives to files beside a data file. */
export const markerSuffix = '.done';
export const manifestSuffix = '.manifest.json';

const pattern = z
  .string()
  .min(1, 'is empty')
  .refine((text) => !text.startsWith('/') && !text.split('/').includes('..'), 'must stay inside `dir`')
  .refine((text) => {
    try {
      picomatch.makeRe(text);
      return true;
    } catch {
      return false;
    }
  }, 'is no file pattern');

const folder = z.string().min(1, 'is empty');

const common = {
  files: z
    .union([pattern, z.array(pattern).min(1, 'lists no file')])
    .describe(
      'File names or patterns inside `dir`, such as `stock.csv` or `receipts-*.csv`. All that match are read, by name.',
    ),
  format: z
    .enum(['auto', 'csv', 'xlsx'])
    .default('auto')
    .describe('Text, or an Excel workbook. `auto`: a workbook where the name ends in .xlsx or .xlsm, else text.'),
  sheet: z
    .union([z.string().min(1, 'is empty'), z.int().min(1)])
    .optional()
    .describe(
      'Sheet of a workbook, by its name or by its place counted from 1. Unset: the only one that is not hidden and not empty.',
    ),
  hiddenRows: z
    .enum(['read', 'skip'])
    .default('read')
    .describe(
      'Rows of a sheet that a filter or a person has hidden: read like all others, or left out. Either way the run says so.',
    ),
  delimiter: z
    .enum([',', ';', '\t', '|', 'auto'])
    .default(',')
    .describe(
      'What stands between two values; `auto`: the one that gives the header. A first line `sep=;` is followed.',
    ),
  quote: z
    .union([z.string().length(1, 'must be one character'), z.literal(false)])
    .default('"')
    .describe('What surrounds a value that holds the delimiter or a line break; `false` where the ERP never quotes.'),
  escape: z
    .string()
    .length(1, 'must be one character')
    .default('"')
    .describe('What stands before a quote inside a quoted value.'),
  encoding: z
    .enum(['auto', ...encodings])
    .default('auto')
    .describe(
      'Character set of the file. `auto`: by its byte order mark, else UTF-8 or UTF-16 where all of it is that, else a guess, which the run shows. A byte order mark is always followed.',
    ),
  headerLine: z
    .int()
    .min(1)
    .or(z.enum(['auto', 'none']))
    .default('auto')
    .describe(
      'Line of the header, counted from 1; `auto`: the first of the first 50 lines that has all columns; `none`: there is no header, and columns are mapped by position. Lines above it are no rows, nor is the header where it comes again.',
    ),
  totals: z
    .array(z.string().trim().min(1, 'is empty'))
    .default([])
    .describe(
      'Words that lines of totals start with, such as `[Total, Grand Total, الإجمالي]`. Such lines are no rows; a whole row that merely starts so is one.',
    ),
  trim: z.boolean().default(true).describe('Take blanks off both ends of every value.'),
  ...valueOptions,
  ready: z
    .enum(['quiet', 'rename', 'marker'])
    .default('quiet')
    .describe(
      'When a file is complete: once it has not changed for `quietMs`, as soon as it appears (the ERP writes it elsewhere and renames it), or once FILE.done stands beside it.',
    ),
  manifest: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe(
      'Whether every file needs its FILE.manifest.json with `rows`, and best with `asOf`; without one, and without a `trailer`, nothing is proven.',
    ),
};

type Issues = { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void };

function checkNumbers(files: z.output<z.ZodObject<typeof common>>, issues: Issues): void {
  const { decimalSeparator, thousandsSeparator } = files;
  if (decimalSeparator !== thousandsSeparator) return;
  issues.addIssue({
    code: 'custom',
    path: ['thousandsSeparator'],
    message: `is "${thousandsSeparator}" like \`decimalSeparator\`: 1${thousandsSeparator}234 would be in doubt`,
  });
}

const archive = folder.or(z.literal(false));

const trailer = z
  .strictObject({
    type: z.string().trim().min(1, 'is empty').default('T').describe('First value of that line.'),
    count: z
      .strictObject({ position: z.int().min(2, 'must be after the type').describe('Its place, counted from 1.') })
      .prefault({ position: 2 })
      .describe('Where the count stands.'),
    counts: z
      .enum(['rows', 'records'])
      .default('rows')
      .describe('What it counts: rows, or all records, the header and the line itself among them.'),
  })
  .optional()
  .describe(
    'The last line states how many rows there are, such as `T;5123`: `{}`. A file without it, or with another number, is refused; one that fits is proven complete.',
  );

const products = z
  .strictObject({
    ...common,
    columns: columnsOption('products'),
    types: z
      .record(z.string(), z.enum(['storable', 'kit', 'service']))
      .default({})
      .describe("The ERP's words for the product types, such as `{ Inventory: storable, Service: service }`."),
    duplicates: z
      .enum(['reject', 'first'])
      .default('reject')
      .describe(
        'A SKU, or an id, that stands there twice. `reject`: rows that say the same are one, others are all rejected, for which the files are read twice; `first`: the first row counts and the others are rejected.',
      ),
    trailer,
    archive: archive
      .default(false)
      .describe('Folder that a file is moved to once it is read. Off by default: the ERP overwrites the file.'),
  })
  .superRefine(checkNumbers);

const stock = z
  .strictObject({
    ...common,
    columns: columnsOption('stock'),
    trailer,
    archive: archive
      .default(false)
      .describe('Folder that a file is moved to once it is read. Off by default: the ERP overwrites the file.'),
  })
  .superRefine(checkNumbers);

function checkDocuments(
  files: z.output<z.ZodObject<typeof common>> & { layout: string; records?: Records | undefined },
  issues: Issues,
): void {
  checkNumbers(files, issues);
  const { layout, records, where } = files;
  const add = (path: string[], message: string) => issues.addIssue({ code: 'custom', path, message });
  if (layout === 'lines') {
    if (records !== undefined) add(['records'], 'belongs to `layout: header-lines`');
    return;
  }
  if (records === undefined)
    add(['records'], 'is needed with `layout: header-lines`; `{}` for H and D in the first column');
  if (where !== undefined)
    add(['where'], 'cannot be used with `layout: header-lines`; use `records.ignore` or `kinds`');
  for (const type of records === undefined ? [] : typesInDoubt(records))
    add(['records'], `lists the type "${type}" twice`);
}

const documents = z
  .strictObject({
    ...common,
    columns: columnsOption('documents'),
    kinds: z
      .record(z.string(), z.enum([...documentKinds, 'ignore']))
      .default({})
      .describe(
        "The ERP's words for the document kinds, such as `{ GRN: purchase, WOF: disposal }`; `ignore` leaves a word out.",
      ),
    layout: z
      .enum(['lines', 'header-lines'])
      .default('lines')
      .describe(
        '`lines`: every row repeats the fields of its document; `header-lines`: a header record, then its lines.',
      ),
    records: recordsOption,
    documentsSpan: z
      .enum(['file', 'drop'])
      .default('file')
      .describe(
        'Whether a document is whole in one file, or may be spread over all files that are there when a read begins. Then one broken or incomplete file holds back all of them.',
      ),
    duplicates: z
      .enum(['sum', 'reject'])
      .default('sum')
      .describe('Lines of one document with the same SKU: added up, or the document is rejected.'),
    dateFormat: z
      .union([z.enum(dateFormats), z.array(z.enum(dateFormats)).min(1, 'lists no format')])
      .default('YYYY-MM-DD')
      .describe(
        'How dates are written; of several formats, a date that two of them read differently is rejected. A time of day may follow.',
      ),
    archive: archive
      .default('archive')
      .describe('Folder that a file, its marker and its manifest are moved to once it is read; `false` leaves them.'),
  })
  .superRefine(checkDocuments);

export const csvOptions = z.strictObject({
  connection: connectionOption,
  dir: folder.describe(
    "Folder of the ERP's files, relative to the configuration file; on a server, relative to where its user starts.",
  ),
  products: products.optional().describe('Files that list every product.'),
  stock: stock.optional().describe('Files that list every stock figure. All matching files together are one snapshot.'),
  documents: documents.optional().describe('Files with purchase receipts and disposals, one row for each line.'),
  rejected: folder
    .or(z.literal(false))
    .default('rejected')
    .describe('Folder, relative to `dir`, for FILE.rejected.csv: the rows that could not be used, with the reason.'),
  write: z
    .strictObject({
      packing: folder.optional().describe('Folder, relative to `dir`, for packing results.'),
      stock: folder.optional().describe("Folder, relative to `dir`, for OTO's stock figures."),
      delimiter: z.enum([',', ';', '\t', '|']).default(',').describe('What stands between two values.'),
      escapeFormulas: z
        .boolean()
        .default(false)
        .describe("Put ' before text that a spreadsheet would run as a formula. Off: an importing ERP would keep it."),
    })
    .prefault({})
    .describe('Where results for the ERP are written.'),
  quietMs: z
    .int()
    .min(0)
    .default(2000)
    .describe('How long, in milliseconds, a file must not have changed before it counts as complete.'),
  pollMs: z
    .int()
    .min(50)
    .optional()
    .describe(
      'Look at every file this often, in milliseconds, instead of waiting for announcements: for network folders that make none. On a server, which makes none either, 10 s unless this says otherwise.',
    ),
  scanMs: z
    .int()
    .min(50)
    .default(30_000)
    .describe(
      'Look through the folder this often, in milliseconds, beside the announcements of the system: a lost one is made good, and a folder that was away is found again.',
    ),
});

export type CsvOptions = z.output<typeof csvOptions>;
export type ProductFiles = z.output<typeof products>;
export type StockFiles = z.output<typeof stock>;
export type DocumentFiles = z.output<typeof documents>;
export type AnyFiles = ProductFiles | StockFiles | DocumentFiles;
