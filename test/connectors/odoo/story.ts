import { expect } from 'vitest';
import { approve } from '../../../src/engine/approve.ts';
import { movedSince } from '../../../src/engine/movements.ts';
import { markPacking, waitForOperation } from '../../../src/engine/pack.ts';
import { startWorker } from '../../../src/engine/worker.ts';
import { flows } from '../../../src/flows/index.ts';
import { listOperations } from '../../../src/store/operations.ts';
import { listQuarantine } from '../../../src/store/quarantines.ts';
import { daysAgo, openBridge, type TestBridge } from '../../support/bridge.ts';

/** What people do in Odoo: in a fake one, and in a real one. */
export interface OdooDriver {
  /** Options of the connector. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Short names of two warehouses: the second is OTO's. */
  readonly warehouses: readonly [string, string];
  /** A product that Odoo tracks, with so much of it in the first warehouse. Acme Supplier delivers it. */
  product(sku: string, quantity: number): Promise<void>;
  rename(sku: string, to: string): Promise<void>;
  /** Validates the first step of a receipt from a vendor in the first warehouse; what it gives validates the second, if it has two. */
  receive(sku: string, quantity: number, steps: 1 | 2): Promise<() => Promise<void>>;
  /** A confirmed delivery of the first warehouse. */
  order(origin: string, sku: string, quantity: number): Promise<void>;
  /** Goods of the first warehouse that a customer got without OTO. */
  deliver(sku: string, quantity: number): Promise<void>;
  stateOf(origin: string): Promise<string>;
  /** What stands on a transfer, as people read it there. */
  notes(picking: number): Promise<string[]>;
  onHand(sku: string, warehouse: string): Promise<number>;
}

const patience = AbortSignal.timeout(600_000);

/** A day of goods between Odoo and OTO: what counts is that each of them is counted once, and that a second look changes nothing. */
export async function tellOfOdoo(driver: OdooDriver): Promise<void> {
  const [main, second] = driver.warehouses;
  await driver.product('A', 10);
  await driver.product('B', 5);
  const bridge = await openBridge({
    config: {
      sources: {
        erp: undefined,
        odoo: { connector: 'odoo', options: { ...driver.options, watch: { everySeconds: 0.5 } } },
      },
      locations: [
        { oto: 'RUH1', source: 'odoo', erp: main, disposals: 'order' },
        { oto: 'DMM1', source: 'odoo', erp: second, stock: 'oto', receipts: 'off', disposals: 'off' },
      ],
      flows: {
        products: { from: 'odoo' },
        stock: { from: 'odoo' },
        documents: { from: 'odoo', startFrom: daysAgo(30), note: true, watch: true },
        packing: { to: 'odoo' },
        'stock-back': { to: 'odoo' },
      },
      oto: { timeoutSeconds: 30 },
      push: { leaseSeconds: 60 },
    },
    simulator: { switches: { onHandFallsAt: 'packed' } },
  });
  await products(bridge);
  await receipt(bridge, driver, 1, 10);
  await receipt(bridge, driver, 2, 22);
  await notes(bridge, driver);
  await figuresBack(bridge, driver, second);
  await packing(bridge, driver);
  await soldOut(bridge, driver);
  await rename(bridge, driver);
  // Last: with this worker the jobs of the bridge end.
  await watched(bridge, driver);
}

const outcome = ({ run }: { run: { outcome: unknown; error: unknown } }) => {
  expect(run.error).toBeNull();
  return run.outcome;
};

async function products(bridge: TestBridge): Promise<void> {
  // Planned only: the next read brings nothing new, and the products are still to be made.
  expect((await bridge.plan('products')).items.map(({ key }) => key)).toEqual(['A', 'B']);
  expect(outcome(await bridge.sync('products'))).toBe('changed');
  expect([...bridge.simulator.state.products.keys()].sort()).toEqual(['A', 'B']);
  expect(await bridge.db.query(`select sku, data->>'supplier' as supplier from product order by sku`)).toEqual([
    { sku: 'A', supplier: 'Acme Supplier' },
    { sku: 'B', supplier: 'Acme Supplier' },
  ]);
  expect(['nothing-new', 'unchanged']).toContain(outcome(await bridge.sync('products')));
  expect(outcome(await bridge.sync('stock'))).toBe('changed');
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([10, 5]);
  expect(outcome(await bridge.sync('stock'))).toBe('unchanged');
}

