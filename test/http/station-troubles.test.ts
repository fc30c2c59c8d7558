import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { refreshOrder } from '../../src/engine/refresh-order.ts';
import { listOperations } from '../../src/store/operations.ts';
import { endIdleClaims } from '../../src/store/station-actions.ts';
import { openSite, startCommand, until } from '../support/process.ts';
import { browserAt, hire } from './staff-harness.ts';
import { letTimePass, openStation, personAt, pickWhole } from './station-harness.ts';

vi.setConfig({ testTimeout: 90_000 });

test('OTO is away for a shift: staff go on, nothing is green, and all of it arrives once when OTO is back', async () => {
  const station = await openStation();
  const { bridge } = station;
  const { faults } = bridge.simulator;
  const ids = ['SO-1', 'SO-2', 'SO-3'];
  await station.orders(...ids);
  const aisha = await station.person('Aisha');
  faults.add({ endpoint: '*', kind: 'resetBefore' });
  await pickWhole(aisha, ...ids);
  await aisha.act('SO-1', 'pack');
  const waiting = await station.shown(aisha, 'SO-2', ({ oto }) => oto?.reason !== null);
  expect(waiting).toMatchObject({
    state: 'picked',
    oto: { state: 'waiting', reason: expect.stringContaining('could not be read') },
  });
  expect((await aisha.list()).counts).toMatchObject({ picked: 2, waiting: 3, trouble: 0 });
  // What OTO was not told of can be taken back after hours, too.
  const undone = async () => (await aisha.act('SO-3', 'undo')).result === 'done';
  await until('a moment in which nobody tries', undone);
  for (const rule of faults.list()) faults.remove(rule.id);
  await letTimePass(bridge);
  await station.shown(aisha, 'SO-1', ({ oto }) => oto?.status === 'packed' && oto.state === 'has');
  await station.shown(aisha, 'SO-2', ({ oto }) => oto?.state === 'has');
  const effects = bridge.simulator.requests.list({ endpoint: 'updatePackingStatus', effect: true });
  expect(effects.map(({ params }) => `${params?.orderId} ${params?.packingStatus}`).sort()).toEqual([
    'SO-1 packed',
    'SO-1 picked',
    'SO-2 picked',
  ]);
  expect((await aisha.order('SO-3')).state).toBe('picking');
});

test('a lost answer is proven by a look at the order; one that OTO refuses is for a person, and may be said again', async () => {
  const station = await openStation();
  const { bridge } = station;
  await station.orders('SO-1', 'SO-2');
  const aisha = await station.person('Aisha');
  bridge.simulator.faults.add({ endpoint: 'updatePackingStatus', kind: 'resetAfter', count: 1 });
  await pickWhole(aisha, 'SO-1');
  await station.shown(aisha, 'SO-1', ({ oto }) => oto?.state === 'has');
  const [told] = await listOperations(bridge.db, { kind: 'packing-status' });
  expect(told).toMatchObject({ evidence: 'read-back', precondition: { packingStatus: null, by: 'Aisha' } });
  expect(bridge.calls('updatePackingStatus')).toHaveLength(1);
  bridge.simulator.faults.add({ endpoint: 'updatePackingStatus', kind: 'coded', code: 'OTO1131', count: 1 });
  await pickWhole(aisha, 'SO-2');
  const refused = await station.shown(aisha, 'SO-2', ({ oto }) => oto?.state === 'refused');
  expect(refused.oto).toMatchObject({ reason: expect.stringContaining('OTO1131'), undoable: false });
  expect(await aisha.act('SO-2', 'pack')).toMatchObject({ refusal: 'wrong-state' });
  expect((await aisha.list('view=trouble')).orders.map(({ id }) => id)).toEqual(['SO-2']);
  expect((await aisha.list()).counts.trouble).toBe(1);
  expect((await aisha.act('SO-2', 'pick')).result).toBe('done');
  await station.shown(aisha, 'SO-2', ({ oto }) => oto?.state === 'has');
});

