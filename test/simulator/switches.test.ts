import { afterAll, describe, expect, test } from 'vitest';
import { type SwitchName, type SwitchValues, switchTable } from '../../src/simulator/index.ts';
import { type Client, start } from './client.ts';

const tried = new Map<SwitchName, Set<unknown>>();

/** One test for each side of a switch: what `look` sees under each value. */
function sides<Name extends SwitchName>(
  name: Name,
  expected: readonly (readonly [value: SwitchValues[Name], seen: unknown])[],
  look: (client: Client) => Promise<unknown>,
): void {
  tried.set(name, new Set(expected.map(([value]) => value)));
  describe(name, () => {
    test.each(expected)('%s', async (value, seen) => {
      await using client = await start({ switches: { [name]: value } });
      expect(await look(client)).toEqual(seen);
    });
  });
}

afterAll(() => {
  for (const [name, { schema, behaviours }] of Object.entries(switchTable)) {
    const values = Object.keys(behaviours).map((value) => (schema.type === 'boolean' ? value === 'true' : value));
    const wanted = name === 'orderTimezone' ? ['UTC', 'Asia/Riyadh'] : values;
    expect([...(tried.get(name as SwitchName) ?? [])].sort(), `both sides of ${name} are tried`).toEqual(wanted.sort());
  }
});

const fields = (answer: { status: number; body: object }) => [answer.status, Object.keys(answer.body).sort()];
const code = (answer: { status: number; body: { otoErrorCode?: string } }) => [answer.status, answer.body.otoErrorCode];

sides(
  'errorForm',
  [
    ['old', [400, ['errorCode', 'errorMsg', 'success']]],
    ['both', [400, ['errorCode', 'errorMsg', 'otoErrorCode', 'otoErrorMessage', 'success']]],
    ['new', [400, ['otoErrorCode', 'otoErrorMessage', 'success']]],
  ],
  async ({ call }) => fields(await call('getPackingOrders', { warehouseCode: 'NOPE' })),
);

sides(
  'duplicateSku',
  [
    ['errorCode14', { status: 400, success: false, errorCode: 14 }],
    ['OTO1126', { status: 400, success: false, otoErrorCode: 'OTO1126' }],
  ],
  async ({ product }) => {
    await product('A');
    const { status, body } = await product('A');
    const { errorMsg: _, otoErrorMessage: __, ...rest } = body;
    return { status, ...rest };
  },
);

sides(
  'taxAmount',
  [
    ['optional', [200, undefined]],
    ['required', [400, 'OTO1129']],
  ],
  async ({ product }) => code(await product('A')),
);

sides(
  'productCount',
  [
    ['total', 3],
    ['page', 2],
  ],
  async ({ simulator, call }) => {
    simulator.seed({ products: 3 });
    return (await call('productList', { pageSize: 2 })).body.productCount;
  },
);

sides(
  'unknownSkuInRead',
  [
    ['absent', [200, { A: 1 }]],
    ['empty', [200, { A: 1, unknown: 0 }]],
    ['refuse', [400, undefined]],
  ],
  async ({ simulator, call }) => {
    simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 4 }] });
    const { status, body } = await call('checkInventoryStock', { sku: 'unknown,A' });
    const lengths = (stock: Record<string, unknown[]>) =>
      Object.fromEntries(Object.entries(stock).map(([sku, rows]) => [sku, rows.length]));
    return [status, body.stock && lengths(body.stock)];
  },
);

sides(
  'firstSet',
  [
    ['create', [[200, undefined], 5, [200, undefined]]],
    ['refuse', [[400, 'OTO1134'], 0, [200, undefined]]],
  ],
  async ({ simulator, call, product, setStock, stock }) => {
    await product('A');
    // Open orders make no inventory row, however many.
    for (const waybill of ['W1', 'W2']) await call('createInventoryOrder', inbound(waybill, 'A'));
    const first = code(await setStock('A', 'RUH1', 5));
    const seen = (await stock('A'))?.quantityOnHand;
    // Shown for what is expected, and still no row.
    simulator.staff.setOnHand('A', 'RUH1', 1);
    return [first, seen, code(await setStock('A', 'RUH1', 6))];
  },
);

