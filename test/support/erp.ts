import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Cells = Readonly<Record<string, string | number | undefined>>;

export interface FileOptions {
  /** When the figures were true. Default: a minute after the last export, the first two hours ago. */
  readonly asOf?: Date | undefined;
  /** Write a manifest, which proves the file complete. Default: no. */
  readonly manifest?: boolean;
  /** What the manifest states instead of the number of rows that are there. */
  readonly rows?: number;
  /** Write only so many characters of the file. */
  readonly cutAt?: number;
}

export interface ErpDocument {
  readonly id?: string;
  readonly kind?: 'purchase' | 'disposal';
  readonly number: string;
  readonly date: string;
  readonly bookedAt?: Date | string;
  readonly location?: string;
  readonly partner?: string;
  /** SKU to quantity. */
  readonly lines: Readonly<Record<string, number | string>>;
}

/** The folder into which an ERP exports, as the CSV connector reads it. Column names are the bridge's own. */
export class ErpFolder {
  readonly dir: string;
  #last: number;

  constructor(dir: string) {
    this.dir = dir;
    this.#last = Math.floor(Date.now() / 60_000) * 60_000 - 2 * 3_600_000;
  }

  /** The as-of time of the last export. */
  get asOf(): Date {
    return new Date(this.#last);
  }

  /** Writes a file as the ERP would. Its time is the moment at which the figures were true. */
  async put(name: string, text: string, options: FileOptions = {}): Promise<Date> {
    const asOf = options.asOf ?? new Date(this.#last + 60_000);
    if (options.asOf === undefined) this.#last = asOf.getTime();
    const path = join(this.dir, name);
    await mkdir(this.dir, { recursive: true });
    await rm(`${path}.manifest.json`, { force: true });
    await writeFile(path, options.cutAt === undefined ? text : text.slice(0, options.cutAt));
    await utimes(path, asOf, asOf);
    if (options.manifest === true) {
      const rows = options.rows ?? text.trimEnd().split('\n').length - 1;
      await writeFile(`${path}.manifest.json`, JSON.stringify({ rows, asOf: asOf.toISOString(), complete: true }));
    }
    return asOf;
  }

  /** Rows of one file; the header is made of the fields that any of them has. */
  async table(name: string, rows: readonly Cells[], options: FileOptions & { header?: readonly string[] } = {}) {
    return this.put(name, csv(rows, options.header), options);
  }

  /** `[sku, location, quantity, unit?]` each. */
  stock(rows: readonly (readonly [string, string, number | string, string?])[], options: FileOptions = {}) {
    const cells = rows.map(([sku, location, quantity, unit]) => ({ sku, location, quantity, unit }));
    const header = rows.some((row) => row[3] !== undefined)
      ? ['sku', 'location', 'quantity', 'unit']
      : ['sku', 'location', 'quantity'];
    return this.table('stock.csv', cells, { ...options, header });
  }

  /** SKUs with nothing special about them, or rows. */
  products(rows: readonly (string | Cells)[], options: FileOptions = {}) {
    const cells = rows.map((row) =>
      typeof row === 'string' ? { sku: row, name: `Product ${row}`, price: '10' } : row,
    );
    return this.table('products.csv', cells, options);
  }

  documents(name: string, documents: readonly ErpDocument[], options: FileOptions = {}) {
    const rows = documents.flatMap(({ lines, bookedAt, kind, location, ...document }) =>
      Object.entries(lines).map(([sku, quantity]) => ({
        ...document,
        kind: kind ?? 'purchase',
        bookedAt: bookedAt instanceof Date ? bookedAt.toISOString() : bookedAt,
        location: location ?? 'RUH-MAIN',
        sku,
        quantity,
      })),
    );
    const header = ['id', 'kind', 'number', 'date', 'bookedAt', 'location', 'partner', 'sku', 'quantity'];
    const used = header.filter((field) => rows.some((row) => (row as Cells)[field] !== undefined));
    return this.table(`documents-${name}.csv`, rows, { ...options, header: used });
  }
}

export function csv(rows: readonly Cells[], fields?: readonly string[]): string {
  const header = fields ?? [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return [header, ...rows.map((row) => header.map((field) => row[field] ?? ''))]
    .map((row) => `${row.join(',')}\n`)
    .join('');
}
