import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pageSize } from '../../../connectors/csv/session.ts';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

const stock = { files: 'stock.csv', ready: 'rename' };
const asOf = '2026-11-20T02:00:00+03:00';

async function readStock(content: string | Buffer, options: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await put(folder, 'stock.csv', content);
  return readAll(await openCsv(folder, { stock: { ...stock, ...options } }), 'stock');
}

describe('reading', () => {
  test('rows become levels with their place, keyed by SKU and location', async () => {
    const read = await readStock('sku,location,quantity,unit\nA-1,RUH,5,PCS\nA/2,R/1,-0.5,\n');
    expect(read.changes).toEqual([
      {
        op: 'upsert',
        key: 'A-1\tRUH',
        value: { sku: 'A-1', location: 'RUH', quantity: '5', unit: 'PCS' },
        place: { file: 'stock.csv', line: 2 },
      },
      {
        op: 'upsert',
        key: 'A/2\tR/1',
        value: { sku: 'A/2', location: 'R/1', quantity: '-0.5' },
        place: { file: 'stock.csv', line: 3 },
      },
    ]);
    expect(read.manifest).toMatchObject({ completeness: 'likely', description: 'stock.csv' });
  });

  test('byte order mark, CRLF, other delimiter, mapped columns, decimal comma, Arabic codes, constant unit', async () => {
    const read = await readStock('\uFEFF"Item No.";Lot;"Qty; on Hand";Location Code\r\n"صنف ١";L1;12,5;الرياض\r\n', {
      delimiter: ';',
      decimalSeparator: ',',
      columns: { sku: 'Item No.', quantity: 'Qty; on Hand', location: 'Location Code', unit: { value: 'KG' } },
    });
    expect(valuesOf(read)).toEqual([{ sku: 'صنف ١', location: 'الرياض', quantity: '12.5', unit: 'KG' }]);
  });

  test('line numbers hold across quoted line breaks and empty lines', async () => {
    const read = await readStock(
      'sku,location,quantity,note\r\nA,RUH,1,"two\r\nlines"\r\n\r\nB,RUH,x,\r\nC,RUH,3,"a\nb\nc"\r\nD,RUH,y,\r\n',
    );
    expect(
      read.changes.map((change) => ('line' in change ? change.line : 'place' in change && change.place?.line)),
    ).toEqual([2, 5, 6, 9]);
  });

  test.each([
    ['ragged, too few', 'A,RUH', undefined, 'has 2 columns where the header has 4'],
    ['ragged, too many', 'A,RUH,1,000,PCS', undefined, 'has 5 columns'],
    ['letters', 'A,RUH,12x,PCS', 'quantity', 'must be a decimal number'],
    ['thousands separator', 'A,RUH,"1,200",PCS', 'quantity', 'must be a decimal number'],
    ['blank quantity is not zero', 'A,RUH,,PCS', 'quantity', 'is empty'],
    ['empty SKU', ',RUH,1,PCS', 'sku', 'is empty'],
    ['blank location', 'A,  ,1,PCS', 'location', 'is empty'],
    ['control character', 'A\u0007B,RUH,1,PCS', 'sku', 'control character'],
    ['NUL', 'A,RUH,1,P\u0000', undefined, 'NUL'],
    ['broken quote', 'A,RUH,1,P"CS', undefined, 'quote'],
  ])('a bad row is rejected with its place: %s', async (_name, line, column, reason) => {
    const read = await readStock(`sku,location,quantity,unit\nGOOD,RUH,1,PCS\n${line}\nLAST,RUH,2,PCS\n`);
    expect(valuesOf(read).map((level) => level.sku)).toEqual(['GOOD', 'LAST']);
    expect(rejectsOf(read)).toHaveLength(1);
    expect(rejectsOf(read)[0]).toMatchObject({
      file: 'stock.csv',
      line: 3,
      column,
      reason: expect.stringContaining(reason),
    });
  });

  test('bytes that are not of the declared character set reject their row', async () => {
    const latin = Buffer.concat([
      Buffer.from('sku,location,quantity\nA'),
      Buffer.from([0xc7, 0xe1]),
      Buffer.from(',RUH,1\n'),
    ]);
    expect(rejectsOf(await readStock(latin, { encoding: 'utf8' }))[0]).toMatchObject({
      column: 'sku',
      reason: expect.stringContaining('character set'),
    });
  });

  test('a stray quote costs its own line only, wherever the next quote stands', async () => {
    const lines = ['sku,location,quantity,note', 'A,RUH,1,"never closed', 'B,RUH,2,"fine"', 'C,RUH,3,', 'D,RUH,4,"x"'];
    const read = await readStock(`${lines.join('\n')}\n`);
    expect(valuesOf(read).map((level) => `${level.sku}${level.quantity}`)).toEqual(['B2', 'C3', 'D4']);
    expect(rejectsOf(read)).toMatchObject([{ line: 2 }]);
  });

  test('a quote that swallows a large part of the file costs its own line only', async () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => `S${n},RUH,${n}`);
    rows[7] = 'S7,RUH,"7';
    const read = await readStock(`sku,location,quantity\n${rows.join('\n')}\n`);
    expect(rejectsOf(read)).toMatchObject([{ line: 9, reason: expect.stringContaining('not closed') }]);
    expect(valuesOf(read)).toHaveLength(19_999);
    expect(read.changes.at(-1)).toMatchObject({ key: 'S19999\tRUH', place: { line: 20_001 } });
  });
});

