import { expect, test, vi } from 'vitest';
import { type FaultInput, startSimulator } from '../../src/simulator/index.ts';
import { failureOf, start } from './client.ts';

/** Sends one createProduct under a fault and says what the caller saw, whether OTO has the product, and what the log holds. */
async function underFault(fault: FaultInput) {
  await using client = await start();
  const { simulator, call, product } = client;
  await call('productList');
  simulator.faults.add(fault);
  const answer = await product('A').catch((error: { code?: string }) => error.code);
  const record = simulator.requests.list({ endpoint: 'createProduct' }).at(-1);
  return { answer, landed: simulator.state.products.has('A'), record, client };
}

const answered: [FaultInput, status: number, code: string | undefined, landed: boolean][] = [
  [{ endpoint: '*', kind: 'status429' }, 429, undefined, false],
  [{ endpoint: '*', kind: 'oto1143' }, 400, 'OTO1143', false],
  [{ endpoint: '*', kind: 'oto1143', status: 429 }, 429, 'OTO1143', false],
  [{ endpoint: '*', kind: 'coded', code: 'OTO1211', status: 409 }, 409, 'OTO1211', false],
  [{ endpoint: '*', kind: 'coded', code: 'OTO1009', status: 200, effect: true }, 200, 'OTO1009', true],
  [{ endpoint: '*', kind: 'status500' }, 500, undefined, false],
  [{ endpoint: '*', kind: 'status500', effect: true }, 500, undefined, true],
  [{ endpoint: '*', kind: 'status503' }, 503, undefined, false],
  [{ endpoint: '*', kind: 'status503', effect: true }, 503, undefined, true],
  [{ endpoint: '*', kind: 'tokenRevoked' }, 401, undefined, false],
  [{ endpoint: '*', kind: 'forbidden' }, 403, undefined, false],
];

test.each(answered)('%o', async (fault, status, code, landed) => {
  const seen = await underFault(fault);
  expect(seen.answer).toMatchObject({ status });
  if (code !== undefined) expect(seen.answer).toMatchObject({ body: { success: false, otoErrorCode: code } });
  expect(seen.landed).toBe(landed);
  expect(seen.record).toMatchObject({ status, effect: landed, faults: ['fault-1'] });
});

test.each([
  ['resetBefore', false],
  ['resetAfter', true],
] as const)('%s cuts the connection', async (kind, landed) => {
  const seen = await underFault({ endpoint: 'createProduct', kind });
  expect(seen.answer).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  expect(seen.landed).toBe(landed);
  expect(seen.record).toMatchObject({ status: null, effect: landed });
});

test.each([
  ['hangBefore', false],
  ['hangAfter', true],
] as const)('%s never answers', async (kind, landed) => {
  await using client = await start();
  const { simulator, call, product } = client;
  await call('productList');
  simulator.faults.add({ endpoint: 'createProduct', kind });
  const outcome = failureOf(product('A'));
  await vi.waitFor(() => expect(simulator.requests.list({ endpoint: 'createProduct' })).toHaveLength(1));
  // A later call is answered while the first one still waits: it is not merely slow.
  for (let index = 0; index < 5; index++) expect((await call('productList')).status).toBe(200);
  expect(simulator.requests.list({ endpoint: 'createProduct' })).toMatchObject([{ status: null, effect: landed }]);
  expect(simulator.state.products.has('A')).toBe(landed);
  await simulator.close();
  expect(await outcome).toMatch(/UND_ERR_SOCKET|ECONNRESET/);
});

test('status429 carries Retry-After where the rule says so', async () => {
  const { answer } = await underFault({ endpoint: '*', kind: 'status429', retryAfterSeconds: 7 });
  expect(answer).toMatchObject({ headers: { 'retry-after': '7' } });
  const plain = await underFault({ endpoint: '*', kind: 'status429' });
  expect(plain.answer).not.toMatchObject({ headers: { 'retry-after': expect.anything() } });
});

