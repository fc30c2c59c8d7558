import { expect, test, vi } from 'vitest';
import { slowCallsDown } from '../../src/store/rate.ts';
import { openSite, until } from '../support/process.ts';
import { ask, tell } from './ask.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

const today = new Date().toISOString().slice(0, 10);

test('pull: locations, figures and orders of OTO; orders are picked and packed, and OTO has it', async () => {
  const erp = { connector: 'csv', options: { dir: 'erp', stock: { files: 'stock.csv' }, write: { packing: 'out' } } };
  const site = await openSite({
    config: { sources: { erp }, flows: { packing: { to: 'erp' }, products: undefined, documents: undefined } },
  });
  site.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }], stock: { onHand: 9, locations: ['RUH1', 'JED1'] } });
  for (const orderId of ['SO-1', 'SO-2', 'SO-3']) {
    site.simulator.staff.createOrder({ orderId, location: 'RUH1', items: [{ sku: 'A', quantity: 2 }] });
    site.simulator.staff.readyOrder(orderId);
  }
  const { locations } = await ask(site, 'pull locations');
  expect(locations).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: 'RUH1', kind: 'warehouse', configured: true }),
      expect.objectContaining({ code: 'OLAYA', kind: 'branch', configured: false }),
    ]),
  );
  // JED1 is not configured, so its figures are none of ours.
  expect(await ask(site, 'pull stock')).toMatchObject({
    skus: 2,
    figures: [
      { sku: 'A', location: 'RUH1', onHand: 9, readAt: expect.any(String) },
      { sku: 'B', location: 'RUH1', onHand: 9 },
    ],
  });
  expect(await tell(site, 'pull stock --sku B')).toMatch(/^SKU +location +on hand +forecasted\nB +RUH1 +\d+ +\d+\n$/);

  expect(await ask(site, 'packing list')).toEqual({ orders: [] });
  const pulled = await ask(site, 'pull packing --location RUH1');
  expect(pulled.orders).toHaveLength(3);
  expect(pulled.orders[0]).toEqual({
    order: 'SO-1',
    location: 'RUH1',
    state: 'ready',
    items: [expect.objectContaining({ sku: 'A', quantity: 2 })],
  });

  expect(await ask(site, 'packing pick SO-1 SO-2 --as Aisha')).toMatchObject({
    orders: [
      { order: 'SO-1', status: 'picked', state: 'landed' },
      { order: 'SO-2', status: 'picked', state: 'landed' },
    ],
  });
  expect(await ask(site, 'packing pack SO-1 --as Aisha')).toMatchObject({
    orders: [{ status: 'packed', state: 'landed' }],
  });
  const status = (order: string) => site.simulator.state.orders.get(order)?.status;
  expect([status('SO-1'), status('SO-2')]).toEqual(['packed', 'picked']);

  // A worker tells the ERP what the commands left to it.
  const worker = site.start('run');
  const told = `select id from operation where kind = 'erp-command' and state = 'landed'`;
  await until('the ERP is told of each', async () => (await site.db.query(told)).length === 3);
  await worker.kill();
  const { operations } = await ask(site, 'operations list --kind erp-command');
  for (const one of operations) expect(one).toMatchObject({ state: 'landed', why: 'the ERP answered with success' });

  const wrong = await ask(site, 'packing pack SO-1 SO-9', 1);
  expect(wrong.orders).toMatchObject([
    { order: 'SO-1', operation: null, message: expect.stringContaining('is packed already') },
    { order: 'SO-9', operation: null, message: expect.stringContaining('not among the orders ready for packing') },
  ]);
  const { orders } = await ask(site, 'packing list --all');
  expect(
    orders.map((row: { order: string; state: string; by: string | null }) => [row.order, row.state, row.by]),
  ).toEqual(
    expect.arrayContaining([
      ['SO-1', 'packed', 'Aisha'],
      ['SO-2', 'picked', 'Aisha'],
      ['SO-3', 'ready', null],
    ]),
  );
});

