import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EndpointName, endpoints, parseAnswer, saysProductExists, saysSkuUnknown } from '../../src/oto/index.ts';

type Expected = Record<string, unknown>;
type Form = [title: string, name: EndpointName, status: number, body: unknown, expected: Expected];

const jwtExpired = { message: 'Jwt is expired', code: 401 };
const html = '<html><head><title>503 Service Temporarily Unavailable</title></head></html>';

const forms: Form[] = [
  ['success', 'createProduct', 200, { productId: 4411, success: true }, { kind: 'ok', data: { productId: '4411' } }],
  [
    'success with the warning that always comes',
    'updateStockQuantity',
    200,
    { success: true, warnings: ['Stock is set to 40'], transactionID: 7 },
    { kind: 'ok', warnings: ['Stock is set to 40'] },
  ],
  ['success without success', 'healthCheck', 200, { status: 'ok' }, { kind: 'ok' }],
  ['a read without success', 'orders', 200, { orders: [] }, { kind: 'ok' }],
  ['a write without success', 'createInventoryOrder', 200, { otoId: 1 }, { kind: 'unknown' }],
  ['success as a word', 'createInventoryOrder', 200, { otoId: 1, success: 'yes' }, { kind: 'refused' }],
  [
    'first generation',
    'updateStockQuantity',
    400,
    { success: false, errorCode: 11, errorMsg: 'SKU not found' },
    { kind: 'refused', legacyCode: 11, otoCode: undefined, message: 'SKU not found' },
  ],
  [
    'first generation with detail',
    'createProduct',
    400,
    { success: false, errorCode: 99, errorMsg: 'Error', errorDetail: 'price' },
    { kind: 'refused', legacyCode: 99, message: 'Error: price' },
  ],
  [
    'second generation',
    'updateStockQuantity',
    400,
    { success: false, otoErrorCode: 'OTO1132', otoErrorMessage: 'quantity', errorCode: 7, errorMsg: 'old' },
    { kind: 'refused', otoCode: 'OTO1132', legacyCode: 7, message: 'OTO1132 quantity' },
  ],
  [
    'third generation',
    'updateStockQuantity',
    409,
    { success: false, otoErrorCode: 'OTO1133', otoErrorMessage: 'location' },
    { kind: 'refused', otoCode: 'OTO1133', status: 409 },
  ],
  [
    'a code without prefix',
    'orders',
    400,
    { success: false, otoErrorCode: '1107' },
    { kind: 'refused', otoCode: 'OTO1107' },
  ],
  ['a code without success', 'orders', 400, { otoErrorCode: 'OTO1107' }, { kind: 'refused', otoCode: 'OTO1107' }],
  ['text alone', 'orders', 404, { success: false, errorMsg: 'none' }, { kind: 'refused', message: 'none' }],
  [
    '200 with success false',
    'createInventoryOrder',
    200,
    { success: false, errorMsg: 'no' },
    { kind: 'refused', status: 200 },
  ],
  ['success false and nothing else', 'createInventoryOrder', 200, { success: false }, { kind: 'refused' }],
  [
    'success true and an error',
    'createInventoryOrder',
    200,
    { success: true, errorCode: 5, errorMsg: 'status', otoId: 9 },
    { kind: 'unknown' },
  ],
  [
    'success true and errorCode 0',
    'createInventoryOrder',
    200,
    { success: true, errorCode: 0, otoId: 9 },
    { kind: 'ok' },
  ],
  ['success true with HTTP 400', 'createInventoryOrder', 400, { success: true, otoId: 9 }, { kind: 'unknown' }],
  [
    'the gateway on an expired token',
    'getPackingOrders',
    401,
    jwtExpired,
    { kind: 'paused', scope: 'account', status: 401 },
  ],
  ['login required', 'orders', 400, { success: false, otoErrorCode: 'OTO1084' }, { kind: 'paused', scope: 'account' }],
  ['403 with an empty body', 'checkInventoryStock', 403, '', { kind: 'paused', scope: 'family', family: 'stock' }],
  ['403 of the account endpoints', 'refreshToken', 403, '', { kind: 'paused', scope: 'account' }],
  ...['OTO1080', 'OTO1088', 'OTO1150', 'OTO1212'].map(
    (code): Form => [
      code,
      'createInventoryOrder',
      400,
      { success: false, otoErrorCode: code, otoErrorMessage: 'no' },
      { kind: 'paused', scope: 'family', family: 'documents', otoCode: code },
    ],
  ),
  ...['OTO1009', 'OTO1015', 'OTO1081'].map(
    (code): Form => [
      code,
      'createProduct',
      400,
      { success: false, otoErrorCode: code },
      { kind: 'unknown', otoCode: code },
    ],
  ),
  ['OTO1143', 'orders', 400, { success: false, otoErrorCode: 'OTO1143' }, { kind: 'not-taken', cause: 'rate-limit' }],
  [
    'OTO1105',
    'orders',
    200,
    { success: false, otoErrorCode: 'OTO1105' },
    { kind: 'not-taken', cause: 'rate-limit', retryAfterMs: 60_000 },
  ],
  [
    'OTO1211',
    'updatePackingStatus',
    409,
    { success: false, otoErrorCode: 'OTO1211' },
    { kind: 'not-taken', cause: 'busy' },
  ],
  ['429 with HTML', 'createProduct', 429, html, { kind: 'not-taken', cause: 'rate-limit' }],
  ['503 with HTML', 'createProduct', 503, html, { kind: 'unknown', status: 503 }],
  ['500 with a refusal in it', 'createProduct', 500, { success: false, otoErrorCode: 'OTO1126' }, { kind: 'unknown' }],
  ['HTML with 200', 'productList', 200, html, { kind: 'unknown' }],
  ['HTML with 400', 'createProduct', 400, html, { kind: 'unknown' }],
  ['a gateway without a word of OTO', 'createProduct', 400, { message: 'bad', code: 400 }, { kind: 'unknown' }],
  ['a redirect', 'createProduct', 302, '', { kind: 'unknown' }],
  ['no body', 'createProduct', 200, '', { kind: 'unknown' }],
  ['truncated', 'createInventoryOrder', 200, '{"success":true,"otoId":40', { kind: 'unknown' }],
  ['a list', 'orders', 200, [], { kind: 'unknown' }],
  ['a success of another shape', 'checkInventoryStock', 200, { success: true, stock: [1] }, { kind: 'unknown' }],
  ['a byte order mark', 'createProduct', 200, '\uFEFF{"success":true}', { kind: 'ok' }],
];

