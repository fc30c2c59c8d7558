import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Change, Connector, EntityName, Product, StockDocument, StockLevel } from '../../src/connector/index.ts';
import {
  badByFile,
  type DemoExport,
  demoLocations,
  demoSource,
  demoUnits,
  ean13,
  generateExport,
} from '../../src/demo/index.ts';
import { openCsv, readAll, rejectsOf, valuesOf } from '../connectors/csv/harness.ts';

const now = Date.parse('2026-11-20T09:00:00Z');
const timezone = 'Asia/Riyadh';

let dir: string;
let made: DemoExport;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'oto-demo-'));
  made = await generateExport({ dir, seed: 7, now, timezone });
  return () => rm(dir, { recursive: true, force: true });
});

function open(folder = dir): Promise<Connector> {
  return openCsv(folder, { ...demoSource, rejected: false, documents: { ...demoSource.documents, archive: false } });
}

async function read<E extends EntityName>(entity: E) {
  return readAll(await open(), entity);
}

const places = (changes: readonly Change[]) =>
  changes.flatMap((change) => (change.op === 'reject' ? [`${change.file}:${change.line}`] : [])).toSorted();
const badPlaces = (file: RegExp) =>
  made.bad
    .flatMap((row) => (row.noticedBy === 'connector' && file.test(row.file) ? [`${row.file}:${row.line}`] : []))
    .toSorted();

describe('what the bridge reads of the export', () => {
  test('over 2,000 products with names in both languages, valid barcodes and 15 % VAT', async () => {
    const result = await read('products');
    const products: Product[] = valuesOf(result);
    expect(products).toHaveLength(made.counts.products);
    expect(products.length).toBeGreaterThanOrEqual(2000);
    for (const { barcode = '', price, taxAmount, name, description = '' } of products) {
      expect(barcode).toMatch(/^628\d{10}$/);
      expect(ean13(barcode.slice(0, 12))).toBe(barcode);
      expect(Math.abs(Number(taxAmount) - Number(price) * 0.15)).toBeLessThan(0.0051);
      expect(name).toMatch(/[a-z]/i);
      expect(description).toMatch(/[\u0600-\u06ff]/);
    }
    for (const field of ['sku', 'id', 'barcode', 'name'] as const) {
      expect(new Set(products.map((product) => product[field])).size).toBe(products.length);
    }
    expect(new Set(products.map((product) => product.type))).toEqual(new Set(['storable', 'kit', 'service']));
    expect(places(result.changes)).toEqual(badPlaces(/^products/));
  });

  test('over 5,000 stock rows, proven by their manifest, of known products, units and locations but for the bad ones', async () => {
    const result = await read('stock');
    const levels: StockLevel[] = valuesOf(result);
    expect(result.manifest).toMatchObject({ completeness: 'proven', asOf: made.asOf });
    expect(made.counts.stockLines).toBeGreaterThanOrEqual(5000);
    expect(places(result.changes)).toEqual(badPlaces(/^stock/));

    const skus = new Set(valuesOf(await read('products')).map((product) => product.sku));
    const odd = levels.filter(
      (level) =>
        !skus.has(level.sku) ||
        !(level.unit !== undefined && level.unit in demoUnits) ||
        !demoLocations.some((one) => one.erp === level.location) ||
        level.quantity.includes('.'),
    );
    expect(odd).toHaveLength(
      made.bad.filter((row) => row.file === 'stock.csv' && row.noticedBy !== 'connector').length,
    );
    expect(levels.length - odd.length).toBe(made.counts.stockLines);
    expect(levels.filter((level) => level.quantity.startsWith('-'))).toHaveLength(made.counts.negative);
    expect(new Set(levels.map((level) => level.unit))).toContain('CTN12');
    const keys = levels.map((level) => `${level.location} ${level.sku}`);
    expect(new Set(keys).size).toBeLessThan(keys.length);
  });

  test('60 receipts and 25 disposals; the bad ones are left out as a whole', async () => {
    const result = await read('documents');
    const unknown = made.bad.filter((row) => row.document !== undefined && row.noticedBy === 'intake');
    const documents: StockDocument[] = valuesOf(result).filter(
      (document) => !unknown.some((row) => row.document === document.number),
    );
    expect(documents.filter((document) => document.kind === 'purchase')).toHaveLength(60);
    expect(documents.filter((document) => document.kind === 'disposal')).toHaveLength(25);
    expect(made.counts).toMatchObject({ receipts: 60, disposals: 25 });
    expect(places(result.changes)).toEqual(badPlaces(/^documents/));
    const times = documents.map((document) => Date.parse(document.bookedAt ?? ''));
    const asOf = Date.parse(made.asOf);
    expect(Math.max(...times)).toBeLessThanOrEqual(now);
    expect(Math.min(...times)).toBeGreaterThan(now - 4 * 86_400_000);
    expect(times.filter((time) => time > asOf).length).toBeGreaterThan(3);
    expect(times.filter((time) => time <= asOf && time > asOf - 3 * 3_600_000).length).toBeGreaterThan(20);
  });

  test('goods of every receipt that was booked before the count are in the count', async () => {
    const stock = new Map<string, number>();
    const pieces = (quantity: string, unit = 'PCS') => Number(quantity) * (unit === 'CTN12' ? 12 : 1);
    const add = (key: string, amount: number) => stock.set(key, (stock.get(key) ?? 0) + amount);
    for (const level of valuesOf(await read('stock'))) {
      add(`${level.location} ${level.sku}`, pieces(level.quantity, level.unit));
    }
    const received = new Map<string, number>();
    for (const document of valuesOf(await read('documents'))) {
      if (document.kind !== 'purchase' || Date.parse(document.bookedAt ?? '') > Date.parse(made.asOf)) continue;
      for (const line of document.lines) {
        const key = `${document.location} ${line.sku}`;
        received.set(key, (received.get(key) ?? 0) + pieces(line.quantity, line.unit));
      }
    }
    const unknown = made.bad.find((row) => row.document !== undefined && row.noticedBy === 'intake');
    expect(unknown).toBeDefined();
    expect(received.size).toBeGreaterThan(100);
    const short = [...received].filter(([key, amount]) => (stock.get(key) ?? 0) < amount);
    // The lines of the document that the intake leaves out were never received.
    expect(short.length).toBeLessThanOrEqual(8);
  });
});

