import { expect, test, vi } from 'vitest';
import { markPacking, waitForOperation } from '../../src/engine/pack.ts';
import { resolveOperation, retryRefused } from '../../src/engine/resolve.ts';
import { landLate } from '../../src/store/operation-claims.ts';
import { listOperations, operationEvents } from '../../src/store/operations.ts';
import { daysAgo, openBridge, type TestBridge } from '../support/bridge.ts';
import { until } from '../support/process.ts';

// On a machine that does much else beside.
vi.setConfig({ testTimeout: 90_000 });

const patience = AbortSignal.timeout(600_000);

/** Receipts whose answers are lost on the way, so that each is parked. */
async function parkReceipts(bridge: TestBridge, ...numbers: string[]) {
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: 5 });
  bridge.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'resetBefore', count: numbers.length });
  await bridge.erp.documents(
    'GRN',
    numbers.map((number) => ({ number, date: daysAgo(0), lines: { A: 2 } })),
  );
  await bridge.sync('documents');
  const parked = await listOperations(bridge.db, { states: ['parked'], kind: 'inventory-order' });
  expect(parked).toHaveLength(numbers.length);
  return parked.map(({ id }) => id).sort((a, b) => a - b);
}

const ordersOf = ({ simulator }: TestBridge) => simulator.state.inventoryOrders.size;
const decisions = async (bridge: TestBridge, id: number) =>
  (await operationEvents(bridge.db, id)).filter(({ from }) => from === 'parked').map(({ to }) => to);

test('two persons decide at the same moment: one decision counts, and a receipt is not sent twice', async () => {
  const bridge = await openBridge();
  const app = bridge.app.bridge;
  const [first = 0, second = 0, third = 0] = await parkReceipts(bridge, 'R1', 'R2', 'R3');

  // The same decision, five times at once.
  const same = await Promise.all(Array.from({ length: 5 }, () => resolveOperation(app, first, 'resend', {})));
  expect(same.filter(({ repeated }) => !repeated)).toHaveLength(1);
  expect((await waitForOperation(app, first, 10_000, patience)).state).toBe('landed');
  // And once more after it landed: done is done.
  expect(await resolveOperation(app, first, 'resend', {})).toEqual({ repeated: true });
  expect([ordersOf(bridge), await decisions(bridge, first)]).toEqual([1, ['ready']]);

  // Two that contradict each other.
  const both = await Promise.allSettled([
    resolveOperation(app, second, 'resend', { note: 'not in the list' }),
    resolveOperation(app, second, 'cancel', { note: 'the lorry turned back' }),
  ]);
  const lost = both.find((one) => one.status === 'rejected');
  expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  // What was sent again may have landed before the other one looked.
  expect(lost?.reason).toMatchObject({
    code: 'WRONG_STATE',
    message: expect.stringMatching(/not in the list|the lorry turned back|is landed/),
  });
  expect(await decisions(bridge, second)).toHaveLength(1);

  // A late answer of OTO comes in while the person still looks at the screen.
  const [row] = await bridge.db.query<{ sent_at: Date }>('select sent_at from operation where id = $1', [third]);
  await landLate(
    bridge.db,
    [{ id: third, sentAt: row?.sent_at ?? new Date(0), answer: { otoId: 77 }, otoId: '77' }],
    'x',
  );
  await expect(resolveOperation(app, third, 'resend', {})).rejects.toMatchObject({
    code: 'WRONG_STATE',
    message: expect.stringMatching(new RegExp(`^Operation ${third} is landed \\(OTO answered with success`)),
  });
  expect(await resolveOperation(app, third, 'landed', {})).toEqual({ repeated: true });
});

test('nothing waits behind a parked operation but what concerns the same thing', async () => {
  const bridge = await openBridge({ config: { flows: { packing: {} } } });
  const app = bridge.app.bridge;
  await parkReceipts(bridge, 'R1');
  const order = (orderId: string) =>
    bridge.simulator.staff.createOrder({
      orderId,
      location: 'RUH1',
      items: [{ sku: 'A', quantity: 1 }],
      status: 'assignedToWarehouse',
    });
  order('SO-1');
  order('SO-2');
  await bridge.sync('packing');
  const mark = (orderId: string, status: 'picked' | 'packed') => markPacking(app, { orderId, status, by: 'Salem' });
  // OTO shows nothing of what becomes of this one: it is parked.
  bridge.simulator.switches.set({ packingHistory: 'absent', orderStatusFollowsPacking: false });
  bridge.simulator.faults.add({ endpoint: 'updatePackingStatus', kind: 'resetBefore', count: 1 });
  const picked = await mark('SO-1', 'picked');
  expect((await waitForOperation(app, picked, 10_000, patience)).state).toBe('parked');
  const packed = await mark('SO-1', 'packed');

  // Other receipts, other orders, figures: all of them go.
  await bridge.erp.documents('LATER', [{ number: 'R9', date: daysAgo(0), lines: { A: 1 } }]);
  await bridge.erp.stock([['A', 'RUH-MAIN', 3]]);
  const [documents, stock, other] = [
    await bridge.sync('documents'),
    await bridge.sync('stock'),
    await waitForOperation(app, await mark('SO-2', 'packed'), 10_000, patience),
  ];
  expect([documents.run.counts.landed, stock.run.counts.landed, other.state]).toEqual([1, 1, 'landed']);
  // The later step of the same order waits, and goes as soon as somebody has decided about the earlier one.
  expect((await listOperations(bridge.db, { states: ['ready'] })).map(({ id }) => id)).toEqual([packed]);
  const sent = () => bridge.calls('updatePackingStatus').filter(({ params }) => params?.orderId === 'SO-1');
  expect(sent()).toHaveLength(1);
  await resolveOperation(app, picked, 'resend', {});
  await waitForOperation(app, packed, 20_000, patience);
  expect(sent().map(({ params }) => params?.packingStatus)).toEqual(['picked', 'picked', 'packed']);
});