test('a rejected row says which figure it belongs to, as far as it can be told', async () => {
  const read = await readStock('sku,location,quantity\nA,RUH,x\nB,RUH\n,RUH,1\nC,JED,1,2\nD,RUH,1"2\n');
  expect(rejectsOf(read).map((reject) => reject.key)).toEqual(['A\tRUH', 'B\tRUH', undefined, 'C\tJED', 'D\tRUH']);
});

describe('the file as a whole', () => {
  test('a missing column names the file, the column and what is there', async () => {
    await expect(readStock('Item,location,quantity\nA,RUH,1\n')).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      place: { file: 'stock.csv', column: 'sku' },
      message: expect.stringMatching(/"sku".*"Item", "location", "quantity"/),
    });
    await expect(readStock('sku,location,quantity\nA,RUH,1\n', { columns: { unit: 'UoM' } })).rejects.toMatchObject({
      place: { column: 'UoM' },
    });
  });

  test('a column that is there twice is in doubt', async () => {
    await expect(readStock('sku,location,quantity,quantity\nA,RUH,1,2\n')).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      message: expect.stringContaining('twice'),
    });
  });

  test('no bytes is an error, a header alone is an empty source, no file is nothing new', async () => {
    await expect(readStock('')).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      message: expect.stringContaining('empty'),
    });
    const read = await readStock('sku,location,quantity\n');
    expect(read.pages).toEqual([]);
    expect(read.manifest).toMatchObject({ completeness: 'likely' });
    const folder = await temporaryFolder();
    const nothing = await readAll(await openCsv(folder, { stock }), 'stock');
    expect(nothing).toMatchObject({ pages: [], manifest: undefined });
  });

  test('a manifest that matches proves; its time is the as-of time', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\nB,RUH,x\n');
    await putManifest(folder, 'stock.csv', { rows: 2, asOf });
    const read = await readAll(await openCsv(folder, { stock }), 'stock');
    expect(read.manifest).toMatchObject({ completeness: 'proven', asOf, expectedRows: 2 });
    expect(read.changes).toHaveLength(2);
  });

  test('a manifest without a time proves the rows; the time is the one of the file', async () => {
    const folder = await temporaryFolder();
    const path = await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\n');
    await writeFile(`${path}.manifest.json`, '{"rows":1}');
    const read = await readAll(await openCsv(folder, { stock }), 'stock');
    const changed = new Date((await stat(path)).mtimeMs).toISOString();
    expect(read.manifest).toMatchObject({ completeness: 'proven', asOf: changed, expectedRows: 1 });
  });

  test('a manifest from long before the file proves nothing and lends it no time, but its count still holds', async () => {
    const folder = await temporaryFolder();
    const path = await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\n');
    await putManifest(folder, 'stock.csv', { rows: 1, asOf });
    await utimes(`${path}.manifest.json`, new Date('2026-01-01'), new Date('2026-01-01'));
    const connector = await openCsv(folder, { stock });
    const read = await readAll(connector, 'stock');
    expect(read.manifest).toMatchObject({
      completeness: 'likely',
      asOf: new Date((await stat(path)).mtimeMs).toISOString(),
    });
    await put(folder, 'stock.csv', 'sku,location,quantity\n');
    await expect(readAll(connector, 'stock')).rejects.toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
  });

  test.each([
    ['rows', { rows: 2, asOf }, 'has 1 rows where its manifest states 2'],
    ['checksum', { rows: 1, asOf, sha256: 'a'.repeat(64) }, 'checksum'],
    ['not complete', { rows: 1, asOf, complete: false }, 'complete'],
    ['no zone', { rows: 1, asOf: '2026-11-20T02:00:00' }, 'zone'],
  ])('a manifest that does not fit fails the read: %s', async (_name, manifest, message) => {
    const folder = await temporaryFolder();
    await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\n');
    await putManifest(folder, 'stock.csv', manifest);
    await expect(readAll(await openCsv(folder, { stock }), 'stock')).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      message: expect.stringContaining(message),
    });
  });

  test('a manifest that is required and missing is an error', async () => {
    await expect(readStock('sku,location,quantity\n', { manifest: 'required' })).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
    });
  });

  test('all matching files are one snapshot: the oldest time and the weakest completeness', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'parts/stock-1.csv', 'sku,location,quantity\nA,RUH,1\n');
    await put(folder, 'parts/stock-2.csv', 'location,sku,quantity\nJED,B,2\n');
    await putManifest(folder, 'parts/stock-1.csv', { rows: 1, asOf: '2026-11-20T03:00:00+03:00' });
    await putManifest(folder, 'parts/stock-2.csv', { rows: 1, asOf });
    const connector = await openCsv(folder, { stock: { ...stock, files: 'parts/*.csv' } });
    const read = await readAll(connector, 'stock');
    expect(read.changes.map((change) => change.op === 'upsert' && change.key)).toEqual(['A\tRUH', 'B\tJED']);
    expect(read.manifest).toMatchObject({ asOf, completeness: 'proven', expectedRows: 2 });
    await put(folder, 'parts/stock-3.csv', 'sku,location,quantity\nC,RUH,1');
    expect((await readAll(connector, 'stock')).manifest).toMatchObject({
      completeness: 'unproven',
      expectedRows: undefined,
    });
  });

  test('a marker that is missing or older than the file keeps the file from being read', async () => {
    const folder = await temporaryFolder();
    const path = await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\n');
    const connector = await openCsv(folder, { stock: { ...stock, ready: 'marker' } });
    expect((await readAll(connector, 'stock')).manifest).toBeUndefined();
    await put(folder, 'stock.csv.done', '');
    expect((await readAll(connector, 'stock')).changes).toHaveLength(1);
    await utimes(path, new Date(), new Date(Date.now() + 60_000));
    expect((await readAll(connector, 'stock')).manifest).toBeUndefined();
  });

  test('a file that changes while it is read does not count', async () => {
    const folder = await temporaryFolder();
    const rows = Array.from({ length: 60_000 }, (_, n) => `S${n},RUH,${n}`).join('\n');
    const path = await put(folder, 'stock.csv', `sku,location,quantity\n${rows}\n`);
    const reader = (await openCsv(folder, { stock })).read.stock?.({
      since: null,
      signal: AbortSignal.timeout(20_000),
    });
    let pages = 0;
    const read = async () => {
      for await (const _page of reader ?? []) {
        pages += 1;
        if (pages === 1) await utimes(path, new Date(), new Date(Date.now() + 5000));
      }
    };
    await expect(read()).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      message: expect.stringContaining('changed'),
    });
    expect(pages).toBeGreaterThan(0);
  });
});

