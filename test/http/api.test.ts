import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { aliveAnswer, readyAnswer } from '../../src/http/health-routes.ts';
import { hintAnswer } from '../../src/http/hooks.ts';
import { apiRoutes, errorAnswer } from '../../src/http/openapi.ts';
import { setPause } from '../../src/store/pauses.ts';
import { openBridge } from '../support/bridge.ts';
import { openNetwork } from '../support/network.ts';
import { httpOf } from './harness.ts';

interface Ready {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { ok: boolean; state: string; since: string; reason: string | null }>>;
}

test('readiness says what is missing, and since when', async () => {
  const bridge = await openBridge({ config: { http: { port: 0 } } });
  const { origin, enter } = await httpOf(bridge, 'starting');
  const ready = async () => {
    const response = await fetch(`${origin}/readyz`);
    const body = readyAnswer.parse(await response.json());
    return { status: response.status, ...body, states: Object.values(body.checks).map(({ state }) => state) };
  };
  expect(await ready()).toMatchObject({ status: 503, ready: false, states: ['ok', 'starting', 'unchecked'] });
  enter('working', true);
  const first = await ready();
  expect(first).toMatchObject({ status: 200, ready: true, states: ['ok', 'working', 'ok'] });
  expect((await ready()).checks).toEqual(first.checks);

  await setPause(bridge.db, { scope: 'account', name: 'account', code: 'HTTP 401', reason: 'no', by: 'OTO' });
  await bridge.db.query(`update pause set since = '2026-11-20T08:00:00Z'`);
  expect(await ready()).toMatchObject({
    status: 503,
    states: ['ok', 'working', 'refused'],
    checks: { token: { ok: false, since: '2026-11-20T08:00:00.000Z', reason: expect.stringContaining('HTTP 401') } },
  });
  await bridge.db.query('delete from pause');
  enter('stopping', true);
  expect(await ready()).toMatchObject({ status: 503, states: ['ok', 'stopping', 'ok'] });
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
});

test('while the database is away it is not ready, shows no old figures and takes no hints; after, it does', async () => {
  const bridge = await openBridge({
    config: { http: { port: 0 }, hooks: { erp: { secret: '8f3b1c9a-hook-secret', everySeconds: 0 } } },
  });
  const network = await openNetwork(bridge.db.url);
  await bridge.reopen({ database: { url: network.url } });
  const { origin } = await httpOf(bridge);
  const status = async (path: string, init?: RequestInit) => (await fetch(`${origin}${path}`, init)).status;
  const hint = () =>
    status('/hooks/erp', { method: 'POST', headers: { authorization: 'Bearer 8f3b1c9a-hook-secret' } });
  expect([await status('/readyz'), await hint()]).toEqual([200, 202]);
  network.cut();
  const body = (await (await fetch(`${origin}/readyz`)).json()) as Ready;
  expect(body.checks).toMatchObject({
    database: { state: 'away' },
    jobs: { state: 'unknown' },
    token: { state: 'unknown' },
  });
  expect(await hint()).toBe(503);
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  expect(metrics).toContain('oto_bridge_database_up 0');
  expect(metrics).not.toMatch(/^oto_bridge_workers /m);
  expect(metrics).toContain('oto_bridge_hints_total{source="erp",result="failed"} 1');
  network.mend();
  await expect.poll(() => status('/readyz'), { timeout: 10_000 }).toBe(200);
  expect(await hint()).toBe(202);
  await network.close();
});

test('the description names every address there is, and answers are what it says', async () => {
  const secret = '8f3b1c9a-hook-secret';
  const bridge = await openBridge({ config: { http: { port: 0 }, hooks: { erp: { secret } } } });
  const { origin, routes } = await httpOf(bridge);
  // The page of the station is for people.
  const own = routes.filter(({ url }) => !/^\/station(?!\/api\/)/.test(url));
  const there = own.flatMap(({ methods, url }) =>
    methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`),
  );
  const response = await fetch(`${origin}/openapi.json`);
  const document = (await response.json()) as { openapi: string; info: object; paths: Record<string, object> };
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(there.sort());
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }: { operationId: string }) => operationId),
  );
  expect(ids.sort()).toEqual([
    'deleteStationApiSession',
    'getHealthz',
    'getMetrics',
    'getOpenapiJson',
    'getPage',
    'getReadyz',
    'getStationApiEvents',
    'getStationApiOrders',
    'getStationApiOrdersId',
    'getStationApiSession',
    'postHooksSource',
    'postStationApiActions',
    'postStationApiSession',
    'postWebhooksOtoType',
    'putWebhooksOtoType',
  ]);
  const json = async (path: string, init?: RequestInit) => (await fetch(`${origin}${path}`, init)).json();
  const headers = { authorization: `Bearer ${secret}` };
  aliveAnswer.strict().parse(await json('/healthz'));
  readyAnswer.strict().parse(await json('/readyz'));
  hintAnswer.strict().parse(await json('/hooks/erp', { method: 'POST', headers }));
  errorAnswer.strict().parse(await json('/hooks/erp', { method: 'POST' }));

  const page = await fetch(origin);
  const text = await page.text();
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  for (const { path } of apiRoutes) expect(text).toContain(path);
  // It needs nothing from anywhere, and may run nothing.
  expect(text).not.toMatch(/<script|src=|@import|url\(|https?:\/\//);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
});

test('switched off, it listens nowhere', async () => {
  const bridge = await openBridge({ config: { http: { enabled: false } } });
  await expect(httpOf(bridge)).rejects.toThrow('switched off');
});
