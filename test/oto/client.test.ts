import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type OtoClientOptions,
  type OutcomeEvent,
  otoErrors,
  type ParamsOf,
  type StockReading,
} from '../../src/oto/index.ts';
import { anytime } from '../../src/oto/limiter.ts';
import {
  clientFor,
  type Handler,
  json,
  lines,
  type Received,
  refreshToken,
  startServer,
  withTokens,
} from './server.ts';

const jwtExpired = { message: 'Jwt is expired', code: 401 };
const stock = { actionType: 'set', locationCode: 'RUH1', sku: 'A', qty: 4 } as const;
const inbound: ParamsOf<'createInventoryOrder'> = {
  action: 'inbound',
  locationCode: 'RUH1',
  items: [{ sku: 'A', qty: 4 }],
};
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function setUp(handler: Handler, options: Partial<OtoClientOptions> = {}) {
  const server = await startServer(handler);
  open.push(() => server[Symbol.asyncDispose]());
  const client = clientFor(server.url, options);
  open.push(() => client.close());
  const asked = (name: string): Received[] => server.received.filter(({ path }) => path === `/rest/v2/${name}`);
  return { server, client, asked };
}

const tokenOf = (received: Received): string => (received.headers.authorization ?? '').replace('Bearer ', '');
const accept: Handler = (_received, response) => json(response, 200, { success: true, transactionID: 1 });

