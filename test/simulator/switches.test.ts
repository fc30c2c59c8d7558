import { afterAll, expect, test } from 'vitest';
import { switchTable } from '../../src/simulator/index.ts';
import { orderSwitches } from '../../src/simulator/order-switches.ts';
import { webhookSwitches } from '../../src/simulator/webhook-switches.ts';
import { type Client, start } from './client.ts';
import { code, expectTried, sides } from './sides.ts';

/** Those of whole families have tests of their own: families/. */
const elsewhere = Object.keys({ ...orderSwitches, ...webhookSwitches });
afterAll(() =>
  expectTried(Object.fromEntries(Object.entries(switchTable).filter(([name]) => !elsewhere.includes(name)))),
);

const fields = (answer: { status: number; body: object }) => [answer.status, Object.keys(answer.body).sort()];

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
    ['OTO1009', { status: 400, success: false, otoErrorCode: 'OTO1009' }],
    ['conflict', { status: 409, success: false, otoErrorCode: 'OTO1126', errorCode: 14 }],
    ['update', { status: 200, success: true, productId: 10_001 }],
  ],
  async ({ product, simulator }) => {
    await product('A');
    const { status, body } = await product('A');
    expect(simulator.state.productList).toHaveLength(1);
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
    ['clamp', [[200, undefined], [200, undefined], 0]],
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
    ['accept', [[200, undefined], 4027, 2]],
    ['refuse', [[400, 'OTO1063'], undefined, 1]],
    ['same', [[200, undefined], 4026, 1]],
  ],
  async ({ simulator, call, product }) => {
    await product('A');
    await call('createInventoryOrder', inbound('W', 'A'));
    const again = await call('createInventoryOrder', inbound('W', 'A'));
    return [code(again), again.body.otoId, simulator.state.inventoryOrders.size];
  },
);

sides(
  'unknownSkuInInventoryOrder',
  [
    ['refuse', [[400, 'OTO1126'], 0, []]],
    ['skip', [[200, undefined], 1, ['A']]],
    ['keep', [[200, undefined], 0, ['nope', 'A']]],
  ],
  async ({ simulator, call, product }) => {
    await product('A');
    const answer = await call('createInventoryOrder', inbound('W', 'nope', 'A'));
    const made = [...simulator.state.inventoryOrders.values()].flatMap(({ items }) => items.map(({ sku }) => sku));
    expect(simulator.state.figures.ofSku('nope')).toEqual([]);
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
    ['free', [200, 200, 200, 'picked']],
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
  'refusalStatus',
  [
    ['captured', [400, 'OTO1126']],
    ['ok200', [200, 'OTO1126']],
    ['conflict409', [409, 'OTO1126']],
    ['server500', [500, 'OTO1126']],
  ],
  async ({ setStock }) => code(await setStock('unknown', 'RUH1', 1)),
);

sides(
  'rateLimitAnswer',
  [
    ['coded400', [400, 'OTO1143', false]],
    ['coded429', [429, 'OTO1143', false]],
    ['coded200', [200, 'OTO1143', false]],
    ['plain429', [429, undefined, undefined]],
    ['old400', [400, undefined, false]],
  ],
  async ({ simulator, setStock }) => {
    simulator.seed({ products: [{ sku: 'A' }] });
    simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'oto1143' });
    const answer = await setStock('A', 'RUH1', 1);
    expect(simulator.state.figures.ofSku('A')).toEqual([]);
    return [...code(answer), answer.body.success];
  },
);

const pages = async ({ simulator, call }: Client, products: number, pageSize: number): Promise<unknown[]> => {
  simulator.seed({ products });
  const seen: unknown[] = [];
  for (const currentPage of [1, 2, 3]) {
    const { status, body } = await call('productList', { pageSize, currentPage });
    seen.push(body.products?.length ?? [status, body.otoErrorCode]);
  }
  return seen;
};

sides(
  'largestPage',
  [
    [100, [3, 0, 0]],
    [2, [3, 0, 0]],
  ],
  async (client) => {
    const asked = await pages(client, 3, 10);
    client.simulator.switches.set({ pageTooLarge: 'cap' });
    const { largestPage } = client.simulator.switches.values;
    const { body } = await client.call('productList', { pageSize: 10 });
    expect(body.products).toHaveLength(Math.min(3, largestPage));
    return asked;
  },
);

