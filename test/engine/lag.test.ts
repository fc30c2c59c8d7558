import { expect, test, vi } from 'vitest';
import { markPacking, waitForOperation } from '../../src/engine/pack.ts';
import { listOperations, operationEvents } from '../../src/store/operations.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

// On a machine that does much else beside.
vi.setConfig({ testTimeout: 90_000 });

/** How long OTO's reads lag behind its writes; whoever waits less takes a call that landed for one that did not. */
const readLagMs = 700;

async function openLagging(settleSeconds: number) {
  const bridge = await openBridge({
    config: {
      oto: { settleSeconds, timeoutSeconds: 0.4 },
      push: { leaseSeconds: 2, waitMinutes: 0.3 },
      locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }],
      flows: { packing: {} },
    },
  });
  const { simulator } = bridge;
  simulator.seed({ products: [{ sku: 'A' }, { sku: 'C' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 5 }] });
  simulator.staff.createOrder({
    orderId: 'SO-1',
    location: 'RUH1',
    items: [{ sku: 'C', quantity: 1 }],
    status: 'assignedToWarehouse',
  });
  await bridge.sync('packing');
  await bridge.erp.products(['A', 'B']);
  await bridge.erp.stock([['A', 'RUH-MAIN', 9]]);
  // What was there is visible by now, so that only what is written from here on is seen late.
  bridge.otoClock.ahead = 60_000;
  simulator.switches.set({ readLagMs });
  for (const endpoint of ['createProduct', 'updateStockQuantity', 'updatePackingStatus'] as const)
    simulator.faults.add({ endpoint, kind: 'resetAfter', count: 1 });
  return bridge;
}

const effects = ({ simulator }: TestBridge, endpoint: string) =>
  simulator.requests.list({ endpoint, effect: true }).length;

async function mark(bridge: TestBridge): Promise<number> {
  const signal = AbortSignal.timeout(20_000);
  const id = await markPacking(bridge.app.bridge, { orderId: 'SO-1', status: 'picked', by: 'Salem' });
  return (await waitForOperation(bridge.app.bridge, id, 15_000, signal)).id;
}

test('reads that lag behind writes: the prover waits until they tell, and repeats neither a figure nor a packing step', async () => {
  const bridge = await openLagging(1);
  const [products, stock, packed] = await Promise.all([bridge.sync('products'), bridge.sync('stock'), mark(bridge)]);
  expect([products.run.counts.landed, stock.run.counts.landed]).toEqual([1, 1]);
  for (const endpoint of ['updateStockQuantity', 'updatePackingStatus']) {
    expect(bridge.calls(endpoint), endpoint).toHaveLength(1);
    expect(effects(bridge, endpoint), endpoint).toBe(1);
  }
  // The repeat is the question: OTO answers that the product exists, however late its list is.
  const [first, repeat] = bridge.calls('createProduct');
  expect(effects(bridge, 'createProduct')).toBe(1);
  expect((repeat?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  const operations = await listOperations(bridge.db, {});
  expect(operations.map(({ kind, state, evidence }) => `${kind} ${state} ${evidence}`).sort()).toEqual([
    'packing-status landed read-back',
    'product-create landed natural-key',
    'stock-set landed read-back',
  ]);
  for (const { id, kind } of operations) {
    const events = await operationEvents(bridge.db, id);
    const lost = events.find(({ to }) => to === 'unknown');
    const told = events.find(({ from }) => from === 'unknown');
    expect((told?.at.getTime() ?? 0) - (lost?.at.getTime() ?? 0), kind).toBeGreaterThanOrEqual(1000);
  }
  expect(packed).toBeGreaterThan(0);
});

test('whoever waits less than the reads lag sends a call again that had landed, as oto.settleSeconds says', async () => {
  const bridge = await openLagging(0.05);
  await bridge.sync('stock');
  const [operation] = await listOperations(bridge.db, { kind: 'stock-set' });
  const events = await operationEvents(bridge.db, operation?.id ?? 0);
  expect(events.map(({ why }) => why)).toContain('OTO still shows 5: it did not land');
  expect(effects(bridge, 'updateStockQuantity')).toBeGreaterThan(1);
  expect(bridge.onHand('A')).toBe(9);
});
