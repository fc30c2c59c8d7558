import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Endpoint, otoApi, parseAnswer } from '../../src/oto/index.ts';
import { documented, documentedNames } from './examples/index.ts';
import { spoiltAnswer } from './spoilt.ts';

const rowOf = (name: keyof typeof otoApi): Endpoint => otoApi[name];
const answer = (name: keyof typeof otoApi, body: unknown, status = 200) =>
  parseAnswer(rowOf(name), { status, headers: {}, text: typeof body === 'string' ? body : JSON.stringify(body) });

describe('the table', () => {
  test('has all 61 endpoints of the API pages under their method and path', () => {
    const pages = documentedNames.map((name) => [name, documented[name].method, documented[name].path]);
    const table = documentedNames.map((name) => [name, otoApi[name]?.method, otoApi[name]?.path]);
    expect(pages).toHaveLength(61);
    expect(table).toEqual(pages);
  });

  test('says of each write what a lost answer means, and of each read that it may be repeated', () => {
    const rows = Object.values<Endpoint>(otoApi);
    expect(rows.filter(({ effect, lostAnswer }) => (effect === 'read') !== (lostAnswer === 'repeat'))).toEqual([]);
    expect(rows.filter(({ method, effect }) => method === 'GET' && effect === 'write')).toEqual([]);
    expect(rows.filter(({ path, name }) => !path.includes(name) && !path.startsWith('/webhook'))).toMatchObject([
      { name: 'postClientInfo' },
      { name: 'getClientInfo' },
    ]);
  });

  test('has no two rows for one method and path', () => {
    const places = Object.values<Endpoint>(otoApi).map(({ method, path }) => `${method} ${path}`);
    expect(new Set(places).size).toBe(places.length);
  });
});

describe.each(documentedNames)('%s', (name) => {
  test.each(documented[name].requests)('takes the documented request %#', (request) => {
    const parsed = rowOf(name).request.safeParse(request);
    expect(parsed.error).toBeUndefined();
    // What is known under another form (a number as text) stays; nothing is lost on the way to OTO.
    expect(Object.keys(parsed.data as object).sort()).toEqual(Object.keys(request).sort());
  });

  test.each(documented[name].answers)('reads the documented answer %#', (body) => {
    expect(answer(name, body)).toMatchObject({ kind: 'ok' });
  });

  test('keeps what it does not know of an answer', () => {
    for (const body of documented[name].answers) {
      const more = withMore(body);
      const { ok, data } = read(name, more);
      expect(ok, JSON.stringify(more)).toBe(true);
      expect(unknownKeys(data)).toBe(unknownKeys(more));
    }
  });
});

function read(name: keyof typeof otoApi, body: unknown) {
  const outcome = answer(name, body);
  return { ok: outcome.kind === 'ok', data: outcome.kind === 'ok' ? outcome.data : undefined };
}

/** The same with a key that nobody knows in every object of the answer; not where the keys are SKUs or order ids. */
function withMore(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withMore(item));
  if (typeof value !== 'object' || value === null) return value;
  const more = Object.entries(value).map(([inner, child]) => [inner, withMore(child, inner)] as const);
  const isMap = key === 'stock' || Object.keys(value).some((inner) => /^\d+$/.test(inner));
  return Object.fromEntries(isMap || more.length === 0 ? more : [...more, ['newOfOto', { a: [1, 'x', null] }]]);
}

function unknownKeys(value: unknown): number {
  return JSON.stringify(value ?? null).split('"newOfOto":{"a":[1,"x",null]}').length;
}

