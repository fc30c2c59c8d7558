import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkWebhookSignature } from '../../../src/oto/index.ts';
import { openReceiver } from '../../support/receiver.ts';
import { openSite, type Site } from './contract.ts';
import { customer, order } from './order.ts';

const stocked = { products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 10 }] };
const statusOf = async ({ taken }: Site, orderId: string) => (await taken('orderStatus', { orderId })).status;
const figure = async ({ stock }: Site) => {
  const { quantityOnHand, quantityForecasted } = await stock('A');
  return [quantityOnHand, quantityForecasted];
};

test('an order is made, packed, shipped, printed, delivered and sent back, and stock and credit go with it', async () => {
  await using site = await openSite();
  const { simulator, taken, refused } = site;
  simulator.seed(stocked);
  const { otoId } = await taken('createOrder', order);
  expect(await figure(site)).toEqual([10, 8]);
  const listed = await taken('orders', { perPage: 100, page: 1, customerPhone: customer.mobile });
  expect(listed.orders).toMatchObject([
    { id: String(otoId), status: 'assignedToWarehouse', customerName: customer.name },
  ]);
  const waiting = async () =>
    (await taken('getPackingOrders', { warehouseCode: 'RUH1' })).orders.map((one: { orderId: string }) => one.orderId);
  expect(await waiting()).toEqual(['SO-1']);

  expect(await refused('print', { orderId: 'SO-1' })).toBe('OTO1141');
  const { deliveryCompany } = await taken('getDeliveryFee', { orderId: 'SO-1' });
  const { deliveryOptionId, price } = deliveryCompany[0];
  await taken('createShipment', { orderId: 'SO-1', deliveryOptionId });
  expect(await refused('createShipment', { orderId: 'SO-1' })).toBe('OTO1011');
  expect(await refused('cancelOrder', { orderId: 'SO-1' })).toBe('OTO1103');
  expect(await refused('updateOrder', { orderId: 'SO-1', amount: 1 })).toBe('OTO1163');
  // A shipment that waits for its goods is still to be packed.
  expect([await statusOf(site, 'SO-1'), await waiting()]).toEqual(['shipmentCreated', ['SO-1']]);
  for (const packingStatus of ['picked', 'packed'])
    await taken('updatePackingStatus', { orderId: 'SO-1', packingStatus });
  expect(await waiting()).toEqual([]);
  const { shipmentId } = await taken('orderStatus', { otoId, labelType: 'ZPL' });
  expect(await taken('print', { orderId: 'SO-1' })).toMatchObject({ trackingNumber: shipmentId });

  for (const status of ['pickedUp', 'outForDelivery', 'delivered'] as const) simulator.staff.report('SO-1', status);
  expect(await figure(site)).toEqual([8, 8]);
  expect(await refused('cancelShipment', { orderId: 'SO-1', shipmentId })).toBe('OTO1082');
  const { items } = await taken('orderHistory', { orderIds: ['SO-1', 'nope'] });
  expect(items).toHaveLength(1);
  expect(items[0].history.map((step: { status: string }) => step.status)).toEqual([
    ...['new', 'assignedToWarehouse', 'shipmentCreated', 'picked', 'packed', 'pickedUp', 'outForDelivery', 'delivered'],
  ]);
  const { deliveryCompany: carrier } = await taken('orderStatus', { orderId: 'SO-1' });
  const tracked = { trackingNumber: shipmentId, deliveryCompanyName: carrier, statusHistory: true };
  expect((await taken('trackShipment', tracked)).items).toMatchObject([{ otoStatus: 'delivered' }]);

  const back = (quantity: number) => ({ orderId: 'SO-1', items: [{ sku: 'A', quantity: String(quantity) }] });
  expect(await refused('createReturnShipment', back(3))).toBe('OTO1179');
  expect(await taken('createReturnShipment', back(1))).toMatchObject({ returnOrderId: 'SO-1-R1' });
  expect(await refused('createReturnShipment', back(2))).toBe('OTO1179');
  expect(await taken('createReturnShipment', { orderId: 'SO-1' })).toMatchObject({ returnOrderId: 'SO-1-R2' });
  expect(await refused('createReturnShipment', back(1))).toBe('OTO1187');
  expect((await taken('orderHistory', { orderIds: ['SO-1'] })).items[0].returnOrderIds).toEqual(['SO-1-R1', 'SO-1-R2']);
  for (const status of ['reversePickedUp', 'reverseReturned', 'reverseConfirmReturn'] as const)
    simulator.staff.report('SO-1-R1', status);
  expect(await statusOf(site, 'SO-1')).toBe('delivered');
  expect(await figure(site)).toEqual([9, 9]);
  expect(await waiting()).toEqual([]);

  const { transactions } = await taken('creditTransactions', { perPage: 10, page: 1, orderId: 'SO-1' });
  expect(transactions).toMatchObject([{ amount: -price, shipmentID: shipmentId, chargingType: 'charge' }]);
  const { shipments } = await taken('shipmentTransactions', { shipmentNumber: shipmentId });
  expect(shipments).toMatchObject([{ orderId: 'SO-1', dcCharge: price, status: 'delivered' }]);
});