sides(
  'pageTooLarge',
  [
    ['answer', [101, 0, 0]],
    ['cap', [100, 1, 0]],
    [
      'refuse',
      [
        [400, 'OTO1142'],
        [400, 'OTO1142'],
        [400, 'OTO1142'],
      ],
    ],
  ],
  (client) => pages(client, 101, 200),
);

sides(
  'pagePastEnd',
  [
    ['empty', [2, 1, 0]],
    ['last', [2, 1, 1]],
    ['refuse', [2, 1, [400, 'OTO1142']]],
  ],
  (client) => pages(client, 3, 2),
);

const readFour = async ({ simulator, call }: Client): Promise<unknown[]> => {
  simulator.seed({ products: ['A', 'B', 'C', 'D'].map((sku) => ({ sku })), stock: { onHand: 4, locations: ['RUH1'] } });
  const { status, body } = await call('checkInventoryStock', { sku: 'D,A,C,B' });
  return [status, body?.otoErrorCode, body?.stock && Object.keys(body.stock)];
};

sides(
  'skusPerCall',
  [
    [50, [200, undefined, ['D', 'A', 'C', 'B']]],
    [1, [200, undefined, ['D']]],
    [3, [200, undefined, ['D', 'A', 'C']]],
  ],
  (client) => {
    client.simulator.switches.set({ tooManySkus: 'cut' });
    return readFour(client);
  },
);

sides(
  'tooManySkus',
  [
    ['answer', [200, undefined, ['D', 'A', 'C', 'B']]],
    ['cut', [200, undefined, ['D', 'A']]],
    ['refuse', [400, 'OTO1112', undefined]],
    ['tooLong', [414, undefined, undefined]],
  ],
  (client) => {
    client.simulator.switches.set({ skusPerCall: 2 });
    return readFour(client);
  },
);

const oneRow = { products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 4 }] };

sides(
  'stockWithoutLocation',
  [
    [
      true,
      [
        [undefined, -6],
        ['RUH1', 4],
      ],
    ],
    [false, [['RUH1', 4]]],
  ],
  async ({ simulator, call }) => {
    simulator.seed(oneRow);
    const { body } = await call('checkInventoryStock', { sku: 'A' });
    return body.stock.A.map((row: Record<string, unknown>) => [row.pickupLocationCode, row.quantityOnHand]);
  },
);

sides(
  'figuresAsText',
  [
    [true, ['4', '4', '4', '4']],
    [false, [4, 4, 4, 4]],
  ],
  async ({ simulator, call, stock }) => {
    simulator.seed(oneRow);
    const row = await stock('A');
    const [global] = (await call('checkGlobalStock', { sku: 'A' })).body.stock.A;
    return [row, global].flatMap(({ quantityOnHand, quantityForecasted }) => [quantityOnHand, quantityForecasted]);
  },
);

sides(
  'stockLocationFilter',
  [
    ['heeded', ['JED1']],
    ['ignored', ['RUH1', 'JED1']],
  ],
  async ({ simulator, call }) => {
    simulator.seed({ products: [{ sku: 'A' }], stock: { onHand: 4, locations: ['RUH1', 'JED1'] } });
    const { body } = await call('checkInventoryStock', { sku: 'A', pickupLocationCode: 'JED1' });
    return body.stock.A.map((row: Record<string, unknown>) => row.pickupLocationCode);
  },
);

sides(
  'globalStockForm',
  [
    ['list', [{ sku: 'A', quantityOnHand: 4, quantityForecasted: 4, minInventory: 0 }]],
    ['object', { sku: 'A', quantityOnHand: 4, quantityForecasted: 4, minInventory: 0 }],
  ],
  async ({ simulator, call }) => {
    simulator.seed(oneRow);
    return (await call('checkGlobalStock', { sku: 'A' })).body.stock.A;
  },
);

