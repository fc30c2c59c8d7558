import { expect, test } from 'vitest';
import { type EndpointName, endpoints, otoApi } from '../../src/oto/index.ts';
import { handlers, requireHandlers } from '../../src/simulator/handlers/index.ts';
import { start } from './client.ts';

test('a row of the endpoints table without a handler is refused at the start', () => {
  const names = Object.keys(otoApi);
  expect(() => requireHandlers(names, handlers)).not.toThrow();
  const { orders: _, ...rest } = handlers;
  expect(() => requireHandlers(names, rest)).toThrow(/cannot serve orders/);
});

test('every endpoint answers in the shape of its response schema', async () => {
  await using otos = await start();
  const { simulator, call, product, setStock } = otos;
  const answers: Partial<Record<EndpointName, Record<string, unknown>>> = {
    refreshToken: { refresh_token: 'simulator-refresh-token' },
    healthCheck: {},
    createProduct: { sku: 'B', productName: 'منتج', price: 3, barcode: '6281000000014' },
    productList: { pageSize: 10, currentPage: 1 },
    updateStockQuantity: { actionType: 'adjust', sku: 'A', locationCode: 'RUH1', qty: '-1' },
    checkInventoryStock: { sku: 'A,B' },
    checkGlobalStock: { sku: 'A,B' },
    createInventoryOrder: { action: 'inbound', locationCode: 'JED1', items: [{ sku: 'A', qty: '2' }] },
    updatePackingStatus: { orderId: 'O-1', packingStatus: 'picked' },
    getPackingOrders: { warehouseCode: 'RUH1' },
    getPickupLocationList: { minDate: '2020-01-01', maxDate: '2099-12-31', status: 'active' },
    orders: { perPage: '10', page: '1' },
    orderDetails: { orderId: 'O-1' },
  };
  await product('A');
  await setStock('A', 'RUH1', 9);
  simulator.staff.createOrder({ orderId: 'O-1', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  simulator.staff.readyOrder('O-1');
  for (const name of Object.keys(endpoints) as EndpointName[]) {
    const params = answers[name];
    expect(params, `an example call of ${name}`).toBeDefined();
    const { status, body } = await call(name, params);
    expect(status, `${name}: ${JSON.stringify(body)}`).toBe(200);
    expect(endpoints[name].response.safeParse(body).error, name).toBeUndefined();
  }
  expect((await call('orders', { perPage: '10', page: '1' })).body.orders[0]).toMatchObject({
    orderId: 'O-1',
    status: 'picked',
    packingStatus: 'picked',
    modifiedDate: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  });
});

test('set replaces, adjust adds, and the forecast counts reserved and expected goods', async () => {
  await using otos = await start();
  const { simulator, call, product, setStock, stock } = otos;
  await product('A');
  await setStock('A', 'RUH1', 10);
  await call('updateStockQuantity', { actionType: 'adjust', sku: 'A', locationCode: 'RUH1', qty: -3 });
  simulator.staff.createOrder({ location: 'RUH1', items: [{ sku: 'A', quantity: 2 }] });
  const inbound = await call('createInventoryOrder', order('inbound', 'A', 5));
  const outbound = await call('createInventoryOrder', order('outbound', 'A', 1));
  expect(await stock('A')).toMatchObject({ quantityOnHand: 7, quantityForecasted: 9 });

  simulator.staff.acceptInventoryOrder(inbound.body.otoId);
  expect(await stock('A')).toMatchObject({ quantityOnHand: 7, quantityForecasted: 9 });
  simulator.staff.processInventoryOrder(inbound.body.otoId);
  expect(await stock('A')).toMatchObject({ quantityOnHand: 12, quantityForecasted: 9 });
  simulator.staff.rejectInventoryOrder(outbound.body.otoId);
  expect(await stock('A')).toMatchObject({ quantityOnHand: 12, quantityForecasted: 10 });
  expect(await stock('A', 'JED1')).toBeUndefined();
  expect((await call('checkGlobalStock', { sku: 'A' })).body.stock.A).toEqual([
    { sku: 'A', quantityOnHand: 12, quantityForecasted: 10, minInventory: 0 },
  ]);
});

function order(action: string, sku: string, qty: number) {
  return { action, locationCode: 'RUH1', items: [{ sku, qty }] };
}

const refusals: [EndpointName, Record<string, unknown>, string][] = [
  ['refreshToken', { refresh_token: 'wrong' }, 'OTO1083'],
  ['refreshToken', {}, 'OTO1083'],
  ['createProduct', { productName: 'x', price: '1' }, 'OTO1126'],
  ['createProduct', { sku: 'x', price: '1' }, 'OTO1127'],
  ['createProduct', { sku: 'x', productName: 'x' }, 'OTO1128'],
  ['createProduct', { sku: 'x', productName: 'x', price: 'cheap' }, 'OTO1009'],
  ['updateStockQuantity', { actionType: 'put', sku: 'A', locationCode: 'RUH1', qty: 1 }, 'OTO1130'],
  ['updateStockQuantity', { actionType: 'set', sku: 'A', locationCode: 'RUH1', qty: '40.75' }, 'OTO1132'],
  ['updateStockQuantity', { actionType: 'set', sku: 'A', locationCode: 'NOPE', qty: 1 }, 'OTO1133'],
  ['updateStockQuantity', { actionType: 'set', sku: 'nope', locationCode: 'RUH1', qty: 1 }, 'OTO1126'],
  ['checkInventoryStock', { sku: 'A', pickupLocationCode: 'NOPE' }, 'OTO1070'],
  ['createInventoryOrder', { action: 'move', locationCode: 'RUH1', items: [{ sku: 'A', qty: 1 }] }, 'OTO1136'],
  ['createInventoryOrder', { action: 'inbound', locationCode: 'NOPE', items: [{ sku: 'A', qty: 1 }] }, 'OTO1133'],
  ['createInventoryOrder', { action: 'inbound', locationCode: 'RUH1', items: [] }, 'OTO1074'],
  ['createInventoryOrder', { action: 'inbound', locationCode: 'RUH1', items: [{ sku: 'A', qty: 0 }] }, 'OTO1132'],
  [
    'createInventoryOrder',
    { action: 'inbound', locationCode: 'RUH1', binLocationName: 'Z9', items: [{ sku: 'A', qty: 1 }] },
    'OTO1137',
  ],
  ['updatePackingStatus', { orderId: 'nope', packingStatus: 'picked' }, 'OTO1002'],
  ['updatePackingStatus', { orderId: 'O-1', packingStatus: 'eaten' }, 'OTO1131'],
  ['updatePackingStatus', { orderId: 'O-1', packingStatus: 'picked' }, 'OTO1103'],
  ['getPackingOrders', { warehouseCode: 'NOPE' }, 'OTO1133'],
  ['getPickupLocationList', { maxDate: 'soon' }, 'OTO1107'],
  ['orders', { perPage: '10' }, 'OTO1142'],
  ['orders', { perPage: '101', page: '1' }, 'OTO1142'],
  ['orders', { perPage: '10', page: '1', modifiedDate: 'soon' }, 'OTO1191'],
  ['orderDetails', {}, 'OTO1001'],
  ['orderDetails', { orderId: 'nope' }, 'OTO1002'],
];

test('what OTO refuses is refused with its code, and nothing changes', async () => {
  await using otos = await start();
  const { simulator, call, product, admin } = otos;
  await product('A');
  simulator.staff.createOrder({ orderId: 'O-1', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  const before = (await admin('GET', '/state')).text;
  for (const [name, params, code] of refusals) {
    const { status, body } = await call(name, params);
    expect([name, status, body.success, body.otoErrorCode]).toEqual([name, 400, false, code]);
  }
  expect(strip((await admin('GET', '/state')).text)).toEqual(strip(before));
  expect(simulator.requests.list({ effect: true }).map(({ endpoint }) => endpoint)).toEqual(['createProduct']);
});

/** The number of living access tokens is no part of the account. */
function strip(state: string): unknown {
  const { tokens: _, ...account } = JSON.parse(state);
  return account;
}

test('a date that is none gives a warning and an order without that date', async () => {
  await using otos = await start();
  const { simulator, call, product } = otos;
  await product('A');
  const { status, body } = await call('createInventoryOrder', {
    action: 'inbound',
    locationCode: 'RUH1',
    orderDate: '31/02/2026',
    deliveryDate: '28/02/2026',
    waybillNumber: 'W-1',
    description: 'ref 1',
    items: [{ sku: 'A', qty: 1 }],
  });
  expect(status).toBe(200);
  expect(body.warnings).toHaveLength(1);
  const made = simulator.state.inventoryOrders.get(body.otoId);
  expect(made).toMatchObject({ deliveryDate: '28/02/2026', waybillNumber: 'W-1', description: 'ref 1' });
  expect(made?.orderDate).toBeUndefined();
});

test('tokens: missing, wrong and expired ones get the gateway form of 401', async () => {
  let clock = 1_000_000;
  await using otos = await start({ now: () => clock, tokenLifetimeSeconds: 60 });
  const { call, token, send } = otos;
  const access = await token();
  expect((await call('productList', {}, access)).status).toBe(200);
  clock += 60_000;
  const late = await call('productList', {}, access);
  expect([late.status, late.body]).toEqual([401, { message: 'Jwt is expired', code: 401 }]);
  expect((await call('productList', {}, 'made-up')).status).toBe(401);
  expect((await send('POST', '/rest/v2/productList', {})).status).toBe(401);
  expect((await call('healthCheck')).body).toEqual({ status: 'ok' });
});

test('a path that is no endpoint, or another method, gives an empty 403', async () => {
  await using otos = await start();
  for (const [method, path] of [
    ['GET', '/rest/v2/nothing'],
    ['GET', '/rest/v2/createProduct'],
    ['GET', '/createProduct'],
  ] as const) {
    const { status, text } = await otos.send(method, path);
    expect([path, status, text]).toEqual([path, 403, '']);
  }
});

test('a body that is no JSON object is refused as such', async () => {
  await using otos = await start();
  const headers = { authorization: `Bearer ${await otos.token()}` };
  for (const body of ['{"sku":', '[]', '7']) {
    const answer = await otos.send('POST', '/rest/v2/productList', body, headers);
    expect([body, answer.status, answer.body.otoErrorCode]).toEqual([body, 400, 'OTO1075']);
  }
});

test('products are listed page by page in their order, and keys with strange names are keys', async () => {
  await using otos = await start();
  const { simulator, call } = otos;
  const skus = ['__proto__', 'constructor', '007', 'ثوب', 'a b'];
  simulator.seed({ products: skus.map((sku) => ({ sku })), stock: 4 });
  const listed = [];
  for (const currentPage of [1, 2, 3, 4]) {
    const { body } = await call('productList', { pageSize: 2, currentPage });
    listed.push(...body.products.map((row: { sku: string }) => row.sku));
  }
  expect(listed).toEqual(skus);
  const { text } = await call('checkInventoryStock', { sku: skus.join(','), pickupLocationCode: 'RUH1' });
  for (const sku of skus) expect(text).toContain(`${JSON.stringify(sku)}:[{"pickupLocationCode":"RUH1"`);
});
