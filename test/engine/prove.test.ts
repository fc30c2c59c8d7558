import { expect, test, vi } from 'vitest';
import { markPacking, waitForOperation } from '../../src/engine/pack.ts';
import { openAlarms } from '../../src/store/alarms.ts';
import { listOperations, type Operation, operationEvents } from '../../src/store/operations.ts';
import { getPackingOrder } from '../../src/store/packing.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import { openFront } from '../support/front.ts';
import { until } from '../support/process.ts';

// On a machine that does much else beside.
vi.setConfig({ testTimeout: 90_000 });

const patience = AbortSignal.timeout(600_000);

async function only(bridge: TestBridge, kind: string): Promise<Operation> {
  const [newest] = await listOperations(bridge.db, { kind, limit: 1 });
  if (newest === undefined) throw new Error(`no ${kind}`);
  return newest;
}

/** Loses the answer to the next write of a figure, which lands; before anybody can look, units of it are sold. */
async function soldBehindALostAnswer(bridge: TestBridge, wanted: number, sold: number) {
  bridge.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'resetAfter', count: 1 });
  await bridge.erp.stock([['A', 'RUH-MAIN', wanted]]);
  const run = bridge.sync('stock');
  await until('the figure landed', () => bridge.onHand('A') === wanted);
  bridge.simulator.staff.setOnHand('A', 'RUH1', wanted - sold);
  return run;
}

test('a figure that landed and was sold from is not sent again: it is parked with both figures, and the next sync settles it', async () => {
  const bridge = await openBridge({ config: { oto: { settleSeconds: 0.5 } } });
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 5 }] });
  const { run } = await soldBehindALostAnswer(bridge, 10, 3);
  expect(run).toMatchObject({ outcome: 'needs-person', counts: { parked: 1 } });
  const parked = await only(bridge, 'stock-set');
  expect(parked.why).toMatch(/^OTO shows 7, neither 5 \(before\) nor 10 \(wanted\): it landed and units were sold/);
  expect((await operationEvents(bridge.db, parked.id)).at(-1)?.detail).toEqual({ before: 5, wanted: 10, shown: 7 });
  expect(bridge.calls('updateStockQuantity')).toHaveLength(1);
  expect((await openAlarms(bridge.db)).map(({ kind, subject }) => [kind, subject])).toContainEqual([
    'parked',
    String(parked.id),
  ]);

  // The ERP knows of the sale by now, and OTO shows just that: nothing is to be sent, and nobody has to decide.
  await bridge.erp.stock([['A', 'RUH-MAIN', 7]]);
  await bridge.sync('stock');
  expect(await only(bridge, 'stock-set')).toMatchObject({
    id: parked.id,
    state: 'superseded',
    why: 'OTO shows 7, which is wanted by now',
  });
  expect(bridge.calls('updateStockQuantity')).toHaveLength(1);

  // Once more, and this time a fresh figure takes its place.
  await soldBehindALostAnswer(bridge, 20, 4);
  await bridge.erp.stock([['A', 'RUH-MAIN', 15]]);
  await bridge.sync('stock');
  const [fresh, old] = await listOperations(bridge.db, { kind: 'stock-set', limit: 2 });
  expect([old?.state, fresh?.state, bridge.onHand('A')]).toEqual(['superseded', 'landed', 15]);
  await until('no alarm', async () => (await openAlarms(bridge.db)).every(({ kind }) => kind !== 'parked'));
});

test('a figure that is parked while a newer one waits behind it gives way to it', async () => {
  const bridge = await openBridge({ config: { oto: { settleSeconds: 1 }, push: { leaseSeconds: 3 } } });
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 5 }] });
  const first = soldBehindALostAnswer(bridge, 10, 3);
  await until('it is in doubt', async () => (await listOperations(bridge.db, { states: ['unknown'] })).length === 1);
  const [doubt] = await listOperations(bridge.db, { states: ['unknown'] });
  // A newer figure of the same key, as a sync of another process would write it.
  await bridge.db.query(
    `insert into operation (kind, flow, key, lane, location, sku, request, precondition, state)
     select kind, flow, key, lane, location, sku, request || '{"qty": 6}', precondition || '{"onHand": 7}', 'ready' from operation where id = $1`,
    [doubt?.id],
  );
  await until('it landed', () => bridge.onHand('A') === 6);
  await first;
  await until('its answer', async () => (await listOperations(bridge.db, { states: ['sending'] })).length === 0);
  const [newer, older] = await listOperations(bridge.db, { kind: 'stock-set', limit: 2 });
  expect([older?.state, older?.why, newer?.state]).toEqual([
    'superseded',
    `operation ${newer?.id} took its place`,
    'landed',
  ]);
  expect((await openAlarms(bridge.db)).filter(({ kind }) => kind === 'parked')).toEqual([]);
  expect(bridge.calls('updateStockQuantity').map(({ params }) => params?.qty)).toEqual([10, 6]);
});

