import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { stationList, stationOrderDetail, stationResults } from '../../src/model/station.ts';
import { listOperations } from '../../src/store/operations.ts';
import { until } from '../support/process.ts';
import { browserAt } from './staff-harness.ts';
import { letTimePass, listen, openStation, personAt, place } from './station-harness.ts';

vi.setConfig({ testTimeout: 60_000 });

test('an order is taken, scanned, picked and packed, and OTO has each step', async () => {
  const station = await openStation();
  const { bridge } = station;
  await bridge.db.query(`insert into product (source, sku, data, hash, type, active, snapshot_id)
    values ('erp', 'A', '{"barcode": "111", "secondBarcode": "222"}', '', 'goods', true, 0)`);
  await bridge.app.bridge.db.query(
    `insert into oto_product (sku, barcode, known_by) values ('A', '6281000000011', 'list')`,
  );
  await station.orders('SO-1');
  const aisha = await station.person('Aisha');
  expect(await aisha.act('SO-1', { type: 'scan', sku: 'A', quantity: 1 })).toMatchObject({ refusal: 'not-claimed' });
  const claimed = await aisha.act('SO-1', 'claim');
  expect(claimed.order).toMatchObject({
    state: 'picking',
    claim: { staffId: aisha.id, name: 'Aisha' },
    lines: 2,
    units: 3,
  });
  expect(claimed.order?.items[0]).toMatchObject({ sku: 'A', quantity: 2, counted: 0 });
  expect([...(claimed.order?.items[0]?.codes ?? [])].sort()).toEqual(['111', '222', '6281000000011', 'A']);
  expect(await aisha.act('SO-1', { type: 'scan', sku: 'X', quantity: 1 })).toMatchObject({ refusal: 'not-in-order' });
  expect((await aisha.act('SO-1', { type: 'scan', sku: 'A', quantity: 2 })).order?.counted).toBe(2);
  expect(await aisha.act('SO-1', { type: 'scan', sku: 'A', quantity: 1 })).toMatchObject({ refusal: 'surplus' });
  expect(await aisha.act('SO-1', 'pick')).toMatchObject({ refusal: 'incomplete' });
  expect((await aisha.act('SO-1', { type: 'count', sku: 'B', counted: 1 })).result).toBe('done');
  expect(await aisha.act('SO-1', 'pick')).toMatchObject({
    result: 'done',
    order: { state: 'picked', claim: null, oto: { status: 'picked', state: 'waiting' } },
  });
  const picked = await station.shown(aisha, 'SO-1', ({ oto }) => oto?.state === 'has');
  expect(picked.oto).toEqual({ status: 'picked', state: 'has', reason: null, undoable: false });
  expect(bridge.simulator.state.orders.get('SO-1')?.status).toBe('picked');
  expect(await aisha.act('SO-1', 'undo')).toMatchObject({ refusal: 'too-late' });
  await aisha.act('SO-1', 'pack');
  const packed = await station.shown(aisha, 'SO-1', ({ oto }) => oto?.status === 'packed' && oto.state === 'has');
  expect(packed.history.map(({ type, by }) => `${by} ${type}`)).toEqual(
    ['claim', 'scan', 'count', 'pick', 'pack'].map((type) => `Aisha ${type}`),
  );
  const [open, done] = [await aisha.list(), await aisha.list('view=done')];
  expect([open.orders, done.orders.map(({ id }) => id)]).toEqual([[], ['SO-1']]);
  for (const list of [open, done]) expect(stationList.safeParse(list).error).toBeUndefined();
  expect(stationOrderDetail.safeParse(packed).error).toBeUndefined();
});

test('two pickers race for orders: each order is had by one of them, and by a third never', async () => {
  const station = await openStation();
  const ids = Array.from({ length: 12 }, (_, index) => `SO-${index}`);
  await station.orders(...ids);
  const people = [await station.person('Aisha'), await station.person('Badr'), await station.person('Carim')];
  const all = await Promise.all(ids.flatMap((id) => people.map((who) => who.act(id, 'claim'))));
  const won = all.filter(({ result }) => result === 'done');
  expect(won).toHaveLength(ids.length);
  expect(new Set(won.map(({ order }) => order?.id)).size).toBe(ids.length);
  expect(new Set(all.flatMap(({ refusal }) => refusal ?? []))).toEqual(new Set(['claimed']));
  // Who has it scans; who has not is told who has.
  const [first] = won;
  const other = people.find(({ id }) => id !== first?.order?.claim?.staffId);
  const order = first?.order?.id ?? '';
  const refused = await other?.act(order, { type: 'scan', sku: 'A', quantity: 1 });
  expect(refused).toMatchObject({
    refusal: 'claimed',
    message: expect.stringContaining(first?.order?.claim?.name ?? ''),
  });
});

