import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createTransport, type Transport, type WireRequest } from '../../src/oto/transport.ts';
import { json, startServer } from './server.ts';

const post: WireRequest = {
  method: 'POST',
  path: '/x',
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
};
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function transportTo(origin: string, timeoutMs = 5_000): Transport {
  const transport = createTransport({ origin, connections: 4, timeoutMs });
  open.push(() => transport.close());
  return transport;
}

async function http(handler: Parameters<typeof startServer>[0]): ReturnType<typeof startServer> {
  const server = await startServer(handler);
  open.push(() => server[Symbol.asyncDispose]());
  return server;
}

/** A bare TCP server: what arrived on all its connections, and a say in what goes back. */
async function tcp(onData: (socket: Socket, connection: number) => void): Promise<{ url: string; arrived: Buffer[] }> {
  const arrived: Buffer[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      arrived.push(data);
      onData(socket, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrived };
}

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('not one byte sent', () => {
  test('connection refused', async () => {
    const sent = await transportTo(await closedPort()).send(post);
    expect(sent).toMatchObject({
      kind: 'not-sent',
      cause: 'connect',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a name that does not resolve', async () => {
    expect(await transportTo('http://oto.invalid').send(post)).toMatchObject({ kind: 'not-sent', cause: 'connect' });
  });

  test('TLS that does not come about', async () => {
    const server = await tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const origin = server.url.replace('http:', 'https:');
    expect(await transportTo(origin).send(post)).toMatchObject({ kind: 'not-sent', cause: 'connect' });
  });

  test.each([
    ['says no', () => false],
    [
      'throws',
      (): boolean => {
        throw new Error('lease lost');
      },
    ],
  ])('beforeSend %s', async (_title, beforeSend) => {
    const server = await tcp((socket) => socket.end());
    const transport = transportTo(server.url);
    expect(await transport.send(post, { beforeSend })).toMatchObject({ kind: 'not-sent', cause: 'fenced' });
    expect(await transport.send(post, { beforeSend, fresh: true })).toMatchObject({
      kind: 'not-sent',
      cause: 'fenced',
    });
    expect(server.arrived).toEqual([]);
  });

  test('cancelled before it was sent', async () => {
    const server = await http((_received, response) => json(response, 200, {}));
    const sent = await transportTo(server.url).send(post, { signal: AbortSignal.abort() });
    expect(sent).toMatchObject({ kind: 'not-sent', cause: 'fenced' });
    expect(server.received).toEqual([]);
  });

  test('given up while it waits for a connection: it is not sent later either', async () => {
    const hung: ServerResponse[] = [];
    const server = await http((_received, response) => void hung.push(response));
    const transport = createTransport({ origin: server.url, connections: 1, timeoutMs: 5_000 });
    open.push(() => transport.close());
    const first = transport.send(post);
    await expect.poll(() => hung.length).toBe(1);
    const abort = new AbortController();
    const second = transport.send({ ...post, path: '/second' }, { signal: abort.signal });
    const third = transport.send({ ...post, path: '/third' });
    abort.abort();
    expect(await second).toMatchObject({ kind: 'not-sent', cause: 'fenced' });
    for (const response of hung.splice(0)) json(response, 200, {});
    expect((await first).kind).toBe('answer');
    await expect.poll(() => hung.length).toBe(1);
    for (const response of hung) json(response, 200, {});
    expect((await third).kind).toBe('answer');
    expect(server.received.map(({ path }) => path)).toEqual(['/x', '/third']);
  });
});

describe('sent, and no trustworthy answer', () => {
  test('reset before the answer', async () => {
    const server = await http((received) => void received.socket.resetAndDestroy());
    expect(await transportTo(server.url).send(post)).toMatchObject({ kind: 'lost' });
    expect(server.received).toHaveLength(1);
  });

  test('no answer in time', async () => {
    const server = await http(() => {});
    expect(await transportTo(server.url, 150).send(post)).toMatchObject({
      kind: 'lost',
      message: expect.stringContaining('150 ms'),
    });
  });

  test('an answer that stops in the middle of its body', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n{"success":true';
    const server = await tcp((socket) => socket.end(head));
    expect(await transportTo(server.url).send(post)).toMatchObject({ kind: 'lost', status: 200 });
  });

  test('a body that never ends', async () => {
    const server = await tcp((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{"succ'));
    expect(await transportTo(server.url, 150).send(post)).toMatchObject({ kind: 'lost', status: 200 });
  });

  test('no HTTP', async () => {
    const server = await tcp((socket) => socket.end('banana\r\n\r\n'));
    expect(await transportTo(server.url).send(post)).toMatchObject({ kind: 'lost' });
  });

  test('a used connection that is reset under the next request', async () => {
    const server = await tcp((socket) => {
      if (server.arrived.length === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      else socket.resetAndDestroy();
    });
    const transport = createTransport({ origin: server.url, connections: 1, timeoutMs: 5_000 });
    open.push(() => transport.close());
    expect((await transport.send(post)).kind).toBe('answer');
    expect((await transport.send(post)).kind).toBe('lost');
    expect(server.arrived).toHaveLength(2);
  });

  test('cancelled after it was sent', async () => {
    const abort = new AbortController();
    const server = await http(() => abort.abort());
    expect(await transportTo(server.url).send(post, { signal: abort.signal })).toMatchObject({ kind: 'lost' });
  });
});

describe('answered', () => {
  test('HTML with 503 is an answer, with its headers', async () => {
    const server = await http((_received, response) => {
      response.writeHead(503, { 'content-type': 'text/html', 'retry-after': '3' }).end('<html>مرحبا</html>');
    });
    expect(await transportTo(server.url).send(post)).toMatchObject({
      kind: 'answer',
      answer: { status: 503, headers: { 'retry-after': '3' }, text: '<html>مرحبا</html>' },
    });
  });

  test('connections are kept; a fresh one is new and closed afterwards', async () => {
    const server = await http((_received, response) => json(response, 200, {}));
    const transport = transportTo(server.url);
    for (let call = 0; call < 20; call += 1) await transport.send(post);
    const kept = new Set(server.received.map(({ socket }) => socket.remotePort));
    expect(kept.size).toBeLessThanOrEqual(4);
    await transport.send(post, { fresh: true });
    const fresh = server.received.at(-1);
    expect(kept.has(fresh?.socket.remotePort)).toBe(false);
    expect(fresh?.headers.connection).toBe('close');
    await expect.poll(() => fresh?.socket.destroyed).toBe(true);
  });

  test('beforeSend runs once for each request, and after it the request is on the wire', async () => {
    const server = await http((_received, response) => json(response, 200, {}));
    const seen: number[] = [];
    const transport = transportTo(server.url);
    for (const turn of [0, 1]) {
      await transport.send(post, { beforeSend: () => void seen.push(server.received.length - turn) });
    }
    expect(seen).toEqual([0, 0]);
    expect(server.received.map(({ body }) => body)).toEqual([{ a: 1 }, { a: 1 }]);
  });
});