sides(
  'negativeSet',
  [
    ['accept', [[200, undefined], [200, undefined], -3]],
    ['refuse', [[400, 'OTO1135'], [400, 'OTO1135'], 1]],
  ],
  async ({ call, product, setStock, stock }) => {
    await product('A');
    await setStock('A', 'RUH1', 1);
    const set = code(await setStock('A', 'RUH1', -1));
    const down = { actionType: 'adjust', sku: 'A', locationCode: 'RUH1', qty: -2 };
    const adjust = code(await call('updateStockQuantity', down));
    return [set, adjust, (await stock('A')).quantityOnHand];
  },
);

const inbound = (waybillNumber: string, ...skus: string[]) => ({
  action: 'inbound',
  locationCode: 'RUH1',
  waybillNumber,
  items: skus.map((sku) => ({ sku, qty: 5 })),
});

sides(
  'forecastIncludesInventoryOrders',
  [
    [true, [7, undefined, 5]],
    [false, [2, undefined, undefined]],
  ],
  async ({ call, product, setStock, stock }) => {
    await product('A');
    await product('new');
    await setStock('A', 'RUH1', 2);
    const before = await stock('new');
    await call('createInventoryOrder', inbound('W', 'A', 'new'));
    return [(await stock('A')).quantityForecasted, before, (await stock('new'))?.quantityForecasted];
  },
);

sides(
  'duplicateWaybill',
  [
    ['accept', [[200, undefined], 2]],
    ['refuse', [[400, 'OTO1063'], 1]],
  ],
  async ({ simulator, call, product }) => {
    await product('A');
    await call('createInventoryOrder', inbound('W', 'A'));
    return [code(await call('createInventoryOrder', inbound('W', 'A'))), simulator.state.inventoryOrders.size];
  },
);

sides(
  'unknownSkuInInventoryOrder',
  [
    ['refuse', [[400, 'OTO1126'], 0, []]],
    ['skip', [[200, undefined], 1, ['A']]],
  ],
  async ({ simulator, call, product }) => {
    await product('A');
    const answer = await call('createInventoryOrder', inbound('W', 'nope', 'A'));
    const made = [...simulator.state.inventoryOrders.values()].flatMap(({ items }) => items.map(({ sku }) => sku));
    return [code(answer), answer.body.warnings?.length ?? 0, made];
  },
);

sides(
  'onHandFallsAt',
  [
    ['picked', [10, 10, 7, 7, 7]],
    ['packed', [10, 10, 10, 7, 7]],
    ['shipped', [10, 10, 10, 10, 7]],
  ],
  async ({ simulator, call, stock }) => {
    simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 10 }] });
    const seen: number[] = [];
    const look = async () => {
      const { quantityOnHand, quantityForecasted } = await stock('A');
      // Reserved goods are off the forecast from the first moment, and are not taken off twice.
      expect(quantityForecasted).toBe(7);
      seen.push(quantityOnHand);
    };
    simulator.staff.createOrder({ orderId: 'O', location: 'RUH1', items: [{ sku: 'A', quantity: 3 }] });
    await look();
    simulator.staff.readyOrder('O');
    await look();
    await call('updatePackingStatus', { orderId: 'O', packingStatus: 'picked' });
    await look();
    await call('updatePackingStatus', { orderId: 'O', packingStatus: 'packed' });
    await look();
    simulator.staff.shipOrder('O');
    await look();
    return seen;
  },
);

sides(
  'pickedStaysInPackingList',
  [
    [true, [['O'], ['O'], []]],
    [false, [['O'], [], []]],
  ],
  async ({ simulator, call }) => {
    simulator.seed({ products: [{ sku: 'A' }] });
    const list = async () => {
      const { body } = await call('getPackingOrders', { warehouseCode: 'RUH1' });
      return body.orders.map(({ orderId }: { orderId: string }) => orderId);
    };
    const items = [{ sku: 'A', quantity: 1 }];
    simulator.staff.createOrder({ orderId: 'not ready', location: 'RUH1', items });
    simulator.staff.createOrder({ orderId: 'elsewhere', location: 'JED1', items, status: 'assignedToWarehouse' });
    simulator.staff.createOrder({ orderId: 'O', location: 'RUH1', items, status: 'assignedToWarehouse' });
    const ready = await list();
    simulator.staff.pickOrder('O');
    const picked = await list();
    simulator.staff.packOrder('O');
    return [ready, picked, await list()];
  },
);

