import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { refreshOrder } from '../../src/engine/refresh-order.ts';
import { retryRefused } from '../../src/engine/resolve.ts';
import { listOperations } from '../../src/store/operations.ts';
import { unmatchedOrders } from '../../src/store/packing-list.ts';
import { openPostgresErp } from '../kit/sql-postgres.ts';
import { openStation, pickWhole, place } from './station-harness.ts';

vi.setConfig({ testTimeout: 60_000 });

const write = { sources: { erp: { options: { write: { packing: 'out' } } } } };

test('the ERP hears of an order under its own number; one that has none there is listed', async () => {
  const station = await openStation({ to: 'erp', orderField: 'ref1', orderPrefix: 'WEB-' }, { config: write });
  const { bridge } = station;
  const { state } = bridge.simulator;
  place(bridge, 'SO-2');
  await station.orders('SO-1');
  const first = state.orders.get('SO-1');
  if (first !== undefined) first.fields = { ref1: 'WEB-77' };
  const aisha = await station.person('Aisha');
  await pickWhole(aisha, 'SO-1', 'SO-2');
  await station.shown(aisha, 'SO-1', ({ erp }) => erp?.state === 'has');
  const [told] = await listOperations(bridge.db, { kind: 'erp-command' });
  expect(told?.request).toMatchObject({
    command: { orderId: '77', status: 'picked', by: 'Aisha', location: 'RUH-MAIN' },
  });
  const unmatched = await station.shown(aisha, 'SO-2', ({ erp }) => erp !== null);
  expect(unmatched).toMatchObject({
    oto: { state: 'has' },
    erp: { state: 'unmatched', reason: expect.stringContaining('ref1') },
  });
  expect((await aisha.list('view=trouble')).orders.map(({ id }) => id)).toEqual(['SO-2']);
});

test('an order that the ERP says it does not know is listed as unmatched, and told again once it does', async () => {
  const shop = await openPostgresErp(inject('databaseServer'));
  onTestFinished(() => shop.drop());
  await shop.run('create table orders (number text, status text)');
  await shop.run(
    'create table oto_bridge_applied (operation varchar(64) primary key, applied_at varchar(40) not null)',
  );
  const { dialect, host, port, database, user, password } = shop;
  const packing = ['update orders set status = :status where number = :order'];
  const options = { dialect, host, port, database, user, password, write: { packing } };
  const station = await openStation(
    { to: 'shop', orderPrefix: 'SO-' },
    { config: { sources: { shop: { connector: 'sql', options } } } },
  );
  const { bridge } = station;
  await station.orders('SO-9');
  const aisha = await station.person('Aisha');
  await pickWhole(aisha, 'SO-9');
  const unmatched = await station.shown(aisha, 'SO-9', ({ erp }) => erp?.state === 'unmatched');
  expect(unmatched).toMatchObject({ oto: { state: 'has' }, erp: { reason: expect.stringContaining('"9"') } });
  expect(await unmatchedOrders(bridge.db, null)).toMatchObject([{ order_id: 'SO-9', told: '9' }]);
  expect((await aisha.list()).counts.trouble).toBe(1);
  await shop.run(`insert into orders values ('9', null)`);
  const [refused] = await listOperations(bridge.db, { states: ['refused'] });
  await retryRefused(bridge.app.bridge, [refused?.id ?? 0]);
  await station.shown(aisha, 'SO-9', ({ erp }) => erp?.state === 'has');
  expect(await shop.run('select * from orders')).toEqual([{ number: '9', status: 'picked' }]);
  expect(await unmatchedOrders(bridge.db, null)).toEqual([]);
});

test('an order that something happened to is looked at: packed, shipped, stopped, or not known here yet', async () => {
  const station = await openStation({ to: 'erp' }, { config: write });
  const { bridge } = station;
  const { staff, state } = bridge.simulator;
  await station.orders('PACKED', 'SHIPPED', 'PLAIN');
  staff.packOrder('PACKED');
  staff.shipOrder('SHIPPED');
  const app = bridge.app.bridge;
  const aisha = await station.person('Aisha');
  expect(await refreshOrder(app, 'PACKED', {})).toMatchObject({ outcome: 'packed' });
  expect(await refreshOrder(app, 'SHIPPED', {})).toEqual({ outcome: 'packed', status: 'pickedUp' });
  expect(await refreshOrder(app, 'PLAIN', {})).toEqual({ outcome: 'unchanged', status: 'assignedToWarehouse' });
  expect(await aisha.order('PACKED')).toMatchObject({ state: 'packed', erp: { state: expect.any(String) } });
  expect(await aisha.order('SHIPPED')).toMatchObject({ state: 'left', why: 'OTO shows it as pickedUp' });
  const plain = state.orders.get('PLAIN');
  plain?.history.push({ at: Date.now(), status: 'shipmentOnHoldWarehouse', description: 'address is missing' });
  if (plain !== undefined) plain.status = 'shipmentOnHoldWarehouse';
  await refreshOrder(app, 'PLAIN', {});
  expect((await aisha.order('PLAIN')).problem).toContain('shipmentOnHoldWarehouse');
  place(bridge, 'NEW');
  expect(await refreshOrder(app, 'NEW', {})).toMatchObject({ outcome: 'asked' });
  expect(await refreshOrder(app, 'NONE', {})).toEqual({ outcome: 'unknown', status: null });
});
