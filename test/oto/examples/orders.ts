import type { Examples } from './example.ts';

const done = { success: true };
const doneSaying = { success: true, message: 'done' };
const customer = {
  name: 'عبدالله الغامدي',
  email: 'test@test.com',
  mobile: '546607389',
  address: '6832, Abruq AR Rughamah District, Jeddah 22272 3330, Saudi Arabia',
  district: 'Al Hamra',
  city: 'Jeddah',
  country: 'SA',
  postcode: '12345',
  lat: '40.706333',
  lon: '29.888211',
  refID: '1000012',
};
const order = {
  pickupLocationCode: 'jdd_wh',
  payment_method: 'paid',
  amount: 100,
  amount_due: 0,
  currency: 'SAR',
  customsValue: '12',
  customsCurrency: 'USD',
  packageCount: 2,
  packageWeight: 1,
  boxWidth: 10,
  boxLength: 10,
  boxHeight: 10,
  orderDate: '31/12/2022 15:45',
  deliverySlotDate: '31/12/2020',
  deliverySlotTo: '12pm',
  deliverySlotFrom: '2:30pm',
};

export const orders = {
  createOrder: {
    method: 'POST',
    path: '/createOrder',
    requests: [
      {
        ...order,
        orderId: '1234',
        createShipment: 'true',
        deliveryOptionId: 564,
        senderName: 'Sender Company',
        customer,
        items: [
          {
            productId: 112,
            name: 'test product',
            price: 100,
            rowTotal: 100,
            taxAmount: 15,
            quantity: 1,
            sku: 'test-product',
            image: 'http://....',
          },
          { name: 'test product 2', price: 100, quantity: 1, sku: 'test-product-2' },
        ],
      },
    ],
    answers: [
      { success: true, otoId: 31_000_000 },
      { success: true, warnings: ['split'], otoIds: [1, 2] },
      { success: true, warnings: ['This order already exists'], message: 'updated' },
    ],
  },
  updateOrder: {
    method: 'POST',
    path: '/updateOrder',
    requests: [
      {
        ...order,
        orderId: '202111081227',
        ref1: '1234ABCDE',
        pickupLocationCode: '12364',
        deliveryOptionId: '12364',
        storeName: 'Brand A English',
        shippingAmount: 20,
        subtotal: 100,
        shippingNotes: 'be careful. it is fragile',
        packageSize: 'small',
        orderDate: '30/12/2022 15:45',
        deliverySlotDate: '31/12/2022',
        customer: { ...customer, city: 'Riyadh', W3WAddress: 'alarmed.cards.stuffy' },
        items: [
          { productId: 112, name: 'test product', price: 100, quantity: 1, sku: 'test-product', image: 'http://....' },
          { name: 'test product 2', price: 100, quantity: 1, sku: 'test-product-2', image: 'http://....' },
        ],
      },
    ],
    answers: [doneSaying],
  },
  updateOrderStatus: {
    method: 'POST',
    path: '/updateOrderStatus',
    requests: [{ orderIds: [30846946], status: 'delivered', date: '2024-08-06T21:00:00.000Z', description: 'aaaaaa' }],
    answers: [{ result: [{}, { success: true, orderIds: ['30846946'] }] }],
  },
  cancelOrder: { method: 'POST', path: '/cancelOrder', requests: [{ orderId: '1234' }], answers: [done] },
  orders: {
    method: 'GET',
    path: '/orders',
    requests: [
      { perPage: '2', page: '2', status: 'delivered' },
      { perPage: '2', page: '2', minDate: '2024-01-01', maxDate: '2024-02-02', status: 'delivered' },
    ],
    answers: [{ success: true, perPage: 2, currentPage: 2, totalPage: 2, totalCount: 3, orders: [{ orderId: '1' }] }],
  },
  orderDetails: {
    method: 'GET',
    path: '/orderDetails',
    requests: [{ orderId: '1234' }],
    answers: [{ id: 540_789, orderId: '1234', status: 'new', statusHistory: [], items: [{ id: 1 }], success: true }],
  },
  holdOrder: {
    method: 'POST',
    path: '/holdOrder',
    requests: [{ orderId: 'OID-20980-1146', onHoldReason: 'Fraud', onHoldReasonLang: 'en' }],
    answers: [done],
  },
  unHoldOrder: { method: 'POST', path: '/unHoldOrder', requests: [{ orderId: 'OID-9616-98794' }], answers: [done] },
  createShipment: {
    method: 'POST',
    path: '/createShipment',
    requests: [{ orderId: '1232464', deliveryOptionId: '12345' }],
    answers: [doneSaying],
  },
  cancelShipment: {
    method: 'POST',
    path: '/cancelShipment',
    requests: [{ orderId: '24543ec5-1dd2-46a1-b4b3-d3bd47837665', shipmentId: 'F21SAC000227700000' }],
    answers: [done],
  },
  createReturnShipment: {
    method: 'POST',
    path: '/createReturnShipment',
    requests: [
      {
        orderId: '202111080914',
        deliveryOptionId: '156',
        pickupLocationCode: 'wh1',
        items: [{ quantity: '1', sku: 'SKU045857' }],
      },
    ],
    answers: [
      { success: true, msg: 'asked' },
      { success: true, returnOrderId: '202111080914-R1', message: 'asked' },
    ],
  },
  getReturnLink: {
    method: 'POST',
    path: '/getReturnLink',
    requests: [{ orderId: '123' }],
    answers: [{ success: true, returnLink: 'https://example.com/r' }],
  },
  getReturnDetails: {
    method: 'POST',
    path: '/getReturnDetails',
    requests: [{ orderId: 'OID-9616-1008' }],
    answers: [{ orderId: 'OID-9616-1008', returnReason: null, items: [{ sku: 'A', quantityOrdered: 1 }] }],
  },
  triggerReturnSms: {
    method: 'POST',
    path: '/triggerReturnSms',
    requests: [{ orderId: '523939' }],
    answers: [{ success: true, otoId: 523_939 }],
  },
  print: {
    method: 'GET',
    path: '/print/{orderId}',
    requests: [{ orderId: '1234' }],
    answers: [{ printAWBURL: 'https://example.com/awb', deliveryCompany: 'aramex', trackingNumber: '2302416029' }],
  },
  orderStatus: {
    method: 'POST',
    path: '/orderStatus',
    requests: [{ orderId: '1234' }],
    answers: [
      { orderId: '1234', otoId: '31000000', status: 'delivered', date: '2026-01-02 10:00:00', success: true },
      { orderId: '1234', status: 'new', date: '02/01/2020 10:00:00', note: '' },
    ],
  },
  orderHistory: {
    method: 'POST',
    path: '/orderHistory',
    requests: [{ orderIds: ['2414124', '3223523'] }],
    answers: [
      { success: true, items: [{ orderId: '2414124', history: [{ date: '1', status: 'new', currentLocation: {} }] }] },
    ],
  },
  trackShipment: {
    method: 'POST',
    path: '/trackShipment',
    requests: [
      { trackingNumber: '290692134777', deliveryCompanyName: 'smsaecom', statusHistory: true, brandName: 'test brand' },
    ],
    answers: [
      { success: true, trackingUrl: 'https://example.com', items: [{ shipmentId: '1', otoStatus: 'delivered' }] },
      { success: true, items: [] },
    ],
  },
} satisfies Examples;