sides(
  'quantityForm',
  [
    [
      'any',
      [
        [200, undefined],
        [200, undefined],
        [200, undefined],
        [200, undefined],
      ],
    ],
    [
      'text',
      [
        [400, 'OTO1132'],
        [200, undefined],
        [400, 'OTO1132'],
        [200, undefined],
      ],
    ],
    [
      'number',
      [
        [200, undefined],
        [400, 'OTO1132'],
        [200, undefined],
        [400, 'OTO1132'],
      ],
    ],
  ],
  async ({ simulator, call }) => {
    simulator.seed(oneRow);
    const set = { actionType: 'set', sku: 'A', locationCode: 'RUH1' };
    const order = { action: 'inbound', locationCode: 'RUH1' };
    return [
      code(await call('updateStockQuantity', { ...set, qty: 5 })),
      code(await call('updateStockQuantity', { ...set, qty: '5' })),
      code(await call('createInventoryOrder', { ...order, items: [{ sku: 'A', qty: 5 }] })),
      code(await call('createInventoryOrder', { ...order, items: [{ sku: 'A', qty: '5' }] })),
    ];
  },
);

sides(
  'inventoryOrderStock',
  [
    [
      'processed',
      [
        [2, 7],
        [2, 7],
        [7, 7],
      ],
    ],
    [
      'accepted',
      [
        [2, 7],
        [7, 7],
        [7, 7],
      ],
    ],
    [
      'created',
      [
        [7, 7],
        [7, 7],
        [7, 7],
      ],
    ],
  ],
  async ({ simulator, call, product, setStock, stock }) => {
    await product('A');
    await setStock('A', 'RUH1', 2);
    const look = async () => {
      const { quantityOnHand, quantityForecasted } = await stock('A');
      return [quantityOnHand, quantityForecasted];
    };
    const { otoId } = (await call('createInventoryOrder', inbound('W', 'A'))).body;
    const created = await look();
    simulator.staff.acceptInventoryOrder(otoId);
    const accepted = await look();
    // One that is rejected leaves no trace, whenever its goods moved.
    const { otoId: other } = (await call('createInventoryOrder', inbound('V', 'A'))).body;
    simulator.staff.acceptInventoryOrder(other);
    simulator.staff.rejectInventoryOrder(other);
    expect(await look()).toEqual(accepted);
    simulator.staff.processInventoryOrder(otoId);
    return [created, accepted, await look()];
  },
);

/** One order through all its steps: whether each list names it. */
const packingLists = async ({ simulator, call }: Client): Promise<boolean[]> => {
  simulator.seed({ products: [{ sku: 'A' }] });
  simulator.staff.createOrder({ orderId: 'O', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  const seen: boolean[] = [];
  const look = async () => {
    seen.push((await call('getPackingOrders', { warehouseCode: 'RUH1' })).body.count === 1);
  };
  await look();
  for (const step of ['readyOrder', 'pickOrder', 'packOrder', 'shipOrder'] as const) {
    simulator.staff[step]('O');
    await look();
  }
  return seen;
};

sides(
  'packedStaysInPackingList',
  [
    [true, [false, true, true, true, false]],
    [false, [false, true, true, false, false]],
  ],
  packingLists,
);

sides(
  'packingListStarts',
  [
    ['assigned', [false, true, true, false, false]],
    ['new', [true, true, true, false, false]],
  ],
  packingLists,
);

sides(
  'unknownWarehouse',
  [
    ['OTO1133', [[400, 'OTO1133'], undefined]],
    ['OTO1070', [[400, 'OTO1070'], undefined]],
    ['empty', [[200, undefined], 0]],
  ],
  async ({ call }) => {
    const answer = await call('getPackingOrders', { warehouseCode: 'NOPE' });
    return [code(answer), answer.body.count];
  },
);

sides(
  'packingOfBranch',
  [
    ['list', [[200, undefined], 1]],
    ['refuse', [[400, 'OTO1133'], undefined]],
    ['empty', [[200, undefined], 0]],
  ],
  async ({ simulator, call }) => {
    simulator.seed({ products: [{ sku: 'A' }] });
    simulator.staff.createOrder({
      location: 'OLAYA',
      items: [{ sku: 'A', quantity: 1 }],
      status: 'assignedToWarehouse',
    });
    const answer = await call('getPackingOrders', { warehouseCode: 'OLAYA' });
    return [code(answer), answer.body.count];
  },
);

/** What the two reads of an order say of it once it is picked. */
const pickedSeen = async ({ simulator, call }: Client): Promise<unknown[]> => {
  simulator.seed({ products: [{ sku: 'A' }] });
  simulator.staff.createOrder({ orderId: 'O', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }], status: 'picked' });
  const [row] = (await call('orders', { perPage: '10', page: '1' })).body.orders;
  const { body } = await call('orderDetails', { orderId: 'O' });
  expect(row.status).toBe(body.status);
  return [body.status, row.packingStatus, body.packingStatusHistory?.length, body.statusHistory.length];
};

