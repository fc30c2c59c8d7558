import { expect, test } from 'vitest';
import { openBridge } from '../support/bridge.ts';

test('a SKU that OTO has with more zeros in front is pointed out, and never taken for it', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: ['00123', '0456', '0', 'A-7', '789'].map((sku) => ({ sku })) });
  await bridge.erp.stock([
    ['123', 'RUH-MAIN', 5],
    ['456', 'RUH-MAIN', 6],
    ['00', 'RUH-MAIN', 7],
    ['0A-7', 'RUH-MAIN', 8],
    ['789', 'RUH-MAIN', 9],
  ]);
  const { run } = await bridge.sync('stock');
  expect(run.notes.find((note) => note.kind === 'lost-zeros')).toMatchObject({
    count: 2,
    new: true,
    message: expect.stringContaining('the ERP says "123", OTO "00123"'),
  });
  expect(run.outcome).toBe('needs-person');
  expect([bridge.onHand('00123') ?? 0, bridge.onHand('789')]).toEqual([0, 9]);

  await bridge.erp.stock([['789', 'RUH-MAIN', 10]]);
  const next = await bridge.sync('stock');
  expect(next.run.notes.filter((note) => note.kind === 'lost-zeros')).toEqual([]);
});
