import { expect, test } from 'vitest';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

async function readProducts(content: string, options: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await put(folder, 'products.csv', content);
  return readAll(
    await openCsv(folder, { products: { files: 'products.csv', ready: 'rename', ...options } }),
    'products',
  );
}

test('Arabic names, quotes, line breaks inside a value, leading zeros', async () => {
  const read = await readProducts(
    'sku,name,price,barcode,description\n"007","ثوب ""فاخر"", أبيض",115.50,0628100000017,"line one\nline two"\n',
  );
  expect(valuesOf(read)).toEqual([
    {
      sku: '007',
      name: 'ثوب "فاخر", أبيض',
      price: '115.50',
      barcode: '0628100000017',
      description: 'line one\nline two',
      active: true,
      type: 'storable',
    },
  ]);
});

test("the ERP's own words: columns, types, activity; the internal id is the key", async () => {
  const read = await readProducts('No;ID;Name;Price;Kind;Sold\nA;17;Tea;1,5;Service;No\nB;18;Cup;2;Inventory;نعم\n', {
    delimiter: ';',
    decimalSeparator: ',',
    columns: { sku: 'No', id: 'ID', name: 'Name', price: 'Price', type: 'Kind', active: 'Sold' },
    types: { Service: 'service', Inventory: 'storable' },
  });
  expect(read.changes).toMatchObject([
    { key: '17', value: { sku: 'A', price: '1.5', type: 'service', active: false } },
    { key: '18', value: { sku: 'B', type: 'storable', active: true } },
  ]);
});

test.each([
  ['no name', 'A,,1,true', 'name', 'is empty'],
  ['no price', 'A,Tea,,true', 'price', 'is empty'],
  ['price in words', 'A,Tea,1 SAR,true', 'price', 'must be a decimal number'],
  ['unknown activity', 'A,Tea,1,maybe', 'active', ''],
  ['name too long', `A,${'x'.repeat(256)},1,true`, 'name', 'longer than 255'],
])('a bad product is rejected: %s', async (_name, line, column, reason) => {
  const read = await readProducts(`sku,name,price,active\n${line}\nB,Cup,2,yes\n`);
  expect(valuesOf(read).map((product) => product.sku)).toEqual(['B']);
  expect(rejectsOf(read)).toMatchObject([{ line: 2, column, key: 'A', reason: expect.stringContaining(reason) }]);
});

test('a product that stands there twice: rows that say the same are one, rows that differ are all rejected', async () => {
  const folder = await temporaryFolder();
  await put(folder, 'products-1.csv', 'sku,id,name,price\nA,1,Tea,1\nB,2,Cup,2\nA,1,Tea,1\nC,3,Pot,3\nE,5,Jug,5\n');
  await put(folder, 'products-2.csv', 'sku,id,name,price\nB,2,Cup,2.50\nC,3,Pot,3\nD,4,Lid,x\nF,5,Jug,5\n');
  await putManifest(folder, 'products-1.csv', { rows: 5, asOf: '2026-11-20T02:00:00+03:00' });
  await putManifest(folder, 'products-2.csv', { rows: 4, asOf: '2026-11-20T02:00:00+03:00' });
  const products = { files: 'products-*.csv', ready: 'rename' };
  const read = await readAll(await openCsv(folder, { products }), 'products');
  expect(read.changes.map((change) => `${change.op} ${change.key}`)).toEqual([
    'upsert 1',
    'reject 2',
    'upsert 3',
    'reject 5',
    'reject 2',
    'reject 4',
    'reject 5',
  ]);
  expect(rejectsOf(read)).toMatchObject([
    { file: 'products-1.csv', line: 3, column: 'sku', value: 'B', reason: expect.stringContaining('more than once') },
    { file: 'products-1.csv', line: 6, column: 'id', value: '5' },
    { file: 'products-2.csv', line: 2, column: 'sku', value: 'B' },
    { file: 'products-2.csv', line: 4, column: 'price' },
    { file: 'products-2.csv', line: 5, column: 'id', value: '5' },
  ]);
  expect(read.manifest).toMatchObject({
    expectedRows: 7,
    completeness: 'proven',
    description: 'products-1.csv (1 row left out), products-2.csv (1 row left out)',
  });
  // Left to the bridge, for which the first row counts.
  const first = await readAll(await openCsv(folder, { products: { ...products, duplicates: 'first' } }), 'products');
  expect(valuesOf(first).map((product) => product.sku)).toEqual(['A', 'B', 'A', 'C', 'E', 'B', 'C', 'F']);
});

test('an unconfigured entity names the option to set', async () => {
  const folder = await temporaryFolder();
  await expect(readAll(await openCsv(folder, {}), 'products')).rejects.toMatchObject({ code: 'CONNECTOR_OPTIONS' });
});