/** Twelve of A come in, where there are so many of it before. */
async function receipt(bridge: TestBridge, driver: OdooDriver, steps: 1 | 2, before: number): Promise<void> {
  const orders = () => [...bridge.simulator.state.inventoryOrders.values()];
  const earlier = orders().length;
  const secondStep = await driver.receive('A', 12, steps);
  expect(outcome(await bridge.sync('documents'))).toBe('changed');
  // Odoo counts them already; OTO's staff have not.
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(before);
  await secondStep();
  await bridge.sync('documents');
  await bridge.sync('stock');
  expect(orders().map(({ action, items }) => [action, items.map(({ sku, qty }) => [sku, qty])])).toEqual(
    Array.from({ length: earlier + 1 }, () => ['inbound', [['A', 12]]]),
  );
  expect(bridge.onHand('A')).toBe(before);
  bridge.simulator.staff.processInventoryOrder(orders().at(-1)?.otoId ?? 0);
  await bridge.sync('stock');
  await bridge.sync('documents');
  expect(outcome(await bridge.sync('stock'))).toBe('unchanged');
  expect(bridge.onHand('A')).toBe(before + 12);
  expect(orders()).toHaveLength(earlier + 1);
}

/** Both transfers bear the reference under which OTO has them, once. */
async function notes(bridge: TestBridge, driver: OdooDriver): Promise<void> {
  const written = await bridge.db.query<{ id: number; erp_id: string; reference: string; oto_id: string }>(
    `select o.id, d.erp_id, d.reference, d.oto_id from document d join operation o on o.key = 'note-document/' || d.id order by d.id`,
  );
  expect(written).toHaveLength(2);
  for (const { id, erp_id, reference, oto_id } of written) {
    await waitForOperation(bridge.app.bridge, id, 60_000, patience);
    const ours = (await driver.notes(Number(erp_id.split(',')[1]))).filter((note) => note.includes(reference));
    expect(ours).toEqual([
      expect.stringContaining(`OTO has it as inventory order ${oto_id}. OTO: ${reference} [oto-bridge/`),
    ]);
  }
}

async function figuresBack(bridge: TestBridge, driver: OdooDriver, warehouse: string): Promise<void> {
  bridge.simulator.seed({ stock: [{ sku: 'A', location: 'DMM1', onHand: 9 }] });
  expect(outcome(await bridge.sync('stock-back'))).toBe('changed');
  expect(await driver.onHand('A', warehouse)).toBe(9);
  bridge.simulator.seed({ stock: [{ sku: 'A', location: 'DMM1', onHand: 4 }] });
  await bridge.sync('stock-back');
  expect(await driver.onHand('A', warehouse)).toBe(4);
  await bridge.sync('documents');
  // What we counted away was no disposal, and what we counted in no receipt.
  expect(bridge.simulator.state.inventoryOrders.size).toBe(2);
  expect(outcome(await bridge.sync('stock'))).toBe('unchanged');
}

