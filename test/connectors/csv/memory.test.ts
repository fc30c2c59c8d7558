import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pageSize } from '../../../connectors/csv/session.ts';
import { put, temporaryFolder } from './harness.ts';

const run = promisify(execFile);
const probe = fileURLToPath(new URL('old-space.ts', import.meta.url));
const pages = 60;

/** As much as V8 allows itself at most: it learns only where there is much, and clears less often, so that less is counted that was just in use. */
const youngSpace = ['--min-semi-space-size=64', '--max-semi-space-size=64'];

test.each([
  ['plain rows', (row: number) => `SKU-${row},RUH-MAIN,${row % 500},PCS\n`],
  ['quoted rows', (row: number) => `"SKU-${row}","RUH-MAIN","${row % 500}","PCS"\n`],
  ['codes that are cleaned', (row: number) => `صنف-${row},RUH-MAIN,${row % 500},PCS\n`],
  ['rows that are rejected', (row: number) => `SKU-${row},RUH-MAIN,x${row},PCS\n`],
])('no row is kept longer than its page: %s', async (_name, line) => {
  const folder = await temporaryFolder();
  const rows = Array.from({ length: pages * pageSize }, (_row, index) => line(index));
  await put(folder, 'stock.csv', `sku,location,quantity,unit\n${rows.join('')}`);
  const { stdout } = await run(process.execPath, ['--expose-gc', ...youngSpace, probe, folder]);
  const kept = JSON.parse(stdout) as { rows: number; bytes: number };
  expect(kept.rows).toBe((pages - 20) * pageSize);
  expect(kept.bytes).toBeLessThan(100);
});