test.for([true, false])(
  'OTO keeps picked orders in its list: %s. A picked one stays; a cancelled one leaves, also while it is had',
  async (stays) => {
    const station = await openStation({}, { simulator: { switches: { pickedStaysInPackingList: stays } } });
    const { bridge } = station;
    const { staff } = bridge.simulator;
    await station.orders('HELD', 'PICKED', 'GONE', 'OTHER');
    const aisha = await station.person('Aisha');
    await pickWhole(aisha, 'PICKED', 'GONE');
    for (const order of ['PICKED', 'GONE']) await station.shown(aisha, order, ({ oto }) => oto?.state === 'has');
    await aisha.act('HELD', 'claim');
    await aisha.act('HELD', { type: 'scan', sku: 'A', quantity: 1 });
    staff.cancelOrder('HELD');
    staff.packOrder('OTHER');
    await bridge.sync('packing');
    expect(await aisha.order('PICKED')).toMatchObject({ state: 'picked', oto: { state: 'has' } });
    expect(await aisha.order('HELD')).toMatchObject({ state: 'left', why: 'cancelled in OTO', claim: null });
    expect(await aisha.order('OTHER')).toMatchObject({ state: 'packed', oto: null });
    expect(await aisha.act('HELD', { type: 'scan', sku: 'A', quantity: 1 })).toMatchObject({
      refusal: 'order-left',
      message: 'cancelled in OTO',
    });
    staff.cancelOrder('GONE');
    // Where OTO lists no picked orders, nothing but a look at it tells.
    if (stays) await refreshOrder(bridge.app.bridge, 'GONE', {});
    else await bridge.sync('packing');
    expect(await aisha.order('GONE')).toMatchObject({ state: 'left', why: 'cancelled in OTO' });
    await aisha.act('PICKED', 'pack');
    await station.shown(aisha, 'PICKED', ({ oto }) => oto?.status === 'packed' && oto.state === 'has');
  },
);

test('cancelled while the pick waits for its time: OTO is not told, and the order leaves', async () => {
  const station = await openStation({ undoSeconds: 300 });
  const { bridge } = station;
  await station.orders('SEEN', 'UNSEEN');
  const aisha = await station.person('Aisha');
  await pickWhole(aisha, 'SEEN', 'UNSEEN');
  for (const order of ['SEEN', 'UNSEEN']) bridge.simulator.staff.cancelOrder(order);
  expect(await refreshOrder(bridge.app.bridge, 'SEEN', {})).toEqual({ outcome: 'left', status: 'canceled' });
  await letTimePass(bridge);
  await station.shown(aisha, 'UNSEEN', ({ state }) => state === 'left');
  await until('both are settled', async () => {
    const told = await listOperations(bridge.db, { kind: 'packing-status' });
    return (
      told
        .map(({ state }) => state)
        .sort()
        .join() === 'cancelled,refused'
    );
  });
  expect(bridge.calls('updatePackingStatus')).toEqual([]);
});

test('items that OTO changes while they are picked: counts that fit stay, the change is shown, and no half order is green', async () => {
  const station = await openStation({ undoSeconds: 300 });
  const { bridge } = station;
  const { state } = bridge.simulator;
  await station.orders('SO-1', 'SO-2');
  const aisha = await station.person('Aisha');
  await aisha.act('SO-1', 'claim');
  await aisha.act('SO-1', { type: 'count', sku: 'A', counted: 2 });
  await aisha.act('SO-1', { type: 'count', sku: 'B', counted: 1 });
  await pickWhole(aisha, 'SO-2');
  const change = (orderId: string, items: { sku: string; quantity: number }[]) => {
    const order = state.orders.get(orderId);
    if (order === undefined) throw new Error(`no ${orderId}`);
    order.items = items.map((item) => ({ ...item, name: item.sku, price: 1 }));
  };
  change('SO-1', [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 3 },
    { sku: 'C', quantity: 1 },
  ]);
  change('SO-2', [
    { sku: 'A', quantity: 2 },
    { sku: 'B', quantity: 2 },
  ]);
  await bridge.sync('packing');
  const changed = await aisha.order('SO-1');
  expect(changed.items.map(({ sku, quantity, counted }) => [sku, quantity, counted])).toEqual([
    ['A', 1, 0],
    ['B', 3, 1],
    ['C', 1, 0],
  ]);
  expect(changed).toMatchObject({
    state: 'picking',
    claim: { name: 'Aisha' },
    changed: 'A: 1 instead of 2; B: 3 instead of 1; C: 1 more, new',
  });
  expect(await aisha.act('SO-1', 'pick')).toMatchObject({ refusal: 'incomplete' });
  // This one was picked, and OTO had not been told: it is not picked any more.
  expect(await aisha.order('SO-2')).toMatchObject({
    state: 'picking',
    oto: null,
    counted: 3,
    units: 4,
    changed: 'B: 2 instead of 1',
  });
  await aisha.act('SO-2', 'claim');
  await aisha.act('SO-2', { type: 'count', sku: 'B', counted: 2 });
  expect((await aisha.act('SO-2', 'pick')).order).toMatchObject({ state: 'picked', changed: null });
  // And here OTO has been told: it cannot be packed, until a supervisor gives it back.
  await letTimePass(bridge);
  await station.shown(aisha, 'SO-2', ({ oto }) => oto?.state === 'has');
  change('SO-2', [
    { sku: 'A', quantity: 5 },
    { sku: 'B', quantity: 2 },
  ]);
  await bridge.sync('packing');
  expect(await aisha.act('SO-2', 'pack')).toMatchObject({
    refusal: 'incomplete',
    message: expect.stringContaining('A: 5 instead of 2'),
  });
  const lead = await station.person('Lead', 'supervisor');
  expect((await lead.act('SO-2', 'reopen')).order).toMatchObject({ state: 'picking', oto: null });
  await pickWhole(aisha, 'SO-2');
  await letTimePass(bridge);
  await station.shown(aisha, 'SO-2', ({ oto }) => oto?.state === 'has');
  expect(bridge.calls('updatePackingStatus')).toHaveLength(1);
});

