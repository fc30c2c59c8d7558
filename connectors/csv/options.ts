import picomatch from 'picomatch';
import { z } from 'zod';
import { documentKinds, type Entities } from '../../src/connector/index.ts';

/** The fields of each entity that a column may be mapped to, and whether a file is unreadable without it. */
export const fields = {
  products: {
    id: 'optional',
    sku: 'required',
    name: 'required',
    price: 'required',
    taxAmount: 'optional',
    barcode: 'optional',
    secondBarcode: 'optional',
    description: 'optional',
    category: 'optional',
    brandId: 'optional',
    imageUrl: 'optional',
    hsCode: 'optional',
    origin: 'optional',
    active: 'optional',
    type: 'optional',
  },
  stock: { sku: 'required', location: 'required', quantity: 'required', unit: 'optional', productId: 'optional' },
  documents: {
    id: 'optional',
    company: 'optional',
    kind: 'required',
    number: 'required',
    date: 'required',
    deliveryDate: 'optional',
    bookedAt: 'optional',
    location: 'required',
    partner: 'optional',
    waybill: 'optional',
    note: 'optional',
    sku: 'required',
    quantity: 'required',
    unit: 'optional',
  },
} as const satisfies { [E in FileEntity]: Readonly<Record<string, 'required' | 'optional'>> };

/** The entities that CSV files can carry. */
export type FileEntity = Extract<keyof Entities, 'products' | 'stock' | 'documents'>;
export type FieldOf<E extends FileEntity> = keyof (typeof fields)[E] & string;

/** Names that this connector gives to files beside a data file. */
export const markerSuffix = '.done';
export const manifestSuffix = '.manifest.json';

export const dateFormats = ['YYYY-MM-DD', 'YYYYMMDD', 'DD/MM/YYYY', 'DD-MM-YYYY', 'DD.MM.YYYY', 'MM/DD/YYYY'] as const;

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

const source = z.union([
  z.string().min(1).describe('Name of the column, as the first line of the file writes it.'),
  z.strictObject({ value: z.string().describe('The same value for every row; no column is read.') }),
]);

function columns<E extends FileEntity>(entity: E) {
  const shape = Object.fromEntries(
    Object.entries(fields[entity]).map(([field, need]) => [
      field,
      source
        .optional()
        .describe(`Column of \`${field}\`${need === 'required' ? '' : ' (optional)'}; unset, a column of that name.`),
    ]),
  ) as Record<FieldOf<E>, z.ZodOptional<typeof source>>;
  return z
    .strictObject(shape)
    .prefault({} as never)
    .describe('Which column of the file holds which field. A column that is named here must be in the file.');
}

const common = {
  files: z
    .union([pattern, z.array(pattern).min(1, 'lists no file')])
    .describe(
      'File names or patterns inside `dir`, such as `stock.csv` or `receipts-*.csv`. All that match are read, by name.',
    ),
  delimiter: z.enum([',', ';', '\t', '|']).default(',').describe('What stands between two values.'),
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
    .enum(['utf8'])
    .default('utf8')
    .describe('Character set of the file. A byte order mark is taken off where there is one.'),
  trim: z.boolean().default(true).describe('Take blanks off both ends of every value.'),
  decimalSeparator: z
    .enum(['.', ','])
    .default('.')
    .describe('What separates the fraction of a number. Thousands separators are never accepted.'),
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
      'Whether every file needs its FILE.manifest.json with `rows`, and best with `asOf`; without one nothing is proven.',
    ),
};

const archive = folder.or(z.literal(false));

const products = z.strictObject({
  ...common,
  columns: columns('products'),
  types: z
    .record(z.string(), z.enum(['storable', 'kit', 'service']))
    .default({})
    .describe("The ERP's words for the product types, such as `{ Inventory: storable, Service: service }`."),
  archive: archive
    .default(false)
    .describe('Folder that a file is moved to once it is read. Off by default: the ERP overwrites the file.'),
});

const stock = z.strictObject({
  ...common,
  columns: columns('stock'),
  archive: archive
    .default(false)
    .describe('Folder that a file is moved to once it is read. Off by default: the ERP overwrites the file.'),
});

const documents = z.strictObject({
  ...common,
  columns: columns('documents'),
  kinds: z
    .record(z.string(), z.enum([...documentKinds, 'ignore']))
    .default({})
    .describe(
      "The ERP's words for the document kinds, such as `{ GRN: purchase, WOF: disposal }`; `ignore` leaves a word out.",
    ),
  dateFormat: z.enum(dateFormats).default('YYYY-MM-DD').describe('How dates are written.'),
  archive: archive
    .default('archive')
    .describe('Folder that a file, its marker and its manifest are moved to once it is read; `false` leaves them.'),
});

export const csvOptions = z.strictObject({
  dir: folder.describe("Folder of the ERP's files, relative to the configuration file."),
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
    .describe('Look for new files this often, in milliseconds: for network folders that announce no changes.'),
});

export type CsvOptions = z.output<typeof csvOptions>;
export type ProductFiles = z.output<typeof products>;
export type StockFiles = z.output<typeof stock>;
export type DocumentFiles = z.output<typeof documents>;
export type AnyFiles = ProductFiles | StockFiles | DocumentFiles;