test('an order is changed, held, released, moved to another place and canceled; what it reserves follows', async () => {
  await using site = await openSite();
  const { simulator, taken, refused } = site;
  simulator.seed(stocked);
  simulator.seed({ stock: [{ sku: 'A', location: 'JED1', onHand: 4 }] });
  await taken('createOrder', order);
  const { productId } = simulator.state.products.get('A') ?? {};
  await taken('updateOrder', { orderId: 'SO-1', items: [{ productId, quantity: '5' }], ref1: 'R' });
  expect(await figure(site)).toEqual([10, 5]);
  expect((await taken('orderDetails', { ref1: 'R' })).orderId).toBe('SO-1');
  await taken('updateOrder', { orderId: 'SO-1', pickupLocationCode: 'JED1' });
  expect(await figure(site)).toEqual([10, 10]);
  expect((await site.stock('A', 'JED1')).quantityForecasted).toBe(-1);

  expect(await refused('unHoldOrder', { orderId: 'SO-1' })).toBe('OTO1103');
  await taken('holdOrder', { orderId: 'SO-1', onHoldReason: 'Fraud', onHoldReasonLang: 'en' });
  expect((await taken('getPackingOrders', { warehouseCode: 'JED1' })).orders).toEqual([]);
  expect(await refused('updatePackingStatus', { orderId: 'SO-1', packingStatus: 'picked' })).toBe('OTO1103');
  expect(await refused('createShipment', { orderId: 'SO-1' })).toBe('OTO1103');
  expect((await taken('orders', { perPage: 1, page: 1 })).orders[0]).toMatchObject({ onHoldReason: 'Fraud' });
  await taken('unHoldOrder', { orderId: 'SO-1' });
  expect((await taken('getPackingOrders', { warehouseCode: 'JED1' })).count).toBe(1);

  await taken('createShipment', { orderId: 'SO-1' });
  const { shipmentId } = await taken('orderStatus', { orderId: 'SO-1' });
  const credit = async () => (await taken('getClientInfo')).remainingShippingCredit;
  expect(await credit()).toBeLessThan(10_000);
  await taken('cancelShipment', { orderId: 'SO-1', shipmentId });
  expect(await credit()).toBe(10_000);
  await taken('cancelOrder', { orderId: 'SO-1' });
  expect((await site.stock('A', 'JED1')).quantityForecasted).toBe(4);
  expect(await refused('cancelOrder', { orderId: 'SO-1' })).toBe('OTO1103');
});