const headers = { 'content-type': 'text/plain;charset=iso-8859-1' };
const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

describe('the forms that OTO answers in', () => {
  test.each(forms)('%s', (_title, name, status, body, expected) => {
    expect(parseAnswer(endpoints[name], { status, headers, text: textOf(body) })).toMatchObject(expected);
  });

  test('keeps what it does not know and reads figures written as text', () => {
    const text = textOf({
      success: true,
      next: 1,
      stock: { A: [{ sku: 'A', quantityOnHand: '-7', quantityForecasted: '', bin: 'B1' }], constructor: [] },
    });
    const outcome = parseAnswer(endpoints.checkInventoryStock, { status: 200, headers, text });
    if (outcome.kind !== 'ok') throw new Error(outcome.message);
    expect(outcome.data).toMatchObject({ next: 1 });
    expect(outcome.data.stock.A).toEqual([{ sku: 'A', quantityOnHand: -7, quantityForecasted: undefined, bin: 'B1' }]);
    expect(Object.keys(outcome.data.stock)).toEqual(['A', 'constructor']);
  });

  test('takes global stock as a list and as one object', () => {
    const text = textOf({ success: true, stock: { A: [{ quantityOnHand: 39 }], B: { quantityOnHand: 2 } } });
    expect(parseAnswer(endpoints.checkGlobalStock, { status: 200, headers, text })).toMatchObject({
      data: { stock: { A: [{ quantityOnHand: 39 }], B: [{ quantityOnHand: 2 }] } },
    });
  });
});

