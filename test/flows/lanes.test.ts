import { expect, test } from 'vitest';
import { openBridge } from '../support/bridge.ts';

test('a figure that falls to zero does not wait behind all those that rise, in one run', async () => {
  const skus = Array.from({ length: 2000 }, (_, index) => `SKU-${String(index).padStart(4, '0')}`);
  const bridge = await openBridge({ config: { guards: { shareMinimum: 10_000 } } });
  // The last of all by its name, and more are before it than are taken at a time: in the order of the plan it would be the last to go.
  const sold = 'ZZZ';
  bridge.simulator.seed({
    products: [...skus, sold].map((sku) => ({ sku })),
    stock: [...skus, sold].map((sku) => ({ sku, location: 'RUH1', onHand: 5 })),
  });
  await bridge.erp.stock([...skus.map((sku) => [sku, 'RUH-MAIN', 9] as const), [sold, 'RUH-MAIN', 0]]);
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', counts: { landed: skus.length + 1 } });
  const sent = bridge
    .calls('updateStockQuantity')
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ params }) => params?.sku);
  expect(sent).toHaveLength(skus.length + 1);
  expect(sent.indexOf(sold)).toBeLessThan(300);
});