describe('the access token', () => {
  test('is fetched once for all who wait for it, and not for calls that need none', async () => {
    const { client, asked } = await setUp(
      withTokens((received, response) =>
        json(response, 200, received.path.endsWith('healthCheck') ? { status: 'ok' } : { success: true }),
      ),
    );
    expect((await client.call('healthCheck', {})).kind).toBe('ok');
    expect(asked('refreshToken')).toHaveLength(0);
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => client.call('updateStockQuantity', stock)));
    expect(outcomes.every(({ kind }) => kind === 'ok')).toBe(true);
    expect(asked('refreshToken').map(({ body }) => body)).toEqual([{ refresh_token: refreshToken }]);
    expect(new Set(asked('updateStockQuantity').map(tokenOf))).toEqual(new Set(['access-token-1']));
    expect(asked('healthCheck')[0]?.headers.authorization).toBeUndefined();
  });

  test('is renewed before its life ends', async () => {
    let time = 0;
    const timer = { now: () => time, sleep: async () => {} };
    const { client, asked } = await setUp(withTokens(accept), { timer });
    await client.call('updateStockQuantity', stock);
    time = 3_250_000;
    await client.call('updateStockQuantity', stock);
    expect(asked('refreshToken')).toHaveLength(1);
    time = 3_400_000;
    await client.call('updateStockQuantity', stock);
    expect(asked('updateStockQuantity').map(tokenOf)).toEqual(['access-token-1', 'access-token-1', 'access-token-2']);
  });

  test('is renewed once after a 401, for all who failed with the old one, and each call lands once', async () => {
    const good = new Set(['access-token-2']);
    const { client, asked } = await setUp(
      withTokens((received, response) => {
        if (good.has(tokenOf(received))) json(response, 200, { success: true });
        else json(response, 401, jwtExpired);
      }),
    );
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => client.call('createInventoryOrder', inbound)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'ok'));
    expect(asked('refreshToken')).toHaveLength(2);
    expect(asked('createInventoryOrder').filter((received) => good.has(tokenOf(received)))).toHaveLength(20);
  });

  test('a second 401 pauses the account, after one repeat', async () => {
    const { client, asked } = await setUp(withTokens((_received, response) => json(response, 401, jwtExpired)));
    expect(await client.call('updateStockQuantity', stock)).toMatchObject({
      kind: 'paused',
      scope: 'account',
      status: 401,
    });
    expect(asked('updateStockQuantity')).toHaveLength(2);
    expect(asked('refreshToken')).toHaveLength(2);
  });

  test('is not renewed on a 403, which pauses the family', async () => {
    const { client, asked } = await setUp(withTokens((_received, response) => void response.writeHead(403).end()));
    expect(await client.call('updateStockQuantity', stock)).toMatchObject({
      kind: 'paused',
      scope: 'family',
      family: 'stock',
    });
    expect(asked('updateStockQuantity')).toHaveLength(1);
    expect(asked('refreshToken')).toHaveLength(1);
  });

  test('a refused refresh token pauses the account without asking for each call; a probe ends it', async () => {
    let refused = true;
    const tokens = withTokens(accept);
    const { client, asked } = await setUp((received, response) => {
      if (!refused) return tokens(received, response);
      json(response, 400, { success: false, otoErrorCode: 'OTO1083', otoErrorMessage: 'refresh token' });
    });
    for (let call = 0; call < 5; call += 1) {
      expect(await client.call('updateStockQuantity', stock)).toMatchObject({ kind: 'paused', scope: 'account' });
    }
    expect(asked('refreshToken')).toHaveLength(1);
    expect(asked('updateStockQuantity')).toHaveLength(0);
    expect(await client.refreshNow()).toMatchObject({ kind: 'paused' });
    refused = false;
    expect(await client.refreshNow()).toEqual({ kind: 'ok' });
    expect((await client.call('updateStockQuantity', stock)).kind).toBe('ok');
  });

  test('an OTO that fails to give one takes nothing', async () => {
    const { client } = await setUp((_received, response) => void response.writeHead(503).end('<html>'));
    expect(await client.call('createInventoryOrder', inbound)).toMatchObject({ kind: 'not-taken', cause: 'connect' });
  });

  test('a new refresh token is handed over and used from then on, also when storing it fails', async () => {
    const kept: string[] = [];
    const seen: unknown[] = [];
    const { client } = await setUp(
      (received, response) => {
        seen.push(received.body);
        json(response, 200, {
          success: true,
          access_token: 'access-token-of-today',
          refresh_token: 'refresh-token-of-tomorrow',
        });
      },
      {
        keepRefreshToken: (token) => {
          kept.push(token);
          throw new Error('disk full');
        },
      },
    );
    expect(await client.refreshNow()).toEqual({ kind: 'ok' });
    await client.refreshNow();
    expect(kept).toEqual(['refresh-token-of-tomorrow']);
    expect(seen).toEqual([{ refresh_token: refreshToken }, { refresh_token: 'refresh-token-of-tomorrow' }]);
  });

  test('no token comes out in outcomes, errors, events or logs', async () => {
    const { text, log } = lines();
    const events: OutcomeEvent[] = [];
    const echo = (received: Received): string =>
      `${tokenOf(received)} ${JSON.stringify(received.body)} ${refreshToken}`;
    const { client } = await setUp(
      withTokens((received, response) => {
        if (received.path.endsWith('orders')) json(response, 400, { success: false, errorMsg: echo(received) });
        else json(response, 200, { success: true, warnings: [echo(received)] });
      }),
      { log },
    );
    client.onOutcome((event) => events.push(event));
    const outcomes = [
      await client.call('updateStockQuantity', stock),
      await client.call('orders', { perPage: 1, page: 1 }),
    ];
    const error: unknown = await client.read('orders', { perPage: 1, page: 1 }).catch((caught: unknown) => caught);
    const printed = JSON.stringify([outcomes, events, text, client.stats(), error]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['ok', 'refused']);
    expect(events.map(({ endpoint }) => endpoint)).toEqual(['refreshToken', 'updateStockQuantity', 'orders', 'orders']);
    expect(text.length).toBeGreaterThan(0);
    expect(printed).toContain('[secret]');
    expect(printed).not.toContain('access-token-1');
    expect(printed).not.toContain(refreshToken);
    expect(client.secrets()).toEqual(expect.arrayContaining([refreshToken, 'access-token-1']));
  });
});