describe('a file that was cut short, at every byte', () => {
  const content =
    'sku,location,quantity,note\r\nA-10,RUH-MAIN,120,"with ""quotes"", commas"\r\nصنف-2,JED-MAIN,7,"two\r\nlines, 3,4"\r\nC-30,DMM-MAIN,4500,last\r\n';
  const whole = Buffer.from(content);
  const truth = new Map([
    ['A-10', 'RUH-MAIN 120'],
    ['صنف-2', 'JED-MAIN 7'],
    ['C-30', 'DMM-MAIN 4500'],
  ]);
  const offsets = Array.from({ length: whole.length }, (_, n) => n);

  test('without a manifest: every row that counts is a row of the whole file, and nothing is proven', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { stock });
    for (const length of offsets) {
      await put(folder, 'stock.csv', whole.subarray(0, length));
      const read = await readAll(connector, 'stock').catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
      });
      if (read === undefined) continue;
      for (const level of valuesOf(read)) expect(`${level.location} ${level.quantity}`).toBe(truth.get(level.sku));
      const atLineEnd = whole[length - 1] === 10;
      if (!atLineEnd) expect(read.manifest?.completeness).toBe('unproven');
      expect(read.manifest?.completeness).not.toBe('proven');
    }
  });

  test.each([
    ['a row count', {}],
    ['a checksum', { sha256: createHash('sha256').update(whole).digest('hex') }],
  ])('with %s in a manifest: the read fails, or the cut took nothing but line ends', async (_name, extra) => {
    const folder = await temporaryFolder();
    await putManifest(folder, 'stock.csv', { rows: 3, asOf, ...extra });
    const connector = await openCsv(folder, { stock });
    for (const length of offsets) {
      await put(folder, 'stock.csv', whole.subarray(0, length));
      const read = await readAll(connector, 'stock').catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
      });
      if (read === undefined) continue;
      expect('sha256' in extra).toBe(false);
      expect(read.manifest?.completeness).toBe('unproven');
      expect(valuesOf(read)).toHaveLength(2);
    }
    await put(folder, 'stock.csv', whole);
    expect((await readAll(connector, 'stock')).manifest?.completeness).toBe('proven');
  });

  test('a checksum vouches for a last row without a line end', async () => {
    const folder = await temporaryFolder();
    const text = 'sku,location,quantity\nA,RUH,1\nB,RUH,2';
    await put(folder, 'stock.csv', text);
    await putManifest(folder, 'stock.csv', { rows: 2, asOf, sha256: createHash('sha256').update(text).digest('hex') });
    const read = await readAll(await openCsv(folder, { stock }), 'stock');
    expect(valuesOf(read)).toHaveLength(2);
    expect(read.manifest?.completeness).toBe('proven');
  });

  test('any cut of any file written by a CSV writer never mixes the columns of two rows', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { stock });
    const cell = fc.string({ unit: fc.constantFrom('a', 'ب', ',', '"', '\n', ';', ' '), maxLength: 6 });
    const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 6 }), fc.nat(), async (notes, at) => {
        const lines = notes.map((note, n) => `S${n},${quoted(note)},L${n},${n + 100}\n`);
        const bytes = Buffer.from(`sku,note,location,quantity\n${lines.join('')}`);
        await put(folder, 'stock.csv', bytes);
        const all = await readAll(connector, 'stock');
        expect(valuesOf(all).map((level) => level.sku)).toEqual(notes.map((_, n) => `S${n}`));
        const header = 'sku,note,location,quantity\n'.length;
        await truncate(join(folder, 'stock.csv'), header + (at % (bytes.length - header)));
        for (const { sku, location, quantity } of valuesOf(await readAll(connector, 'stock'))) {
          expect([location, quantity]).toEqual([`L${sku.slice(1)}`, String(Number(sku.slice(1)) + 100)]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('pages and memory', () => {
  const rows = 200_000;

  async function bigFile() {
    const folder = await temporaryFolder();
    const lines = Array.from({ length: rows }, (_, n) => `SKU-${n},RUH-MAIN,${n % 500},PCS`);
    await put(folder, 'stock.csv', `sku,location,quantity,unit\n${lines.join('\n')}\n`);
    return openCsv(folder, { stock });
  }

  test('200,000 rows come in pages of one size, in order, with progress', async () => {
    const read = await readAll(await bigFile(), 'stock');
    expect(read.pages.map((page) => page.changes.length)).toEqual(
      Array.from({ length: rows / pageSize }, () => pageSize),
    );
    expect(read.changes.at(-1)).toMatchObject({ key: `SKU-${rows - 1}\tRUH-MAIN`, place: { line: rows + 1 } });
    const progress = read.pages.map((page) => page.progress ?? 0);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  test('no more is read ahead than one page and one chunk while the consumer is busy', async () => {
    const reader = (await bigFile()).read.stock?.({ since: null, signal: AbortSignal.timeout(20_000) });
    const iterator = reader?.[Symbol.asyncIterator]();
    const first = await iterator?.next();
    const second = await iterator?.next();
    const progress = [first, second].map((item) =>
      item?.value !== undefined && 'progress' in item.value ? item.value.progress : 1,
    );
    expect(Math.max(...progress.map((share) => share ?? 1))).toBeLessThan(0.25);
    await iterator?.return?.();
  });

  const openFiles = async () => {
    const names = await readdir('/proc/self/fd');
    const links = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
    return links.filter((link) => link.endsWith('stock.csv'));
  };

  test.runIf(process.platform === 'linux')('a consumer that leaves early leaves no file open', async () => {
    const reader = (await bigFile()).read.stock?.({ since: null, signal: AbortSignal.timeout(20_000) });
    for await (const _page of reader ?? []) {
      expect(await openFiles()).toHaveLength(1);
      break;
    }
    expect(await openFiles()).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('an abort ends the read with its reason and closes the file', async () => {
    const controller = new AbortController();
    const reader = (await bigFile()).read.stock?.({ since: null, signal: controller.signal });
    const read = async () => {
      for await (const _page of reader ?? []) controller.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrow('enough');
    expect(await openFiles()).toEqual([]);
  });
});

describe('rejected rows and the archive', () => {
  test('rejected rows are written for people, with line and reason, and go away when all is well', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { stock });
    await put(folder, 'stock.csv', 'sku,location,quantity\n=cmd(),RUH,x\nA,RUH,1\nB,RUH\n');
    await readAll(connector, 'stock');
    const path = join(folder, 'rejected', 'stock.rejected.csv');
    expect(await readFile(path, 'utf8')).toBe(
      `\uFEFFsku,location,quantity,line,reason\n'=cmd(),RUH,x,2,quantity must be a decimal number such as 12 or -0.5; a dash or a word is not zero\nB,RUH,,4,has 2 columns where the header has 3; a value may hold the delimiter without being quoted\n`,
    );
    await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\n');
    await readAll(connector, 'stock');
    expect(await readdir(join(folder, 'rejected'))).toEqual([]);
  });

  test('a level file is archived only where that is configured, and only after its manifest was committed', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\n');
    await putManifest(folder, 'stock.csv', { rows: 1, asOf });
    const connector = await openCsv(folder, { stock: { ...stock, archive: 'old' } });
    const reader = connector.read.stock?.({ since: null, signal: AbortSignal.timeout(20_000) });
    for await (const item of reader ?? []) {
      if ('manifest' in item) break;
    }
    expect(await readdir(folder)).toContain('stock.csv');
    await readAll(connector, 'stock');
    expect((await readdir(folder)).filter((name) => name.startsWith('stock'))).toEqual([]);
    await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,2\n');
    await readAll(connector, 'stock');
    expect((await readdir(join(folder, 'old'))).toSorted()).toEqual([
      'stock.csv',
      'stock.csv.2',
      'stock.csv.manifest.json',
    ]);
  });
});