test('status503 answers HTML', async () => {
  const { answer } = await underFault({ endpoint: '*', kind: 'status503' });
  expect(answer).toMatchObject({ body: undefined, headers: { 'content-type': expect.stringContaining('text/html') } });
});

test('forbidden answers an empty body', async () => {
  expect((await underFault({ endpoint: '*', kind: 'forbidden' })).answer).toMatchObject({ status: 403, text: '' });
});

test('truncatedJson has its effect and answers half of the text', async () => {
  const { answer, landed } = await underFault({ endpoint: 'createProduct', kind: 'truncatedJson' });
  expect(landed).toBe(true);
  expect(answer).toMatchObject({ status: 200, body: undefined, text: expect.stringMatching(/^\{"productId/) });
});

test('wrongContentType has its effect and answers JSON under another name', async () => {
  const { answer, landed } = await underFault({ endpoint: 'createProduct', kind: 'wrongContentType' });
  expect(landed).toBe(true);
  expect(answer).toMatchObject({ body: { success: true }, headers: { 'content-type': 'text/html' } });
});

test('tokenRevoked ends the token of that call, and the next token works', async () => {
  await using client = await start();
  const { simulator, call, token } = client;
  const first = await token();
  const other = await token();
  simulator.faults.add({ endpoint: 'productList', kind: 'tokenRevoked', count: 1 });
  const seen = [];
  for (const access of [first, first, other, await token()]) seen.push((await call('productList', {}, access)).status);
  expect(seen).toEqual([401, 401, 200, 200]);
});

test('latency keeps the call waiting, lets others pass, and has its effect at the end', async () => {
  await using client = await start();
  const { simulator, call, product } = client;
  await call('productList');
  simulator.faults.add({ id: 'slow', endpoint: 'createProduct', kind: 'latency', ms: 600_000 });
  const outcome = failureOf(product('A'));
  await vi.waitFor(() => expect(simulator.requests.list({ endpoint: 'createProduct' })).toHaveLength(1));
  expect((await call('productList')).body.productCount).toBe(0);
  expect(simulator.requests.list({ endpoint: 'createProduct' })).toMatchObject([{ status: null, effect: false }]);
  simulator.faults.add({ id: 'slow', endpoint: 'createProduct', kind: 'latency', ms: 1 });
  expect((await product('B')).status).toBe(200);
  expect(simulator.requests.list({ endpoint: 'createProduct' }).at(-1)).toMatchObject({
    effect: true,
    faults: ['slow'],
  });
  await simulator.close();
  expect(await outcome).not.toBe('answered');
});

test('errorForm changes the body of one call only', async () => {
  await using client = await start();
  const { simulator, call } = client;
  simulator.faults.add({ endpoint: 'getPackingOrders', kind: 'errorForm', form: 'old', count: 1 });
  const codes = [];
  for (let index = 0; index < 2; index++) {
    codes.push((await call('getPackingOrders', { warehouseCode: 'NOPE' })).body.otoErrorCode);
  }
  expect(codes).toEqual([undefined, 'OTO1133']);
});

test('staleRead answers the figures of some changes ago', async () => {
  await using client = await start();
  const { simulator, product, setStock, stock } = client;
  await product('A');
  for (const qty of [1, 2, 3]) await setStock('A', 'RUH1', qty);
  const seen: unknown[] = [];
  for (const versions of [0, 1, 2, 3]) {
    simulator.faults.add({ id: 'stale', endpoint: 'checkInventoryStock', kind: 'staleRead', versions });
    seen.push((await stock('A'))?.quantityOnHand);
  }
  expect(seen).toEqual([3, 2, 1, undefined]);
  simulator.faults.clear();
  expect((await stock('A')).quantityOnHand).toBe(3);
});

test('staleRead answers the figures of some milliseconds ago', async () => {
  let clock = 1_000_000;
  await using client = await start({ now: () => clock });
  const { simulator, product, setStock, stock } = client;
  await product('A');
  await setStock('A', 'RUH1', 1);
  clock += 1000;
  await setStock('A', 'RUH1', 2);
  simulator.faults.add({ endpoint: '*', kind: 'staleRead', ms: 500 });
  expect((await stock('A')).quantityOnHand).toBe(1);
  clock += 500;
  expect((await stock('A')).quantityOnHand).toBe(2);
});

test('a rule lets calls pass first, strikes so often, and touches its endpoint only', async () => {
  await using client = await start();
  const { simulator, call } = client;
  simulator.faults.add({ id: 'f', endpoint: 'productList', kind: 'status500', after: 2, count: 2 });
  const seen = [];
  for (let index = 0; index < 6; index++) seen.push((await call('productList')).status);
  expect(seen).toEqual([200, 200, 500, 500, 200, 200]);
  expect((await call('getPickupLocationList')).status).toBe(200);
  expect(simulator.faults.list()).toMatchObject([{ id: 'f', matched: 6, fired: 2 }]);
});

test('modifiers take part together, and the first ending that strikes ends the asking', async () => {
  await using client = await start();
  const { simulator, call } = client;
  simulator.faults.add({ id: 'slow', endpoint: '*', kind: 'latency', ms: 1 });
  simulator.faults.add({ id: 'first', endpoint: '*', kind: 'status500', count: 1 });
  simulator.faults.add({ id: 'second', endpoint: '*', kind: 'status503', count: 1 });
  const seen = [];
  for (let index = 0; index < 3; index++) seen.push((await call('healthCheck')).status);
  expect(seen).toEqual([500, 503, 200]);
  expect(simulator.requests.list({ endpoint: 'healthCheck' }).map(({ faults }) => faults)).toEqual([
    ['slow', 'first'],
    ['slow', 'second'],
    ['slow'],
  ]);
});

test('probability repeats with the seed, differs between seeds, and is about as often as it says', async () => {
  const strikes = async (seed: number): Promise<string> => {
    await using simulator = await startSimulator({ seed });
    simulator.faults.add({ endpoint: 'healthCheck', kind: 'status500', probability: 0.3 });
    return Array.from({ length: 1000 }, () => (simulator.faults.decide('healthCheck') === undefined ? '.' : 'x')).join(
      '',
    );
  };
  const [one, same, other] = [await strikes(1), await strikes(1), await strikes(2)];
  expect(one).toBe(same);
  expect(one).not.toBe(other);
  const struck = one.replaceAll('.', '').length;
  expect(struck).toBeGreaterThan(230);
  expect(struck).toBeLessThan(370);
});

test('an outage refuses connections and comes back on the same port with the account as it was', async () => {
  await using client = await start();
  const { simulator, admin, product, call } = client;
  await product('A');
  const { port } = simulator;
  expect((await admin('POST', '/outage', { seconds: 0.3 })).status).toBe(200);
  // Two states that have to come one after the other; neither depends on how long the outage takes.
  await vi.waitFor(
    async () => expect(await failureOf(client.send('GET', '/rest/v2/healthCheck'))).toBe('ECONNREFUSED'),
    {
      interval: 5,
      timeout: 5000,
    },
  );
  await vi.waitFor(async () => expect((await call('healthCheck')).status).toBe(200), { interval: 20, timeout: 10_000 });
  expect(simulator.port).toBe(port);
  expect((await call('productList')).body.productCount).toBe(1);
});

test('an outage is ended by close, at once and for good', async () => {
  for (const begun of [false, true]) {
    const simulator = await startSimulator();
    const outage = simulator.outage(3000);
    const refused = () => expect(fetch(simulator.url)).rejects.toThrow();
    if (begun) await vi.waitFor(refused, { interval: 5 });
    await simulator.close();
    await outage;
    await refused();
  }
});