test('an order whose items name their places is split over them', async () => {
  await using site = await openSite();
  const pickupLocation = [
    { pickupLocationCode: 'RUH1', quantity: 2 },
    { pickupLocationCode: 'JED1', quantity: '1' },
  ];
  const whole = { ...order, items: [{ sku: 'A', quantity: 3, pickupLocation }] };
  const { otoIds, warnings } = await site.taken('createOrder', whole);
  expect([otoIds.length, warnings.length]).toEqual([2, 1]);
  const { orders } = await site.taken('getPackingOrders', { warehouseCode: 'JED1' });
  expect(orders).toMatchObject([{ orderId: 'SO-1-2', items: [{ sku: 'A', quantity: 1 }] }]);
  const elsewhere = [{ pickupLocationCode: 'NOPE', quantity: 1 }];
  const wrong = { ...whole, orderId: 'SO-2', items: [{ sku: 'A', quantity: 1, pickupLocation: elsewhere }] };
  expect(await site.refused('createOrder', wrong)).toBe('OTO1071');
});

test('a brand, its product and its stock; boxes with their measures', async () => {
  await using site = await openSite();
  const { taken, refused } = site;
  const { clientStoreId: brandId } = await taken('createBrand', {
    storeName: 'Brand A',
    logo: 'https://example.com/a',
  });
  expect(await refused('createBrand', { storeName: 'Brand A' })).toBe('OTO1095');
  expect((await taken('getBrandList')).clientStores).toMatchObject([{ ID: brandId, storeName: 'Brand A' }]);
  const product = { sku: 'A', productName: 'A', price: '1', brandId };
  expect(await refused('createProduct', { ...product, brandId: 1 })).toBe('OTO1100');
  await taken('createProduct', product);
  await taken('updateStockQuantity', { actionType: 'set', locationCode: 'RUH1', sku: 'A', qty: '7' });
  expect(await figure(site)).toEqual([7, 7]);

  const box = { name: 'small', length: 3, width: '4.5', height: 3 };
  expect(await refused('updateBox', box)).toBe('OTO1149');
  await taken('addBox', box);
  expect(await refused('addBox', box)).toBe('OTO1147');
  await taken('updateBox', { ...box, height: 9 });
  expect((await taken('getBox', { name: 'small' })).boxes).toMatchObject([{ boxName: 'small', width: 4.5, height: 9 }]);
  expect(await refused('getBox', { name: 'large' })).toBe('OTO1149');
  const boxed = { ...order, packageCount: 2, boxes: [{ boxName: 'small', weight: 1 }] };
  expect(await refused('createOrder', boxed)).toBe('OTO1169');
  await taken('createOrder', { ...boxed, packageCount: 1 });
});

test('a webhook is registered, and what happens to an order arrives, signed', async () => {
  const receiver = await openReceiver();
  await using site = await openSite();
  const keys = { secretKey: 'key-of-the-signature', authorizationKey: 'key-of-the-header' };
  await site.taken('postWebhook', { method: 'post', url: receiver.url, ...keys });
  const wallet = { method: 'post', url: `${receiver.url}/wallet`, ...keys, webhookType: 'walletTransaction' };
  await site.taken('postWebhook', wallet);
  await site.taken('createOrder', { ...order, createShipment: 'true' });
  site.simulator.staff.report('SO-1', 'delivered');
  await site.simulator.deliveries.idle();
  const at = (path: string) => receiver.arrived.filter((one) => one.path === path).map(({ body }) => JSON.parse(body));
  const { fee } = site.simulator.state.orders.get('SO-1')?.shipment ?? {};
  expect(at('/hook/wallet')).toMatchObject([{ orderId: 'SO-1', chargeType: 'charge', amount: -(fee ?? 0) }]);
  const bodies = at('/hook');
  expect(bodies.map(({ status }) => status)).toEqual(expect.arrayContaining(['shipmentCreated', 'delivered']));
  for (const body of bodies) {
    expect(checkWebhookSignature('orderStatus', body, keys.secretKey)).toMatchObject({ kind: 'fits' });
    expect(body.orderId).toBe('SO-1');
  }
  expect(receiver.arrived[0]?.headers.authorization).toContain(keys.authorizationKey);
});

