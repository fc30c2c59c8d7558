import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkWebhookSignature, signedFields, signWebhook, type WebhookType } from '../../src/oto/index.ts';

const key = 'key1234';
const shipmentError = {
  orderId: '7523',
  errorMessage: 'delivery company not allow to create shipment',
  errorCode: 'deliveryCompanyError',
  deliveryCompany: 'aramex',
  timestamp: '1653642441399',
};
const newOrder = {
  order: { incrementId: 'SHOP-1', status: 'assignedToWarehouse', otoId: 30_868_940, warehouseId: 21_251 },
  timestamp: 1_735_725_600_000,
};

/** Computed by another implementation: Python's hmac and base64 over the text in the title. */
const vectors: [text: string, WebhookType, Record<string, unknown>, variant: string, signature: string][] = [
  [
    '1234:delivered:1653642441399',
    'orderStatus',
    { orderId: '1234', status: 'delivered', note: 'x', timestamp: '1653642441399' },
    'documented',
    'ez1Gfcyp3JfxskWepa6ZG6RdosTk3aq+Hl9uSUtWVDE=',
  ],
  [
    'طلب-١:delivered:2025-01-01 13:14:34',
    'orderStatus',
    { orderId: 'طلب-١', status: 'delivered', timestamp: '2025-01-01 13:14:34' },
    'documented',
    'M22ol825cO9LJhF3rnHjz5hFKTbV2Na6t0lT+mJ9bJw=',
  ],
  [
    '7523:deliveryCompanyError:1653642441399',
    'shipmentError',
    shipmentError,
    'errorCode',
    '3qbC1ebjTDnvM8Dx0kD7gd3QdK5nUdQkDvQEjpecAek=',
  ],
  [
    '7523:shipmentOnHold:1653642441399',
    'shipmentError',
    { ...shipmentError, status: 'shipmentOnHold' },
    'status',
    'DrrmGCO5Uvx0DFvZ0uolk4wMrnlT6Ctq3oCDpeCZDgE=',
  ],
  ['7523::1653642441399', 'shipmentError', shipmentError, 'empty', 'hKXrSzviUZsP2bpWkJqR71TpZOZh1AwkYGOBiXpNdIU='],
  [
    'SHOP-1:assignedToWarehouse:1735725600000',
    'newOrders',
    newOrder,
    'nested',
    'OHQMSOAMcm4iSQOrBVGZLAQwx4S9sENMRX37n5hofg8=',
  ],
  [
    'SHOP-1:assignedToWarehouse:1735725600000',
    'newOrders',
    { orderId: 'SHOP-1', status: 'assignedToWarehouse', timestamp: 1_735_725_600_000 },
    'documented',
    'OHQMSOAMcm4iSQOrBVGZLAQwx4S9sENMRX37n5hofg8=',
  ],
  [
    'SHOP-1:completed:1735725600000',
    'walletTransaction',
    { orderId: 'SHOP-1', transactionStatus: 'completed', status: 'x', timestamp: 1_735_725_600_000 },
    'documented',
    '7xbs+tA5GTTFIl8mKlkX3/q4k/m1Sdd451rOock+JhU=',
  ],
];

describe.each(vectors)('%s', (_text, type, body, variant, signature) => {
  test(`fits ${type}`, () => {
    expect(signWebhook(type, body, key, variant)).toBe(signature);
    expect(checkWebhookSignature(type, { ...body, signature }, key)).toEqual({ kind: 'fits', variant });
  });

  test('fits no other key, field or signature', () => {
    const wrong = { kind: 'wrong' };
    expect(checkWebhookSignature(type, { ...body, signature }, 'key1235')).toEqual(wrong);
    expect(checkWebhookSignature(type, { ...body, signature, timestamp: 1 }, key)).toEqual(wrong);
    expect(checkWebhookSignature(type, { ...body, signature: signature.toLowerCase() }, key)).toEqual(wrong);
    expect(checkWebhookSignature(type, { ...body, signature: signature.slice(0, -1) }, key)).toEqual(wrong);
  });
});

test('a body without a signature, and an empty key, prove nothing', () => {
  expect(checkWebhookSignature('newOrders', newOrder, key)).toEqual({ kind: 'unsigned' });
  const signature = signWebhook('newOrders', newOrder, '');
  expect(checkWebhookSignature('newOrders', { ...newOrder, signature }, '')).toEqual({ kind: 'wrong' });
});

test('a body that lacks a signed field fits nothing, also where the rest of the text was signed', () => {
  const signature = signWebhook('orderStatus', { orderId: '', status: '', timestamp: '' }, key);
  expect(checkWebhookSignature('orderStatus', { signature }, key)).toEqual({ kind: 'wrong' });
  expect(signWebhook('orderStatus', { orderId: '1', status: 'new' }, key)).toBeUndefined();
});

test('what is signed fits, and whatever else comes is no error', () => {
  const types = Object.keys(signedFields) as WebhookType[];
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.integer());
  const signed = fc.record({
    orderId: part,
    status: part,
    errorCode: part,
    transactionStatus: part,
    timestamp: part,
    order: fc.record({ incrementId: part, status: part }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      signed,
      fc.string({ minLength: 1 }),
      fc.constantFrom('orderId', 'order', 'timestamp', 'signature'),
      fc.jsonValue(),
      (type, body, own, field, junk) => {
        for (const variant of Object.keys(signedFields[type])) {
          const signature = signWebhook(type, body, own, variant);
          expect(checkWebhookSignature(type, { ...body, signature }, own).kind).toBe('fits');
          expect(checkWebhookSignature(type, { ...body, signature }, `${own} `).kind).toBe('wrong');
        }
        const spoilt = { ...body, signature: 'AAAA', [field]: junk };
        expect(['wrong', 'unsigned']).toContain(checkWebhookSignature(type, spoilt, own).kind);
      },
    ),
    { numRuns: 500 },
  );
});
