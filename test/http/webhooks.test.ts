import { expect, test } from 'vitest';
import { webhookAnswer } from '../../src/http/webhooks.ts';
import { openBridge } from '../support/bridge.ts';
import { openNetwork } from '../support/network.ts';
import { httpOf } from './harness.ts';
import { keys, send, signedEvent, statusEvent, withWebhooks } from './webhooks.ts';

interface Row {
  readonly type: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly order_id: string | null;
  readonly event_at: Date | null;
  readonly late: boolean;
  readonly repeats: number;
}

async function open(more: object = {}) {
  const bridge = await openBridge({ config: { ...withWebhooks, webhooks: { ...withWebhooks.webhooks, ...more } } });
  const { origin, stop } = await httpOf(bridge);
  const rows = () => bridge.db.query<Row>('select * from webhook_event order by id');
  const metric = async (type: string, result: string) => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    const [, count = '0'] =
      new RegExp(`oto_bridge_webhook_events_total{type="${type}",result="${result}"} (\\d+)`).exec(text) ?? [];
    return Number(count);
  };
  return { bridge, origin, stop, rows, metric };
}

const orderError = {
  orderId: 'A-1',
  errorCode: 'deliveryCompanyError',
  errorMessage: 'no',
  timestamp: '1763700000000',
};
const newOrder = { order: { incrementId: 'A-1', otoId: 5, status: 'assignedToWarehouse' }, timestamp: 1763700000000 };
const wallet = { orderId: 'A-1', transactionStatus: 'done', amount: -5, timestamp: '1763700000000' };

test('every documented form of key and signature is taken, and the event is stored as it came', async () => {
  const { origin, rows } = await open();
  const { secretKey: key, authorizationKey } = keys;
  const sign = (type: Parameters<typeof signedEvent>[0], body: object, variant?: string) =>
    signedEvent(type, body as Record<string, unknown>, { key, ...(variant === undefined ? {} : { variant }) });
  const events: [type: string, body: object][] = [
    ['orderStatus', statusEvent('A-1', 'packed', 1763700000000)],
    ['shipmentError', sign('shipmentError', { ...orderError, status: 'failed' }, 'status')],
    ['shipmentError', sign('shipmentError', orderError, 'errorCode')],
    ['shipmentError', sign('shipmentError', orderError, 'empty')],
    ['newOrders', sign('newOrders', newOrder, 'nested')],
    ['newOrders', sign('newOrders', { ...newOrder, orderId: 'A-1', status: 'new' }, 'documented')],
    ['newOrders', newOrder],
    ['walletTransaction', sign('walletTransaction', wallet)],
    ['walletTransactions', sign('walletTransaction', { ...wallet, amount: 3 })],
  ];
  const forms = [authorizationKey, `Bearer ${authorizationKey}`, `bearer  ${authorizationKey}`];
  for (const [index, [type, body]] of events.entries()) {
    const method = index % 2 === 0 ? 'POST' : 'PUT';
    const { status, body: answer } = await send(origin, type, body, { authorization: forms[index % 3], method });
    expect({ type, status, index }).toEqual({ type, status: 200, index });
    expect(webhookAnswer.strict().parse(answer)).toMatchObject({ again: false });
  }
  const stored = await rows();
  expect(stored.map(({ body }) => JSON.parse(body.toString()))).toEqual(events.map(([, body]) => body));
  expect(new Set(stored.map(({ order_id }) => order_id))).toEqual(new Set(['A-1']));
  expect(stored[8]?.type).toBe('walletTransaction');
  expect(stored[0]?.event_at?.getTime()).toBe(1763700000000);
  expect(stored[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: null });
  expect(JSON.stringify(stored.map(({ headers }) => headers))).not.toContain(authorizationKey);
});

test('what is not proven is refused alike, stored nowhere and counted', async () => {
  const { origin, rows, metric } = await open();
  const good = statusEvent('A-1', 'packed');
  const forged = { ...good, status: 'canceled' };
  const unsigned = { orderId: 'A-1', status: 'packed', timestamp: '1' };
  const answers = await Promise.all([
    send(origin, 'orderStatus', good, { authorization: '' }),
    send(origin, 'orderStatus', good, { authorization: 'Bearer wrong-wrong-wrong-wrong' }),
    send(origin, 'orderStatus', good, { authorization: `Basic ${keys.authorizationKey}` }),
    send(origin, 'nothing', good, { authorization: 'wrong' }),
    send(origin, 'constructor', good, { authorization: 'wrong' }),
    send(origin, 'orderStatus', forged),
    send(origin, 'orderStatus', unsigned),
    send(origin, 'newOrders', { ...newOrder, signature: 'AAAA' }),
    send(origin, 'orderStatus', { ...good, signature: { toString: 'x' } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body.error))).size).toBe(1);
  expect(await rows()).toEqual([]);
  expect(await metric('orderStatus', 'refused')).toBe(6);
  expect(await metric('unknown', 'refused')).toBe(2);

  expect((await send(origin, 'orderStatus', 'no JSON')).status).toBe(400);
  expect((await send(origin, 'orderStatus', '[1]')).status).toBe(400);
  expect((await send(origin, 'nothing', good)).status).toBe(404);
  expect((await send(origin, 'orderStatus', 'x'.repeat(300_000))).status).toBe(413);
  expect(await metric('orderStatus', 'invalid')).toBe(2);
  expect(await rows()).toEqual([]);
});

