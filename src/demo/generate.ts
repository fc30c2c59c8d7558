import { DateTime } from 'luxon';
import { sha256 } from '../lib/hash.ts';
import type { BadRow } from './bad.ts';
import { catalogue, type DemoProduct, ean13 } from './catalogue.ts';
import { type DemoDocument, demoDocuments, pieces } from './movements.ts';
import { Random } from './random.ts';
import { Sheet, saveText } from './sheet.ts';
import { demoLocations } from './source.ts';

export interface ExportOptions {
  /** Folder that the files are written to; made if need be. */
  readonly dir: string;
  /** The same seed and `now` give the same files, byte for byte. */
  readonly seed: number;
  /** Milliseconds since the epoch. Stock is counted twenty minutes earlier. */
  readonly now: number;
  /** IANA name of the merchant's time zone. */
  readonly timezone: string;
  /** 1: 2,000 products and somewhat over 5,000 stock lines. Documents stay the same number. */
  readonly scale?: number | undefined;
}

export interface DemoExport {
  readonly files: { readonly products: string; readonly stock: string; readonly documents: readonly string[] };
  /** When the stock was counted: ISO time with zone. */
  readonly asOf: string;
  /** What is good in the files. `negative`: stock rows below zero, as ERPs have them; they are clamped, not rejected. */
  readonly counts: {
    readonly products: number;
    readonly stockLines: number;
    readonly receipts: number;
    readonly disposals: number;
    readonly negative: number;
  };
  /** What is bad in them on purpose. */
  readonly bad: readonly BadRow[];
}

const receipts = 60;
const disposals = 25;

const money = (halalas: number): string => `${Math.floor(halalas / 100)}.${String(halalas % 100).padStart(2, '0')}`;

function productRow(product: DemoProduct): string[] {
  return [
    product.sku,
    product.id,
    product.name,
    product.arabicName,
    'PCS',
    money(product.price),
    money(Math.round(product.price * 0.15)),
    product.barcode,
    product.category,
    product.kind,
    product.active ? 'Yes' : 'No',
    product.origin,
    product.hsCode,
  ];
}

function productSheet(products: readonly DemoProduct[]): Sheet {
  const sheet = new Sheet('products.csv', [
    'Item No.',
    'Item Id',
    'Description',
    'Description AR',
    'Base Unit',
    'Unit Price',
    'VAT Amount',
    'Barcode',
    'Item Category',
    'Type',
    'Active',
    'Country of Origin',
    'Tariff No.',
  ]);
  const bad = (n: number, changes: Record<number, string>) => {
    const name = `Sample Item ${n}`;
    const row = [
      `BAD-${n}`,
      String(900_000 + n),
      name,
      'صنف',
      'PCS',
      '10.00',
      '1.50',
      ean13(`62890000000${n}`),
      'Home',
    ];
    return [...row, 'Inventory', 'Yes', 'SA', ''].map((text, index) => changes[index] ?? text);
  };
  const wrong: readonly (() => void)[] = [
    () => sheet.addBad(bad(1, { 2: '' }), 'a product without a name', 'connector'),
    () => sheet.addBad(bad(2, { 5: '1O.50' }), 'a letter in a price', 'connector'),
    () => sheet.addBad(bad(3, { 2: 'Tray, round' }), 'a comma that is not quoted', 'connector', { raw: true }),
    () => sheet.addBad(bad(4, { 0: 'BAD-\u00074' }), 'a control character in an item number', 'connector'),
  ];
  const share = Math.ceil(products.length / (wrong.length + 1));
  products.forEach((product, n) => {
    sheet.add(productRow(product));
    if ((n + 1) % share === 0) wrong[(n + 1) / share - 1]?.();
  });
  return sheet;
}

/** What lies where, in pieces, as the ERP counted it: receipts booked until then are in it, disposals are out of it. */
function countedStock(
  products: readonly DemoProduct[],
  documents: readonly DemoDocument[],
  asOf: DateTime,
  random: Random,
): Map<string, Map<DemoProduct, number>> {
  const stock = new Map(demoLocations.map(({ erp }) => [erp as string, new Map<DemoProduct, number>()]));
  for (const product of products) {
    if (product.kind !== 'Inventory' || !product.active) continue;
    for (const { erp, branch } of demoLocations) {
      if (!random.chance(branch ? 0.35 : 0.7)) continue;
      const quantity = random.chance(0.04) ? 0 : branch ? random.whole(1, 24) : random.whole(6, 480);
      stock.get(erp)?.set(product, quantity);
    }
  }
  for (const document of documents) {
    const there = stock.get(document.location);
    for (const line of document.lines) {
      const before = there?.get(line.product) ?? 0;
      const counted = document.bookedAt <= asOf;
      if (document.type === 'GRN') there?.set(line.product, before + (counted ? pieces(line) : 0));
      else there?.set(line.product, Math.max(before, 12) - (counted ? pieces(line) : 0));
    }
  }
  return stock;
}

