import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { openBridge, type TestBridge } from '../support/bridge.ts';

/** A stock file as an Arabic Windows system writes it. */
async function arabicStock(bridge: TestBridge, quantity: number): Promise<void> {
  const rows = Array.from(
    { length: 30 },
    (_, n) => `صنف-${n},${n % 2 === 0 ? 'JED-1' : 'RUH-MAIN'},${quantity},قميص قطني أزرق مقاس كبير`,
  );
  const text = `sku,location,quantity,name\n${rows.join('\n')}\n`;
  const asOf = await bridge.erp.put('stock.csv', text);
  const path = join(bridge.erp.dir, 'stock.csv');
  await writeFile(path, iconv.encode(text, 'windows-1256'));
  await utimes(path, asOf, asOf);
}

const warningsOf = ({ run }: Awaited<ReturnType<TestBridge['sync']>>) =>
  run.notes.filter(({ kind }) => kind === 'source-warning');

test('what a source warns of stands in the run, and asks for a person the first time only', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: Array.from({ length: 30 }, (_, n) => ({ sku: `صنف-${n}` })) });
  await arabicStock(bridge, 5);
  const first = await bridge.sync('stock');
  expect(warningsOf(first)).toMatchObject([
    { message: expect.stringMatching(/^stock of "erp": .*windows-1256/), new: true },
  ]);
  expect(first.run.outcome).toBe('needs-person');
  expect(bridge.onHand('صنف-7')).toBe(5);

  await arabicStock(bridge, 6);
  const second = await bridge.sync('stock');
  expect(warningsOf(second)).toMatchObject([{ new: false }]);
  expect(second.run.outcome).toBe('changed');
  expect(bridge.onHand('صنف-7')).toBe(6);
});