describe('a request', () => {
  const refused: [keyof typeof otoApi, Record<string, unknown>][] = [
    ['createOrder', { ...documented.createOrder.requests[0], customer: undefined }],
    ['createOrder', { ...documented.createOrder.requests[0], items: [] }],
    [
      'createOrder',
      { ...documented.createOrder.requests[0], serviceType: 'pickupFromStore', pickupLocationCode: undefined },
    ],
    ['createOrder', { ...documented.createOrder.requests[0], amount: 'ten' }],
    ['createOrder', { ...documented.createOrder.requests[0], ammount: 10 }],
    ['updateOrderStatus', { orderIds: [1], status: 'packed' }],
    ['cancelOrder', {}],
    ['cancelShipment', { orderId: '1' }],
    ['creditTransactions', { perPage: 100, page: 1 }],
    ['creditTransactions', { perPage: 101, page: 1, orderId: '1' }],
    ['creditTransactions', { perPage: 10, page: 1, minDate: '01/01/2022', maxDate: '2022-01-02' }],
    ['shipmentTransactions', { perPage: 10, page: 1 }],
    ['getDeliveryOptions', { city: 'Riyadh', orderId: '1' }],
    ['getCities', { country: 'SA', perPage: 501 }],
    ['orderHistory', {}],
    ['print', { orderId: '..' }],
    ['postWebhook', { method: 'get', url: 'https://example.com' }],
    ['postWebhook', { method: 'post', url: 'https://example.com', secretKey: 'k'.repeat(256) }],
    ['deleteWebhook', {}],
    ['assignDriver', { orderIDs: [1] }],
    ['register', { email: 'a@example.com', mobileNumber: '1' }],
  ];
  test.each(refused)('of %s that OTO refuses is not sent %#', (name, request) => {
    expect(rowOf(name).request.safeParse(request).success).toBe(false);
  });

  const taken: [keyof typeof otoApi, Record<string, unknown>][] = [
    ['holdOrder', { orderId: '1', onHoldReason: 'x', onHoldReasonLang: 'eng' }],
    ['createReturnShipment', { orderId: '1' }],
    ['updateOrderStatus', { orderIds: '30846946', status: 'returned' }],
    ['getShippingPriceTransactionsList', { shipmentId: '1' }],
    ['trackShipment', { trackingNumber: 290692134777, deliveryCompanyName: 'smsaecom' }],
    ['orderHistory', { orderId: '1' }],
    ['assignDriver', { orderIDs: ['1'], driverEmail: 'd@example.com' }],
  ];
  test.each(taken)('of %s on which the documents disagree is sent in either form %#', (name, request) => {
    expect(rowOf(name).request.safeParse(request).data).toEqual(request);
  });
});

describe('an answer without a success of its own', () => {
  const one = (success: unknown) => ({ success, otoId: 1 });
  test.each([
    ['assignDriver', { '1': one(true), '2': one(true) }, 'ok'],
    ['assignDriver', { '1': one(false) }, 'refused'],
    ['assignDriver', { '1': one(true), '2': one(false) }, 'unknown'],
    ['assignDriver', { '1': one('yes') }, 'unknown'],
    ['assignDriver', { '1': 'taken' }, 'unknown'],
    ['assignDriver', {}, 'unknown'],
    ['assignDriver', { success: false, otoErrorCode: 'OTO1139' }, 'refused'],
    ['updateOrderStatus', { result: [{}, { success: false, orderIds: ['1'] }] }, 'refused'],
    ['updateOrderStatus', { result: [{ '1': 'wrong status' }, { success: true, orderIds: ['2'] }] }, 'unknown'],
    ['updateOrderStatus', { result: [] }, 'unknown'],
    ['updateOrderStatus', {}, 'unknown'],
  ] as const)('of %s: %j is %s', (name, body, kind) => {
    expect(answer(name, body).kind).toBe(kind);
  });
});

describe('whatever becomes of a documented answer', () => {
  test('it is a typed outcome; a landed call has all that OTO sent', () => {
    let landed = 0;
    fc.assert(
      fc.property(spoiltAnswer, ({ name, sent }) => {
        const outcome = answer(name, sent);
        expect(['ok', 'refused', 'not-taken', 'paused', 'unknown']).toContain(outcome.kind);
        if (outcome.kind !== 'ok') return;
        landed += 1;
        const said = JSON.parse(sent.replace(/^\uFEFF/, ''));
        expect(Object.keys(outcome.data as object)).toEqual(expect.arrayContaining(Object.keys(said)));
        if (otoApi[name].effect === 'write' && !('verdict' in otoApi[name])) expect(said.success).toBe(true);
      }),
      { numRuns: 12_000 },
    );
    // Else the rest would hold of nothing.
    expect(landed).toBeGreaterThan(2_000);
  });
});