function stockSheet(
  products: readonly DemoProduct[],
  stock: ReadonlyMap<string, ReadonlyMap<DemoProduct, number>>,
  random: Random,
) {
  const sheet = new Sheet('stock.csv', [
    'Item No.',
    'Location Code',
    'Bin Code',
    'Lot No.',
    'Qty on Hand',
    'Unit of Measure',
    'Description',
  ]);
  let negative = 0;
  const bin = () => `${random.pick(['A', 'B', 'C', 'D'])}-${random.whole(1, 40)}`;
  const lot = () => `L26${random.whole(100, 999)}`;
  const at = 'RUH-MAIN';
  // Products without a good row there, so that each bad row stands for itself.
  const free = products.filter((one) => one.kind === 'Inventory' && one.active && stock.get(at)?.has(one) === false);
  const sku = (n: number): string => free[Math.floor((free.length * n) / 10)]?.sku ?? `NONE-${n}`;
  const badRows: readonly [cells: readonly string[], what: string, by: BadRow['noticedBy'], raw?: true][] = [
    [[sku(1), at, 'A-1'], 'a row that ends early', 'connector', true],
    [[sku(2), at, 'A-1', '', '1O', 'PCS', ''], 'a letter in a quantity', 'connector'],
    [['', at, 'A-1', '', '4', 'PCS', ''], 'no item number', 'connector'],
    [[sku(3), at, 'A-1', '', '', 'PCS', ''], 'a blank quantity', 'connector'],
    [[sku(4), at, 'A-1', '', '1,200', 'PCS', ''], 'a thousands separator', 'connector'],
    [[sku(5), at, 'A-1', '', '2', 'PLT', ''], 'an unknown unit', 'intake'],
    [[sku(6), 'TRANSIT-9', 'A-1', '', '3', 'PCS', ''], 'an unknown location', 'intake'],
    [[sku(7), at, 'A-1', '', '2.5', 'PCS', ''], 'half a piece', 'intake'],
    [['OLD-99999', at, 'A-1', '', '7', 'PCS', ''], 'an item that is no product', 'product'],
  ];
  const total = [...stock.values()].reduce((sum, levels) => sum + levels.size, 0);
  const share = Math.ceil(total / (badRows.length + 1));
  let written = 0;
  for (const [location, levels] of stock) {
    for (const [product, quantity] of levels) {
      const add = (amount: number, unit: string, lotNo: string) =>
        sheet.add([product.sku, location, bin(), lotNo, String(amount), unit, product.name]);
      if (quantity === 0 && negative < 3 && random.chance(0.1)) {
        negative += 1;
        add(-random.whole(1, 5), 'PCS', '');
      } else if (quantity >= 24 && random.chance(0.12)) {
        // Whole cartons in one bin, loose pieces in another: two rows of one key, in two units.
        add(Math.floor(quantity / 12), 'CTN12', '');
        if (quantity % 12 > 0) add(quantity % 12, 'PCS', '');
      } else if (quantity >= 10 && random.chance(0.06)) {
        const first = random.whole(1, quantity - 1);
        add(first, 'PCS', lot());
        add(quantity - first, 'PCS', lot());
      } else {
        add(quantity, 'PCS', '');
      }
      written += 1;
      const bad = written % share === 0 ? badRows[written / share - 1] : undefined;
      if (bad !== undefined) sheet.addBad(bad[0], bad[1], bad[2], bad[3] === undefined ? {} : { raw: true });
    }
  }
  return { sheet, negative };
}

const documentHeader = [
  'Document Type',
  'Document No.',
  'Entry Id',
  'Posting Date',
  'Posted At',
  'Location Code',
  'Vendor',
  'Waybill No.',
  'Item No.',
  'Quantity',
  'Unit of Measure',
];

