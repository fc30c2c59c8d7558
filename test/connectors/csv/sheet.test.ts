import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { strToU8, type Zippable } from 'fflate';
import { describe, expect, test } from 'vitest';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';
import { type Cell, type Options, type SheetOf, sheet, workbook } from './workbook.ts';

const header = ['sku', 'location', 'quantity'];

async function readStock(content: Buffer, options: Record<string, unknown> = {}, name = 'stock.xlsx') {
  const folder = await temporaryFolder();
  await put(folder, name, content);
  return readAll(await openCsv(folder, { stock: { files: name, ready: 'rename', ...options } }), 'stock');
}

/** What a cell is as a quantity: the figure, or why it is none. */
async function quantityOf(cell: Cell, stock: Record<string, unknown> = {}, options: Options = {}) {
  const read = await readStock(sheet([header, ['A', 'RUH', cell]], options), stock);
  return valuesOf(read)[0]?.quantity ?? rejectsOf(read)[0];
}

describe('a sheet is read as a file of text is', () => {
  test('rows, with the row of the sheet as their line, and the checksum of the file', async () => {
    const content = sheet([header, ['A-1', 'RUH', 12], [], ['007', 'JED', 0.5]]);
    const read = await readStock(content);
    expect(valuesOf(read)).toMatchObject([
      { sku: 'A-1', location: 'RUH', quantity: '12' },
      { sku: '007', location: 'JED', quantity: '0.5' },
    ]);
    expect(read.changes.map((change) => ('place' in change ? change.place : undefined))).toEqual([
      { file: 'stock.xlsx', line: 2 },
      { file: 'stock.xlsx', line: 4 },
    ]);
    expect(read.manifest).toMatchObject({
      completeness: 'likely',
      checksum: createHash('sha256').update(content).digest('hex'),
      description: 'stock.xlsx',
    });
  });

  test('merged titles, the header once more, totals, notes beside the table, and columns in another order', async () => {
    const rows: Cell[][] = [
      ['Stock list of 20 November'],
      [null, 'printed by', 'Sara'],
      ['Qty on Hand', 'Item No.', 'Bin', 'Location Code'],
      [5, 'A', 'x', 'RUH'],
      ['Qty on Hand', 'Item No.', 'Bin', 'Location Code'],
      [7, 'B', null, 'RUH', null, 'counted twice'],
      ['Total', null, null, null],
    ];
    const after = '<mergeCells count="1"><mergeCell ref="A1:D1"/></mergeCells>';
    const columns = { sku: 'Item No.', location: 'Location Code', quantity: 'Qty on Hand' };
    const read = await readStock(workbook([{ name: 'S', rows, after }]), { columns, totals: ['Total'] });
    expect(valuesOf(read)).toMatchObject([
      { sku: 'A', quantity: '5' },
      { sku: 'B', quantity: '7' },
    ]);
    expect(rejectsOf(read)).toEqual([]);
  });

  test('a manifest proves it, a wrong one and a trailer refuse it', async () => {
    const folder = await temporaryFolder();
    const content = sheet([header, ['A', 'RUH', 1], ['B', 'RUH', 2]]);
    await put(folder, 'stock.xlsx', content);
    await putManifest(folder, 'stock.xlsx', { rows: 2 });
    const connector = await openCsv(folder, { stock: { files: '*.xlsx', ready: 'rename' } });
    expect((await readAll(connector, 'stock')).manifest).toMatchObject({ completeness: 'proven', expectedRows: 2 });
    await putManifest(folder, 'stock.xlsx', { rows: 3 });
    await expect(readAll(connector, 'stock')).rejects.toThrow('has 2 rows where its manifest states 3');
    await expect(readStock(content, { trailer: {} })).rejects.toThrow('has no trailer');
    const counted = sheet([header, ['A', 'RUH', 1], ['T', 1]]);
    expect((await readStock(counted, { trailer: {} })).manifest).toMatchObject({ completeness: 'proven' });
  });

  test('rows that cannot be used stand in the file of rejected rows, with row and column', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'stock.xlsx', sheet([header, ['A', 'RUH', { t: 'e', v: '#N/A' }], ['B', 'RUH', 2]]));
    const read = await readAll(await openCsv(folder, { stock: { files: 'stock.xlsx', ready: 'rename' } }), 'stock');
    expect(rejectsOf(read)).toMatchObject([
      { file: 'stock.xlsx', line: 2, column: 'quantity', value: '#N/A', key: 'A\tRUH' },
    ]);
    const rejected = await readFile(join(folder, 'rejected/stock.xlsx.rejected.csv'), 'utf8');
    expect(rejected).toMatch(/^\uFEFFsku,location,quantity,line,reason\nA,RUH,#N\/A,2,quantity is an error/);
  });

  test('documents and products, of dates and truths of their own', async () => {
    const folder = await temporaryFolder();
    const day = { v: '46346', format: 'dd/mm/yyyy' };
    await put(
      folder,
      'receipts.xlsx',
      sheet([
        ['number', 'kind', 'date', 'bookedAt', 'location', 'sku', 'quantity'],
        ['G-1', 'GRN', day, { v: '46346.604224537', format: 'yyyy-mm-dd hh:mm:ss' }, 'RUH', 'A', 5],
        ['G-1', 'GRN', '20/11/2026', null, 'RUH', 'B', 7],
      ]),
    );
    await put(
      folder,
      'products.xlsx',
      sheet([
        ['sku', 'name', 'price', 'active'],
        ['A', 'Shirt', { v: '49.900000000000006' }, { t: 'b', v: '1' }],
        ['B', 'Socks', 9.9, { t: 'b', v: '0' }],
      ]),
    );
    const connector = await openCsv(folder, {
      documents: { files: 'receipts.xlsx', ready: 'rename', kinds: { GRN: 'purchase' }, dateFormat: 'DD/MM/YYYY' },
      products: { files: 'products.xlsx', ready: 'rename' },
    });
    expect(valuesOf(await readAll(connector, 'documents'))).toMatchObject([
      { number: 'G-1', date: '2026-11-20', bookedAt: '2026-11-20T14:30:05+03:00', lines: [{ sku: 'A' }, { sku: 'B' }] },
    ]);
    expect(valuesOf(await readAll(connector, 'products'))).toMatchObject([
      { sku: 'A', price: '49.9', active: true },
      { sku: 'B', price: '9.9', active: false },
    ]);
  });

  test('without a header, columns by place; blank cells at the end of the first row take none away', async () => {
    const columns = {
      sku: { position: 1 },
      location: { position: 2 },
      quantity: { position: 3 },
      unit: { position: 5 },
    };
    const rows: Cell[][] = [
      ['A', 'RUH', 1],
      ['B', 'RUH', 2, null, 'BOX'],
    ];
    expect(valuesOf(await readStock(sheet(rows), { headerLine: 'none', columns }))).toMatchObject([
      { sku: 'A', quantity: '1', unit: undefined },
      { sku: 'B', quantity: '2', unit: 'BOX' },
    ]);
  });

  test('one byte of it that changes while it is read is told, and so is another file in its place', async () => {
    const folder = await temporaryFolder();
    const rows = Array.from({ length: 5000 }, (_none, at): Cell[] => [`A-${at}`, 'RUH', at]);
    const path = await put(folder, 'stock.xlsx', sheet([header, ...rows]));
    const connector = await openCsv(folder, { stock: { files: 'stock.xlsx', ready: 'rename' } });
    const reader = connector.read.stock?.({ since: null, signal: AbortSignal.timeout(20_000) });
    const pages = reader?.[Symbol.asyncIterator]();
    expect((await pages?.next())?.done).toBe(false);
    await writeFile(path, sheet([header, ...rows.slice(1)]));
    await expect(
      (async () => {
        while ((await pages?.next())?.done === false);
      })(),
    ).rejects.toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
  });
});