test('a place is made, listed, changed and takes orders', async () => {
  await using site = await openSite();
  const { taken, refused } = site;
  const { name, ...where } = customer;
  const place = {
    ...where,
    code: 'TABUK1',
    name: 'Tabuk',
    contactName: name,
    contactEmail: 't@example.com',
    city: 'Tabuk',
  };
  const { warhouseId } = await taken('createPickupLocation', { ...place, type: 'branch', street: 'Long Street' });
  const listed = async () => (await taken('getPickupLocationList', { pickupLocationCode: 'TABUK1' })).branches;
  expect(await listed()).toMatchObject([{ id: Number(warhouseId), city: 'Tabuk', street: 'Long Street', lat: 28.38 }]);
  expect(await refused('createOrder', { ...order, pickupLocationCode: 'NOPE' })).toBe('OTO1070');
  await taken('createOrder', { ...order, pickupLocationCode: 'TABUK1' });
  await taken('updatePickupLocation', { code: 'TABUK1', mobile: '5', status: 'inactive' });
  expect(await listed()).toMatchObject([{ id: Number(warhouseId), name: 'Tabuk', contactPhone: '5' }]);
  expect((await taken('getPickupLocationList', { status: 'active' })).branches).toMatchObject([{ code: 'OLAYA' }]);
  expect(await refused('updatePickupLocation', { code: 'NOPE', mobile: '5' })).toBe('OTO1070');
});

test('prices follow distance and weight, are the same for the same seed, and own contracts are offered apart', async () => {
  const priced = async (seed: number, wanted: object) => {
    await using site = await openSite({ seed });
    const { deliveryCompany } = await site.taken('checkOTODeliveryFee', { originCity: 'Riyadh', weight: 1, ...wanted });
    return deliveryCompany.find((one: { deliveryCompanyName: string }) => one.deliveryCompanyName === 'aramex').price;
  };
  const near = await priced(1, { destinationCity: 'Al Kharj' });
  const far = await priced(1, { destinationCity: 'جدة' });
  const heavy = await priced(1, { destinationCity: 'Jeddah', weight: '40' });
  const large = await priced(1, { destinationCity: 'Jeddah', length: 100, width: 100, height: 20 });
  expect(near).toBeLessThan(far);
  expect(far).toBeLessThan(heavy);
  expect(large).toBe(heavy);
  expect(await priced(1, { destinationCity: 'Jeddah' })).toBe(far);
  expect(await priced(2, { destinationCity: 'Jeddah' })).not.toBe(far);

  await using site = await openSite();
  const { taken, refused } = site;
  const route = { originCity: 'Riyadh', destinationCity: 'Dubai', weight: 2 };
  expect((await taken('checkDeliveryFee', route)).deliveryCompany).toEqual([]);
  const { exampleJSON: settings } = await taken('dcConfig', { code: 'smsaecom' });
  const contract = { code: 'smsaecom', deliveryOptionName: 'our SMSA', settings };
  const { deliveryOptionId } = await taken('dcActivation', contract);
  expect((await taken('checkDeliveryFee', route)).deliveryCompany).toMatchObject([{ deliveryOptionName: 'our SMSA' }]);
  expect((await taken('getDeliveryOptions', { city: 'Dubai' })).options).toMatchObject([
    { name: 'our SMSA', deliveryOptionId: Number(deliveryOptionId) },
  ]);
  await taken('dcActivation', { ...contract, active: false });
  expect((await taken('getDeliveryOptions', {})).options).toEqual([]);
  expect(await refused('checkDeliveryFee', { ...route, destinationCity: 'Atlantis' })).toBe('OTO1097');
  expect(await refused('dcConfig', { code: 'nobody' })).toBe('OTO1173');

  const named = async (country: string) =>
    (await taken('getCities', { country, perPage: 500 })).getCities.Cities.length;
  for (const country of ['SA', 'AE', 'BH', 'KW', 'EG']) expect(await named(country), country).toBeGreaterThan(3);
  expect(await refused('getCities', { country: 'XX' })).toBe('OTO1087');
});