sides(
  'packingSteps',
  [
    ['any', [200, 200, 400, 'packed']],
    ['inOrder', [400, 400, 200, 'picked']],
  ],
  async ({ simulator, call }) => {
    simulator.seed({ products: [{ sku: 'A' }] });
    simulator.staff.createOrder({
      orderId: 'O',
      location: 'RUH1',
      items: [{ sku: 'A', quantity: 1 }],
      status: 'assignedToWarehouse',
    });
    const seen = [];
    for (const packingStatus of ['packed', 'packed', 'picked']) {
      seen.push((await call('updatePackingStatus', { orderId: 'O', packingStatus })).status);
    }
    return [...seen, simulator.state.orders.get('O')?.status];
  },
);

sides(
  'modifiedDate',
  [
    ['since', [['third', 'second'], ['third', 'second'], ['third']]],
    ['day', [['second'], ['second'], ['second']]],
  ],
  async ({ simulator, call }) => {
    seedThreeDays(simulator);
    const seen = [];
    for (const modifiedDate of ['2026-11-20', '2026-11-20 22:30:00', '2026-11-20 22:30:01']) {
      const { body } = await call('orders', { perPage: '10', page: '1', modifiedDate });
      seen.push(body.orders.map(({ orderId }: { orderId: string }) => orderId));
    }
    return seen;
  },
);

function seedThreeDays({ staff, seed, state }: Client['simulator']): void {
  seed({ products: [{ sku: 'A' }] });
  for (const [orderId, day] of [
    ['first', '19'],
    ['second', '20'],
    ['third', '21'],
  ] as const) {
    staff.createOrder({ orderId, location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
    const order = state.orders.get(orderId);
    if (order !== undefined) order.modifiedAt = Date.parse(`2026-11-${day}T22:30:00Z`);
  }
}

sides(
  'orderTimezone',
  [
    ['UTC', ['2026-11-19 22:30:00', 2]],
    ['Asia/Riyadh', ['2026-11-20 01:30:00', 3]],
  ],
  async ({ simulator, call }) => {
    seedThreeDays(simulator);
    const all = await call('orders', { perPage: '10', page: '1' });
    const since = await call('orders', { perPage: '10', page: '1', modifiedDate: '2026-11-20' });
    return [all.body.orders.at(-1).modifiedDate, since.body.totalCount];
  },
);

sides(
  'rotatesRefreshToken',
  [
    [true, [true, 400, 200]],
    [false, [false, 200, 200]],
  ],
  async ({ call }) => {
    const old = 'simulator-refresh-token';
    const { refresh_token } = (await call('refreshToken', { refresh_token: old })).body;
    const again = await call('refreshToken', { refresh_token: old });
    return [refresh_token !== old, again.status, (await call('refreshToken', { refresh_token })).status];
  },
);

sides(
  'newTokenEndsOld',
  [
    [true, [401, 200]],
    [false, [200, 200]],
  ],
  async ({ call, token }) => {
    const first = await token();
    const second = await token();
    return [(await call('productList', {}, first)).status, (await call('productList', {}, second)).status];
  },
);

test('an unknown switch or value is refused, and none of the change is made', async () => {
  await using client = await start();
  for (const change of [{ errorForm: 'newest' }, { nonsense: true }, { orderTimezone: 'Mars/Base' }]) {
    const answer = await client.admin('PUT', '/switches', { productCount: 'page', ...change });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'SIMULATOR_INPUT']);
  }
  expect(client.simulator.switches.values.productCount).toBe('total');
});

test('every switch is described with its value, both behaviours and the source of the doubt', async () => {
  await using client = await start({ switches: { firstSet: 'refuse' } });
  const { body } = await client.admin('GET', '/switches');
  expect(Object.keys(body)).toEqual(Object.keys(switchTable));
  expect(body.firstSet).toMatchObject({ value: 'refuse', default: 'create', source: expect.stringMatching(/stock/) });
  await client.admin('PUT', '/switches', { firstSet: 'create' });
  expect((await client.admin('GET', '/switches')).body.firstSet.value).toBe('create');
});
