import { expect, onTestFinished, test } from 'vitest';
import type { OtoClient, ParamsOf, TokenSource } from '../../src/oto/index.ts';
import { anytime } from '../../src/oto/limiter.ts';
import { createTransport } from '../../src/oto/transport.ts';
import { clientFor, json, startServer, withTokens } from './server.ts';

const raise = { actionType: 'set', locationCode: 'RUH1', sku: 'A', qty: 4 } as const;
const order: ParamsOf<'createInventoryOrder'> = {
  action: 'inbound',
  locationCode: 'RUH1',
  items: [{ sku: 'A', qty: 4 }],
};
const passed = Number.NEGATIVE_INFINITY;

/** Turns for stock and orders that are good until then, one after the other; the last one stays. The token's own call goes whenever it wants. */
function turnsUntil(...until: number[]): TokenSource & { unused: number } {
  const source = {
    unused: 0,
    take(wanted: Parameters<TokenSource['take']>[0]) {
      if (wanted.waiting().has('reads')) return anytime;
      const [next = passed] = until.length > 1 ? until.splice(0, 1) : until;
      return {
        lane: undefined,
        until: next,
        unused() {
          source.unused += 1;
        },
      };
    },
    changed() {},
    slowDown() {},
  };
  return source;
}

async function clientWith(limiter: TokenSource): Promise<{ client: OtoClient; calls: () => number }> {
  const server = await startServer(withTokens((_received, response) => json(response, 200, { success: true })));
  const client = clientFor(server.url, { limiter });
  onTestFinished(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
  });
  return { client, calls: () => server.received.filter(({ path }) => !path.endsWith('/refreshToken')).length };
}

test.each([
  [
    'on a shared connection',
    (client: OtoClient, beforeSend: () => void) => client.call('updateStockQuantity', raise, { beforeSend }),
  ],
  [
    'on one of its own',
    (client: OtoClient, beforeSend: () => void) => client.call('createInventoryOrder', order, { beforeSend }),
  ],
])('a call whose turn has passed is sent in the next, once: %s', async (_title, call) => {
  const limiter = turnsUntil(passed, passed, Number.POSITIVE_INFINITY);
  const { client, calls } = await clientWith(limiter);
  await client.refreshNow();
  const handedOver: number[] = [];
  const before = client.stats().sent;
  expect(await call(client, () => void handedOver.push(calls()))).toMatchObject({ kind: 'ok' });
  expect([calls(), handedOver.length, limiter.unused, client.stats().sent - before]).toEqual([1, 1, 2, 1]);
  expect(client.stats()).toMatchObject({ active: 0, waiting: 0 });
});

test('a call whose turns have all passed is not sent', async () => {
  const limiter = turnsUntil(passed);
  const { client, calls } = await clientWith(limiter);
  await client.refreshNow();
  const spent: number[] = [];
  client.onOutcome((event) => void spent.push(event.spent.sending));
  expect(await client.call('updateStockQuantity', raise)).toEqual({
    kind: 'not-taken',
    cause: 'fenced',
    message: 'Not sent: each turn had passed before the call could be sent',
  });
  expect([calls(), spent, limiter.unused]).toEqual([0, [0], 20]);
  expect(client.stats()).toMatchObject({ active: 0, waiting: 0 });
});

test('what is late asks nobody whether it may be sent, and leaves a connection that is good', async () => {
  const server = await startServer((_received, response) => json(response, 200, {}));
  const transport = createTransport({ origin: server.url, connections: 1, timeoutMs: 5_000, now: () => 10 });
  onTestFinished(async () => {
    await transport.close();
    await server[Symbol.asyncDispose]();
  });
  const request = { method: 'POST', path: '/x', headers: {}, body: '{}' } as const;
  const asked: number[] = [];
  const send = (until: number) => transport.send(request, { beforeSend: () => void asked.push(until) }, until);
  expect((await send(10)).kind).toBe('answer');
  expect((await send(9)).kind).toBe('late');
  expect((await send(11)).kind).toBe('answer');
  expect(asked).toEqual([10, 11]);
  expect(new Set(server.received.map(({ socket }) => socket.remotePort)).size).toBe(1);
  expect(server.received).toHaveLength(2);
});