describe('a call', () => {
  test('sends what the row says, where it says', async () => {
    const { client, asked } = await setUp(
      withTokens((_received, response) => json(response, 200, { success: true, warehouses: [] })),
    );
    await client.call('updateStockQuantity', { ...stock, qty: '4' });
    await client.call('getPickupLocationList', { minDate: '2020-01-01', pickupLocationCode: 'مستودع 1' });
    expect(asked('updateStockQuantity')[0]).toMatchObject({ method: 'POST', body: stock });
    const [list] = asked('getPickupLocationList');
    expect(list).toMatchObject({ method: 'GET', body: undefined });
    expect(Object.fromEntries(list?.query ?? [])).toEqual({ minDate: '2020-01-01', pickupLocationCode: 'مستودع 1' });
  });

  test('that is unfit is refused without being sent', async () => {
    const { client, server } = await setUp(withTokens(accept));
    const outcome = await client.call('updateStockQuantity', { ...stock, qty: '40.75' });
    expect(outcome).toMatchObject({ kind: 'refused', status: 0, message: expect.stringContaining('qty') });
    expect(server.received).toEqual([]);
  });

  test('whose answer is lost is unknown, is sent once, and goes over its own connection when nothing reads it back', async () => {
    const { client, asked } = await setUp(withTokens((received) => void received.socket.resetAndDestroy()));
    expect((await client.call('createInventoryOrder', inbound)).kind).toBe('unknown');
    expect((await client.call('updateStockQuantity', stock)).kind).toBe('unknown');
    expect(asked('createInventoryOrder').map(({ headers }) => headers.connection)).toEqual(['close']);
    expect(asked('updateStockQuantity').map(({ headers }) => headers.connection)).toEqual(['keep-alive']);
  });

  test('whose fence falls while it waits for its turn is not sent', async () => {
    const waiting: ServerResponse[] = [];
    const { client, asked } = await setUp(
      withTokens((_received, response) => void waiting.push(response)),
      { concurrency: 1 },
    );
    const first = client.call('updateStockQuantity', stock, { beforeSend: () => true });
    await expect.poll(() => waiting.length).toBe(1);
    let held = true;
    const second = client.call('updateStockQuantity', stock, { beforeSend: () => held });
    await expect.poll(() => client.stats().waiting).toBe(1);
    held = false;
    for (const response of waiting) json(response, 200, { success: true });
    expect((await first).kind).toBe('ok');
    expect(await second).toMatchObject({ kind: 'not-taken', cause: 'fenced' });
    expect(asked('updateStockQuantity')).toHaveLength(1);
  });

  test('that is cancelled while it waits for its turn is not sent', async () => {
    const waiting: ServerResponse[] = [];
    const { client, asked } = await setUp(
      withTokens((_received, response) => void waiting.push(response)),
      { concurrency: 1 },
    );
    const first = client.call('updateStockQuantity', stock);
    await expect.poll(() => waiting.length).toBe(1);
    const abort = new AbortController();
    const second = client.call('updateStockQuantity', stock, { signal: abort.signal });
    await expect.poll(() => client.stats().waiting).toBe(1);
    abort.abort();
    expect(await second).toMatchObject({ kind: 'not-taken', cause: 'fenced' });
    for (const response of waiting) json(response, 200, { success: true });
    expect((await first).kind).toBe('ok');
    expect(asked('updateStockQuantity')).toHaveLength(1);
  });

  test('as many run at the same time as configured, and no more', async () => {
    const waiting: ServerResponse[] = [];
    const { client, asked } = await setUp(
      withTokens((_received, response) => void waiting.push(response)),
      { concurrency: 3 },
    );
    const all = Promise.all(Array.from({ length: 12 }, () => client.call('updateStockQuantity', stock)));
    for (let answered = 0; answered < 12; answered += 3) {
      await expect.poll(() => waiting.length).toBe(3);
      expect(asked('updateStockQuantity')).toHaveLength(answered + 3);
      expect(client.stats()).toMatchObject({ active: 3, waiting: 12 - answered - 3 });
      for (const response of waiting.splice(0)) json(response, 200, { success: true });
    }
    await all;
    expect(client.stats()).toMatchObject({ active: 0, waiting: 0, outcomes: { updateStockQuantity: { ok: 12 } } });
  });

  test('429, OTO1143 and a Retry-After on any answer slow the limiter down', async () => {
    const slowed: number[] = [];
    const limiter = { take: async () => anytime, changed() {}, slowDown: (ms: number) => void slowed.push(ms) };
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => json(response, 429, {}),
      (response) => json(response, 400, { success: false, otoErrorCode: 'OTO1143' }),
      (response) => json(response, 400, { success: false, otoErrorCode: 'OTO1105' }),
      (response) => json(response, 503, {}, { 'retry-after': '7' }),
      (response) => json(response, 200, { success: true }),
    ];
    const { client } = await setUp(
      withTokens((_received, response) => answers.shift()?.(response)),
      { limiter },
    );
    const kinds: string[] = [];
    while (answers.length > 0) kinds.push((await client.call('updateStockQuantity', stock)).kind);
    expect(kinds).toEqual(['not-taken', 'not-taken', 'not-taken', 'unknown', 'ok']);
    expect(slowed).toEqual([1_000, 1_000, 60_000, 7_000]);
  });

  test('close lets what is under way finish and holds the rest back, whoever closes too', async () => {
    const waiting: ServerResponse[] = [];
    const { client } = await setUp(
      withTokens((_received, response) => void waiting.push(response)),
      { concurrency: 1 },
    );
    const first = client.call('updateStockQuantity', stock);
    await expect.poll(() => waiting.length).toBe(1);
    const second = client.call('updateStockQuantity', stock);
    const closed = Promise.all([client.close(), client.close()]);
    expect(await second).toMatchObject({ kind: 'not-taken', cause: 'fenced' });
    for (const response of waiting) json(response, 200, { success: true });
    expect((await first).kind).toBe('ok');
    await closed;
    expect(await client.call('healthCheck', {})).toMatchObject({ kind: 'not-taken', cause: 'fenced' });
  });
});

