import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpRequest, httpClient } from '../../src/connector/index.ts';
import { openDispatcher } from '../../src/lib/network.ts';
import { authority, openProxy, openTls } from '../support/proxy.ts';

type Answer = (response: ServerResponse) => void;
let answers: Answer[] = [];
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const answer = answers.shift() ?? ((one: ServerResponse) => one.end('ok'));
  answer(response);
});
const dispatcher = new Agent();
const never = new AbortController().signal;
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const read: HttpRequest = { method: 'GET', path: '/items?page=1', repeatable: true, signal: never };
const client = (timeoutMs = 5000) =>
  httpClient({ dispatcher, baseUrl: `${url()}/api/`, headers: { authorization: 'Bearer hunter2hunter2' }, timeoutMs });

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('no');
const cut: Answer = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('half', () => response.destroy());
};

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  await dispatcher.destroy();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers = [];
  asked = [];
});

describe('a read', () => {
  it('goes to the path below the base address, and its answer is told as it is', async () => {
    answers = [(response) => response.writeHead(404, { 'content-type': 'Text/HTML; charset=utf-8' }).end('<html>')];
    const answer = await client()(read);
    expect(asked).toEqual(['GET /api/items?page=1']);
    expect(answer).toMatchObject({ status: 404, contentType: 'text/html', text: '<html>' });
  });

  it.each([
    ['429', status(429)],
    ['429 with a wait in seconds', status(429, { 'retry-after': '0' })],
    ['429 with a date', status(429, { 'retry-after': new Date(0).toUTCString() })],
    ['503 that says when to come again', status(503, { 'retry-after': '0' })],
    ['an answer that ends in the middle', cut],
  ])('is asked for again after %s', async (_what, answer) => {
    answers = [answer, answer];
    expect((await client()(read)).status).toBe(200);
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['a third 429', [status(429), status(429), status(429)], 429, 3],
    // Some ERPs answer so what they refuse.
    ['503 without a word', [status(503)], 503, 1],
    ['500', [status(500)], 500, 1],
    ['a wait that is too long', [status(429, { 'retry-after': '3600' })], 429, 1],
  ])('is not asked for again after %s', async (_what, given, code, times) => {
    answers = given;
    expect((await client()(read)).status).toBe(code);
    expect(asked).toHaveLength(times);
  });

  it('says so where no whole answer comes, without its headers', async () => {
    answers = [cut, cut, cut];
    const error: unknown = await client()(read).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'CONNECTOR_UNREACHABLE', recovery: 'retry' });
    expect(inspect(error, { depth: 12, showHidden: true })).not.toContain('hunter2');
  });

  it('ends at its time limit, once', async () => {
    answers = [() => undefined];
    const error = await client(80)(read).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'CONNECTOR_UNREACHABLE', message: `${url()}: no whole answer within 0.08 s.` });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['while it is answered', (): Answer[] => [() => controller.abort(reason)]],
    [
      'while it waits to be repeated',
      (): Answer[] => [
        (one) => {
          status(429, { 'retry-after': '20' })(one);
          setTimeout(() => controller.abort(reason), 20);
        },
      ],
    ],
  ])('ends with the reason of an abort %s', async (_what, given) => {
    controller = new AbortController();
    answers = given();
    await expect(client()({ ...read, signal: controller.signal })).rejects.toBe(reason);
  });
});
const reason = new Error('enough');
let controller = new AbortController();

describe('a write', () => {
  const write: HttpRequest = { method: 'POST', path: '/orders', body: '{}', repeatable: false, signal: never };
  it.each([
    ['429', status(429, { 'retry-after': '0' })],
    ['503', status(503, { 'retry-after': '0' })],
  ])('is never sent again, not after %s', async (_what, answer) => {
    answers = [answer];
    expect((await client()(write)).status).toBeGreaterThan(400);
    expect(asked).toHaveLength(1);
  });

  it('is never sent again, not after a lost answer', async () => {
    answers = [cut];
    await expect(client()(write)).rejects.toMatchObject({ code: 'CONNECTOR_UNREACHABLE' });
    expect(asked).toHaveLength(1);
  });
});

it('goes through the proxy and trusts the authority that the configuration names', async () => {
  const proxy = await openProxy();
  const tls = await openTls((_request, response) => response.end('behind'));
  const out = openDispatcher({ proxy: proxy.url, ca: authority }, {}, 5000);
  try {
    const ask = httpClient({ dispatcher: out, baseUrl: tls.url, timeoutMs: 5000 });
    expect((await ask(read)).text).toBe('behind');
    expect(proxy.asked).toHaveLength(1);
  } finally {
    await out.close();
  }
});