test('documents: listed, shown with their operations, processed, skipped, marked as sent', async () => {
  const site = await openSite();
  site.simulator.seed({ products: [{ sku: 'A' }] });
  await site.erp.documents('1', [
    { number: 'GRN-1', date: today, lines: { A: 5 } },
    { number: 'GRN-2', date: '2026-01-02', bookedAt: '2026-01-02T10:00:00Z', lines: { A: 7 } },
    { number: 'GRN-3', date: '2026-01-03', bookedAt: '2026-01-03T10:00:00Z', lines: { A: 8 } },
  ]);
  expect(await ask(site, 'sync documents', 2)).toMatchObject({ counts: { landed: 1, quarantined: 2 } });
  const { documents } = await ask(site, 'documents list --state held');
  expect(documents.map((row: { number: string }) => row.number).sort()).toEqual(['GRN-2', 'GRN-3']);
  expect(await ask(site, 'documents show GRN-1')).toMatchObject({
    kind: 'purchase',
    number: 'GRN-1',
    date: today,
    state: 'pending',
    location: 'RUH1',
    reference: expect.stringContaining('GRN-1'),
    lines: [{ sku: 'A', quantity: 5 }],
    otoId: String([...site.simulator.state.inventoryOrders.keys()][0]),
    operations: [{ kind: 'inventory-order', state: 'landed' }],
  });
  expect(
    await ask(site, ['documents', 'processed', 'GRN-1', '--as', 'Aisha', '--note', 'seen on the shelf']),
  ).toMatchObject({
    state: 'processed',
    processedBy: 'Aisha',
    why: 'seen on the shelf',
  });
  expect((await ask(site, 'documents processed GRN-1', 1)).error).toMatchObject({ code: 'WRONG_STATE' });
  expect(await ask(site, 'documents skip GRN-2')).toMatchObject({ state: 'skipped' });
  expect(await ask(site, 'documents mark-sent GRN-3 --oto-id 77')).toMatchObject({ state: 'pending', otoId: '77' });
  expect((await ask(site, 'documents show GRN-9', 1)).error).toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is no document "GRN-9".',
    hint: expect.any(String),
  });
  expect((await ask(site, 'sync documents')).counts.sent).toBe(0);
  expect(site.simulator.state.inventoryOrders.size).toBe(1);
});

test('status: what runs, what waits, and for a container whether the bridge can work', async () => {
  const site = await openSite();
  const status = await ask(site, 'status');
  expect(Object.keys(status)).toEqual(expect.arrayContaining(['flows', 'lanes', 'pauses', 'documents', 'needsPerson']));
  expect(status.flows.map((row: { flow: string }) => row.flow)).toEqual([
    'products',
    'stock',
    'documents',
    'packing',
    'stock-back',
  ]);
  expect(status.lanes.map((row: { lane: string }) => row.lane)).toEqual([
    ...['packing', 'documents', 'to-zero', 'lowering', 'raising', 'products', 'erp'],
  ]);
  expect(status.rate).toMatchObject({ requestsPerSecond: 'unlimited', now: null, reduced: false, why: null });
  expect(await tell(site, 'status')).toContain('Nothing waits for a person.');
  await slowCallsDown(site.db, { pauseMs: 60_000, why: 'updateStockQuantity: too many requests', ageMs: 0 });
  expect((await ask(site, 'status')).rate).toMatchObject({ now: 50, reduced: true, pausedUntil: expect.any(String) });
  expect(await tell(site, 'status')).toContain('updateStockQuantity: too many requests');
  expect(await ask(site, 'status --health')).toMatchObject({ healthy: true });
  site.network.cut();
  expect(await ask(site, 'status --health', 1)).toMatchObject({
    healthy: false,
    reason: expect.stringContaining('does not answer'),
  });
});
