import { expect, test } from 'vitest';
import { openBridge } from '../support/bridge.ts';

test('a second sync of the same export sends nothing', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['B', 'RUH-MAIN', 7],
    ['B', 'JED-1', 3],
  ]);
  const first = await bridge.sync('stock');
  expect(first.run).toMatchObject({ status: 'done', outcome: 'changed', error: null, counts: { landed: 3 } });
  expect([bridge.onHand('A'), bridge.onHand('B'), bridge.onHand('B', 'JED1')]).toEqual([5, 7, 3]);

  bridge.forget();
  const second = await bridge.sync('stock');
  expect(second.run).toMatchObject({ status: 'done', outcome: 'unchanged', counts: { sent: 0, saved: 3 } });
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
});
