import { afterAll, expect, test } from 'vitest';
import { type ApiName, otoApi } from '../../../src/oto/index.ts';
import { otoOpenApi } from '../../../src/oto/openapi.ts';
import { defaultRefreshToken } from '../../../src/simulator/index.ts';
import { documented } from '../../oto/examples/index.ts';
import { openSite, type Site } from './contract.ts';
import { order } from './order.ts';

/** What the examples speak of, and a new account does not have. */
const seed = {
  locations: [
    ...['jdd_wh', '12364', 'wh1', 'ASDS', 'WH123'].map((code) => ({ code })),
    { code: 'WHA', bins: ['test'] },
  ],
  products: ['12345', '123123', '156487494561', 'SG1', 'test-product'].map((sku) => ({ sku })),
  stock: 5,
  brands: [{ id: 6345, name: 'Brand of the example' }],
};

const place = (orderId: string) => async (site: Site) => {
  await site.taken('createOrder', { ...order, orderId });
};
const delivered =
  (orderId: string, sku = 'A') =>
  async (site: Site) => {
    await site.taken('createOrder', { ...order, orderId, items: [{ sku, name: sku, price: 1, quantity: 1 }] });
    site.simulator.staff.report(orderId, 'delivered');
  };
const shipped = (orderId: string) => async (site: Site) => {
  await site.taken('createOrder', { ...order, orderId, createShipment: 'true' });
};
const webhook = async (site: Site) => {
  expect((await site.taken('postWebhook', documented.postWebhook.requests[0])).id).toBe('59');
};
const box = (name: string) => async (site: Site) => {
  await site.taken('addBox', { name, length: 1, width: 1, height: 1 });
};

/** What has to be there before an endpoint's examples make sense. */
const before: { readonly [Name in ApiName]?: (site: Site) => Promise<void> } = {
  updateOrder: place('202111081227'),
  updateOrderStatus: async ({ simulator }) => {
    simulator.seed({ orders: [{ otoId: 30846946, location: 'wh1', items: [{ sku: '12345', quantity: 1 }] }] });
  },
  cancelOrder: place('1234'),
  orderDetails: place('1234'),
  holdOrder: place('OID-20980-1146'),
  unHoldOrder: async (site) => {
    await place('OID-9616-98794')(site);
    await site.taken('holdOrder', { orderId: 'OID-9616-98794', onHoldReason: 'x', onHoldReasonLang: 'eng' });
  },
  createShipment: place('1232464'),
  cancelShipment: async (site) => {
    const orderId = '24543ec5-1dd2-46a1-b4b3-d3bd47837665';
    await shipped(orderId)(site);
    const made = site.simulator.state.orders.get(orderId);
    // No call gives a shipment the id that the example names.
    if (made?.shipment !== undefined) made.shipment = { ...made.shipment, id: 'F21SAC000227700000' };
  },
  createReturnShipment: delivered('202111080914', 'SKU045857'),
  getReturnLink: place('123'),
  getReturnDetails: async (site) => {
    site.simulator.switches.set({ returnOrder: 'original' });
    await delivered('OID-9616-1008')(site);
    await site.taken('createReturnShipment', { orderId: 'OID-9616-1008' });
  },
  triggerReturnSms: place('523939'),
  print: shipped('1234'),
  orderStatus: shipped('1234'),
  orderHistory: shipped('2414124'),
  getDeliveryFee: place('OID-22700-1006'),
  getDeliveryOptions: place('1234'),
  postClientInfo: async (site) => {
    await site.taken('register', { ...documented.register.requests[0], email: 'test30@tryoto.com' });
  },
  getDeliveryEstimation: async (site) => {
    expect((await site.taken('dcActivation', documented.dcActivation.requests[0])).deliveryOptionId).toBe('1233');
  },
  updatePickupLocation: async (site) => {
    await site.taken('createPickupLocation', documented.createPickupLocation.requests[0]);
  },
  getBrandList: async (site) => {
    await site.taken('createBrand', documented.createBrand.requests[0]);
  },
  updateBox: box('xsmall'),
  getBox: box('medium'),
  getWebhook: webhook,
  putWebhook: webhook,
  deleteWebhook: webhook,
  assignDriver: async ({ simulator }) => {
    simulator.seed({ orders: [{ otoId: 3079460, location: 'wh1', items: [{ sku: '12345', quantity: 1 }] }] });
  },
  updatePackingStatus: place('123'),
  getPackingOrders: async (site) => {
    await site.taken('createOrder', { ...order, pickupLocationCode: 'WH123' });
  },
};

const token = String(documented.refreshToken.requests[0].refresh_token);
const answered = new Set<ApiName>();

test('the document that the simulator serves is the one in docs', async () => {
  await using site = await openSite();
  const { status, body } = await site.admin('GET', '/openapi.json');
  expect([status, body]).toEqual([200, JSON.parse(JSON.stringify(otoOpenApi()))]);
  expect(site.contract.names.sort()).toEqual(Object.keys(otoApi).sort());
});

/** An account in which the request makes sense. */
async function openFor(name: ApiName): Promise<Site> {
  const site = await openSite({ refreshTokens: [token, defaultRefreshToken] });
  site.simulator.seed(seed);
  await before[name]?.(site);
  return site;
}

test.each(Object.keys(otoApi) as ApiName[])('%s takes its documented requests as they stand', async (name) => {
  for (const request of documented[name].requests) {
    if (name !== 'refreshToken') {
      await using site = await openFor(name);
      await site.taken(name, request);
    }
    // Past the client as well, which sends some texts as numbers.
    await using bare = await openFor(name);
    const { status, body } = await bare.call(name, request);
    expect([status, body.success ?? true], JSON.stringify(body)).toEqual([200, true]);
    bare.contract.answer(name, body);
    answered.add(name);
  }
});

afterAll(() => {
  expect([...answered].sort()).toEqual(Object.keys(otoApi).sort());
});