function documentRows(document: DemoDocument): string[][] {
  const { bookedAt } = document;
  return document.lines.map((line) => [
    document.type,
    document.number,
    document.id,
    bookedAt.toFormat('dd/MM/yyyy'),
    bookedAt.toISO({ suppressMilliseconds: true }) ?? '',
    document.location,
    document.vendor,
    document.waybill,
    line.product.sku,
    String(line.quantity),
    line.unit,
  ]);
}

/** Documents that go wrong: each is a good one but for the column that is changed in its last line. */
const badDocuments: readonly { what: string; by: BadRow['noticedBy']; column: number; value: string | undefined }[] = [
  { what: 'one line with a letter in its quantity', by: 'connector', column: 9, value: '3x' },
  { what: 'one line with a negative quantity', by: 'connector', column: 9, value: '-2' },
  { what: 'a day that does not exist', by: 'connector', column: 3, value: '31/02/2026' },
  { what: 'two locations in one document', by: 'connector', column: 5, value: 'GIZ-MAIN' },
  { what: 'an unknown document type', by: 'connector', column: 0, value: 'ADJ' },
  { what: 'one line that ends early', by: 'connector', column: 9, value: undefined },
  { what: 'one line in an unknown unit', by: 'intake', column: 10, value: 'BAG' },
];

function documentSheets(documents: readonly DemoDocument[], spoilt: readonly DemoDocument[]): Sheet[] {
  const sheets = new Map<string, Sheet>();
  const sheetOf = (document: DemoDocument): Sheet => {
    const name = `documents-${document.bookedAt.toFormat('yyyyMMdd')}-${document.type === 'GRN' ? 'receipts' : 'disposals'}.csv`;
    const sheet = sheets.get(name) ?? new Sheet(name, documentHeader);
    sheets.set(name, sheet);
    return sheet;
  };
  for (const document of documents) for (const row of documentRows(document)) sheetOf(document).add(row);
  spoilt.forEach((document, n) => {
    const bad = badDocuments[n];
    const rows = documentRows(document);
    const last = rows.pop();
    if (bad === undefined || last === undefined) return;
    for (const row of rows) sheetOf(document).add(row);
    const { value } = bad;
    const cells = value === undefined ? last.slice(0, bad.column) : last.with(bad.column, value);
    const shape = value === undefined ? { raw: true as const } : {};
    sheetOf(document).addBad(cells, bad.what, bad.by, { document: document.number, ...shape });
  });
  return [...sheets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Writes what the ERP of a Saudi retailer would have exported at `now`: `products.csv`, `stock.csv` with its manifest, and
 * `documents-YYYYMMDD-receipts.csv` / `-disposals.csv` for today and the two days before.
 */
export async function generateExport(options: ExportOptions): Promise<DemoExport> {
  const { dir, seed, timezone, scale = 1 } = options;
  const now = DateTime.fromMillis(options.now, { zone: timezone }).startOf('second');
  const asOf = now.minus({ minutes: 20 });
  const clock = { asOf, now };
  const products = catalogue(seed, scale);
  const documents = [
    ...demoDocuments('GRN', receipts, products, clock, seed + 1),
    ...demoDocuments('WOF', disposals, products, clock, seed + 2),
  ];
  // Serial numbers beyond the good ones, so that no key is used twice. Waybills and vendors hold commas: those rows are quoted.
  const spoilt = demoDocuments('GRN', receipts + badDocuments.length, products, clock, seed + 3)
    .slice(receipts)
    .map((document) => ({ ...document, vendor: 'Najd Trading Co.' }));
  const random = new Random(seed + 4);
  const { sheet, negative } = stockSheet(products, countedStock(products, documents, asOf, random), random);
  const productFile = productSheet(products);
  const documentFiles = documentSheets(documents, spoilt);
  for (const file of [productFile, sheet, ...documentFiles]) await file.save(dir);
  // Some of its lines are broken, so the number of rows alone would prove nothing.
  const manifest = {
    rows: sheet.rows,
    asOf: asOf.toISO({ suppressMilliseconds: true }),
    sha256: sha256(sheet.text),
    complete: true,
  };
  await saveText(dir, `${sheet.name}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  return {
    files: { products: productFile.name, stock: sheet.name, documents: documentFiles.map((file) => file.name) },
    asOf: manifest.asOf ?? '',
    counts: {
      products: products.length,
      stockLines: sheet.rows - sheet.bad.length,
      receipts,
      disposals,
      negative,
    },
    bad: [productFile, sheet, ...documentFiles].flatMap((file) => file.bad),
  };
}
