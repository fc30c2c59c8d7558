import type { Examples } from './example.ts';

const doneSaying = { success: true, message: 'done' };
const location = {
  type: 'warehouse',
  code: 'code-02',
  name: 'Location-02 Name',
  mobile: '555888777',
  address: 'Test warehouse 3539, Al Khalidiyyah Al Janubiyah, Dammam 32225',
  contactName: 'Test Contact',
  contactEmail: 'Test Email',
  lat: '26.001',
  lon: '50.001',
  city: 'Dammam',
  country: 'SA',
  postcode: '12345',
  servingRadius: '10',
  brandName: 'Example Seller',
};
const webhook = {
  method: 'post',
  url: 'https://webhook.site/3e53c98a-a089-4ca4-9bc4-df10e5a71e4b',
  orderPrefix: 'fulfillment',
  timestampFormat: '2025-01-01 13:14:34',
  secretKey: 'key1234',
  authorizationKey: 'authorizationkey123',
  webhookType: 'shipmentError',
};

export const places = {
  createPickupLocation: {
    method: 'POST',
    path: '/createPickupLocation',
    requests: [location],
    answers: [
      { success: true, warhouseId: '123', pickupLocationCode: 'code-02', message: 'created' },
      { success: true, message: 'already exists' },
    ],
  },
  updatePickupLocation: {
    method: 'POST',
    path: '/updatePickupLocation',
    requests: [
      {
        ...location,
        district: 'Latifah Manaf',
        street: 'Long Street',
        state: 'Eastern Province',
        postcode: '77777',
        brandName: 'Example Seller 2',
        status: 'active',
      },
    ],
    answers: [{ success: true, branchId: '1878', pickupLocationCode: 'code-02' }],
  },
  getPickupLocationList: {
    method: 'GET',
    path: '/getPickupLocationList',
    requests: [{ minDate: '2024-08-01', maxDate: '2024-08-05', status: 'active' }],
    answers: [
      {
        success: true,
        warehouses: [
          { code: 'code-999', city: 'Dammam', name: 'Location Name', contactPerson: 'Test Contact', lon: 50.001 },
        ],
      },
    ],
  },
  getBrandList: {
    method: 'GET',
    path: '/getBrandList',
    requests: [{}],
    answers: [
      { success: true, clientStores: [{ ID: 1193, storeName: 'Brand A', companyId: 3, defaultWarehouseId: null }] },
      { success: true, clientStores: [] },
    ],
  },
  createBrand: {
    method: 'POST',
    path: '/createBrand',
    requests: [
      {
        storeName: 'Brand A',
        logo: 'https://storage.googleapis.com/download/storage/v1/b/oto-files-stage/o/files',
        defaultWarehouseID: 16415,
        stores: [{ storeName: 'store A', salesChannelCredentialsID: 4512 }],
      },
    ],
    answers: [
      { success: true, storeId: 1193 },
      { success: true, clientStoreId: 1193 },
    ],
  },
  postWebhook: {
    method: 'POST',
    path: '/webhook',
    requests: [webhook],
    answers: [{ success: true, id: '59', message: 'saved' }],
  },
  getWebhook: {
    method: 'GET',
    path: '/webhook',
    requests: [{}, { id: '59' }],
    answers: [{ success: true, webhooks: [{ id: 59, method: 'post', url: webhook.url, secretKey: 'key1234' }] }],
  },
  putWebhook: {
    method: 'PUT',
    path: '/webhook',
    requests: [
      {
        id: 59,
        method: 'post',
        url: webhook.url,
        orderPrefix: 'test-2',
        timestampFormat: '2025-01-01 10:10:10',
        secretKey: 'secret123',
        authorizationKey: 'authorizationkey123',
        webhookType: 'orderStatus',
      },
    ],
    answers: [doneSaying],
  },
  deleteWebhook: { method: 'DELETE', path: '/webhook', requests: [{ id: '59' }], answers: [doneSaying] },
  assignDriver: {
    method: 'POST',
    path: '/assignDriver',
    requests: [{ orderIDs: [3079460], driverID: 8702 }],
    answers: [{ '3079460': { success: true, otoId: 3_079_460 } }],
  },
} satisfies Examples;
