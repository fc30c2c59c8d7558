import type { Examples } from './example.ts';

const fees = {
  success: true,
  traceId: 't',
  deliveryCompany: [
    { deliveryOptionId: 564, deliveryCompanyName: 'aramex', price: 18.4, codCharge: '7', currency: 'SAR', logo: null },
  ],
};
const place = { city: 'Riyadh', country: 'SA', lat: 45, lon: 45, district: '' };

export const carriers = {
  checkOTODeliveryFee: {
    method: 'POST',
    path: '/checkOTODeliveryFee',
    requests: [{ weight: '3', originCity: 'Riyadh', destinationCity: 'Jeddah', height: 30, width: 30, length: 30 }],
    answers: [fees],
  },
  checkDeliveryFee: {
    method: 'POST',
    path: '/checkDeliveryFee',
    requests: [
      {
        weight: '50',
        totalDue: 10,
        originCity: 'Riyadh',
        destinationCity: 'Jeddah',
        height: 170,
        width: 50,
        length: 50,
      },
    ],
    answers: [fees],
  },
  getDeliveryFee: {
    method: 'POST',
    path: '/getDeliveryFee',
    requests: [{ orderId: 'OID-22700-1006' }],
    answers: [fees],
  },
  getDeliveryEstimation: {
    method: 'POST',
    path: '/getDeliveryEstimation',
    requests: [
      {
        calculationData: { originAddress: place, destinationAddress: place },
        deliveryCompanySettingsId: 1233,
        slaMethodType: 'CITY_BASED',
      },
    ],
    answers: [{ success: true, result: [{ estimatedPickupDate: '2025-01-01', shippingContract: { id: 3 } }] }],
  },
  checkCoverage: {
    method: 'POST',
    path: '/checkCoverage',
    requests: [{ lat: '24.28738403', lon: '46.44305038', city: 'Riyadh' }],
    answers: [{ success: true, branchCoverage: true, courierDelivery: false, bulletDelivery: 'false' }],
  },
  availableCities: {
    method: 'POST',
    path: '/availableCities',
    requests: [{ limit: 3 }],
    answers: [{ success: true, page: 1, limit: 3, orders: [{ city: 'Riyadh', city_ar: 'الرياض' }] }],
  },
  availableTimeslots: {
    method: 'POST',
    path: '/availableTimeslots',
    requests: [{ serviceType: 'bullet', packageSize: 'simCard', lat: '24.00', lon: '46.00' }],
    answers: [{ success: true, availableSlots: [{ day: '01/02/2025', times: ['10:00-12:00'] }] }],
  },
  dcList: {
    method: 'POST',
    path: '/dcList',
    requests: [{}],
    answers: [{ data: [{ Name: 'Aramex', code: 'aramex' }] }],
  },
  dcConfig: {
    method: 'POST',
    path: '/dcConfig',
    requests: [{ code: 'aramex' }],
    answers: [{ success: true, settings: [{ fieldName: 'UserName', fieldType: 'string' }], exampleJSON: { a: 1 } }],
  },
  dcActivation: {
    method: 'POST',
    path: '/dcActivation',
    requests: [
      {
        code: 'aramex',
        deliveryOptionName: 'api test aramex',
        settings: {
          ClientInfo: {
            UserName: 'apitest@example.com',
            Version: 'v1',
            AccountPin: '123',
            AccountCountryCode: 'SA',
            AccountEntity: 'RUH',
            Source: 24,
            Password: '123abc',
            AccountNumber: '123456',
          },
          productType: 'CDS',
        },
      },
    ],
    answers: [{ success: true, deliveryOptionId: '123' }],
  },
  getDeliveryOptions: {
    method: 'GET',
    path: '/getDeliveryOptions',
    requests: [{ city: 'Riyadh' }, { orderId: '1234' }],
    answers: [{ success: true, options: [{ name: 'aramex', deliveryOptionId: 564 }] }],
  },
  getCities: {
    method: 'POST',
    path: '/getCities',
    requests: [{ country: 'SA', perPage: 10, page: 1 }],
    answers: [{ getCities: { totalCount: 1, perPage: 1, Cities: [{ name: 'Riyadh' }] } }],
  },
} satisfies Examples;
