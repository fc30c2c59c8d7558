import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { bringsKey, isSigned } from '../../src/http/webhook-proof.ts';
import type { SwitchValues } from '../../src/simulator/switches.ts';
import { start } from './client.ts';

const keys = { authorizationKey: 'authorization-key-of-tests', secretKey: 'secret-key-of-tests' };
const types = ['orderStatus', 'newOrders', 'shipmentError', 'walletTransaction'] as const;

interface Got {
  readonly path: string;
  readonly method: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown> & {
    signature?: string;
    timestamp?: unknown;
    orderId?: string;
    status?: string;
  };
}

/** A receiver beside an account whose webhooks of every type lead to it. */
async function open(switches: Partial<SwitchValues> = {}, more: Record<string, unknown> = {}) {
  const got: Got[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const { url = '', method = '', headers } = request;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Got['body'];
      got.push({ path: url.slice(1), method, authorization: headers.authorization, body });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const otos = await start({ switches });
  const { simulator, call } = otos;
  for (const webhookType of types)
    await call('postWebhook', { method: 'post', url: `${origin}/${webhookType}`, webhookType, ...keys, ...more });
  simulator.seed({ products: [{ sku: 'A' }] });
  simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  await simulator.deliveries.idle();
  got.length = 0;
  return {
    ...otos,
    got,
    answers,
    /** What came, when all of it has. */
    arrived: async (): Promise<readonly Got[]> => {
      await simulator.deliveries.idle();
      return got;
    },
    [Symbol.asyncDispose]: async () => {
      await otos[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('webhooks are registered, listed, changed and removed; not more than ten, and no address twice', async () => {
  await using otos = await start();
  const { call } = otos;
  const one = { method: 'post', url: 'https://bridge.example.com/1', ...keys };
  const first = await call('postWebhook', one);
  expect(first.body).toMatchObject({ success: true, id: expect.stringMatching(/^\d+$/) });
  const { id } = first.body;
  const code = async (...args: Parameters<typeof call>) => (await call(...args)).body.otoErrorCode;
  expect(await code('postWebhook', one)).toBe('OTO1122');
  expect(await code('postWebhook', { method: 'post' })).toBe('OTO1121');
  expect(await code('postWebhook', { ...one, url: 'https://x.example', secretKey: 'x'.repeat(256) })).toBe('OTO1124');
  expect(await code('postWebhook', { ...one, url: 'https://x.example', authorizationKey: 'x'.repeat(256) })).toBe(
    'OTO1123',
  );
  expect(await code('putWebhook', one)).toBe('OTO1125');
  expect(await code('deleteWebhook', { id: '7' })).toBe('OTO1125');
  for (let number = 2; number <= 10; number += 1)
    expect((await call('postWebhook', { ...one, url: `https://bridge.example.com/${number}` })).status).toBe(200);
  expect(await code('postWebhook', { ...one, url: 'https://bridge.example.com/11' })).toBe('OTO1120');
  expect(await code('putWebhook', { ...one, id, url: 'https://bridge.example.com/2' })).toBe('OTO1122');
  expect((await call('putWebhook', { ...one, id, url: 'https://bridge.example.com/0' })).status).toBe(200);
  const listed = (await call('getWebhook', {})).body.webhooks;
  expect(listed).toHaveLength(10);
  expect(listed[0]).toMatchObject({ id: Number(id), url: 'https://bridge.example.com/0', ...keys });
  expect((await call('deleteWebhook', { id })).status).toBe(200);
  expect((await call('getWebhook', { id })).body.webhooks).toEqual([]);
});

test('every type arrives, signed in every variant, with the key in either form', async () => {
  for (const [authorization, errorSigns, newSigns] of [
    ['bare', 'errorCode', 'nested'],
    ['bearer', 'status', 'documented'],
    ['bare', 'empty', 'none'],
  ] as const) {
    await using otos = await open({
      webhookAuthorization: authorization,
      shipmentErrorSigns: errorSigns,
      newOrdersSigns: newSigns,
    });
    otos.simulator.staff.readyOrder('SO-1');
    for (const type of ['shipmentError', 'walletTransaction'] as const)
      await otos.admin('POST', '/events', { type, orderId: 'SO-1' });
    const got = await otos.arrived();
    expect(got.map(({ path }) => path).sort()).toEqual([...types].sort());
    for (const { path, body, authorization: header, method } of got) {
      const type = path as (typeof types)[number];
      expect(method).toBe('POST');
      expect(header).toBe(authorization === 'bare' ? keys.authorizationKey : `Bearer ${keys.authorizationKey}`);
      expect(bringsKey(header, keys.authorizationKey)).toBe(true);
      expect(isSigned(type, body, { ...keys, unsigned: ['newOrders'] }), path).toBe(true);
      expect(body.signature === undefined).toBe(type === 'newOrders' && newSigns === 'none');
      expect(typeof body.timestamp).toBe(type === 'newOrders' || type === 'walletTransaction' ? 'number' : 'string');
    }
    expect((await otos.admin('GET', '/deliveries')).body.deliveries.slice(-4)).toMatchObject(
      got.map(() => ({ status: 200, attempt: 1 })),
    );
  }
});

test('what was not taken comes again, what was taken may, late and the other way round', async () => {
  await using otos = await open({ deliveriesAgain: 1, deliveryOrder: 'reversed' });
  otos.answers.push(503);
  const { staff } = otos.simulator;
  for (const step of ['readyOrder', 'pickOrder', 'packOrder'] as const) staff[step]('SO-1');
  const statuses = (await otos.arrived()).flatMap(({ path, body }) => (path === 'orderStatus' ? [body.status] : []));
  expect(statuses.filter((status, index) => status !== statuses[index - 1])).toEqual([
    'packed',
    'picked',
    'assignedToWarehouse',
  ]);
  const list = otos.simulator.deliveries
    .list()
    .filter(({ type, body }) => type === 'orderStatus' && body.status === 'packed');
  expect(list.filter(({ again }) => again)).toHaveLength(1);
  // The refused one may have been that of newOrders.
  expect(otos.simulator.deliveries.list().filter(({ status }) => status === 503)).toMatchObject([{ attempt: 1 }]);
  expect(list.filter(({ status }) => status === 200)).toHaveLength(2);
});

test('the prefix is taken off, the time has the format that was asked for, and packing may stay untold', async () => {
  await using otos = await open(
    { packingTold: false, newOrdersAt: 'new' },
    { orderPrefix: 'SO-', timestampFormat: 'yyyy-MM-dd HH:mm:ss', method: 'put' },
  );
  const { staff } = otos.simulator;
  for (const step of ['readyOrder', 'pickOrder', 'shipOrder'] as const) staff[step]('SO-1');
  const got = await otos.arrived();
  expect(got.map(({ body }) => body.status)).toEqual(['assignedToWarehouse', 'pickedUp']);
  for (const { body, method } of got) {
    expect([body.orderId, method]).toEqual(['1', 'PUT']);
    expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(isSigned('orderStatus', body, { ...keys, unsigned: [] })).toBe(true);
  }
});
