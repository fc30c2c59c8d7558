import { readdir, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../../src/connector/index.ts';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

const stock = { files: 'stock.csv', ready: 'rename' };
const bad = (message: string | RegExp) => ({
  code: 'CONNECTOR_BAD_SOURCE',
  message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
});

async function readStock(content: string | Buffer, options: Record<string, unknown> = {}, rows?: number) {
  const folder = await temporaryFolder();
  await put(folder, 'stock.csv', content);
  if (rows !== undefined) await putManifest(folder, 'stock.csv', { rows });
  return readAll(await openCsv(folder, { stock: { ...stock, ...options } }), 'stock');
}
const levels = (read: Awaited<ReturnType<typeof readStock>>) =>
  valuesOf(read).map(({ sku, location, quantity }) => `${sku} ${location} ${quantity}`);

describe('what parts the values', () => {
  test.each([',', ';', '\t', '|'])('detected: %j', async (delimiter) => {
    const rows = [
      ['sku', 'note', 'location', 'quantity'],
      ['A', 'x, y; z | w', 'RUH', '1'],
      ['B', '', 'JED', '2'],
    ];
    const text = rows.map((row) => row.map((cell) => `"${cell}"`).join(delimiter)).join('\n');
    const read = await readStock(`Stock; list, of\n${text}\n`, { delimiter: 'auto' });
    expect(levels(read)).toEqual(['A RUH 1', 'B JED 2']);
    expect(read.manifest?.warnings).toEqual([]);
  });

  test('a first line sep=; says it, and is followed even where the configuration says another', async () => {
    const read = await readStock('sep=;\r\nsku;location;quantity\r\nA;RUH;x\r\nB;JED;2\r\n', { delimiter: ',' }, 2);
    expect(levels(read)).toEqual(['B JED 2']);
    expect(rejectsOf(read)).toMatchObject([{ line: 3 }]);
    expect(read.manifest).toMatchObject({ completeness: 'proven', warnings: [expect.stringContaining('";"')] });
  });

  test('columns by position that fit two readings are refused, or the better one is shown as doubtful', async () => {
    const columns = { sku: { position: 1 }, location: { position: 2 }, quantity: { position: 3 } };
    const options = { delimiter: 'auto', headerLine: 'none', columns };
    await expect(readStock('A;1,RUH;2,5;6\nB;1,JED;2,7;8\n', options)).rejects.toMatchObject(bad('may be parted'));
    const read = await readStock('A;1,RUH;2,5;6\nB,JED,7\n', options);
    expect(levels(read)).toEqual(['B JED 7']);
    expect(read.manifest?.warnings).toEqual([expect.stringContaining('another delimiter fits too')]);
  });

  test('where none gives the columns, the columns of the likeliest are named', async () => {
    await expect(readStock('Item;Place;Qty\nA;RUH;1\n', { delimiter: 'auto' })).rejects.toMatchObject(
      bad('"Item", "Place", "Qty"'),
    );
  });
});

describe('the header', () => {
  const report = 'Olaya branch,,,\nStock list of,"20 November\n2026",,\n\nsku,location,quantity,unit\nA,RUH,1,\n';

  test('is found below titles, which are no rows', async () => {
    const read = await readStock(report, {}, 1);
    expect(levels(read)).toEqual(['A RUH 1']);
    expect(read.changes[0]).toMatchObject({ place: { line: 6 } });
    expect(read.manifest?.completeness).toBe('proven');
  });

  test('stands where the configuration says', async () => {
    const text = 'sku,location,quantity\nOLD,RUH,9\nsku,quantity,location\nA,1,RUH\n';
    expect(levels(await readStock(text, { headerLine: 3 }, 1))).toEqual(['A RUH 1']);
    await expect(readStock(report, { headerLine: 1 })).rejects.toMatchObject(bad('no column "sku"'));
  });

  test('that has a row above it is no header of this file', async () => {
    await expect(readStock('Item,Place,Qty\nA,RUH,5\nsku,location,quantity\nB,RUH,7\n')).rejects.toMatchObject(
      bad('line 2 above it looks like a row'),
    );
  });

  test('that comes again is no row; another one in the middle of the file is refused', async () => {
    const header = 'sku,location,quantity\n';
    const again = `${header}A,RUH,1\n\n${header}B,RUH,2\n\uFEFF${header}C,RUH,3\n`;
    const read = await readStock(again, {}, 3);
    expect(levels(read)).toEqual(['A RUH 1', 'B RUH 2', 'C RUH 3']);
    expect(read.changes.map((change) => 'place' in change && change.place?.line)).toEqual([2, 5, 7]);
    await expect(readStock(`${header}A,RUH,1\nlocation,sku,quantity\nRUH,B,2\n`)).rejects.toMatchObject(
      bad('another header in line 3'),
    );
  });

  test('files that were joined without a line end between them mix no rows', async () => {
    const header = 'sku,location,quantity\n';
    const read = await readStock(`${header}A,RUH,1\nB,RUH,2\uFEFF${header}C,RUH,3\n`);
    expect(levels(read)).toEqual(['A RUH 1', 'C RUH 3']);
    expect(rejectsOf(read)).toMatchObject([{ line: 3, key: 'B\tRUH' }]);
  });
});

describe('lines of totals', () => {
  const totals = ['Total', 'الإجمالي'];
  const text =
    'sku,location,quantity,unit\nA,RUH,1,\nTotal,,1,\nTotal Care,RUH,2,PCS\n,,الإجمالي:,3\nTOTAL OF ALL,,,6\n';

  test('are no rows, and a row that starts so is one', async () => {
    const read = await readStock(text, { totals }, 2);
    expect(levels(read)).toEqual(['A RUH 1', 'Total Care RUH 2']);
    expect(read.manifest?.completeness).toBe('proven');
  });

  test('are rejected where nothing is said about them', async () => {
    const read = await readStock(text, {}, 5);
    expect(levels(read)).toEqual(['A RUH 1', 'Total Care RUH 2']);
    expect(rejectsOf(read).map(({ line }) => line)).toEqual([3, 5, 6]);
  });

  test('without a line end behind it a total shows that the rows are whole; a cut code that looks like one does not', async () => {
    const whole = await readStock('sku,location,quantity\nA,RUH,1\nTotal,,1', { totals });
    expect(whole.manifest?.completeness).toBe('likely');
    const cut = await readStock('sku,location,quantity\nA,RUH,1\nTotal', { totals });
    expect(cut.manifest?.completeness).toBe('unproven');
  });
});

describe('line ends, ends of files, holes', () => {
  test('a file of an old Mac, and a file of all kinds of line ends', async () => {
    const mac = await readStock('sku,location,quantity\rA,RUH,1\r"B",RUH,x\rC,RUH,3\r');
    expect(levels(mac)).toEqual(['A RUH 1', 'C RUH 3']);
    expect(rejectsOf(mac)).toMatchObject([{ line: 3 }]);
    expect(mac.manifest?.completeness).toBe('likely');
    const mixed = await readStock('sku,location,quantity\r\nA,RUH,1\rB,RUH,2\n\rC,RUH,x\r\r\nD,RUH,4\n');
    expect(levels(mixed)).toEqual(['A RUH 1', 'B RUH 2', 'D RUH 4']);
    expect(rejectsOf(mixed)).toMatchObject([{ line: 5 }]);
  });

  test('the sign by which old programs end a text is no row', async () => {
    const read = await readStock('sku,location,quantity\r\nA,RUH,1\r\n\u001A', {}, 1);
    expect(read.manifest?.completeness).toBe('proven');
    expect((await readStock('sku,location,quantity\r\nA,RUH,1\u001A')).manifest?.completeness).toBe('unproven');
  });

  test('a file that ends in zero bytes was left by a crash', async () => {
    await expect(readStock(`sku,location,quantity\nA,RUH,1\n${'\0'.repeat(5000)}`)).rejects.toMatchObject(
      bad('zero bytes'),
    );
  });

  test('a hole in the middle joins no halves of rows, in whatever column it lies', async () => {
    const read = await readStock('sku,note,location,quantity\nA,half\0\0\0\0half,JED,7\nB,,RUH,2\n', {}, 2);
    expect(levels(read)).toEqual(['B RUH 2']);
    expect(rejectsOf(read)).toMatchObject([{ line: 2, reason: expect.stringContaining('damaged') }]);
  });

  test('rows that a missing quote made a value of are all left out, with their keys', async () => {
    const read = await readStock('sku,note,location,quantity\nA,"n,RUH,5\nB,x,JED,6\nC,n",DMM,7\nD,,RUH,8\n');
    expect(levels(read)).toEqual(['D RUH 8']);
    expect(rejectsOf(read).map(({ key }) => key)).toEqual([undefined, 'B\tJED', undefined]);
  });
});

describe('a file that changes under its reader', () => {
  const content = `sku,location,quantity\n${Array.from({ length: 60_000 }, (_, n) => `S${n},RUH,1`).join('\n')}\n`;

  async function whileReading(change: (path: string, folder: string) => Promise<void>) {
    const folder = await temporaryFolder();
    const path = await put(folder, 'stock.csv', content);
    const reader = (await openCsv(folder, { stock })).read.stock?.({
      since: null,
      signal: AbortSignal.timeout(20_000),
    });
    let pages = 0;
    for await (const _item of reader ?? []) {
      pages += 1;
      if (pages === 1) await change(path, folder);
    }
    return pages;
  }

  test.each<[string, (path: string, folder: string) => Promise<void>]>([
    ['vanishes', (path) => rm(path)],
    ['is replaced', (path, folder) => put(folder, 'new', content).then((other) => rename(other, path))],
    ['is truncated', (path) => truncate(path, 1000)],
    ['grows', (path) => writeFile(path, 'B,RUH,2\n', { flag: 'a' })],
    [
      'is written over with as many bytes, within one tick of a coarse clock',
      async (path) => {
        const time = new Date(Math.floor(Date.now() / 1000) * 1000);
        await writeFile(path, content.replace('S0,RUH,1', 'S0,RUH,2'));
        await utimes(path, time, time);
      },
    ],
  ])('%s: nothing of it counts', async (_name, change) => {
    await expect(whileReading(change)).rejects.toMatchObject(bad('changed while it was read'));
  });

  test('with a time that says nothing, the content does', async () => {
    const folder = await temporaryFolder();
    const path = await put(folder, 'stock.csv', content);
    const time = new Date(Math.floor(Date.now() / 1000) * 1000);
    await utimes(path, time, time);
    const reader = (await openCsv(folder, { stock })).read.stock?.({
      since: null,
      signal: AbortSignal.timeout(20_000),
    });
    const read = async () => {
      let pages = 0;
      for await (const _item of reader ?? []) {
        pages += 1;
        if (pages > 1) continue;
        await writeFile(path, content.replace('S59999,RUH,1', 'S59999,RUH,2').replace('S0,RUH,1', 'S0,RUH,2'));
        await utimes(path, time, time);
      }
    };
    await expect(read()).rejects.toMatchObject(bad('changed while it was read'));
  });

  test('a file that takes its place before it is archived has not been read: it stays, and is read next', async () => {
    const folder = await temporaryFolder();
    const file = (number: string) => `kind,number,date,location,sku,quantity\npurchase,${number},2026-11-20,RUH,A,1\n`;
    await put(folder, 'd.csv', file('GRN-1'));
    const connector = await openCsv(folder, { documents: { files: '*.csv', ready: 'rename' } });
    let since: Checkpoint = null;
    for await (const item of connector.read.documents?.({ since, signal: AbortSignal.timeout(20_000) }) ?? []) {
      if ('manifest' in item) continue;
      since = item.checkpoint;
      await rename(await put(folder, 'new', file('GRN-2')), join(folder, 'd.csv'));
    }
    const next = await readAll(connector, 'documents', since);
    expect(valuesOf(next).map(({ number }) => number)).toEqual(['GRN-2']);
    expect(await readdir(join(folder, 'archive'))).toEqual(['d.csv']);
  });

  test('a time in the future does not keep it from being read', async () => {
    const folder = await temporaryFolder();
    const path = await put(folder, 'stock.csv', 'sku,location,quantity\nA,RUH,1\n');
    const future = new Date(Date.now() + 3_600_000);
    await utimes(path, future, future);
    const read = await readAll(await openCsv(folder, { quietMs: 100, stock: { files: 'stock.csv' } }), 'stock');
    expect(levels(read)).toEqual(['A RUH 1']);
  });
});