test('the same action sent many times at once has one effect, and one answer', async () => {
  const station = await openStation({ undoSeconds: 300 });
  await station.orders('SO-1', 'SO-2');
  const aisha = await station.person('Aisha');
  await aisha.act('SO-1', 'claim');
  const scan = randomUUID();
  const scans = await Promise.all(
    Array.from({ length: 12 }, () => aisha.act('SO-1', { type: 'scan', sku: 'A', quantity: 1 }, scan)),
  );
  expect(new Set(scans.map(({ result }) => result))).toEqual(new Set(['done']));
  expect((await aisha.order('SO-1')).counted).toBe(1);
  // A refusal as well: it stays one, although by then it would not be.
  const early = randomUUID();
  expect(await aisha.act('SO-1', 'pick', early)).toMatchObject({ refusal: 'incomplete' });
  await aisha.act('SO-1', { type: 'count', sku: 'A', counted: 2 });
  await aisha.act('SO-1', { type: 'count', sku: 'B', counted: 1 });
  expect(await aisha.act('SO-1', 'pick', early)).toMatchObject({ refusal: 'incomplete' });
  const pick = randomUUID();
  await Promise.all(Array.from({ length: 8 }, () => aisha.act('SO-1', 'pick', pick)));
  expect(await listOperations(station.bridge.db, { kind: 'packing-status' })).toHaveLength(1);
  // The same id for another order is another matter, in a race as well.
  const shared = randomUUID();
  const both = await Promise.all([aisha.act('SO-1', 'undo', shared), aisha.act('SO-2', 'claim', shared)]);
  expect(both.map(({ result }) => result).sort()).toEqual(['done', 'refused']);
});

test('a short pick goes to OTO only with a supervisor, who may also give it back', async () => {
  const station = await openStation();
  await station.orders('SO-1', 'SO-2');
  const [aisha, lead] = [await station.person('Aisha'), await station.person('Lead', 'supervisor')];
  for (const order of ['SO-1', 'SO-2']) {
    await aisha.act(order, 'claim');
    await aisha.act(order, { type: 'count', sku: 'A', counted: 1 });
    await aisha.act(order, { type: 'short', sku: 'A', reason: 'damaged', note: 'wet' });
    await aisha.act(order, { type: 'count', sku: 'B', counted: 1 });
    expect(await aisha.act(order, 'pick')).toMatchObject({ result: 'done', order: { state: 'short', oto: null } });
  }
  expect((await lead.list('view=short')).orders.map(({ id }) => id)).toEqual(['SO-1', 'SO-2']);
  expect(await aisha.act('SO-1', 'approve')).toMatchObject({ refusal: 'needs-supervisor' });
  expect(await aisha.act('SO-1', 'pack')).toMatchObject({ refusal: 'wrong-state' });
  expect(station.bridge.calls('updatePackingStatus')).toEqual([]);
  expect((await lead.act('SO-1', 'approve')).order).toMatchObject({
    state: 'picked',
    items: [{ short: { reason: 'damaged', note: 'wet', by: 'Aisha' } }, { short: null }],
  });
  await station.shown(lead, 'SO-1', ({ oto }) => oto?.state === 'has');
  expect(await lead.act('SO-2', 'reopen')).toMatchObject({ order: { state: 'picking', claim: null } });
  await aisha.act('SO-2', 'claim');
  // Counting takes the short pick back.
  expect((await aisha.act('SO-2', { type: 'count', sku: 'A', counted: 2 })).order?.items[0]?.short).toBeNull();
  expect((await aisha.act('SO-2', 'pick')).order?.state).toBe('picked');
});

