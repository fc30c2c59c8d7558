import { describe, expect, test } from 'vitest';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

const asOf = '2026-11-20T02:00:00+03:00';

async function readStock(content: string, options: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await put(folder, 'stock.csv', content);
  return readAll(await openCsv(folder, { stock: { files: 'stock.csv', ready: 'rename', ...options } }), 'stock');
}

const header = 'sku,location,quantity,unit\n';

describe('codes', () => {
  test('marks that nobody sees are taken out: two SKUs that differ by them alone are one, and the run says so', async () => {
    const read = await readStock(
      `${header}A-1,RUH,1,PCS\nA\u200B-1\u200F,\u202ARUH\u202C,2,\uFEFFPCS\n\u2066A-1\u2069 ,RUH,3,PCS\nA-2,RUH,4,PCS\n`,
    );
    expect(valuesOf(read).map((row) => `${row.sku}@${row.location} ${row.quantity} ${row.unit}`)).toEqual([
      'A-1@RUH 1 PCS',
      'A-1@RUH 2 PCS',
      'A-1@RUH 3 PCS',
      'A-2@RUH 4 PCS',
    ]);
    expect(read.manifest?.warnings).toEqual([
      expect.stringMatching(
        /^Codes in the column "sku" hold marks that nobody sees.*stock.csv line 3 "A-1", stock.csv line 4 "A-1"\.$/,
      ),
      expect.stringContaining('"location"'),
    ]);
  });

  test('no-break blanks are blanks, at the ends and inside; Arabic and other letters stay as they are', async () => {
    const read = await readStock(`${header}\u00A0A\u00A01\u202FB ,RUH,1,PCS\nصنف ١,الرياض,2,\n٠٠٧,RUH,3,\n`);
    expect(valuesOf(read).map((row) => row.sku)).toEqual(['A 1 B', 'صنف ١', '٠٠٧']);
  });

  test('kept byte for byte where that is configured', async () => {
    const read = await readStock(`${header}A\u200B1,RUH,1,PCS\n`, { invisibleMarks: 'keep' });
    expect(valuesOf(read).map((row) => row.sku)).toEqual(['A\u200B1']);
    expect(read.manifest?.warnings).toEqual([]);
  });

  test('nothing but marks is blank', async () => {
    const read = await readStock(`${header}\u200F\u200B,RUH,1,PCS\n`);
    expect(rejectsOf(read)).toMatchObject([{ column: 'sku', reason: 'is empty' }]);
  });

  test('a code that a spreadsheet shortened rejects its row, with the figure that it leaves in doubt', async () => {
    const read = await readStock(
      `${header}1E+05,RUH,1,PCS\n6.28E+12,RUH,2,PCS\n"6,28E+12",RUH,2,PCS\n1.5e-07,RUH,3,PCS\n1E5,RUH,4,PCS\n12E+3,RUH,5,PCS\nE+05,RUH,6,PCS\n`,
    );
    expect(valuesOf(read).map((row) => row.sku)).toEqual(['1E5', '12E+3', 'E+05']);
    expect(rejectsOf(read)).toMatchObject([
      { line: 2, column: 'sku', value: '1E+05', key: '1E+05\tRUH', reason: expect.stringContaining('spreadsheet') },
      { line: 3, value: '6.28E+12', reason: expect.stringContaining('exponentCodes: keep') },
      { line: 4, value: '6,28E+12' },
      { line: 5, value: '1.5e-07' },
    ]);
    expect(read.manifest?.warnings).toEqual([
      'Codes in the column "sku" were shortened by a spreadsheet; their rows are rejected: stock.csv line 2 "1E+05", stock.csv line 3 "6.28E+12", stock.csv line 4 "6,28E+12" and 1 more.',
    ]);
  });

  test('kept where such codes are real', async () => {
    const read = await readStock(`${header}1E+05,RUH,1,PCS\n`, { exponentCodes: 'keep' });
    expect(valuesOf(read).map((row) => row.sku)).toEqual(['1E+05']);
    expect(read.manifest?.warnings).toEqual([]);
  });

  test('="00123" is 00123, in codes and in numbers', async () => {
    const read = await readStock(`${header}"=""00123""",RUH,"=""5""",PCS\n"=""a""""b""",RUH,1,PCS\n"=A1",RUH,1,PCS\n`);
    expect(valuesOf(read).map((row) => `${row.sku} ${row.quantity}`)).toEqual(['00123 5', 'a"b 1', '=A1 1']);
  });
});

test('a formula that is not quoted is read too: spreadsheets are fed so', async () => {
  const read = await readStock(`${header}="00123",RUH,="5",PCS\n="0,1",RUH,7,PCS\n`);
  expect(valuesOf(read).map((row) => `${row.sku} ${row.quantity}`)).toEqual(['00123 5']);
  // With the delimiter inside it cannot be told from two cells.
  expect(rejectsOf(read)).toMatchObject([{ line: 3 }]);
});

