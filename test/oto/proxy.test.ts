import { expect, onTestFinished, test } from 'vitest';
import type { Network } from '../../src/lib/network.ts';
import { openDispatcher, proxyFor } from '../../src/lib/network.ts';
import { createTransport, type Transport, type WireRequest } from '../../src/oto/transport.ts';
import { authority, openProxy, openTls } from '../support/proxy.ts';
import { json, startServer } from './server.ts';

const post: WireRequest = {
  method: 'POST',
  path: '/x',
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
};

function transportTo(origin: string, network: Network, timeoutMs = 5_000): Transport {
  const transport = createTransport({ origin, connections: 4, timeoutMs, network });
  onTestFinished(() => transport.close());
  return transport;
}

async function http(handler: Parameters<typeof startServer>[0] = (_received, response) => json(response, 200, {})) {
  const server = await startServer(handler);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

test('calls go through the proxy, in a tunnel, with its user and password', async () => {
  const proxy = await openProxy();
  const server = await http();
  const withUser = proxy.url.replace('//', '//me:p%40ss%20w@');
  const sent = await transportTo(server.url, { proxy: withUser }).send(post);
  expect(sent).toMatchObject({ kind: 'answer', answer: { status: 200 } });
  expect(server.received.map(({ body }) => body)).toEqual([{ a: 1 }]);
  expect(server.received[0]?.headers['proxy-authorization']).toBeUndefined();
  expect(proxy.asked).toEqual([
    { target: new URL(server.url).host, authorization: `Basic ${Buffer.from('me:p@ss w').toString('base64')}` },
  ]);
  expect(proxy.plain).toEqual([]);
});

test('a tunnel is kept; a fresh connection has one of its own, which is closed after its request', async () => {
  const proxy = await openProxy();
  const server = await http();
  const transport = transportTo(server.url, { proxy: proxy.url });
  for (let call = 0; call < 20; call += 1) await transport.send(post);
  const kept = proxy.asked.length;
  expect(kept).toBeLessThanOrEqual(4);
  expect(await transport.send(post, { fresh: true })).toMatchObject({ kind: 'answer' });
  expect(proxy.asked).toHaveLength(kept + 1);
  const fresh = server.received.at(-1);
  expect(fresh?.headers.connection).toBe('close');
  await expect.poll(() => fresh?.socket.destroyed).toBe(true);
});

test.each([
  [407, /HTTP 407.*another user or password.*Check `proxy`/],
  [403, /HTTP 403.*nothing was sent.*Check `proxy`/],
  [502, /HTTP 502/],
  [503, /HTTP 503/],
])('a proxy that answers %i has passed on nothing: not sent', async (answer, message) => {
  const proxy = await openProxy();
  const server = await http();
  proxy.answer = answer;
  for (const fresh of [false, true]) {
    const sent = await transportTo(server.url, { proxy: proxy.url }).send(post, { fresh });
    expect(sent).toMatchObject({ kind: 'not-sent', cause: 'connect', message: expect.stringMatching(message) });
  }
  expect(proxy.asked).toHaveLength(2);
  expect([server.received, proxy.passed]).toEqual([[], 0]);
});

test.each(['drop', 'hang'] as const)('a proxy that %ss: not sent', async (answer) => {
  const proxy = await openProxy();
  const server = await http();
  proxy.answer = answer;
  const sent = await transportTo(server.url, { proxy: proxy.url }, 300).send(post);
  expect(sent).toMatchObject({ kind: 'not-sent', cause: 'connect' });
  expect([server.received, proxy.passed]).toEqual([[], 0]);
});

test('a proxy that is not there: not sent', async () => {
  const server = await http();
  const sent = await transportTo(server.url, { proxy: 'http://127.0.0.1:1' }).send(post);
  expect(sent).toMatchObject({ kind: 'not-sent', cause: 'connect', message: expect.stringContaining('ECONNREFUSED') });
});

test('an answer of OTO through the tunnel is its own, and a reset in it leaves the outcome open', async () => {
  const proxy = await openProxy();
  const busy = await http((_received, response) => json(response, 503, { busy: true }));
  expect(await transportTo(busy.url, { proxy: proxy.url }).send(post)).toMatchObject({
    kind: 'answer',
    answer: { status: 503 },
  });
  const reset = await http((received) => void received.socket.resetAndDestroy());
  for (const fresh of [false, true]) {
    expect(await transportTo(reset.url, { proxy: proxy.url }).send(post, { fresh })).toMatchObject({ kind: 'lost' });
  }
  expect(reset.received).toHaveLength(2);
});

test('held back right before sending: the tunnel is there, and nothing goes through it', async () => {
  const proxy = await openProxy();
  const server = await http();
  const sent = await transportTo(server.url, { proxy: proxy.url }).send(post, { beforeSend: () => false, fresh: true });
  expect(sent).toMatchObject({ kind: 'not-sent', cause: 'fenced' });
  expect([server.received, proxy.passed]).toEqual([[], 0]);
});

test('a certificate of an unknown authority: not sent; with caFile it is trusted, fresh or not, and other authorities still are', async () => {
  const server = await openTls((_request, response) => response.end('{}'));
  for (const fresh of [false, true]) {
    expect(await transportTo(server.url, {}).send(post, { fresh })).toMatchObject({
      kind: 'not-sent',
      cause: 'connect',
      message: expect.stringMatching(/certificate/i),
    });
    expect(await transportTo(server.url, { ca: authority }).send(post, { fresh })).toMatchObject({ kind: 'answer' });
  }
});

test('TLS inside the tunnel, of a proxy that itself speaks TLS', async () => {
  const proxy = await openProxy({ secure: true });
  const server = await openTls((_request, response) => response.end('{}'));
  const transport = transportTo(server.url, { proxy: proxy.url, ca: authority });
  expect(await transport.send(post)).toMatchObject({ kind: 'answer', answer: { status: 200 } });
  expect(await transport.send(post, { fresh: true })).toMatchObject({ kind: 'answer' });
  expect(proxy.asked.map(({ target }) => target)).toEqual([new URL(server.url).host, new URL(server.url).host]);
  // Whoever does not trust the proxy sends nothing.
  expect(await transportTo(server.url, { proxy: proxy.url }).send(post)).toMatchObject({ kind: 'not-sent' });
  // A name that the certificate does not hold.
  const other = server.url.replace('localhost', 'localhost.localdomain');
  expect(await transportTo(other, { proxy: proxy.url, ca: authority }, 2_000).send(post)).toMatchObject({
    kind: 'not-sent',
  });
});

test('noProxy: names, and all below a name', () => {
  const network = { proxy: 'http://proxy:1', noProxy: ['localhost', '*.Corp.example', '[::1]'] };
  const through = (origin: string) => proxyFor(origin, network) !== undefined;
  expect(through('https://api.tryoto.com')).toBe(true);
  expect(through('http://localhost:4010')).toBe(false);
  expect(through('https://erp.corp.example')).toBe(false);
  expect(through('https://corp.example')).toBe(true);
  expect(through('http://[::1]:80')).toBe(false);
  expect(proxyFor('https://api.tryoto.com', {})).toBeUndefined();
});

test('connectors and alerts take the same way: through the proxy, or past it', async () => {
  const proxy = await openProxy();
  const server = await openTls((_request, response) => response.end('hello'));
  const network = { proxy: proxy.url, noProxy: ['127.0.0.1'], ca: authority };
  const dispatcher = openDispatcher(network, {}, 2_000);
  onTestFinished(() => dispatcher.destroy());
  const get = async (origin: string) => (await dispatcher.request({ origin, path: '/', method: 'GET' })).body.text();
  expect(await get(server.url)).toBe('hello');
  expect(proxy.asked).toHaveLength(1);
  expect(await get(server.url.replace('localhost', '127.0.0.1'))).toBe('hello');
  expect(proxy.asked).toHaveLength(1);
  proxy.answer = 407;
  await expect(get(server.url.replace(/:(\d+)$/, ':1'))).rejects.toThrow(/407/);
});