test('a pick can be undone while it waits, and OTO never hears of it', async () => {
  const station = await openStation({ undoSeconds: 300 });
  const { bridge } = station;
  await station.orders('SO-1');
  const aisha = await station.person('Aisha');
  await aisha.act('SO-1', 'claim');
  await aisha.act('SO-1', { type: 'count', sku: 'A', counted: 2 });
  await aisha.act('SO-1', { type: 'count', sku: 'B', counted: 1 });
  const picked = await aisha.act('SO-1', 'pick');
  expect(picked.order?.oto).toEqual({ status: 'picked', state: 'waiting', reason: null, undoable: true });
  expect((await aisha.act('SO-1', 'pack')).order?.oto).toMatchObject({ status: 'packed', undoable: true });
  expect((await aisha.act('SO-1', 'undo')).order).toMatchObject({
    state: 'picked',
    oto: { status: 'picked', undoable: true },
  });
  expect((await aisha.act('SO-1', 'undo')).order).toMatchObject({
    state: 'picking',
    oto: null,
    counted: 3,
    claim: { name: 'Aisha' },
  });
  const told = await listOperations(bridge.db, { kind: 'packing-status' });
  expect(told.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
  // Picked once more, and the wait is over: it goes.
  await aisha.act('SO-1', 'pick');
  expect(bridge.calls('updatePackingStatus')).toEqual([]);
  await letTimePass(bridge);
  await station.shown(aisha, 'SO-1', ({ oto }) => oto?.state === 'has');
  expect(bridge.calls('updatePackingStatus')).toHaveLength(1);
});

test('a person sees their locations, and of others nothing at all', async () => {
  const station = await openStation();
  const { bridge, origin } = station;
  place(bridge, 'JED-1', 'JED1');
  await station.orders('RUH-1', 'RUH-2');
  const [aisha, admin] = [await station.person('Aisha'), await station.person('Root', 'admin', [])];
  expect((await aisha.list()).orders.map(({ id }) => id)).toEqual(['RUH-1', 'RUH-2']);
  expect((await admin.list()).orders).toHaveLength(3);
  expect((await admin.list('location=JED1')).orders.map(({ id }) => id)).toEqual(['JED-1']);
  const stranger = await aisha.order('JED-1');
  expect(stranger).toEqual({ ...(await aisha.order('NONE')), request: expect.any(String) });
  expect(await aisha.act('JED-1', 'claim')).toMatchObject({ refusal: 'order-unknown', order: null });
  expect(await aisha.act('NONE', 'claim')).toMatchObject({ refusal: 'order-unknown', order: null });
  expect((await aisha.browser.ask('GET', '/station/api/orders?location=JED1')).status).toBe(403);
  expect((await listen(aisha, origin, 'location=JED1')).status).toBe(403);
  for (const path of ['orders', 'orders/RUH-1', 'events'])
    expect((await browserAt(origin).ask('GET', `/station/api/${path}`)).status, path).toBe(401);
  // What was tried stands in the record, with where it came from.
  const tried = await bridge.db.query(
    'select by, order_id, result, refusal, address from station_action where type = $1',
    ['claim'],
  );
  expect(tried).toContainEqual({
    by: 'Aisha',
    order_id: 'JED-1',
    result: 'refused',
    refusal: 'order-unknown',
    address: '127.0.0.1',
  });
});

test('the list is paged, counted and searched: by a part of the id, by a SKU, by a barcode in any digits', async () => {
  const station = await openStation();
  const { bridge } = station;
  place(bridge, 'SO-C', 'RUH1', [{ sku: 'C', quantity: 1 }]);
  await station.orders(...Array.from({ length: 7 }, (_, index) => `SO-${index}`));
  await bridge.db.query(`insert into oto_product (sku, barcode, known_by) values ('C', '628_1', 'list')`);
  const aisha = await station.person('Aisha');
  const pages: string[][] = [];
  let after = '';
  for (let page = 0; page < 9; page += 1) {
    const list = await aisha.list(`limit=3${after}`);
    pages.push(list.orders.map(({ id }) => id));
    if (list.next === null) break;
    after = `&after=${list.next}`;
  }
  expect(pages.map(({ length }) => length)).toEqual([3, 3, 2]);
  expect(new Set(pages.flat()).size).toBe(8);
  await aisha.act('SO-3', 'claim');
  const found = async (q: string) => (await aisha.list(`q=${encodeURIComponent(q)}`)).orders.map(({ id }) => id);
  expect([await found('o-3'), await found('C'), await found('٦٢٨_١'), await found('%')]).toEqual([
    ['SO-3'],
    ['SO-C'],
    ['SO-C'],
    [],
  ]);
  const list = await aisha.list('view=claimed');
  expect([list.orders.map(({ id }) => id), list.counts]).toEqual([
    ['SO-3'],
    { ready: 7, picking: 1, short: 0, picked: 0, waiting: 0, trouble: 0 },
  ]);
  const among = async (view: string) => (await aisha.list(`view=${view}`)).orders.map(({ id }) => id);
  expect((await among('ready')).sort()).toEqual(
    pages
      .flat()
      .filter((id) => id !== 'SO-3')
      .sort(),
  );
  expect([await among('picking'), await among('short'), await among('picked')]).toEqual([['SO-3'], [], []]);
  expect(Date.parse(list.readAt ?? '')).toBeGreaterThan(0);
  expect((await aisha.browser.ask('GET', '/station/api/orders?view=none')).status).toBe(400);
  const bad = await aisha.acts([{ type: 'claim' }]);
  expect(bad.status).toBe(400);
});

test('changes arrive as they happen, by whomever, and a stream goes on where it was cut', async () => {
  const station = await openStation({ undoSeconds: 0 });
  const { bridge } = station;
  await station.orders('SO-1', 'SO-2');
  place(bridge, 'JED-1', 'JED1');
  await bridge.sync('packing');
  const [aisha, root] = [await station.person('Aisha'), await station.person('Root', 'admin', [])];
  const { cursor } = await aisha.list();
  const stream = await listen(aisha, station.origin, `after=${cursor}`);
  await aisha.act('SO-1', 'claim');
  await root.act('JED-1', 'claim');
  // By another worker, or a person at a terminal.
  await bridge.db.query(`update packing_order set problem = 'no carrier' where order_id = 'SO-2'`);
  const orders = () => stream.seen.filter(({ event }) => event === 'order').map(({ data }) => data.id);
  await until('both', () => orders().includes('SO-1') && orders().includes('SO-2'));
  expect(orders()).not.toContain('JED-1');
  stream.stop();
  await stream.ended;
  // While nobody listens, a transaction that began earlier ends later than one that began after it.
  const last = stream.seen.at(-1)?.id ?? '';
  const { promise: go, resolve: let_ } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const slow = bridge.db.tx(async (tx) => {
    await tx.query(`update packing_order set problem = 'slow' where order_id = 'SO-2'`);
    begin();
    await go;
  });
  await begun;
  await aisha.act('SO-1', { type: 'count', sku: 'A', counted: 1 });
  const again = await listen(aisha, station.origin, `after=${last}`);
  await until('the quick one', () => again.seen.some(({ data }) => data.id === 'SO-1'));
  let_();
  await slow;
  await until('the slow one as well', () =>
    again.seen.some(({ data }) => data.id === 'SO-2' && JSON.stringify(data).includes('slow')),
  );
  const versions = again.seen.flatMap(({ data }) => (data.id === 'SO-1' ? [data.version ?? 0] : []));
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  // A cursor that is none of ours: read the list.
  for (const foreign of ['nonsense', '999999999999999999']) {
    const lost = await listen(aisha, station.origin, `after=${foreign}`);
    await until(foreign, () => lost.seen.some(({ event }) => event === 'list'));
  }
});

test('a server that closes ends its streams at once, and one that starts serves the same shift', async () => {
  const station = await openStation({ undoSeconds: 300 });
  await station.orders('SO-1');
  const aisha = await station.person('Aisha');
  await aisha.act('SO-1', 'claim');
  await aisha.act('SO-1', { type: 'count', sku: 'A', counted: 2 });
  const { origin } = station;
  const first = station.http;
  const other = await station.again();
  const moved = browserAt(other);
  Object.assign(moved, { cookie: aisha.browser.cookie, csrf: aisha.browser.csrf });
  const there = personAt(moved, aisha.id);
  const stream = await listen(aisha, origin);
  expect(stream.status).toBe(200);
  expect((await there.act('SO-1', { type: 'count', sku: 'B', counted: 1 })).order).toMatchObject({ counted: 3 });
  await until('the other worker says so', () => stream.seen.some(({ data }) => data.id === 'SO-1'));
  const result = stationResults.safeParse({ results: [await there.act('SO-1', 'pick')] });
  expect(result.error).toBeUndefined();
  await first.close(60_000);
  await stream.ended;
});