test('who is idle loses the order to whoever takes it; a supervisor takes it away from anybody', async () => {
  const station = await openStation({ claimMinutes: 10 });
  const { db } = station.bridge;
  await station.orders('SO-1', 'SO-2');
  const [aisha, badr, lead] = [
    await station.person('Aisha'),
    await station.person('Badr'),
    await station.person('Lead', 'supervisor'),
  ];
  for (const order of ['SO-1', 'SO-2']) {
    await aisha.act(order, 'claim');
    await aisha.act(order, { type: 'count', sku: 'B', counted: 1 });
  }
  await db.query(`update packing_order set active_at = now() - interval '11 minutes'`);
  await endIdleClaims(db, 10);
  expect((await badr.order('SO-1')).claim).toBeNull();
  // She goes on where nobody was faster.
  expect((await aisha.act('SO-1', { type: 'scan', sku: 'A', quantity: 1 })).order).toMatchObject({
    claim: { name: 'Aisha' },
    counted: 2,
  });
  await badr.act('SO-2', 'claim');
  expect(await aisha.act('SO-2', { type: 'scan', sku: 'A', quantity: 1 })).toMatchObject({ refusal: 'claimed' });
  expect(await badr.act('SO-1', 'release')).toMatchObject({ refusal: 'needs-supervisor' });
  const freed = await lead.act('SO-1', 'release');
  expect(freed.order).toMatchObject({ state: 'picking', claim: null });
  expect(freed.order?.history.at(-1)).toMatchObject({ by: 'Lead', type: 'release', detail: 'taken from Aisha' });
  expect(await aisha.act('SO-1', { type: 'scan', sku: 'A', quantity: 1 })).toMatchObject({ refusal: 'not-claimed' });
});

test('a worker that dies right after it has stored a pick: the device sends it again to the next one, and OTO is told once', async () => {
  const site = await openSite({
    config: {
      flows: { packing: { undoSeconds: 0 }, products: undefined, stock: undefined, documents: undefined },
      http: { port: 0 },
    },
  });
  site.simulator.seed({ products: [{ sku: 'A' }], stock: 5 });
  site.simulator.staff.createOrder({
    orderId: 'SO-1',
    location: 'RUH1',
    items: [{ sku: 'A', quantity: 1 }],
    status: 'assignedToWarehouse',
  });
  const id = await hire(site, 'Aisha', '480213');
  const originOf = async (worker: { readonly stdout: string }) => {
    await until('it listens', () => worker.stdout.includes('"port"'));
    const { port } = JSON.parse(worker.stdout.split('\n', 1)[0] ?? '') as { port: number };
    return `http://127.0.0.1:${port}`;
  };
  await site.run('pull', 'packing');
  // Of the three actions the last one.
  const dying = startCommand(['run', '--config', site.configFile, '--json'], { OTO_BRIDGE_CRASH: 'act:committed#3' });
  onTestFinished(async () => void (await dying.kill()));
  const browser = browserAt(await originOf(dying));
  await browser.signIn('Aisha', '480213');
  const aisha = personAt(browser, id);
  await aisha.act('SO-1', 'claim');
  await aisha.act('SO-1', { type: 'scan', sku: 'A', quantity: 1 });
  const pick = randomUUID();
  await expect(aisha.act('SO-1', 'pick', pick)).rejects.toThrow();
  expect((await dying.ended).signal).toBe('SIGKILL');
  const next = site.start('run');
  const there = personAt(
    Object.assign(browserAt(await originOf(next)), { cookie: browser.cookie, csrf: browser.csrf }),
    id,
  );
  expect(await there.act('SO-1', 'pick', pick)).toMatchObject({ result: 'done', order: { state: 'picked' } });
  await until('OTO has it', async () => (await there.order('SO-1')).oto?.state === 'has');
  expect(site.calls('updatePackingStatus')).toHaveLength(1);
  await next.kill();
});
