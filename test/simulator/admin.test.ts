import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSimulator } from '../../src/simulator/index.ts';
import { start } from './client.ts';

test('the routes are listed, and each listed route is there', async () => {
  await using client = await start();
  const { body } = await client.admin('GET', '/');
  expect(body.routes.length).toBeGreaterThan(20);
  for (const line of body.routes as string[]) {
    const [, method, path, summary] = /^(\S+) \/_simulator(\S+): (.+)$/.exec(line) ?? [];
    expect(summary, line).toBeTruthy();
    const answer = await client.admin(
      method ?? '',
      (path ?? '').replace(':id', '1'),
      method === 'GET' ? undefined : '[]',
    );
    expect(answer.body.error?.message ?? '', line).not.toMatch(/There is no \/_simulator|takes/);
  }
});

test.each([
  ['GET', '/nothing', undefined, 404],
  ['DELETE', '/state', undefined, 405],
  ['POST', '/faults', '{', 400],
  ['POST', '/faults', { endpoint: '*', kind: 'earthquake' }, 400],
  ['POST', '/faults', { endpoint: 'nothing', kind: 'status500' }, 400],
  ['POST', '/faults', { endpoint: '*', kind: 'latency' }, 400],
  ['POST', '/faults', { endpoint: '*', kind: 'status500', chance: 1 }, 400],
  ['DELETE', '/faults/nothing', undefined, 404],
  ['POST', '/seed', { products: 'many' }, 400],
  ['POST', '/seed', { stock: [{ sku: 'nope', location: 'RUH1', onHand: 1 }] }, 404],
  ['POST', '/seed', { orders: 5 }, 400],
  ['POST', '/stock', { sku: 'A', location: 'RUH1' }, 400],
  ['POST', '/stock', { sku: 'nope', location: 'RUH1', onHand: 1 }, 404],
  ['POST', '/orders', { location: 'RUH1', items: [] }, 400],
  ['POST', '/orders', { location: 'NOPE', items: [{ sku: 'A', quantity: 1 }] }, 404],
  ['POST', '/orders/nope/pick', undefined, 404],
  ['POST', '/inventory-orders/99/process', undefined, 404],
  ['POST', '/inventory-orders/abc/process', undefined, 400],
  ['POST', '/tokens/revoke', {}, 400],
  ['POST', '/outage', { seconds: 0 }, 400],
  ['GET', '/requests?limit=none', undefined, 400],
] as const)('%s %s %o is refused with %i and says why', async (method, path, body, status) => {
  await using client = await start();
  const before = (await client.admin('GET', '/state')).text;
  const answer = await client.admin(method, path, body);
  expect(answer.status, answer.text).toBe(status);
  expect(answer.body.error.message.length).toBeGreaterThan(10);
  expect((await client.admin('GET', '/state')).text).toBe(before);
});

test('the state is shown as a whole, by SKU and by location', async () => {
  await using client = await start();
  const { admin, call, product, setStock } = client;
  for (const sku of ['A', 'B']) {
    await product(sku);
    await setStock(sku, 'RUH1', 5);
    await setStock(sku, 'JED1', 6);
  }
  const order = {
    action: 'outbound',
    locationCode: 'JED1',
    waybillNumber: 'W-7',
    description: 'ERP/7',
    orderDate: '20/11/2026',
  };
  const { otoId } = (await call('createInventoryOrder', { ...order, items: [{ sku: 'B', qty: 2 }] })).body;
  const { id } = (await admin('POST', '/orders', { location: 'RUH1', items: [{ sku: 'A', quantity: 3 }] })).body;
  await setStock('A', 'RUH1', 8);

  const all = (await admin('GET', '/state')).body;
  expect(all).toMatchObject({ productCount: 2, stock: { length: 4 }, tokens: { refreshTokenRevoked: false } });
  expect(all.inventoryOrders).toMatchObject([{ otoId, ...order, status: 'new', items: [{ sku: 'B', qty: 2 }] }]);
  expect(all.orders).toMatchObject([{ id, status: 'new', items: [{ sku: 'A', quantity: 3 }] }]);

  const one = (await admin('GET', '/state?sku=A&location=RUH1&history=true')).body;
  expect(one.products).toMatchObject([{ sku: 'A' }]);
  expect(one.inventoryOrders).toEqual([]);
  expect(one.stock).toMatchObject([
    { sku: 'A', location: 'RUH1', onHand: 8, reserved: 3, forecasted: 5, cause: 'set' },
  ]);
  const causes = one.stock[0].history.map(({ cause, onHand }: { cause: string; onHand: number }) => [cause, onHand]);
  expect(causes).toEqual([
    ['set', 5],
    ['order-created', 5],
  ]);
  expect((await admin('GET', '/state?location=JED1')).body).toMatchObject({
    orders: [],
    inventoryOrders: { length: 1 },
    stock: { length: 2 },
  });
});

