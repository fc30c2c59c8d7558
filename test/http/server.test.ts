import { readFile } from 'node:fs/promises';
import { createServer, request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readIdentity } from '../../src/http/listen.ts';
import type { Routes } from '../../src/http/server.ts';
import { raw, serverWith, silent, tlsFolder } from './harness.ts';

const routes: Routes = (app) => {
  app.get('/things/:id', async () => ({ ok: true }));
  app.put('/things/:id', async (request) => ({ got: request.body }));
  app.get('/broken', async () => {
    throw new Error('select * from secret_table failed for shop@example.com');
  });
};

async function ask(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as ErrorBody };
}
interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
  readonly request: string;
}

test.each<[string, string, RequestInit, number, string]>([
  ['an unknown address', '/elsewhere', {}, 404, 'HTTP_NOT_FOUND'],
  ['a way out of the folder', '/things/..%2f..%2fetc%2fpasswd/x', {}, 404, 'HTTP_NOT_FOUND'],
  ['a broken escape', '/things/%E0%A4%A', {}, 400, 'HTTP_REQUEST_INVALID'],
  ['a wrong method', '/things/1', { method: 'DELETE' }, 405, 'HTTP_METHOD'],
  ['no JSON', '/things/1', put('{"a":'), 400, 'HTTP_REQUEST_INVALID'],
  ['an empty body that is said to be JSON', '/things/1', put(''), 400, 'HTTP_REQUEST_INVALID'],
  ['a poisoned prototype', '/things/1', put('{"__proto__":{"admin":true}}'), 400, 'HTTP_REQUEST_INVALID'],
  ['a body of another type', '/things/1', put('<a/>', 'text/xml'), 415, 'HTTP_MEDIA_TYPE'],
  ['a large body', '/things/1', put(JSON.stringify('x'.repeat(2000))), 413, 'HTTP_TOO_LARGE'],
  ['a fault of ours', '/broken', {}, 500, 'HTTP_INTERNAL'],
])(
  '%s is answered as an error with a stable code, and never with what was asked',
  async (_, path, init, status, code) => {
    const { origin, lines } = await serverWith({ routes: [routes], limits: { bodyBytes: 1000 } });
    const answer = await ask(`${origin}${path}?key=hidden-in-the-query`, init);
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('x-request-id')).toBe(answer.body.request);
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD, PUT' : null);
    expect(JSON.stringify(answer.body)).not.toMatch(/secret_table|hidden|elsewhere|admin/);
    expect(lines.join('')).not.toMatch(/hidden|elsewhere/);
  },
);

function put(body: string, type = 'application/json'): RequestInit {
  return { method: 'PUT', body, headers: { 'content-type': type } };
}

test('every answer forbids what a page could do with it', async () => {
  const { origin } = await serverWith({ routes: [routes] });
  for (const path of ['/things/1', '/elsewhere', '/broken']) {
    const { headers } = await fetch(`${origin}${path}`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by') ?? headers.get('server')).toBeNull();
  }
});

test('a line for each request says route, status and caller, and holds no secret', async () => {
  const { origin, lines } = await serverWith({
    routes: [routes],
    secrets: ['f00d-secret-1'],
    trustProxy: ['127.0.0.1'],
  });
  const given = await fetch(`${origin}/things/f00d-secret-1?token=f00d-secret-1`, {
    headers: {
      authorization: 'Bearer f00d-secret-1',
      'x-request-id': 'erp-call-0001',
      'x-forwarded-for': '203.0.113.9',
    },
  });
  expect(given.headers.get('x-request-id')).toBe('erp-call-0001');
  // What is no id is no id of ours, and cannot break a line of the log.
  const made = await fetch(`${origin}/things/2`, { headers: { 'x-request-id': 'a b"}' } });
  expect(made.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({
      msg: 'request',
      request: 'erp-call-0001',
      method: 'GET',
      route: '/things/:id',
      status: 200,
      from: '203.0.113.9',
    }),
    expect.objectContaining({ route: '/things/:id', from: '127.0.0.1' }),
  ]);
  expect(lines.join('')).not.toContain('f00d');
});

test('without trustProxy nobody can say that they are somebody else', async () => {
  const { origin, lines } = await serverWith({ routes: [routes] });
  await fetch(`${origin}/things/1`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ from: '127.0.0.1' });
});