test('credit is bought on a page, spent on shipments, and not spent twice', async () => {
  await using site = await openSite();
  const { simulator, taken, refused, admin } = site;
  simulator.seed({ credit: { shipping: 0 } });
  await taken('createOrder', order);
  expect(await refused('createShipment', { orderId: 'SO-1' })).toBe('OTO1006');
  expect(await refused('buyShippingCredit', { amount: 0.1 })).toBe('OTO1155');
  const { paymentURL } = await taken('buyShippingCredit', { amount: 100 });
  expect((await taken('getClientInfo')).remainingShippingCredit).toBe(0);
  const id = paymentURL.split('/').at(-1);
  expect((await admin('POST', `/payments/${id}/pay`)).status).toBe(200);
  expect((await admin('POST', `/payments/${id}/pay`)).body.error.code).toBe('SIMULATOR_CONFLICT');
  expect((await taken('getClientInfo')).remainingShippingCredit).toBe(100);
  await taken('createShipment', { orderId: 'SO-1' });
  const day = { minDate: '2020-01-01', maxDate: '2099-12-31' };
  const { transactions } = await taken('creditTransactions', { perPage: 100, page: 1, ...day });
  expect(transactions.map((one: { chargingType: string }) => one.chargingType)).toEqual(['creditPurchase', 'charge']);
  expect((await taken('creditTransactions', { perPage: 1, page: 2, ...day })).transactions).toHaveLength(1);
});

test('drivers, vendors, and orders marked from outside', async () => {
  await using site = await openSite();
  const { simulator, taken, refused } = site;
  const { otoId } = await taken('createOrder', order);
  const { otoId: shipped } = await taken('createOrder', { ...order, orderId: 'SO-2', createShipment: true });
  expect(await refused('assignDriver', { orderIDs: [otoId], driverID: 1 })).toBe('OTO1139');
  expect(await refused('assignDriver', { orderIDs: [otoId] })).toBe('OTO1190');
  const { body } = await site.call('assignDriver', { orderIDs: [otoId, shipped], driverEmail: 'driver1@example.com' });
  expect(body).toEqual({
    [otoId]: { success: true, otoId },
    [shipped]: { success: false, otoErrorCode: 'OTO1192' },
  });
  expect(simulator.state.orders.get('SO-1')?.driverId).toBe(8701);

  const mark = { orderIds: [otoId], status: 'delivered', description: 'left at the door' };
  expect(await taken('updateOrderStatus', mark)).toEqual({
    result: [{}, { success: true, orderIds: [String(otoId)] }],
  });
  expect(await refused('updateOrderStatus', { ...mark, orderIds: [shipped] })).toBe('OTO1103');
  expect(await refused('updateOrderStatus', { ...mark, orderIds: 'nope' })).toBe('OTO1002');
  expect((await taken('orderDetails', { orderId: 'SO-1' })).statusHistory.at(-1)).toMatchObject({
    status: 'delivered',
    description: 'left at the door',
  });

  const vendor = { email: 'v@example.com', mobileNumber: '966500000000', fullName: 'Vendor' };
  expect(await refused('postClientInfo', { email: vendor.email })).toBe('OTO1086');
  await taken('register', vendor);
  expect(await refused('register', vendor)).toBe('OTO1089');
  expect((await taken('postClientInfo', { email: vendor.email })).userActivated).toBe('false');
});