sides(
  'packingHistory',
  [
    ['shown', ['picked', 'picked', 1, 3]],
    ['absent', ['picked', undefined, undefined, 3]],
  ],
  pickedSeen,
);

sides(
  'orderStatusFollowsPacking',
  [
    [true, ['picked', 'picked', 1, 3]],
    [false, ['assignedToWarehouse', 'picked', 1, 2]],
  ],
  pickedSeen,
);

sides(
  'ordersPaging',
  [
    ['required', [400, 'OTO1142']],
    ['optional', [200, undefined]],
  ],
  async ({ call }) => code(await call('orders')),
);

sides(
  'orderRows',
  [
    ['full', ['totalCount', 'items', 'modifiedDate']],
    ['sparse', []],
  ],
  async ({ simulator, call }) => {
    seedThreeDays(simulator);
    const { body } = await call('orders', { perPage: '10', page: '1' });
    expect(body.orders.map(({ orderId }: { orderId: string }) => orderId)).toEqual(['third', 'second', 'first']);
    return ['totalCount', 'items', 'modifiedDate'].filter((field) => field in body || field in body.orders[0]);
  },
);

sides(
  'locationDates',
  [
    ['optional', [200, undefined]],
    ['required', [400, 'OTO1107']],
  ],
  async ({ call }) => {
    expect((await call('getPickupLocationList', { minDate: '2020-01-01' })).status).toBe(200);
    return code(await call('getPickupLocationList'));
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

sides(
  'parallelRefresh',
  [
    ['each', [200, true, 200]],
    ['same', [200, false, 200]],
    ['refuse', [400, false, 200]],
  ],
  async ({ call, simulator, clock }) => {
    const refresh_token = 'simulator-refresh-token';
    const first = await call('refreshToken', { refresh_token });
    const second = await call('refreshToken', { refresh_token });
    const differs = second.body.access_token !== undefined && second.body.access_token !== first.body.access_token;
    // A token that no longer works is never given again.
    simulator.tokens.revokeAccess();
    const third = await call('refreshToken', { refresh_token });
    expect(third.body.access_token).not.toBe(first.body.access_token);
    clock.ahead += 1000;
    return [second.status, differs, (await call('refreshToken', { refresh_token })).status];
  },
);

sides(
  'readLagMs',
  [
    [0, { product: 1, figure: 7, step: 'picked' }],
    [5000, { product: 0, figure: 3, step: 'assignedToWarehouse' }],
  ],
  async ({ call, product, simulator, clock }) => {
    simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 3 }] });
    simulator.staff.createOrder({
      orderId: 'SO-1',
      location: 'RUH1',
      items: [{ sku: 'A', quantity: 1 }],
      status: 'assignedToWarehouse',
    });
    clock.ahead = 60_000;
    await product('B');
    await call('updateStockQuantity', { sku: 'A', locationCode: 'RUH1', actionType: 'set', qty: 7 });
    await call('updatePackingStatus', { orderId: 'SO-1', packingStatus: 'picked' });
    const look = async () => ({
      product: (await call('productList')).body.products.length - 1,
      figure: (await call('checkInventoryStock', { sku: 'A' })).body.stock.A[0].quantityOnHand,
      step: (await call('orderDetails', { orderId: 'SO-1' })).body.status,
    });
    const seen = await look();
    clock.ahead += 60_000;
    expect(await look()).toEqual({ product: 1, figure: 7, step: 'picked' });
    return seen;
  },
);

sides(
  'badRefreshToken',
  [
    ['coded400', [400, 'OTO1083']],
    ['gateway401', [401, 401]],
    ['empty403', [403, undefined]],
  ],
  async ({ call }) => {
    const { status, body } = await call('refreshToken', { refresh_token: 'not-one' });
    return [status, body?.otoErrorCode ?? body?.code];
  },
);

sides(
  'expiredToken',
  [
    ['gateway', [401, ['code', 'message']]],
    ['coded', [401, ['errorCode', 'errorMsg', 'success']]],
  ],
  async ({ call }) => fields(await call('productList', {}, 'not-one')),
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