test('packing steps with a lost answer: each is looked at for itself, and none is sent behind what OTO shows', async () => {
  const bridge = await openBridge({
    config: {
      oto: { settleSeconds: 0.6 },
      flows: { packing: {}, products: undefined, stock: undefined, documents: undefined },
    },
  });
  const { simulator } = bridge;
  const { staff, faults, state } = simulator;
  simulator.seed({ products: [{ sku: 'A' }] });
  const orders = ['GONE', 'LOST', 'LANDED', 'AHEAD', 'CANCELED'];
  for (const orderId of orders) {
    staff.createOrder({ orderId, location: 'RUH1', items: [{ sku: 'A', quantity: 1 }], status: 'assignedToWarehouse' });
  }
  await bridge.sync('packing');
  const mark = (orderId: string) => markPacking(bridge.app.bridge, { orderId, status: 'picked', by: 'Salem' });
  const ids = new Map<string, number>();
  const lose = async (kind: 'resetBefore' | 'resetAfter', ...some: string[]) => {
    for (const orderId of some) {
      const before = bridge.calls('updatePackingStatus').length;
      faults.add({ endpoint: 'updatePackingStatus', kind, count: 1 });
      ids.set(orderId, await mark(orderId));
      await until('the call', () => bridge.calls('updatePackingStatus').length > before);
    }
  };
  await lose('resetBefore', 'GONE', 'LOST', 'AHEAD', 'CANCELED');
  await lose('resetAfter', 'LANDED');
  // Before anybody looks: OTO forgets one of them, its staff pack another and cancel a third.
  state.orders.delete('GONE');
  staff.packOrder('AHEAD');
  staff.cancelOrder('CANCELED');
  const ends = new Map<string, Operation>();
  for (const [orderId, id] of ids) ends.set(orderId, await waitForOperation(bridge.app.bridge, id, 15_000, patience));
  const told = (orderId: string) => [ends.get(orderId)?.state, ends.get(orderId)?.evidence, ends.get(orderId)?.why];
  expect(told('LANDED')).toEqual(['landed', 'read-back', 'OTO shows picked']);
  expect(told('LOST')).toEqual(['landed', 'answer', expect.stringContaining('success')]);
  expect(told('AHEAD')).toEqual(['landed', 'already-true', 'OTO shows packed, which is beyond picked: not sent again']);
  expect(told('GONE')).toEqual([
    'parked',
    null,
    expect.stringMatching(/^nothing can be found out about it: .*OTO1002/),
  ]);
  expect(told('CANCELED')).toEqual(['refused', 'answer', expect.stringContaining('was cancelled in OTO')]);
  const sent = (orderId: string) =>
    bridge.calls('updatePackingStatus').filter(({ params }) => params?.orderId === orderId);
  expect(orders.map((orderId) => sent(orderId).length)).toEqual([1, 2, 1, 1, 1]);

  // A step that OTO has left behind is not sent, though our list does not know of it yet.
  staff.createOrder({
    orderId: 'LATER',
    location: 'RUH1',
    items: [{ sku: 'A', quantity: 1 }],
    status: 'assignedToWarehouse',
  });
  await bridge.sync('packing');
  staff.packOrder('LATER');
  const later = await waitForOperation(bridge.app.bridge, await mark('LATER'), 15_000, patience);
  expect([later.state, later.evidence]).toEqual(['landed', 'already-true']);
  expect((await getPackingOrder(bridge.db, 'LATER'))?.state).toBe('packed');
  expect(sent('LATER')).toEqual([]);
});

test('one SKU that OTO answers with nonsense keeps no other in the dark', async () => {
  const front = await openFront();
  const bridge = await openBridge({ config: { oto: { baseUrl: front.baseUrl } } });
  front.target = bridge.simulator.url;
  const skus = ['A', 'B', 'C', 'POISON'];
  bridge.simulator.seed({ products: skus.map((sku) => ({ sku })), stock: 5 });
  await bridge.erp.stock(skus.map((sku) => [sku, 'RUH-MAIN', 9] as const));
  bridge.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'resetAfter', count: 4 });
  const run = bridge.sync('stock');
  await until('all calls', () => bridge.calls('updateStockQuantity').length === 4);
  const nonsense = { status: 200, body: '{"success":true,"stock":{"POISON":"nine"}}' };
  front.instead = ({ endpoint, query }) =>
    endpoint === 'checkInventoryStock' && query.get('sku')?.includes('POISON') === true ? nonsense : undefined;
  const states = async () =>
    (await listOperations(bridge.db, { kind: 'stock-set' })).map(({ sku, state }) => `${sku} ${state}`).sort();
  await until(
    'the others are known',
    async () => (await states()).filter((one) => one.endsWith(' landed')).length === 3,
  );
  expect(await states()).toContain('POISON unknown');
  front.instead = () => undefined;
  await run;
  await until('all are known', async () => (await states()).every((one) => one.endsWith(' landed')));
  expect(bridge.calls('updateStockQuantity')).toHaveLength(4);
});
