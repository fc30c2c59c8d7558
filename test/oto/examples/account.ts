import type { Examples } from './example.ts';

export const account = {
  refreshToken: {
    method: 'POST',
    path: '/refreshToken',
    requests: [{ refresh_token: 'AMf-vBwIRQZypz1W7dH-4a-gXlW1zw3VLXwoTvnePZPT5V6AnSESwhk9h4DKRMbDGGaSbD:' }],
    answers: [
      { access_token: 'e30.e30.s', refresh_token: 'AMf', success: true, token_type: 'Bearer', expires_in: '3600' },
    ],
  },
  healthCheck: { method: 'GET', path: '/healthCheck', requests: [{}], answers: [{ status: 'ok' }] },
  register: {
    method: 'POST',
    path: '/register',
    requests: [
      {
        mobileNumber: '966559665498',
        fullName: 'test vendor',
        email: 'test987654@example.com',
        companyName: 'test company 987654',
      },
    ],
    answers: [{ success: true, activationLink: 'https://example.com/a', refreshToken: 'AMf-vendor' }],
  },
  postClientInfo: {
    method: 'POST',
    path: '/clientInfo',
    requests: [{ email: 'test30@tryoto.com' }],
    answers: [
      { success: true, userActivated: 'false', remainingOTOCredit: 0, remainingShippingCredit: 1, validityDate: '' },
      { success: true, userActivated: true, remainingCredit: '3.5', refreshToken: 'AMf-vendor' },
    ],
  },
  getClientInfo: {
    method: 'GET',
    path: '/clientInfo',
    requests: [{}],
    answers: [
      {
        remainingShippingCredit: 10,
        phone: '+966567130000',
        validityDate: '11-01-2028',
        success: true,
        name: 'test Company',
        remainingOTOCredit: 0,
        email: 'test@example.com',
      },
    ],
  },
  buyOTOCredit: {
    method: 'POST',
    path: '/buyOTOCredit',
    requests: [{ amount: 1.0 }],
    answers: [{ success: true, paymentURL: 'https://example.com/pay' }],
  },
  buyShippingCredit: {
    method: 'POST',
    path: '/buyShippingCredit',
    requests: [{ amount: 13.5 }],
    answers: [{ success: true, paymentURL: 'https://example.com/pay' }],
  },
  creditTransactions: {
    method: 'GET',
    path: '/creditTransactions',
    requests: [
      { perPage: '50', page: '1', minDate: '2022-01-01', maxDate: '2024-06-10' },
      { perPage: '50', page: '1', orderId: '3078872' },
    ],
    answers: [
      { success: true, transactions: [{ ID: 1, orderID: '7', otoOrderID: 9, amount: -18.4, status: 'done' }] },
      { success: true, orders: [] },
    ],
  },
  shipmentTransactions: {
    method: 'GET',
    path: '/shipmentTransactions',
    requests: [
      { perPage: '10', page: '1', minDate: '2024-01-01', maxDate: '2024-09-14' },
      { shipmentNumber: '1231231AS' },
    ],
    answers: [
      {
        success: true,
        shipments: [
          {
            shipmentNumnber: '1231231AS',
            orderId: '123123',
            shipmentCreationDate: '2023-12-05T06:47:46',
            deliveryCompanyName: 'deliveryCompany',
            dcConnectionName: 'connectionName',
            shipmentType: 'Forward Shipment',
            dcCharge: 25,
          },
        ],
      },
    ],
  },
  getShippingPriceTransactionsList: {
    method: 'POST',
    path: '/getShippingPriceTransactionsList',
    requests: [{ shipmentId: '2302416029', orderId: 'OID-22700-1013' }],
    answers: [{ success: true, count: 1, shippingTransactions: [{ ID: 3, amount: 12, orderID: 'OID-22700-1013' }] }],
  },
} satisfies Examples;
