import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { EntityName, StockDocument } from '../../src/connector/index.ts';
import type { Effect, Fake } from '../../src/kit/index.ts';
import type { FileServer } from '../connectors/csv/file-server.ts';

type Row = Readonly<Record<string, string>>;
type Level = 'products' | 'stock';

const columns = {
  products: ['sku', 'name', 'price'],
  stock: ['sku', 'location', 'quantity'],
  documents: ['number', 'kind', 'date', 'location', 'sku', 'quantity'],
};

/** An ERP that drops CSV files into a folder, each written under another name and renamed. */
class Folder implements Fake {
  readonly baseDir: string;
  readonly #server: FileServer | undefined;
  readonly options = {
    dir: 'erp',
    products: { files: 'products.csv', ready: 'rename', invisibleMarks: 'keep' },
    stock: { files: 'stock.csv', ready: 'rename', invisibleMarks: 'keep' },
    documents: { files: 'documents-*.csv', ready: 'rename', invisibleMarks: 'keep' },
    write: { packing: 'out/packing', stock: 'out/stock' },
  };
  readonly #level: { [E in Level]: Row[] } = {
    products: [
      { sku: 'SKU-1', name: 'Shirt', price: '49.00' },
      { sku: 'SKU-2', name: 'Trousers', price: '99.50' },
      { sku: 'SKU-3', name: 'Socks', price: '9.90' },
    ],
    stock: [
      { sku: 'SKU-1', location: 'MAIN', quantity: '12' },
      // Two lots of one figure.
      { sku: 'SKU-2', location: 'MAIN', quantity: '3' },
      { sku: 'SKU-2', location: 'MAIN', quantity: '4' },
      { sku: 'SKU-2', location: 'JED', quantity: '0' },
    ],
  };
  readonly #documents: string[] = [];
  /** Rows that are in the file and cannot be used. */
  readonly #bad: { [E in Level]: Row[] } = { products: [], stock: [] };
  #files = 0;
  #edits = 0;
  #writes = 0;

  /** A folder of this machine answers nothing; a server may break off every download. */
  readonly troubles: NonNullable<Fake['troubles']> = {};

  constructor(baseDir: string, server?: FileServer) {
    this.baseDir = baseDir;
    this.#server = server;
    if (server === undefined) return;
    Object.assign(this.options, { connection: server.connection, pollMs: 50, quietMs: 0 });
    if (server.root !== undefined) this.options.dir = `${server.root}/erp`;
    this.troubles = { reset: () => void Object.assign(server.troubles, { cutAfter: 1, cuts: 1000 }) };
  }

  get rows() {
    return {
      products: this.#level.products.map((row) => row.sku ?? ''),
      stock: this.#level.stock.map((row) => `${row.sku}\t${row.location}`),
      documents: this.#documents,
    };
  }

  async start(): Promise<this> {
    await mkdir(this.#path(''), { recursive: true });
    await this.#writeLevel('products');
    await this.#writeLevel('stock');
    await this.#addDocument('G-1');
    await this.#addDocument('G-2');
    await this.#addDocument('G-3');
    return this;
  }

  #path(name: string): string {
    return join(this.baseDir, 'erp', name);
  }

  async #put(name: string, rows: readonly Row[], entity: keyof typeof columns, time?: Date): Promise<string> {
    const path = this.#path(name);
    const header = columns[entity];
    await writeFile(
      `${path}.tmp`,
      stringify([header, ...rows.map((row) => header.map((column) => row[column] ?? ''))]),
    );
    const shown = time ?? this.#nextSecond();
    if (shown !== undefined) await utimes(`${path}.tmp`, shown, shown);
    await rename(`${path}.tmp`, path);
    return path;
  }

  /** Servers say times to the second: what changes has another one. */
  #nextSecond(): Date | undefined {
    this.#writes += 1;
    return this.#server === undefined ? undefined : new Date(Date.UTC(2026, 10, 20, 5, 0, this.#writes));
  }

  async #writeLevel(
    entity: Level,
    rows: readonly Row[] = [...this.#level[entity], ...this.#bad[entity]],
    stated = rows.length,
  ) {
    const manifest = { rows: stated, asOf: new Date().toISOString(), complete: true };
    await writeFile(this.#path(`${entity}.csv.manifest.json`), JSON.stringify(manifest));
    await this.#put(`${entity}.csv`, rows, entity);
  }

  #row(number: string, sku: string, quantity: string): Row {
    return { number, kind: 'purchase', date: '2026-11-20', location: 'MAIN', sku, quantity };
  }

  async #addDocument(number: string, name?: string, time?: Date): Promise<string> {
    this.#files += 1;
    const rows = [this.#row(number, 'SKU-1', '5'), this.#row(number, 'SKU-2', '7')];
    await this.#put(name ?? `documents-${String(this.#files).padStart(3, '0')}.csv`, rows, 'documents', time);
    const key = `/purchase/2026/${number.replaceAll('/', '%2F')}`;
    this.#documents.push(key);
    return key;
  }

  async edit(entity: EntityName) {
    if (entity === 'documents') return [await this.#addDocument(`G-${this.#files + 1}`)];
    const level = entity as Level;
    const [first = {}, ...rest] = this.#level[level];
    this.#edits += 1;
    const value = String(100 + this.#edits);
    this.#level[level] = [{ ...first, ...(level === 'products' ? { price: value } : { quantity: value }) }, ...rest];
    await this.#writeLevel(level);
    return this.rows[level].slice(0, 1);
  }

  async remove(entity: EntityName) {
    const [key = ''] = this.rows[entity as Level];
    this.#level[entity as Level].shift();
    await this.#writeLevel(entity as Level);
    return [key];
  }

  /** Files of the time and size of the newest one; one sorts before all others by its name. */
  async ties() {
    const archived = await readdir(this.#path('archive')).catch((): string[] => []);
    const newest = archived.includes('documents-003.csv') ? 'archive/documents-003.csv' : 'documents-003.csv';
    const { mtime } = await stat(this.#path(newest));
    return [
      await this.#addDocument('G-0', 'documents-000.csv', mtime),
      await this.#addDocument('G-9', 'documents-009.csv', mtime),
    ];
  }

  async fail(failure: 'auth' | 'host') {
    if (this.#server !== undefined && failure === 'host') await this.#server[Symbol.asyncDispose]();
    else if (this.#server !== undefined) this.#server.troubles.refuseLogin = true;
    else await rename(this.#path(''), join(this.baseDir, 'gone'));
  }

  async breakOff(entity: EntityName) {
    if (entity !== 'documents') {
      const level = entity as Level;
      await this.#writeLevel(level, this.#level[level].slice(0, -1), this.#level[level].length);
      return;
    }
    const manifest = { rows: 3, asOf: new Date().toISOString(), complete: true };
    await writeFile(this.#path('documents-002.csv.manifest.json'), JSON.stringify(manifest));
  }

  async hostile(entity: EntityName, records: readonly object[]) {
    if (entity !== 'documents') {
      this.#level[entity as Level].push(...(records as Row[]));
      await this.#writeLevel(entity as Level);
      return;
    }
    const rows = (records as StockDocument[]).flatMap(({ lines, kind, number, date, location }) =>
      lines.map(({ sku, quantity }) => ({ kind, number, date, location, sku, quantity })),
    );
    await this.#put('documents-500.csv', rows, 'documents');
  }

  async bad(entity: EntityName) {
    if (entity === 'documents') {
      await this.#put(
        'documents-600.csv',
        [this.#row('G-600', 'SKU-1', '5'), this.#row('G-600', 'SKU-2', 'seven')],
        'documents',
      );
      return;
    }
    const row = entity === 'products' ? { name: 'No price', price: '' } : { location: 'MAIN', quantity: '1,5' };
    this.#bad[entity as Level].push({ sku: 'BAD', ...row });
    await this.#writeLevel(entity as Level);
  }

  async applied(): Promise<Effect[]> {
    const packing = (await this.#out('packing')).map(([row = {}]): Effect => {
      const { operation, ...fields } = row;
      return { name: 'set-packing-status', id: operation, ...fields };
    });
    const stock = (await this.#out('stock')).map(
      (rows): Effect => ({
        name: 'write-stock',
        id: rows[0]?.operation,
        asOf: rows[0]?.asOf,
        lines: rows.map(({ sku, location, quantity }) => ({ sku, location, quantity })),
      }),
    );
    return [...packing, ...stock];
  }

  /** The result files that an importing ERP would take: names that start with a dot are not for it. */
  async #out(folder: string): Promise<Record<string, string>[][]> {
    const path = this.#path(join('out', folder));
    const names = (await readdir(path).catch(() => [])).filter((name) => !name.startsWith('.'));
    return Promise.all(names.map(async (name) => parse(await readFile(join(path, name)), { columns: true })));
  }

  async [Symbol.asyncDispose]() {
    await this.#server?.[Symbol.asyncDispose]();
    await rm(this.baseDir, { recursive: true, force: true });
  }
}

/** `serve`: the folder is reached through this server. */
export async function startFolder(serve?: (root: string) => Promise<FileServer>): Promise<Fake> {
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-kit-'));
  return new Folder(folder, await serve?.(folder)).start();
}
