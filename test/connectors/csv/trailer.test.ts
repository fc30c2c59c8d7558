import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvOptions } from '../../../connectors/csv/index.ts';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

const header = 'sku;location;quantity\n';
const body = 'A;RUH;1\nB;RUH;20\nT;RUH;300\n';

async function readStock(text: string, trailer: unknown = {}, more: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await put(folder, 'stock.csv', text);
  const connector = await openCsv(folder, {
    stock: { files: 'stock.csv', delimiter: ';', ready: 'rename', trailer, ...more },
  });
  return readAll(connector, 'stock');
}

describe('a last line that states how many rows there are', () => {
  test('proves a file that has as many, with or without a line end, and is no row; an SKU of its name is one', async () => {
    for (const last of ['T;3\n', 'T;3', 'T;3;;\r\n', 'T;٣\n']) {
      const read = await readStock(`${header}${body}${last}`);
      expect(valuesOf(read).map(({ sku }) => sku)).toEqual(['A', 'B', 'T']);
      expect(read.manifest).toMatchObject({ completeness: 'proven', expectedRows: 3 });
    }
    const records = await readStock(`${header}${body}END;x;5\n`, {
      type: 'END',
      count: { position: 3 },
      counts: 'records',
    });
    expect(records.manifest).toMatchObject({ completeness: 'proven', expectedRows: 3 });
    const bare = await readStock(
      `${body}T;3\n`,
      {},
      {
        headerLine: 'none',
        columns: { sku: { position: 1 }, location: { position: 2 }, quantity: { position: 3 } },
      },
    );
    expect(bare.manifest).toMatchObject({ completeness: 'proven', expectedRows: 3 });
  });

  test.each([
    ['another number', `${header}${body}T;4\n`, 'has 3 rows where its trailer in line 5 states 4'],
    ['no number', `${header}${body}T;many\n`, 'states no number'],
    ['none at all', `${header}A;RUH;1\n`, 'has no trailer "T" in its last line'],
    ['rows after it', `${header}${body}T;3\nC;RUH;4\n`, 'goes on in line 6, after its trailer in line 5'],
    ['two exports in one file', `${header}${body}T;3\n${header}${body}T;3\n`, 'goes on in line 6'],
  ])('%s: the file is refused', async (_name, text, message) => {
    await expect(readStock(text)).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      message: expect.stringContaining(message),
    });
  });

  test('beside a broken line the right number proves nothing: a lost block may make up for it', async () => {
    const read = await readStock(`${header}A;RUH;1\nB;RUH\nT;2\n`);
    expect(rejectsOf(read)).toHaveLength(1);
    expect(read.manifest).toMatchObject({ completeness: 'likely', expectedRows: 2 });
  });

  test('a manifest beside the file has to agree as well', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'stock.csv', `${header}${body}T;3\n`);
    await putManifest(folder, 'stock.csv', { rows: 2 });
    const connector = await openCsv(folder, {
      stock: { files: 'stock.csv', delimiter: ';', ready: 'rename', trailer: {} },
    });
    await expect(readAll(connector, 'stock')).rejects.toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
  });

  test('wherever the file is cut, it is refused, or nothing but its line end is gone', async () => {
    const row = fc.tuple(fc.constantFrom('A', 'B-1', 'سلعة'), fc.constantFrom('RUH', 'JED'), fc.nat(1200));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), fc.nat(), async (rows, place) => {
        const whole = `${header}${rows.map((cells) => `${cells.join(';')}\n`).join('')}T;${rows.length}\n`;
        const bytes = Buffer.from(whole);
        const size = place % bytes.length;
        const folder = await temporaryFolder();
        await put(folder, 'stock.csv', bytes.subarray(0, size));
        const connector = await openCsv(folder, {
          stock: { files: 'stock.csv', delimiter: ';', ready: 'rename', trailer: {} },
        });
        const read = await readAll(connector, 'stock').catch((error: { code?: string }) => {
          expect(error.code).toBe('CONNECTOR_BAD_SOURCE');
          return undefined;
        });
        if (read !== undefined) expect(size).toBe(bytes.length - 1);
      }),
      { numRuns: 150 },
    );
  });

  test('the count stands after the word', () => {
    const parsed = csvOptions.safeParse({ dir: '.', stock: { files: 'a.csv', trailer: { count: { position: 1 } } } });
    expect(parsed.error?.issues[0]?.message).toBe('must be after the type');
  });
});