test('staff act on inventory orders, each order once', async () => {
  await using client = await start();
  const { admin, call, product, stock } = client;
  await product('A');
  const ids: number[] = [];
  for (const qty of [1, 10, 100, 1000]) {
    const params = { action: 'inbound', locationCode: 'RUH1', items: [{ sku: 'A', qty }] };
    ids.push((await call('createInventoryOrder', params)).body.otoId);
  }
  const act = async (id: number | undefined, action: string) => {
    const { status, body } = await admin('POST', `/inventory-orders/${id}/${action}`);
    return [status, body.status ?? body.error.code];
  };
  expect(await act(ids[0], 'accept')).toEqual([200, 'accepted']);
  expect(await act(ids[0], 'accept')).toEqual([409, 'SIMULATOR_CONFLICT']);
  expect((await stock('A')).quantityOnHand).toBe(0);
  expect(await act(ids[0], 'process')).toEqual([200, 'processed']);
  expect(await act(ids[0], 'process')).toEqual([409, 'SIMULATOR_CONFLICT']);
  expect(await act(ids[1], 'reject')).toEqual([200, 'rejected']);
  expect(await act(ids[1], 'process')).toEqual([409, 'SIMULATOR_CONFLICT']);
  expect(await stock('A')).toMatchObject({ quantityOnHand: 1, quantityForecasted: 1101 });
  expect((await admin('POST', '/inventory-orders/process-all')).body).toEqual({ processed: ids.slice(2) });
  expect(await stock('A')).toMatchObject({ quantityOnHand: 1101, quantityForecasted: 1101 });
});

test('staff and customers act on orders; a cancelled one gives back what it held', async () => {
  await using client = await start({ switches: { onHandFallsAt: 'packed' } });
  const { admin, stock, simulator, call } = client;
  simulator.seed({ products: [{ sku: 'A' }], stock: 10 });
  const create = (orderId: string) =>
    admin('POST', '/orders', { orderId, location: 'RUH1', items: [{ sku: 'A', quantity: 2 }] });
  const act = async (orderId: string, action: string) =>
    (await admin('POST', `/orders/${encodeURIComponent(orderId)}/${action}`)).body.status;
  expect((await create('1/أ')).status).toBe(200);
  expect((await create('1/أ')).status).toBe(409);
  expect(await act('1/أ', 'ready')).toBe('assignedToWarehouse');
  expect(await act('1/أ', 'pick')).toBe('picked');
  expect(await act('1/أ', 'cancel')).toBe('canceled');
  expect(await stock('A')).toMatchObject({ quantityOnHand: 10, quantityForecasted: 10 });
  expect((await call('updatePackingStatus', { orderId: '1/أ', packingStatus: 'packed' })).status).toBe(400);

  await create('2');
  expect(await act('2', 'pack')).toBe('packed');
  expect(await stock('A')).toMatchObject({ quantityOnHand: 8, quantityForecasted: 8 });
  expect(await act('2', 'cancel')).toBe('canceled');
  expect(await stock('A')).toMatchObject({ quantityOnHand: 10, quantityForecasted: 10 });

  await create('3');
  expect(await act('3', 'ship')).toBe('pickedUp');
  const details = (await call('orderDetails', { orderId: '3' })).body;
  const steps = (list: { packingStatus: string }[]) => list.map(({ packingStatus }) => packingStatus);
  expect(steps(details.packingStatusHistory)).toEqual(['picked', 'packed', 'shipped']);
  expect((await admin('POST', '/orders/3/cancel')).status).toBe(409);
  expect((await admin('POST', '/stock', { sku: 'A', location: 'RUH1', onHand: 55 })).status).toBe(200);
  expect((await stock('A')).quantityOnHand).toBe(55);
});