describe('numbers are what the sheet shows, to 15 digits', () => {
  test.each([
    ['0.30000000000000004', '0.3'],
    ['1E+05', '100000'],
    ['1.0000000000000001E-1', '0.1'],
    ['123456789012345', '123456789012345'],
    ['-12.50', '-12.5'],
    ['1.1000000000000001', '1.1'],
    ['8.4999999999999996', '8.5'],
    ['-0', '0'],
  ])('%s is %s', async (v, quantity) => {
    expect(await quantityOf({ v })).toBe(quantity);
    // A decimal comma in the texts of the file says nothing about its numbers.
    expect(await quantityOf({ v }, { decimalSeparator: ',', thousandsSeparator: '.' })).toBe(quantity);
  });

  test('1.234 is no thousand, and the text beside it is read as the file writes numbers', async () => {
    const options = { decimalSeparator: ',', thousandsSeparator: '.' };
    expect(await quantityOf({ v: '1.234' }, options)).toBe('1.234');
    expect(await quantityOf('1.234', options)).toBe('1234');
    expect(
      await quantityOf(1.5, { ...options, columns: { quantity: { expression: 'decimal(row["quantity"])' } } }),
    ).toBe('1.5');
  });

  test.each<[string, Cell, RegExp]>([
    ['an error', { t: 'e', v: '#DIV/0!' }, /error of the spreadsheet/],
    ['a formula that gives an error', { t: 'e', f: 'VLOOKUP(A2,X:Y,2,0)', v: '#N/A' }, /error of the spreadsheet/],
    ['a formula that nobody has worked out', { f: 'SUM(D1:E1)' }, /error of the spreadsheet/],
    ['more digits than a spreadsheet has', { v: '1.2345678901234567E+17' }, /exponent/],
    ['what a subtraction left', { v: '5.5511151231257827E-17' }, /exponent/],
    ['a truth', { t: 'b', v: '1' }, /decimal number/],
    ['a date', { v: '46346', format: 14 }, /is a date in the sheet/],
    ['a text with a unit', '12 PCS', /unit has a field of its own/],
    ['nothing', null, /is empty/],
    ['what is no number', { v: '12abc' }, /error of the spreadsheet/],
  ])('%s is rejected, and never zero', async (_what, cell, reason) => {
    expect(await quantityOf(cell)).toMatchObject({
      op: 'reject',
      line: 2,
      column: 'quantity',
      key: 'A\tRUH',
      reason: expect.stringMatching(reason),
    });
  });

  test('a formula that Excel is to work out on opening stands there with a zero for now, which is none', async () => {
    const edit = (parts: Zippable) => {
      const text = Buffer.from(parts['xl/workbook.xml'] as Uint8Array).toString();
      parts['xl/workbook.xml'] = strToU8(
        text.replace('</sheets>', '</sheets><calcPr calcId="124519" fullCalcOnLoad="1"/>'),
      );
    };
    expect(await quantityOf({ f: 'SUM(D1:E1)', v: '0' }, {}, { edit })).toMatchObject({
      op: 'reject',
      value: expect.stringContaining('has not been worked out'),
    });
    expect(await quantityOf({ v: '0' }, {}, { edit })).toBe('0');
  });

  test.each<[Cell, string]>([
    [{ t: 'n', f: 'B2*2', v: '24' }, '24'],
    [{ t: 'str', f: 'TEXT(B2,"0")', v: '24' }, '24'],
    [{ v: '24', format: '0" PCS"' }, '24'],
    [{ v: '24', format: '#,##0.00' }, '24'],
    [{ v: '24', format: '[h]:mm' }, '24'],
    [{ v: '24', format: '[Red]0;General' }, '24'],
  ])('%j is %s', async (cell, quantity) => {
    expect(await quantityOf(cell)).toBe(quantity);
  });
});