test('a parked or refused figure is sent again only while OTO shows what it showed before', async () => {
  const bridge = await openBridge({ config: { push: { attempts: 1 } } });
  const app = bridge.app.bridge;
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 5 }] });
  bridge.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'status500', count: 2 });
  await bridge.erp.stock([['A', 'RUH-MAIN', 9]]);
  await bridge.sync('stock');
  const [parked] = await listOperations(bridge.db, { states: ['parked'] });
  const id = parked?.id ?? 0;
  const { staff } = bridge.simulator;
  staff.setOnHand('A', 'RUH1', 4);
  await expect(resolveOperation(app, id, 'resend', {})).rejects.toMatchObject({
    code: 'WRONG_STATE',
    message: expect.stringContaining('OTO shows 4 by now, and showed 5 when 9 was planned'),
    hint: expect.stringContaining('oto-bridge sync stock --sku A --location RUH1'),
  });
  staff.setOnHand('A', 'RUH1', 9);
  await expect(resolveOperation(app, id, 'resend', {})).rejects.toMatchObject({
    message: expect.stringContaining('OTO shows 9 already'),
    hint: expect.stringContaining('--landed'),
  });
  expect([(await listOperations(bridge.db, { states: ['parked'] })).length, bridge.onHand('A')]).toEqual([1, 9]);
  staff.setOnHand('A', 'RUH1', 5);
  bridge.simulator.faults.clear();
  await resolveOperation(app, id, 'resend', {});
  await until('it landed', () => bridge.onHand('A') === 9);
});

test('retried at the same moment from two places, a refused operation goes once', async () => {
  const bridge = await openBridge();
  const app = bridge.app.bridge;
  bridge.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }], stock: 5 });
  bridge.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'coded', code: 'OTO1021', count: 2 });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 9],
    ['B', 'RUH-MAIN', 9],
  ]);
  await bridge.sync('stock');
  const ids = (await listOperations(bridge.db, { states: ['refused'] })).map(({ id }) => id);
  bridge.forget();
  const retries = await Promise.all([retryRefused(app, ids), retryRefused(app, ids)]);
  expect(retries.flatMap(({ queued }) => queued).sort()).toEqual(ids.toSorted());
  expect(retries.flatMap(({ left }) => left).map(({ why }) => why)).toEqual([
    'it is not refused any more',
    'it is not refused any more',
  ]);
  await until('both landed', () => bridge.onHand('A') === 9 && bridge.onHand('B') === 9);
  expect(bridge.calls('updateStockQuantity')).toHaveLength(2);
});

test.for([
  { duplicateWaybill: 'accept', decision: 'landed', evidence: 'person' },
  // A person who overlooked it: OTO says that our reference exists.
  { duplicateWaybill: 'refuse', decision: 'resend', evidence: 'natural-key' },
] as const)(
  'a time-out after commit on create order, decided as $decision where OTO would $duplicateWaybill a second: one order, verdict landed',
  async ({ duplicateWaybill, decision, evidence }) => {
    const bridge = await openBridge({ simulator: { switches: { duplicateWaybill } } });
    const app = bridge.app.bridge;
    bridge.simulator.seed({ products: [{ sku: 'A' }], stock: 5 });
    bridge.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'hangAfter', count: 1 });
    await bridge.erp.documents(
      'GRN',
      ['R1', 'R2'].map((number, index) => ({ number, date: daysAgo(0), lines: { A: index + 2 } })),
    );
    const { run } = await bridge.sync('documents');
    expect(run.counts).toMatchObject({ landed: 1, parked: 1 });
    expect(ordersOf(bridge)).toBe(2);
    const [parked] = await listOperations(bridge.db, { states: ['parked'] });
    const id = parked?.id ?? 0;
    const [item] = (parked?.request.items ?? []) as { qty: number }[];
    const units = item?.qty ?? 0;
    const events = await operationEvents(bridge.db, id);
    expect(events.map(({ to }) => to)).toEqual(['ready', 'sending', 'unknown', 'parked']);
    // The other receipt moved the forecast of the same SKU in the meantime, and is taken off.
    expect(events.at(-1)?.detail).toMatchObject({
      lookFor: { waybillNumber: parked?.request.waybillNumber },
      lines: [{ sku: 'A', expected: units, moved: 5, byOthers: 5 - units }],
      hint: expect.stringContaining('it probably landed'),
    });
    await resolveOperation(app, id, decision, { note: 'on the screen' });
    const settled = await waitForOperation(app, id, 10_000, patience);
    expect(settled).toMatchObject({ state: 'landed', verdict: 'landed', evidence });
    expect(ordersOf(bridge)).toBe(2);
    const documents = await bridge.db.query<{ state: string }>('select state from document');
    expect(documents.map(({ state }) => state)).toEqual(['pending', 'pending']);
  },
);