test('revoked tokens stop working until they are restored', async () => {
  await using client = await start();
  const { admin, call, token, send } = client;
  const access = await token();
  await admin('POST', '/tokens/revoke', { accessTokens: true });
  expect((await call('productList', {}, access)).status).toBe(401);
  await admin('POST', '/tokens/revoke', { refreshToken: true });
  const refresh = () => send('POST', '/rest/v2/refreshToken', { refresh_token: 'simulator-refresh-token' });
  expect((await refresh()).body.otoErrorCode).toBe('OTO1083');
  await admin('POST', '/tokens/restore');
  expect((await call('productList', {}, (await refresh()).body.access_token)).status).toBe(200);
});

test('the request log tells each call, and never a token', async () => {
  await using client = await start();
  const { admin, call, product, setStock, send } = client;
  await product('A');
  await setStock('A', 'RUH1', 3);
  await setStock('nope', 'RUH1', 3);
  await call('checkInventoryStock', { sku: 'A' });
  await send('POST', '/rest/v2/refreshToken', {
    refreshToken: 'under-a-wrong-name',
    refresh_token: 'simulator-refresh-token',
  });
  const { body, text } = await admin('GET', '/requests');
  expect(text).not.toMatch(/simulator-refresh-token|under-a-wrong-name|simulated\./);
  expect(body.counts.updateStockQuantity).toEqual({ calls: 2, effects: 1 });
  const stock = (await admin('GET', '/requests?endpoint=updateStockQuantity')).body.requests;
  expect(stock).toMatchObject([
    { method: 'POST', status: 200, effect: true, effectId: 700_001, params: { sku: 'A', qty: 3 } },
    { status: 400, effect: false, refusal: 'OTO1126' },
  ]);
  expect(stock[0].at).toBeLessThan(stock[1].at);
  expect((await admin('GET', `/requests?after=${stock[1].seq}`)).body.requests).toMatchObject([
    { endpoint: 'checkInventoryStock', method: 'GET', params: { sku: 'A' } },
    { endpoint: 'refreshToken' },
  ]);
  expect((await admin('GET', '/requests?limit=1&effect=true')).body.requests).toMatchObject([{ effectId: 700_001 }]);
  await admin('DELETE', '/requests');
  expect((await admin('GET', '/requests')).body).toEqual({ counts: {}, requests: [] });
});

test('a large account is seeded over HTTP, and paged', async () => {
  await using client = await start();
  const { admin, call, stock } = client;
  const seeded = await admin('POST', '/seed', {
    locations: 3,
    products: 40_000,
    stock: { onHand: 7, locations: ['WH-1', 'WH-2'] },
  });
  expect(seeded.body).toEqual({ products: 40_000, locations: 7, orders: 0 });
  expect((await stock('SKU-040000', 'WH-2')).quantityOnHand).toBe(7);
  const last = (await call('productList', { pageSize: 1000, currentPage: 40 })).body.products;
  expect([last.length, last.at(-1).sku]).toEqual([1000, 'SKU-040000']);
  expect((await call('productList', { pageSize: 1000, currentPage: 41 })).body.products).toEqual([]);
  await admin('POST', '/seed', { orders: 120 });
  const orders = (await call('orders', { perPage: '50', page: '3' })).body;
  expect([orders.totalPage, orders.totalCount, orders.orders.length]).toEqual([3, 120, 20]);
});

