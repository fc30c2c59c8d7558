import { afterAll, expect } from 'vitest';
import { orderSwitches } from '../../../src/simulator/order-switches.ts';
import type { Client } from '../client.ts';
import { code, expectTried, sides } from '../sides.ts';
import { customer, order } from './order.ts';

afterAll(() => expectTried(orderSwitches));

const create = (client: Client, more: object = {}) => client.call('createOrder', { ...order, ...more });
const deliver = async (client: Client) => {
  await create(client);
  client.simulator.staff.report(order.orderId, 'delivered');
};

sides(
  'plan',
  [
    ['enterprise', [undefined, undefined, undefined, undefined, undefined]],
    ['scale', [undefined, undefined, undefined, 'OTO1150', 'OTO1167']],
    ['starter', [undefined, undefined, 'OTO1150', 'OTO1150', 'OTO1167']],
    ['free', [undefined, 'OTO1150', 'OTO1150', 'OTO1150', 'OTO1167']],
  ],
  async ({ call }) => {
    const place = { city: 'Riyadh', country: 'SA' };
    const tracked = { trackingNumber: '1', deliveryCompanyName: 'aramex' };
    const { name, ...where } = customer;
    const branch = { ...where, type: 'branch', code: 'B', name: 'B', contactName: name, contactEmail: 'b@example.com' };
    const answers = [
      await call('productList'),
      await call('checkGlobalStock', { sku: 'A' }),
      await call('getDeliveryEstimation', { calculationData: { originAddress: place, destinationAddress: place } }),
      await call('trackShipment', tracked),
      await call('createPickupLocation', branch),
    ];
    return answers.map(({ body }) => body.otoErrorCode);
  },
);

sides(
  'repeatedOrder',
  [
    ['update', [200, undefined, ['This order already exists'], 3]],
    ['refuse', [400, 'OTO1063', undefined, 2]],
  ],
  async (client) => {
    await create(client);
    const again = await create(client, { items: [{ sku: 'A', name: 'A', price: 5, quantity: 3 }] });
    return [...code(again), again.body.warnings, client.simulator.state.orders.get('SO-1')?.items[0]?.quantity];
  },
);

sides(
  'lateRepeat',
  [
    ['contradicts', [200, undefined, true, 5, 'late', 2]],
    ['refuse', [400, 'OTO1067', false, 5, undefined, 2]],
  ],
  async (client) => {
    await deliver(client);
    const again = await create(client, { ref1: 'late', items: [{ sku: 'A', quantity: 3 }] });
    const kept = client.simulator.state.orders.get('SO-1');
    const { success, errorCode } = again.body;
    return [...code(again), success, errorCode, kept?.fields?.ref1, kept?.items[0]?.quantity];
  },
);

sides(
  'pickedUpNeedsShipment',
  [
    [true, [400, 'OTO1103', 'assignedToWarehouse']],
    [false, [200, undefined, 'pickedUp']],
  ],
  async (client) => {
    const { otoId } = (await create(client)).body;
    const answer = await client.call('updateOrderStatus', { orderIds: [otoId], status: 'pickedUp' });
    return [...code(answer), client.simulator.state.orders.get('SO-1')?.status];
  },
);

sides(
  'shipmentOutcome',
  [
    ['created', [true, 'shipmentCreated', 'SIMULATOR_CONFLICT', 'shipmentCreated', []]],
    ['waits', [true, 'searchingDriver', undefined, 'shipmentCreated', []]],
    ['fails', [true, 'assignedToWarehouse', 'SIMULATOR_CONFLICT', 'assignedToWarehouse', ['SO-1']]],
  ],
  async (client) => {
    const failed: string[] = [];
    client.simulator.state.events.on('shipmentError', ({ order: { orderId } }) => failed.push(orderId));
    await create(client);
    const { body } = await client.call('createShipment', { orderId: 'SO-1' });
    const status = async () => (await client.call('orderDetails', { orderId: 'SO-1' })).body.status;
    const before = await status();
    const done = await client.admin('POST', '/orders/SO-1/shipment');
    return [body.success, before, done.body.error?.code, await status(), failed];
  },
);

sides(
  'returnOrder',
  [
    ['own', ['SO-1-R1', 'delivered', 'reverseShipmentCreated', 2, 1]],
    ['original', [undefined, 'reverseShipmentCreated', undefined, 2, 1]],
  ],
  async (client) => {
    await deliver(client);
    const items = [{ sku: 'A', quantity: '1' }];
    const { body } = await client.call('createReturnShipment', { orderId: 'SO-1', items });
    const { orders } = client.simulator.state;
    const of = body.returnOrderId ?? 'SO-1';
    const details = (await client.call('getReturnDetails', { orderId: of })).body;
    expect(body.success).toBe(true);
    const back = details.returnedItems[0].quantityToBeReturned;
    const own = orders.get('SO-1-R1')?.status;
    return [body.returnOrderId, orders.get('SO-1')?.status, own, orders.get('SO-1')?.items[0]?.quantity, back];
  },
);

sides(
  'returnedGoods',
  [
    ['back', [8, 10]],
    ['apart', [8, 8]],
  ],
  async (client) => {
    const { simulator, stock } = client;
    simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 10 }] });
    await deliver(client);
    const before = (await stock('A')).quantityOnHand;
    const { body } = await client.call('createReturnShipment', { orderId: 'SO-1' });
    for (const status of ['reversePickedUp', 'reverseReturned', 'reverseConfirmReturn'] as const) {
      simulator.staff.report(body.returnOrderId, status);
    }
    return [before, (await stock('A')).quantityOnHand];
  },
);

sides(
  'duplicateLocation',
  [
    ['success', [200, undefined, true]],
    ['refuse', [200, 'OTO1070', false]],
  ],
  async (client) => {
    const { name, mobile, address, city, country } = customer;
    const location = {
      code: 'RUH1',
      name,
      mobile,
      address,
      city,
      country,
      contactName: name,
      contactEmail: 'a@b.example',
    };
    const answer = await client.call('createPickupLocation', location);
    return [...code(answer), answer.body.success];
  },
);

sides(
  'brandAnswer',
  [
    ['clientStoreId', [true, false]],
    ['storeId', [false, true]],
  ],
  async ({ call }) => {
    const { body } = await call('createBrand', { storeName: 'Brand A' });
    return ['clientStoreId' in body, 'storeId' in body];
  },
);

sides(
  'creditList',
  [
    ['transactions', ['success', 'transactions']],
    ['orders', ['success', 'orders']],
  ],
  async ({ call }) => Object.keys((await call('creditTransactions', { perPage: '1', page: '1', orderId: '1' })).body),
);

sides(
  'clientCredit',
  [
    ['two', [100, 10_000, undefined]],
    ['one', [undefined, undefined, 10_000]],
  ],
  async ({ call }) => {
    const { body } = await call('getClientInfo');
    return [body.remainingOTOCredit, body.remainingShippingCredit, body.remainingCredit];
  },
);

sides(
  'carrierListMethod',
  [
    ['both', [200, 200]],
    ['post', [200, 403]],
  ],
  async ({ send, token, call }) => {
    const headers = { authorization: `Bearer ${await token()}` };
    const got = await send('GET', '/rest/v2/dcList', undefined, headers);
    return [(await call('dcList')).status, got.status];
  },
);