test('without webhooks in the configuration, nothing is taken', async () => {
  const bridge = await openBridge({ config: { http: { port: 0 } } });
  const { origin } = await httpOf(bridge);
  for (const authorization of ['', 'undefined', keys.authorizationKey])
    expect((await send(origin, 'orderStatus', statusEvent('A', 'packed'), { authorization })).status).toBe(401);
});

test('what comes again is the same event, also at once; what is older than a newer one of its order is late', async () => {
  const { origin, rows, metric } = await open();
  const at = Date.now();
  const packed = statusEvent('A-1', 'packed', at);
  const burst = await Promise.all(Array.from({ length: 20 }, () => send(origin, 'orderStatus', packed)));
  expect(burst.filter(({ body }) => body.again === false)).toHaveLength(1);
  expect(await send(origin, 'orderStatus', packed)).toMatchObject({ status: 200, body: { again: true, late: false } });
  expect(await rows()).toMatchObject([{ repeats: 20, late: false }]);
  const late = async (body: object, type = 'orderStatus') => (await send(origin, type, body)).body.late;
  expect(await late(statusEvent('A-1', 'picked', at - 1000))).toBe(true);
  expect(await late(statusEvent('A-1', 'shipped', at))).toBe(false);
  expect(await late(statusEvent('A-2', 'picked', at - 1000))).toBe(false);
  expect(
    await late(
      signedEvent('shipmentError', { ...orderError, timestamp: String(at - 1000) }, { key: keys.secretKey }),
      'shipmentError',
    ),
  ).toBe(false);
  // Four days old, and the first that is heard of this order.
  expect(await late(statusEvent('A-3', 'picked', at - 4 * 86_400_000))).toBe(true);
  // A clock that is wrong by a day says nothing of what is newer.
  expect(await late(statusEvent('A-4', 'picked', at + 86_400_000))).toBe(false);
  expect(await late(statusEvent('A-4', 'packed', at))).toBe(false);
  // One that came as text of another format.
  expect(await late(statusEvent('A-5', 'packed', '2026-11-21 12:00:00' as never))).toBe(false);
  expect([await metric('orderStatus', 'again'), await metric('orderStatus', 'late')]).toEqual([20, 2]);
});

test('an order id that no order can have is no reason to lose the event, nor those beside it', async () => {
  const { origin, rows } = await open();
  const odd = ['', '\u0000', 'x'.repeat(5000), '\ud800', 'A\nB'];
  const bodies = [...odd, 'A-1'].map((orderId) => statusEvent(orderId, 'packed'));
  const answers = await Promise.all(bodies.map((body) => send(origin, 'orderStatus', body)));
  expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200));
  expect((await rows()).map(({ order_id }) => order_id).filter((id) => id === 'A-1')).toEqual(['A-1']);
  expect(await rows()).toHaveLength(6);
});

test('what cannot be stored is answered with 503: while the database is away, and while the worker stops', async () => {
  const { bridge } = await open();
  const network = await openNetwork(bridge.db.url);
  await bridge.reopen({ database: { url: network.url } });
  const { origin, stop } = await httpOf(bridge);
  const status = async (order: string) => (await send(origin, 'orderStatus', statusEvent(order, 'packed'))).status;
  expect(await status('A-1')).toBe(200);
  network.cut();
  expect(await status('A-2')).toBe(503);
  network.mend();
  await expect.poll(() => status('A-2'), { timeout: 10_000 }).toBe(200);
  stop.abort(new Error('it stops'));
  expect(await status('A-3')).toBe(503);
  const stored = await bridge.db.query<{ order_id: string }>('select order_id from webhook_event order by id');
  expect(stored.map(({ order_id }) => order_id)).toEqual(['A-1', 'A-2']);
  await network.close();
});