describe('codes', () => {
  const skuOf = async (cell: Cell, options: Options = {}) => {
    const read = await readStock(sheet([header, [cell, 'RUH', 1]], options));
    return valuesOf(read)[0]?.sku ?? rejectsOf(read)[0]?.reason;
  };

  test.each<[string, Cell, string]>([
    ['text keeps its zeros', '00123', '00123'],
    ['a number has none', { v: '123' }, '123'],
    ['but those that its format shows', { v: '123', format: '00000' }, '00123'],
    ['and its letters', { v: '42', format: '"SKU-"0000' }, 'SKU-0042'],
    ['a barcode of 13 digits', { v: '6281234567890' }, '6281234567890'],
    ['the same with an exponent', { v: '6.28123456789E+12' }, '6281234567890'],
    ['a fraction', { v: '10.5' }, '10.5'],
    [
      'rich text',
      { t: 'inlineStr', xml: '<is><r><rPr><b/></rPr><t>AB</t></r><r><t xml:space="preserve">-1</t></r></is>' },
      'AB-1',
    ],
    ['a reading beside it', { t: 'inlineStr', xml: '<is><t>カ</t><rPh sb="0" eb="1"><t>ka</t></rPh></is>' }, 'カ'],
    ['letters that XML has names for', 'A&B<"C">', 'A&B<"C">'],
    ['an escape, and a text that looks like one', { t: 'str', v: '_x0041_x_x005F_x0042_' }, 'Ax_x0042_'],
    ['Arabic', 'قميص-١', 'قميص-١'],
    ['a formula', { t: 'str', f: 'A1&"-1"', v: 'A-1' }, 'A-1'],
  ])('%s', async (_what, cell, sku) => {
    expect(await skuOf(cell)).toBe(sku);
    expect(await skuOf(cell, { prefix: 'x' })).toBe(sku);
  });

  test.each<[string, Cell, string]>([
    ['more digits than a spreadsheet keeps', { v: '628123456789012345' }, 'makes of a long number'],
    ['a code that became a date', { v: '46024', format: 'd-mmm' }, 'is a date in the sheet'],
    ['an error', { t: 'e', v: '#NAME?' }, 'error of the spreadsheet'],
    ['a NUL in disguise', { t: 'str', v: '_x0000_n5' }, 'mean nothing'],
  ])('%s is rejected', async (_what, cell, reason) => {
    expect(await skuOf(cell)).toContain(reason);
  });

  test('where a row counts is not decided by an error', async () => {
    const rows: Cell[][] = [
      [...header, 'Active'],
      ['A', 'RUH', 1, { t: 'e', v: '#REF!' }],
      ['B', 'RUH', 2, 'N'],
      ['C', 'RUH', 3, 'Y'],
    ];
    const read = await readStock(sheet(rows), { where: { expression: 'row["Active"] == "Y"' } });
    expect(valuesOf(read)).toMatchObject([{ sku: 'C' }]);
    expect(rejectsOf(read)).toMatchObject([{ line: 2, key: 'A\tRUH' }]);
  });
});