test.each([
  ['createOrder', { ...order, customer: { ...customer, name: '' } }, 'OTO1029'],
  ['createOrder', { ...order, customer: { ...customer, mobile: undefined } }, 'OTO1030'],
  ['createOrder', { ...order, customer: undefined }, 'OTO1104'],
  ['createOrder', { ...order, items: [] }, 'OTO1074'],
  ['createOrder', { ...order, brandId: 1 }, 'OTO1100'],
  ['createOrder', { ...order, boxes: [{ boxName: 'none' }] }, 'OTO1073'],
  ['createOrder', { ...order, boxes: [{ weight: 0 }] }, 'OTO1196'],
  ['createOrder', { ...order, boxes: [{ boxId: 1 }, { boxId: '1' }] }, 'OTO1209'],
  ['createOrder', { ...order, customer: undefined, destinationLocationCode: 'NOPE' }, 'OTO1208'],
  ['createOrder', { ...order, amount: undefined }, 'OTO1093'],
  ['updateOrder', { orderId: 'nope' }, 'OTO1002'],
  ['cancelOrder', {}, 'OTO1001'],
  ['holdOrder', { orderId: 'SO-9' }, 'OTO1110'],
  ['createShipment', { orderId: 'nope' }, 'OTO1002'],
  ['cancelShipment', { orderId: 'nope' }, 'OTO1079'],
  ['createReturnShipment', { orderId: 'nope' }, 'OTO1002'],
  ['getReturnLink', { orderId: 'nope' }, 'OTO1002'],
  ['orderHistory', {}, 'OTO1001'],
  ['orderStatus', { orderId: 'nope' }, 'OTO1002'],
  ['creditTransactions', { perPage: 10, page: 1 }, 'OTO1107'],
  ['creditTransactions', { page: 1, orderId: '1' }, 'OTO1142'],
  ['shipmentTransactions', { orderId: 'nope' }, 'OTO1002'],
  ['checkCoverage', { city: 'Riyadh', lat: 'north', lon: '1' }, 'OTO1098'],
  ['checkOTODeliveryFee', { originCity: 'Riyadh', destinationCity: 'Jeddah', weight: 'heavy' }, 'OTO1049'],
  ['getDeliveryFee', { orderId: 'nope' }, 'OTO1004'],
  ['trackShipment', { trackingNumber: '1', deliveryCompanyName: 'nobody' }, 'OTO1004'],
  [
    'createPickupLocation',
    { ...customer, code: 'X', name: 'X', contactName: 'x', contactEmail: 'x', type: 'shed' },
    'OTO1119',
  ],
  ['buyOTOCredit', {}, 'OTO1093'],
  ['createBrand', {}, 'OTO1094'],
  ['addBox', { name: 'x', length: 'long', width: 1, height: 1 }, 'OTO1009'],
  ['getCities', {}, 'OTO1087'],
  ['postClientInfo', {}, 'OTO1085'],
] as const)('%s %j is refused with %s', async (name, params, code) => {
  await using site = await openSite();
  expect(await site.refused(name, JSON.parse(JSON.stringify(params)))).toBe(code);
  expect(site.simulator.requests.list({ effect: true })).toEqual([]);
});

test('all of it is there again after a restart from the state file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oto-simulator-'));
  const stateFile = join(folder, 'account.json');
  const look = async (site: Site) => [
    await site.taken('orderHistory', { orderIds: ['SO-1', 'SO-1-R1'] }),
    await site.taken('getBox', {}),
    await site.taken('getBrandList'),
    await site.taken('getDeliveryOptions', {}),
    await site.taken('getReturnDetails', { orderId: 'SO-1-R1' }),
    await site.taken('getPickupLocationList', {}),
    (await site.taken('getClientInfo')).remainingShippingCredit,
  ];
  try {
    let before: unknown[];
    {
      await using site = await openSite({ stateFile });
      await site.taken('createOrder', { ...order, createShipment: 'true' });
      site.simulator.staff.report('SO-1', 'delivered');
      await site.taken('createReturnShipment', { orderId: 'SO-1' });
      await site.taken('addBox', { name: 'small', length: 1, width: 1, height: 1 });
      await site.taken('createBrand', { storeName: 'Brand A' });
      await site.taken('dcActivation', { code: 'aramex', deliveryOptionName: 'ours', settings: {} });
      await site.taken('updatePickupLocation', { code: 'RUH1', mobile: '5' });
      before = await look(site);
    }
    await using site = await openSite({ stateFile });
    expect(await look(site)).toEqual(before);
    expect(await site.refused('createReturnShipment', { orderId: 'SO-1' })).toBe('OTO1187');
  } finally {
    await rm(folder, { recursive: true });
  }
});