describe('a read', () => {
  const quick = { backoffMs: 1 };
  const page = { perPage: 1, page: 1 };

  test('is repeated while OTO is away, and answered when it is back', async () => {
    const answers: Handler[] = [
      (received) => void received.socket.resetAndDestroy(),
      (_received, response) => void response.writeHead(503).end('<html>'),
      (_received, response) => json(response, 429, {}, { 'retry-after': '0' }),
      (_received, response) => json(response, 200, { success: true, orders: [] }),
    ];
    const { client, asked } = await setUp(withTokens((received, response) => answers.shift()?.(received, response)));
    expect((await client.read('orders', page, quick)).orders).toEqual([]);
    expect(asked('orders')).toHaveLength(4);
  });

  test.each<[string, Handler, string, number]>([
    ['OTO away for good', (received) => void received.socket.resetAndDestroy(), otoErrors.OTO_UNREACHABLE.code, 5],
    [
      'an answer that is no JSON',
      (_received, response) => void response.end('<html>'),
      otoErrors.OTO_BAD_ANSWER.code,
      3,
    ],
    [
      'a refusal',
      (_received, response) => json(response, 400, { success: false, errorMsg: 'no' }),
      otoErrors.OTO_REFUSED.code,
      1,
    ],
    ['a missing right', (_received, response) => void response.writeHead(403).end(), otoErrors.OTO_PAUSED.code, 1],
    ['a refused token', (_received, response) => json(response, 401, jwtExpired), otoErrors.OTO_AUTH.code, 2],
    [
      'a rate that stays too high',
      (_received, response) => json(response, 429, {}, { 'retry-after': '0' }),
      otoErrors.OTO_RATE_LIMITED.code,
      5,
    ],
  ])('%s is an error of its own', async (_title, handler, code, times) => {
    const { client, asked } = await setUp(withTokens(handler));
    await expect(client.read('orders', page, { ...quick, attempts: 5 })).rejects.toMatchObject({ code });
    expect(asked('orders')).toHaveLength(times);
  });

  test('ends when it is cancelled', async () => {
    const abort = new AbortController();
    const { client } = await setUp(withTokens(() => abort.abort()));
    await expect(client.read('orders', page, { signal: abort.signal })).rejects.toMatchObject({
      code: otoErrors.OTO_CANCELLED.code,
    });
  });
});