describe('dates', () => {
  const dateOf = async (cell: Cell, options: Options = {}) => {
    const folder = await temporaryFolder();
    const names = ['number', 'kind', 'date', 'location', 'sku', 'quantity'];
    await put(folder, 'd.xlsx', sheet([names, ['G-1', 'purchase', cell, 'RUH', 'A', 5]], options));
    const connector = await openCsv(folder, {
      documents: { files: 'd.xlsx', ready: 'rename', dateFormat: 'DD.MM.YYYY' },
    });
    const read = await readAll(connector, 'documents');
    return valuesOf(read)[0]?.date ?? rejectsOf(read)[0]?.reason;
  };

  test.each<[string, Cell, Options, string]>([
    ['a day since 1900', { v: '46346', format: 14 }, {}, '2026-11-20'],
    ['a day since 1904', { v: '44884', format: 14 }, { from1904: true }, '2026-11-20'],
    ['with its time', { v: '46346.99999999', format: 'd/m/yy h:mm' }, {}, '2026-11-21'],
    ['in Arabic letters', { v: '46346', format: '[$-2010401]dd mmmm yyyy;@' }, {}, '2026-11-20'],
    ['an ISO date', { t: 'd', v: '2026-11-20T00:00:00.000' }, {}, '2026-11-20'],
    ['text, as `dateFormat` says', '20.11.2026', {}, '2026-11-20'],
  ])('%s', async (_what, cell, options, date) => {
    expect(await dateOf(cell, options)).toBe(date);
  });

  test.each<[string, Cell, string]>([
    ['the 29 February that 1900 never had', { v: '60', format: 14 }, 'error of the spreadsheet'],
    ['a number without a format', { v: '46346' }, 'day number'],
    ['before any day', { v: '-1', format: 14 }, 'error of the spreadsheet'],
    ['a time of day alone', { v: '0.5', format: 'h:mm' }, 'must be a date'],
  ])('%s is rejected', async (_what, cell, reason) => {
    expect(await dateOf(cell)).toContain(reason);
  });
});

