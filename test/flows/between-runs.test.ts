import { expect, test } from 'vitest';
import { openBridge } from '../support/bridge.ts';
import { until } from '../support/process.ts';

const one = { config: { locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }] } };

test('a figure that the ERP changes while a run is under way is sent by the next run', async () => {
  const bridge = await openBridge(one);
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.erp.stock([['A', 'RUH-MAIN', 5]]);
  bridge.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'latency', ms: 300, count: 1 });
  const running = bridge.sync('stock');
  await until('a call under way', () => bridge.calls('updateStockQuantity').length === 1);
  await bridge.erp.stock([['A', 'RUH-MAIN', 9]]);
  expect((await running).run.outcome).toBe('changed');
  expect(bridge.onHand('A')).toBe(5);
  expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'changed', counts: { landed: 1 } });
  expect(bridge.onHand('A')).toBe(9);
});

test('where one location fails and another does not, only the failed one is sent again', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['A', 'JED-1', 7],
  ]);
  bridge.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'status500', count: 1 });
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', counts: { landed: 2, parked: 0 } });
  expect([bridge.onHand('A', 'RUH1'), bridge.onHand('A', 'JED1')]).toEqual([5, 7]);
  const sent = bridge.calls('updateStockQuantity').map(({ params, effect }) => [params?.locationCode, effect]);
  const [[failed] = []] = sent.filter(([, effect]) => effect !== true);
  expect(sent.filter(([place]) => place === failed)).toHaveLength(2);
  expect(sent.filter(([place]) => place !== failed)).toHaveLength(1);
  bridge.forget();
  expect((await bridge.sync('stock')).run.outcome).toBe('unchanged');
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
});

test('a product that OTO lacked for a run gets its figure when it is back, though the ERP changes nothing', async () => {
  const bridge = await openBridge(one);
  const product = { sku: 'A' };
  bridge.simulator.seed({ products: [product] });
  await bridge.erp.products(['A']);
  await bridge.erp.stock([['A', 'RUH-MAIN', 5]]);
  await bridge.sync('stock');
  bridge.simulator.state.products.delete('A');
  bridge.simulator.state.figures.clear();
  await bridge.erp.stock([['A', 'RUH-MAIN', 7]]);
  const { run } = await bridge.sync('stock');
  expect(run.counts.landed).toBe(0);
  bridge.simulator.seed({ products: [product] });
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(7);
});