describe('numbers', () => {
  test('as the file writes them', async () => {
    const read = await readStock(
      'sku;location;quantity\nA;RUH;1.234,5\nB;RUH;١٬٢٣٤\nC;RUH;12-\nD;RUH;1,234.5\nE;RUH;\u00A0\nF;RUH;12 PCS\n',
      { delimiter: ';', decimalSeparator: ',', thousandsSeparator: '.', negatives: 'trailing' },
    );
    expect(valuesOf(read).map((row) => row.quantity)).toEqual(['1234.5', '1234', '-12']);
    expect(rejectsOf(read)).toMatchObject([
      { key: 'D\tRUH', column: 'quantity', value: '1,234.5', reason: expect.stringContaining('groups') },
      { key: 'E\tRUH', column: 'quantity', reason: 'is empty' },
      { key: 'F\tRUH', reason: expect.stringContaining('"PCS"') },
    ]);
  });

  test.each([
    ['reject', [], 'their rows are rejected'],
    ['accept', ['120000'], 'digits may be lost'],
  ])('an exponent: %s', async (exponentNumbers, quantities, warning) => {
    const read = await readStock(`${header}A,RUH,1.2E+05,PCS\n`, { exponentNumbers });
    expect(valuesOf(read).map((row) => row.quantity)).toEqual(quantities);
    expect(read.manifest?.warnings).toEqual([expect.stringContaining(warning)]);
    expect(read.manifest?.warnings?.[0]).toContain('stock.csv line 2 "1.2E+05"');
  });
});

describe('columns', () => {
  test('one of several names; another case or other blanks where no other column is meant', async () => {
    const columns = { sku: ['Item Number', 'Item No.'], location: 'Location Code', quantity: 'Qty' };
    const read = await readStock('ITEM NO.,location  code,\u200FQty\u00A0,Unit\nA,RUH,1,PCS\n', { columns });
    // `unit` is not mapped and not needed, so a column of another name is not taken for it.
    expect(valuesOf(read)).toEqual([{ sku: 'A', location: 'RUH', quantity: '1' }]);
  });

  test.each([
    ['two of the names are there', { sku: ['No', 'Item'] }, 'No,Item,sku,location,quantity', '"No" and "Item"'],
    ['none is there', { sku: ['No', 'Item'] }, 'x,location,quantity', 'none of the columns "No", "Item"'],
    ['two differ by case alone', { sku: 'ITEM' }, 'Item,item,location,quantity', '"Item" and "item"'],
    ['no such place', { sku: { position: 9 } }, 'sku,location,quantity', 'no 9th'],
    [
      'an expression over a column that is not there',
      { sku: { expression: 'row.No' } },
      'sku,location,quantity',
      '"No"',
    ],
  ])('in doubt, or missing: %s', async (_name, columns, first, message) => {
    await expect(readStock(`${first}\n1,2,3,4,5\n`, { columns, headerLine: 1 })).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      message: expect.stringContaining(message),
    });
  });

  test('by position, also of a column that is there twice', async () => {
    const read = await readStock('Code,Code,location,quantity\nA,B,RUH,1\n', { columns: { sku: { position: 2 } } });
    expect(valuesOf(read)).toMatchObject([{ sku: 'B' }]);
  });

  test('by expressions: joined codes, a prefix, a difference; a row on which one fails is rejected', async () => {
    const read = await readStock(
      'Item No.;Variant;Bin;On hand;Reserved\nA;RED;RUH-04;1.000,5;0,5\nB;;JED-01;5;2\nC;;JED;x;1\n;;JED-2;1;1\n',
      {
        delimiter: ';',
        decimalSeparator: ',',
        thousandsSeparator: '.',
        columns: {
          sku: { expression: 'row["Item No."] + (row["Variant"] == "" ? "" : "-" + row["Variant"])' },
          location: { expression: 'row["Bin"].split("-")[0]' },
          quantity: { expression: 'decimal(row["On hand"]) - decimal(row["Reserved"])' },
          unit: { value: 'PCS' },
        },
      },
    );
    expect(valuesOf(read)).toEqual([
      { sku: 'A-RED', location: 'RUH', quantity: '1000', unit: 'PCS' },
      { sku: 'B', location: 'JED', quantity: '3', unit: 'PCS' },
    ]);
    expect(rejectsOf(read)).toMatchObject([
      { line: 4, key: 'C\tJED', column: 'quantity', reason: expect.stringContaining('decimal("x")') },
      { line: 5, column: 'sku', reason: 'is empty' },
    ]);
  });

  test('a long value is no operand', async () => {
    const read = await readStock(`${header}${'x'.repeat(1001)},RUH,1,PCS\n`, {
      columns: { sku: { expression: 'row.sku.substring(0, 3)' } },
    });
    expect(rejectsOf(read)).toMatchObject([{ reason: expect.stringContaining('longer than 1000') }]);
  });
});

describe('where', () => {
  const where = { expression: 'row["status"] == "active"' };

  test('rows that it leaves out are as if they were not there, and the manifest adds up', async () => {
    const folder = await temporaryFolder();
    await put(
      folder,
      'stock.csv',
      'sku,location,quantity,status\nA,RUH,1,active\nB,RUH,x,old\nC,RUH,x,active\nD,RUH,1\n',
    );
    await putManifest(folder, 'stock.csv', { rows: 4, asOf });
    const connector = await openCsv(folder, { stock: { files: 'stock.csv', ready: 'rename', where } });
    const read = await readAll(connector, 'stock');
    expect(read.changes.map((change) => `${change.op} ${change.key}`)).toEqual([
      'upsert A\tRUH',
      'reject C\tRUH',
      'reject D\tRUH',
    ]);
    expect(read.manifest).toMatchObject({
      expectedRows: 3,
      description: 'stock.csv (1 row left out)',
    });
  });

  test('a row on which it fails is rejected, never left out', async () => {
    const read = await readStock(`${header}A,RUH,1,x\nB,RUH,1,5\n`, { where: { expression: 'int(row.unit) > 3' } });
    expect(valuesOf(read).map((row) => row.sku)).toEqual(['B']);
    expect(rejectsOf(read)).toMatchObject([{ line: 2, key: 'A\tRUH', column: 'where' }]);
  });
});