describe('sheets', () => {
  const one = (name: string, sku: string): SheetOf => ({ name, rows: [header, [sku, 'RUH', 1]] });
  const skuOf = async (sheets: SheetOf[], options: Record<string, unknown> = {}) =>
    valuesOf(await readStock(workbook(sheets), options))[0]?.sku;

  test('the only one that people see and that holds anything; else the one that is named', async () => {
    const both = [one('Old', 'A'), one('Now', 'B')];
    await expect(skuOf(both)).rejects.toThrow(/several sheets: "Old", "Now"/);
    expect(await skuOf(both, { sheet: 'Now' })).toBe('B');
    expect(await skuOf(both, { sheet: ' now' })).toBe('B');
    expect(await skuOf(both, { sheet: 1 })).toBe('A');
    await expect(skuOf(both, { sheet: 3 })).rejects.toThrow(/no sheet 3. Sheets found: "Old", "Now"/);
    expect(
      await skuOf([{ name: 'Sheet1', rows: [] }, one('Data', 'C'), { ...one('Codes', 'X'), state: 'veryHidden' }]),
    ).toBe('C');
    await expect(skuOf([{ ...one('Data', 'C'), state: 'hidden' }])).rejects.toThrow('not hidden');
  });

  test('hidden rows count unless they are left out, and the run says so', async () => {
    const content = workbook([{ name: 'S', rows: [header, ['A', 'RUH', 1], ['B', 'RUH', 2]], hidden: [3] }]);
    const all = await readStock(content);
    expect(valuesOf(all)).toHaveLength(2);
    expect(all.manifest?.warnings).toEqual(['Rows that are hidden in the sheet "S" are read too: stock.xlsx row 3.']);
    expect(valuesOf(await readStock(content, { hiddenRows: 'skip' }))).toMatchObject([{ sku: 'A' }]);
  });

  test('`format` goes before the name', async () => {
    expect(
      valuesOf(await readStock(sheet([header, ['A', 'RUH', 1]]), { format: 'xlsx' }, 'stock.export')),
    ).toHaveLength(1);
    await expect(readStock(Buffer.from('sku,location,quantity\nA,RUH,1\n'))).rejects.toThrow('is no Excel workbook');
    expect(valuesOf(await readStock(Buffer.from('sku,location,quantity\nA,RUH,1\n'), { format: 'csv' }))).toHaveLength(
      1,
    );
    await expect(readStock(Buffer.from('d0cf11e0a1b11ae1', 'hex'), {}, 'stock.xls')).rejects.toThrow('old Excel file');
  });
});

describe('what is damaged or made to do harm is refused as a whole', () => {
  const good = sheet([header, ...Array.from({ length: 200 }, (_none, at): Cell[] => [`A-${at}`, 'RUH', at])]);
  const refused = (content: Buffer) => expect(readStock(content)).rejects;
  const withPart = (name: string, text: string) =>
    sheet([header, ['A', 'RUH', 1]], { edit: (parts) => (parts[name] = strToU8(text)) });
  const data = (rows: string) =>
    withPart('xl/worksheets/sheet1.xml', `<worksheet><sheetData>${rows}</sheetData></worksheet>`);

  test('a file that was cut, wherever', async () => {
    for (const share of [0.1, 0.5, 0.9, 0.999]) {
      await refused(good.subarray(0, Math.floor(good.length * share))).toThrow(/Nothing of it counts/);
    }
    await refused(Buffer.alloc(0)).toThrow('is empty');
  });

  test('a byte that is another', async () => {
    const at = good.indexOf('xl/worksheets/sheet1.xml') + 60;
    const changed = Buffer.from(good);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    await refused(changed).toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
  });

  test('an archive that unpacks to gigabytes, whether it says so or lies', async () => {
    const packed = sheet([header], {
      edit: (parts) => (parts['xl/worksheets/sheet1.xml'] = Buffer.alloc(4 * 1024 * 1024, 0x20)),
    });
    const entry = packed.lastIndexOf('xl/worksheets/sheet1.xml') - 46;
    const says = Buffer.from(packed);
    says.writeUInt32LE(0xfffffff0, entry + 24);
    await refused(says).toThrow(/unpacks to 4096 MB, and 1024 MB are read at most/);
    const lies = Buffer.from(packed);
    lies.writeUInt32LE(1000, entry + 24);
    await refused(lies).toThrow(/Nothing of it counts/);
  });

  test.each([
    ['rows out of order', data('<row r="2"/><row r="1"/>')],
    ['more rows than a sheet has', data('<row r="1048577"/>')],
    ['more columns', data('<row r="1"><c r="XFE1"><v>1</v></c></row>')],
    ['a text that is not there', data('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')],
    ['elements without end', data('<row>'.repeat(100))],
    ['XML that breaks off', withPart('xl/worksheets/sheet1.xml', '<worksheet><sheetData><row r="1">')],
    [
      'entities that grow',
      withPart('xl/sharedStrings.xml', '<!DOCTYPE a [<!ENTITY b "bbbb">]><sst><si><t>&b;</t></si></sst>'),
    ],
    ['an attribute of a megabyte', data(`<row r="${'1'.repeat(1_000_000)}"/>`)],
    ['a cell of a megabyte', data(`<row r="1"><c r="A1" t="str"><v>${'x'.repeat(1_000_000)}</v></c></row>`)],
    ['another kind of archive', sheet([header], { edit: (parts) => delete parts['_rels/.rels'] })],
  ])('%s', async (_what, content) => {
    await refused(content).toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
  });
});