test('reset gives back the account of the start', async () => {
  await using client = await start({ locations: [{ code: 'ONE' }], switches: { productCount: 'page' } });
  const { admin, simulator } = client;
  simulator.seed({ locations: 2, products: 3, stock: 4, orders: 2 });
  simulator.faults.add({ endpoint: '*', kind: 'status500' });
  simulator.switches.set({ productCount: 'total', errorForm: 'old' });
  await admin('POST', '/reset');
  expect((await admin('GET', '/state')).body).toMatchObject({
    productCount: 0,
    stock: [],
    orders: [],
    inventoryOrders: [],
    locations: [{ code: 'ONE', id: 501 }],
  });
  expect(simulator.faults.list()).toEqual([]);
  expect(simulator.switches.values).toMatchObject({ productCount: 'page', errorForm: 'both' });
  expect(simulator.requests.list()).toEqual([]);
});

test('the state file carries the account over a restart, and holds no token', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  try {
    const stateFile = join(folder, 'state.json');
    let account: unknown;
    let rotated = '';
    {
      await using client = await start({ stateFile, switches: { rotatesRefreshToken: true } });
      const { simulator, call, admin } = client;
      simulator.seed({ products: 5, stock: 4, orders: 3 });
      await call('createInventoryOrder', {
        action: 'inbound',
        locationCode: 'RUH1',
        items: [{ sku: 'SKU-000001', qty: 2 }],
      });
      await call('postWebhook', { method: 'post', url: 'http://127.0.0.1:1', webhookType: 'walletTransaction' });
      const first = await client.send('POST', '/rest/v2/refreshToken', { refresh_token: 'simulator-refresh-token' });
      // The client's own first call rotated the token already.
      expect(first.status).toBe(400);
      rotated = simulator.tokens.refreshHashes()[0] ?? '';
      account = comparable((await admin('GET', '/state')).body);
    }
    expect(await readdir(folder)).toEqual(['state.json']);
    const content = await readFile(stateFile, 'utf8');
    expect(content).not.toMatch(/simulated|simulator-refresh/);
    await using client = await start({ stateFile });
    expect(comparable((await client.admin('GET', '/state')).body)).toEqual(account);
    expect(client.simulator.tokens.refreshHashes()).toContain(rotated);
    expect(client.simulator.state.webhooks.at('http://127.0.0.1:1')?.webhookType).toBe('walletTransaction');
    await client.product('next');
    expect(client.simulator.state.products.get('next')?.productId).toBe(10_006);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** What moved a figure last is not kept, and access tokens are not. */
function comparable({ stock, tokens: _, ...rest }: Record<string, unknown>): unknown {
  const rows = stock as { cause: string; reference: unknown }[];
  return { ...rest, stock: rows.map(({ cause: __, reference: ___, ...row }) => row) };
}

test('a state file that is none is refused, and left alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  try {
    const stateFile = join(folder, 'state.json');
    for (const content of ['{"format":"oto-bridge simulator","ver', '{"format":"something else"}']) {
      await writeFile(stateFile, content);
      await expect(startSimulator({ stateFile })).rejects.toMatchObject({ code: 'SIMULATOR_STATE_FILE' });
      expect(await readFile(stateFile, 'utf8')).toBe(content);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a taken port and an unknown switch are named', async () => {
  await using first = await startSimulator();
  await expect(startSimulator({ port: first.port })).rejects.toMatchObject({ code: 'SIMULATOR_PORT' });
  await expect(startSimulator({ switches: { errorForm: 'odd' as 'old' } })).rejects.toMatchObject({
    code: 'SIMULATOR_INPUT',
  });
});