async function packing(bridge: TestBridge, driver: OdooDriver): Promise<void> {
  for (const orderId of ['SO-77', 'SO-78']) {
    await driver.order(orderId, 'A', 3);
    const items = [{ sku: 'A', quantity: 3 }];
    bridge.simulator.seed({ orders: [{ orderId, location: 'RUH1', items, status: 'assignedToWarehouse' }] });
  }
  await bridge.sync('packing');
  const id = await markPacking(bridge.app.bridge, { orderId: 'SO-77', status: 'packed', by: 'Salem' });
  await waitForOperation(bridge.app.bridge, id, 60_000, patience);
  // The other one is packed in OTO itself.
  bridge.simulator.staff.packOrder('SO-78');
  await bridge.sync('packing');
  const told = await listOperations(bridge.db, { kind: 'erp-command', limit: 10 });
  const packed = told.filter(({ key }) => key.startsWith('set-packing-status/'));
  expect(packed.map(({ key }) => key).sort()).toEqual(
    ['SO-77', 'SO-78'].map((one) => `set-packing-status/${one}/packed`),
  );
  for (const one of packed) await waitForOperation(bridge.app.bridge, one.id, 60_000, patience);
  expect([await driver.stateOf('SO-77'), await driver.stateOf('SO-78')]).toEqual(['done', 'done']);
  // A second look tells nobody anything.
  await bridge.sync('packing');
  expect(await listOperations(bridge.db, { kind: 'erp-command', limit: 10 })).toHaveLength(told.length);
  await bridge.sync('documents');
  // What was sold is no disposal: what left OTO left Odoo with it.
  expect(bridge.simulator.state.inventoryOrders.size).toBe(2);
  // OTO took them off its figure when they were packed, and Odoo when its transfer was validated.
  expect(bridge.onHand('A')).toBe(28);
  expect(outcome(await bridge.sync('stock'))).toBe('unchanged');
}

/** So many at once look like a slip, but for what Odoo's ledger says. */
async function soldOut(bridge: TestBridge, driver: OdooDriver): Promise<void> {
  bridge.simulator.seed({ products: [{ sku: 'C' }] });
  await driver.product('C', 150);
  await bridge.sync('products');
  await bridge.sync('stock');
  expect(bridge.onHand('C')).toBe(150);
  // Odoo tells seconds: what it books within the second of the last look may have been before it.
  const second = Math.floor(Date.now() / 1000);
  await expect.poll(() => Math.floor(Date.now() / 1000), { timeout: 5000 }).toBeGreaterThan(second);
  await driver.deliver('C', 150);
  const moved = await movedSince(bridge.app.bridge, 'odoo', ['C'], new Date(0), { signal: patience });
  expect(moved?.map(({ location, units }) => [location, units])).toContainEqual(['RUH1', -150]);
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ outcome: 'changed', counts: { landed: 1, quarantined: 0 } });
  expect(bridge.onHand('C')).toBe(0);
}

/** While a worker stands, a receipt that is validated in Odoo comes to OTO unasked. */
async function watched(bridge: TestBridge, driver: OdooDriver): Promise<void> {
  const { bridge: own } = bridge.app;
  const { inventoryOrders } = bridge.simulator.state;
  const earlier = inventoryOrders.size;
  const stop = new AbortController();
  const worker = await startWorker(own, { flows, version: '1', stop: stop.signal, onUnfit: () => undefined });
  try {
    expect(worker.watched).toEqual(['documents']);
    await driver.receive('A', 5, 1);
    await expect.poll(() => inventoryOrders.size, { timeout: 60_000 }).toBe(earlier + 1);
    expect([...inventoryOrders.values()].at(-1)?.items).toMatchObject([{ sku: 'A', qty: 5 }]);
  } finally {
    stop.abort();
    await worker.close(5000);
  }
}

/** Of one product under two codes OTO would have twice the goods. */
async function rename(bridge: TestBridge, driver: OdooDriver): Promise<void> {
  await driver.rename('B', 'B-NEW');
  // The figures may tell of it first.
  for (const flow of ['stock', 'products', 'stock'] as const) {
    const { run } = await bridge.sync(flow);
    expect(run).toMatchObject({ status: 'done', counts: { quarantined: 1, sent: 0, waiting: 0 } });
    expect((await listQuarantine(bridge.db, {})).map(({ rule, sku }) => [rule, sku])).toEqual([
      ['sku-renamed', 'B-NEW'],
    ]);
    expect(bridge.onHand('B')).toBe(5);
    expect([...bridge.simulator.state.products.keys()].sort()).toEqual(['A', 'B', 'C']);
  }
  const [held] = await listQuarantine(bridge.db, {});
  await approve(bridge.app.bridge, [held?.id ?? 0], null);
  await bridge.sync('products');
  expect([...bridge.simulator.state.products.keys()].sort()).toEqual(['A', 'B', 'B-NEW', 'C']);
  await bridge.sync('stock');
  expect([bridge.onHand('B'), bridge.onHand('B-NEW')]).toEqual([0, 5]);
}
