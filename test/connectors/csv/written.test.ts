import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stockLevel } from '../../../src/connector/index.ts';
import { openCsv, readAll, temporaryFolder, valuesOf } from './harness.ts';

// What the file itself gives another meaning: a spreadsheet's wrapping, bytes that are no text, the header once more.
const code = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((text) => !/^="|[\uFFFD\uFEFF]/.test(text) && text.isWellFormed())
  .filter((text) => stockLevel.shape.sku.safeParse(text).success);
const line = fc.record({
  sku: code,
  location: code,
  quantity: fc.tuple(fc.integer(), fc.stringMatching(/^(\.\d{1,4})?$/)).map(([whole, part]) => `${whole}${part}`),
});

test('what the connector writes it reads again, whatever the codes are', async () => {
  const delimiters = fc.constantFrom(',', ';', '\t', '|');
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), delimiters, async (lines, delimiter) => {
      const folder = await temporaryFolder();
      const stock = { files: 'out/*.csv', ready: 'rename', delimiter, invisibleMarks: 'keep', exponentCodes: 'keep' };
      const writing = await openCsv(folder, { write: { stock: 'out', delimiter } });
      const asOf = '2026-11-20T02:00:00+03:00';
      await writing.apply?.({ name: 'write-stock', id: 'op-1', asOf, lines }, AbortSignal.timeout(10_000));
      expect((await readdir(join(folder, 'out'))).filter((name) => name.endsWith('.csv'))).toEqual(['stock-op-1.csv']);
      const read = await readAll(await openCsv(folder, { stock }), 'stock');
      expect(valuesOf(read).map(({ sku, location, quantity }) => ({ sku, location, quantity }))).toEqual(lines);
    }),
    { numRuns: 60 },
  );
});