test('who sends a byte now and then is shown out, and so is who sends no HTTP', async () => {
  const { port } = await serverWith({ routes: [routes], limits: { headersMs: 100, requestMs: 200 } });
  expect(await raw(port, 'GET /things/1 HTTP/1.1\r\nhost: x\r\nx-a: ')).toMatch(/^HTTP\/1.1 408 [\s\S]*HTTP_TIMEOUT/);
  const body = 'PUT /things/1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"a"';
  expect(await raw(port, body)).toMatch(/^HTTP\/1.1 408 [\s\S]*HTTP_TIMEOUT/);
  expect(await raw(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [\s\S]*HTTP_REQUEST_INVALID/);
  expect(await raw(port, `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 413 [\s\S]*HTTP_TOO_LARGE/,
  );
  // No request, no answer: a connection that stays silent.
  expect(await raw(port, '')).toMatch(/^(HTTP\/1.1 408 [\s\S]*)?$/);
});

test('more connections than it takes are refused, and those that it has go on', async () => {
  const { origin, port } = await serverWith({ routes: [routes], limits: { connections: 1 } });
  const agent = new (await import('undici')).Agent({ connections: 1 });
  onTestFinished(() => agent.destroy());
  const { request } = await import('undici');
  const through = async () => {
    const { statusCode, body } = await request(`${origin}/things/1`, { dispatcher: agent });
    await body.dump();
    return statusCode;
  };
  expect(await through()).toBe(200);
  expect(await raw(port, 'GET /things/1 HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('');
  expect(await through()).toBe(200);
});

test('a port that is taken, and an address that is not ours, are named with the option', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await expect(serverWith({ port, log: silent })).rejects.toMatchObject({
    code: 'HTTP_PORT_TAKEN',
    message: expect.stringContaining(String(port)),
    hint: expect.stringContaining('http.port'),
    place: { path: 'http.port' },
  });
  await expect(serverWith({ host: '203.0.113.1', log: silent })).rejects.toMatchObject({
    code: 'HTTP_ADDRESS',
    place: { path: 'http.host' },
  });
});

test('closing: what is under way is answered, idle connections end, and who never reads does not hold it up', async () => {
  const under = Promise.withResolvers<void>();
  const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = await serverWith({
    routes: [
      (app) => {
        app.get('/slow', async () => {
          asked[0]?.resolve();
          await under.promise;
          return { done: true };
        });
        app.get('/never', () => {
          asked[1]?.resolve();
          return new Promise<never>(() => undefined);
        });
      },
    ],
  });
  const idle = raw(server.port, 'GET /elsewhere HTTP/1.1\r\nhost: x\r\n\r\n');
  const slow = fetch(`${server.origin}/slow`);
  const never = fetch(`${server.origin}/never`).then(
    () => 'answered',
    () => 'cut off',
  );
  await Promise.all(asked.map(({ promise }) => promise));
  const closed = server.close(300);
  // It ends although its caller would have kept it.
  expect(await idle).toContain('404');
  under.resolve();
  expect(await (await slow).json()).toEqual({ done: true });
  await closed;
  expect(await never).toBe('cut off');
  await expect(fetch(`${server.origin}/slow`)).rejects.toThrow();
});

test('over TLS with a certificate of files; a wrong file names its option', async () => {
  const tls = { cert: 'server.pem', key: 'server.key' };
  const identity = await readIdentity(tls, tlsFolder);
  const server = await serverWith({ routes: [routes], identity });
  const agent = new Agent({ ca: await readFile(join(tlsFolder, 'authority.pem')) });
  const answer = await new Promise<[number | undefined, unknown]>((resolve, reject) => {
    tlsRequest(`https://localhost:${server.port}/things/1`, { agent, family: 4 }, (response) => {
      response.resume();
      resolve([response.statusCode, response.headers['strict-transport-security']]);
    })
      .on('error', reject)
      .end();
  });
  expect(answer).toEqual([200, expect.stringContaining('max-age')]);
  const plain = new Promise((resolve, reject) => {
    plainRequest(`http://127.0.0.1:${server.port}/things/1`, resolve).on('error', reject).end();
  });
  await expect(plain).rejects.toThrow();
  const places = async (wrong: Partial<typeof tls>) =>
    readIdentity({ ...tls, ...wrong }, tlsFolder).then(
      () => 'fine',
      (error: { code: string; place: { path: string } }) => `${error.code} ${error.place.path}`,
    );
  expect(await places({ cert: 'none.pem' })).toBe('HTTP_TLS http.tls.cert');
  expect(await places({ key: 'none.key' })).toBe('HTTP_TLS http.tls.key');
  expect(await places({ cert: 'authority.pem' })).toBe('HTTP_TLS http.tls');
});