describe('stock', () => {
  async function readAll(handler: Handler, skus: string[], options: Partial<OtoClientOptions> = {}) {
    const { client, asked } = await setUp(withTokens(handler), options);
    const readings: StockReading[] = [];
    for await (const batch of client.stock(skus, { backoffMs: 1 })) readings.push(...batch);
    return { readings, reads: asked('checkInventoryStock').map(({ query }) => query.get('sku')) };
  }
  const row = (sku: string) => [{ sku, pickupLocationCode: 'RUH1', quantityOnHand: 3, quantityForecasted: 1 }];

  test('is read in batches, in order; a missing key is unknown and never 0', async () => {
    const skus = Array.from({ length: 25 }, (_, index) => `قميص ${index}`);
    const missing = new Set(['قميص 3', 'قميص 20']);
    const { readings, reads } = await readAll(
      (received, response) => {
        const asked = received.query.get('sku')?.split(',') ?? [];
        const known = asked.filter((sku) => !missing.has(sku)).reverse();
        json(response, 200, { success: true, stock: Object.fromEntries(known.map((sku) => [sku, row(sku)])) });
      },
      skus,
      { skusPerRead: 10 },
    );
    expect(readings.map(({ sku }) => sku)).toEqual(skus);
    expect(reads).toHaveLength(3);
    for (const reading of readings) {
      if (missing.has(reading.sku)) expect(reading).toEqual({ sku: reading.sku, known: false, reason: 'absent' });
      else expect(reading).toEqual({ sku: reading.sku, known: true, entries: row(reading.sku) });
    }
  });

  test('one SKU that OTO refuses does not hide the others, nor one with a comma', async () => {
    const { readings } = await readAll(
      (received, response) => {
        const asked = received.query.get('sku')?.split(',') ?? [];
        if (asked.includes('bad'))
          json(response, 400, { success: false, otoErrorCode: 'OTO1126', otoErrorMessage: 'sku' });
        else json(response, 200, { success: true, stock: Object.fromEntries(asked.map((sku) => [sku, []])) });
      },
      ['a', 'b', 'bad', 'x,y', 'constructor', 'd'],
    );
    const told = (sku: string) => readings.find((reading) => reading.sku === sku);
    expect(readings).toHaveLength(6);
    expect(told('bad')).toEqual({ sku: 'bad', known: false, reason: 'refused' });
    expect(told('x,y')).toEqual({ sku: 'x,y', known: false, reason: 'comma' });
    for (const sku of ['a', 'b', 'constructor', 'd']) expect(told(sku)).toEqual({ sku, known: true, entries: [] });
  });

  test('a read that fails ends it with its error', async () => {
    await expect(readAll((_received, response) => void response.writeHead(403).end(), ['a'])).rejects.toMatchObject({
      code: otoErrors.OTO_PAUSED.code,
    });
  });

  test('stopping early stops the reads ahead', async () => {
    const { client, asked } = await setUp(
      withTokens((_received, response) => json(response, 200, { success: true, stock: {} })),
      { skusPerRead: 1 },
    );
    for await (const batch of client.stock(Array.from({ length: 200 }, (_, index) => `S${index}`))) {
      expect(batch).toHaveLength(1);
      break;
    }
    await expect.poll(() => client.stats().active + client.stats().waiting).toBe(0);
    expect(asked('checkInventoryStock').length).toBeLessThanOrEqual(8);
  });
});