describe('the generator', () => {
  test('about twenty bad rows of different kinds, counted by file', () => {
    expect(made.bad).toHaveLength(20);
    expect(new Set(made.bad.map((row) => row.what)).size).toBe(20);
    const counts = badByFile(made.bad);
    expect(counts).toMatchObject({ 'products.csv': 4, 'stock.csv': 9 });
    expect(Object.values(counts).reduce((a, b) => a + b)).toBe(20);
  });

  test('the same seed and time give the same bytes, another seed does not', async () => {
    const other = await mkdtemp(join(tmpdir(), 'oto-demo-'));
    onTestFinished(() => rm(other, { recursive: true, force: true }));
    await generateExport({ dir: other, seed: 7, now, timezone });
    const names = (await readdir(dir)).toSorted();
    expect((await readdir(other)).toSorted()).toEqual(names);
    for (const name of names) expect(await readFile(join(other, name))).toEqual(await readFile(join(dir, name)));
    await generateExport({ dir: other, seed: 8, now, timezone });
    expect(await readFile(join(other, 'stock.csv'))).not.toEqual(await readFile(join(dir, 'stock.csv')));
  });

  test.each([0.05, 3])('scale %d keeps all bad rows and stays readable', async (scale) => {
    const folder = await mkdtemp(join(tmpdir(), 'oto-demo-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const result = await generateExport({ dir: folder, seed: 1, now, timezone, scale });
    expect(result.bad).toHaveLength(20);
    expect(result.counts.products).toBe(Math.round(2000 * scale) + 8);
    const products = await readAll(await open(folder), 'products');
    expect(valuesOf(products)).toHaveLength(result.counts.products);
    expect(rejectsOf(products)).toHaveLength(4);
  });
});