describe('Retry-After', () => {
  const limited = (retryAfter: string, date?: string) =>
    parseAnswer(
      endpoints.orders,
      { status: 429, headers: { 'retry-after': retryAfter, date }, text: '' },
      Date.parse('2026-11-21T08:00:00Z'),
    );

  test.each([
    ['seconds', '7', undefined, 7_000],
    ["a date, by the answer's own clock", 'Sat, 21 Nov 2026 09:00:30 GMT', 'Sat, 21 Nov 2026 09:00:00 GMT', 30_000],
    ['a date, by our clock', 'Sat, 21 Nov 2026 08:00:05 GMT', undefined, 5_000],
    ['a date that has passed', 'Sat, 21 Nov 2026 07:00:00 GMT', undefined, 0],
    ['nonsense', 'soon', undefined, undefined],
    ['far too long', '999999999', undefined, 3_600_000],
  ])('%s', (_title, value, date, expected) => {
    expect(limited(value, date)).toMatchObject({ kind: 'not-taken', retryAfterMs: expected });
  });
});

describe('whatever comes', () => {
  const names = Object.keys(endpoints) as EndpointName[];
  const field = fc.constantFrom(
    'success',
    'otoErrorCode',
    'otoErrorMessage',
    'errorCode',
    'errorMsg',
    'message',
    'code',
    'warnings',
    'stock',
    'orders',
    'products',
    'status',
  );
  const value = fc.oneof(
    fc.constantFrom<unknown>(true, false, null, '', 'OTO1143', 'OTO1009', 1, 0, [], {}, 'ok'),
    fc.jsonValue(),
  );
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(field, value).map((fields) => JSON.stringify(fields)),
  );
  const status = fc.oneof(fc.constantFrom(0, 100, 200, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503), fc.integer());
  const anyHeaders = fc.dictionary(
    fc.constantFrom('retry-after', 'date', 'content-type', '__proto__'),
    fc.oneof(fc.string(), fc.array(fc.string())),
  );

  test('the parser does not throw, and only a trustworthy success is ok', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), status, anyHeaders, body, (name, code, given, text) => {
        const endpoint = endpoints[name];
        const outcome = parseAnswer(endpoint, { status: code, headers: given, text });
        if (outcome.kind !== 'ok') return;
        const parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
        expect(code >= 200 && code < 300).toBe(true);
        expect(endpoint.effect === 'read' ? parsed.success !== false : parsed.success === true).toBe(true);
        for (const key of ['otoErrorCode', 'otoErrorMessage', 'errorMsg', 'errorCode'])
          expect(parsed[key] || '').toEqual('');
      }),
      { numRuns: 3_000 },
    );
  });

  test('a success cut short anywhere is never ok', () => {
    const text = JSON.stringify({ success: true, otoId: 4026, warnings: ['مرحبا'] });
    for (let length = 0; length < text.length; length += 1) {
      const outcome = parseAnswer(endpoints.createInventoryOrder, {
        status: 200,
        headers,
        text: text.slice(0, length),
      });
      expect(outcome.kind).toBe('unknown');
    }
  });

  test('deep nesting does not end the process', () => {
    const text = `{"success":false,"warnings":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}`;
    expect(parseAnswer(endpoints.createProduct, { status: 400, headers, text }).kind).toBe('refused');
  });
});

describe('what a refusal is about', () => {
  const refused = (message: string, codes: { otoCode?: string; legacyCode?: number } = {}) =>
    ({ kind: 'refused', status: 400, message, ...codes }) as const;

  test('a product that exists', () => {
    expect(saysProductExists(refused('Product with this SKU exists', { legacyCode: 14 }))).toBe(true);
    expect(saysProductExists(refused('OTO1126 sku already exists', { otoCode: 'OTO1126' }))).toBe(true);
    expect(saysProductExists(refused('Brand does not exist', { legacyCode: 15 }))).toBe(false);
    expect(saysProductExists(refused('OTO1126 sku is not valid', { otoCode: 'OTO1126' }))).toBe(false);
  });

  test('a SKU that does not', () => {
    expect(saysSkuUnknown(refused('anything', { otoCode: 'OTO1126' }))).toBe(true);
    expect(saysSkuUnknown(refused('SKU not found', { legacyCode: 11 }))).toBe(true);
    expect(saysSkuUnknown(refused('location for sku', { otoCode: 'OTO1133' }))).toBe(false);
    expect(saysSkuUnknown(refused('Location not found', { legacyCode: 11 }))).toBe(false);
  });
});
