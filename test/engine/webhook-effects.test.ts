import { expect, test } from 'vitest';
import { readyOrders } from '../../bench/webhooks/orders.ts';
import { plainText, timeOf } from '../../src/engine/webhook-body.ts';
import { webhookIntake } from '../../src/engine/webhook-intake.ts';
import { workRound } from '../../src/engine/webhook-work.ts';
import { sha256 } from '../../src/lib/hash.ts';
import type { WebhookType } from '../../src/oto/index.ts';
import { getPackingOrder } from '../../src/store/packing.ts';
import { withWebhooks } from '../http/webhooks.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

const packing = {
  ...withWebhooks,
  sources: { erp: { options: { write: { stock: 'out/stock', packing: 'out/packing' } } } },
  flows: { packing: { to: 'erp' }, products: undefined, stock: undefined, documents: undefined },
};

/** A bridge that knows orders, and what OTO tells of them. */
async function open(orders: readonly string[]) {
  const bridge = await openBridge({ config: packing });
  readyOrders(bridge.simulator, orders);
  await bridge.sync('packing');
  bridge.forget();
  const intake = webhookIntake(bridge.app.bridge);
  const tell = (type: WebhookType, orderId: string | null, more: object = {}, eventAt: Date | null = new Date()) => {
    const body = Buffer.from(JSON.stringify({ orderId, ...more, at: eventAt }));
    return intake.store({ fingerprint: sha256(body), type, body, headers: {}, eventAt, orderId });
  };
  const work = () => workRound(bridge.app.bridge, { signal: AbortSignal.timeout(20_000), quiet: 0 });
  const known = (orderId: string) => getPackingOrder(bridge.db, orderId);
  return { bridge, tell, work, known };
}

const events = (bridge: TestBridge) =>
  bridge.db.query<{ order_id: string; state: string; late: boolean; effect: string; attempts: number }>(
    'select order_id, state, late, effect, attempts from webhook_event order by id',
  );
const told = async (bridge: TestBridge) =>
  (await bridge.db.query(`select from operation where kind = 'erp-command'`)).length;

test('what OTO shows counts, and not what the event says', async () => {
  const { bridge, tell, work, known } = await open(['SO-1', 'SO-2', 'SO-3']);
  const { staff } = bridge.simulator;
  await tell('orderStatus', 'SO-1', { status: 'canceled' });
  staff.cancelOrder('SO-2');
  await tell('orderStatus', 'SO-2', { status: 'packed' });
  staff.pickOrder('SO-3');
  staff.packOrder('SO-3');
  for (const status of ['picked', 'packed', 'shipped']) await tell('orderStatus', 'SO-3', { status });
  await work();
  expect(await known('SO-1')).toMatchObject({ state: 'ready' });
  expect(await known('SO-2')).toMatchObject({ state: 'left', why: expect.stringMatching(/cancel+ed in OTO/) });
  expect(await known('SO-3')).toMatchObject({ state: 'packed' });
  expect(bridge.calls('orderDetails')).toHaveLength(3);
  expect(await told(bridge)).toBe(1);
  const done = await events(bridge);
  expect(done.map(({ state }) => state)).toEqual(done.map(() => 'done'));
  expect(done[0]?.effect).toBe('OTO shows the order as assignedToWarehouse');

  // The same once more changes nothing, and tells nobody.
  await tell('orderStatus', 'SO-3', { status: 'packed', again: true });
  await work();
  expect(await told(bridge)).toBe(1);
});

test('a thousand events about one order are one look; late ones and payments are none', async () => {
  const { bridge, tell, work } = await open(['SO-1']);
  const now = Date.now();
  const many = Array.from({ length: 1000 }, (_, index) => tell('orderStatus', 'SO-1', {}, new Date(now + index)));
  await Promise.all(many);
  await work();
  expect(bridge.calls('orderDetails')).toHaveLength(1);
  const late = await tell('orderStatus', 'SO-1', {}, new Date(now - 5));
  expect(late.late).toBe(true);
  await tell('walletTransaction', 'SO-1', { amount: 5 });
  await tell('orderStatus', null);
  await work();
  expect(bridge.calls('orderDetails')).toHaveLength(1);
  const done = await events(bridge);
  expect(new Set(done.map(({ state }) => state))).toEqual(new Set(['done']));
  expect(done.slice(1000).map(({ effect }) => effect)).toEqual([
    'nothing: a newer event of this order is known',
    'kept for people to read',
    'names no order: nothing to look up',
  ]);
});

test('new orders have the lists read, once for all of them, unless they are known', async () => {
  const { bridge, tell, work } = await open(['SO-1']);
  await Promise.all(['SO-1', 'SO-7', 'SO-8'].map((orderId) => tell('newOrders', orderId)));
  await work();
  expect(bridge.calls('orderDetails')).toEqual([]);
  const jobs = await bridge.db.query(
    `select from oto_bridge_jobs.job where name = 'flows' and data->>'flow' = 'packing'`,
  );
  expect(jobs).toHaveLength(1);
  const effects = new Map((await events(bridge)).map(({ order_id, effect }) => [order_id, effect]));
  const read = 'the lists of orders to be packed are read';
  expect(Object.fromEntries(effects)).toEqual({ 'SO-1': 'listed here already', 'SO-7': read, 'SO-8': read });
});

test('a shipment error is shown in words that OTO said, clean and bounded; an older one does not come back', async () => {
  const { bridge, tell, work, known } = await open(['SO-1']);
  const now = Date.now();
  const hostile = `<script>alert(1)</script>No\u202e driver\u0000\n ${'x'.repeat(5000)}`;
  await tell(
    'shipmentError',
    'SO-1',
    { errorMessage: hostile, deliveryCompany: 'Fast <b>&', errorCode: 7 },
    new Date(now),
  );
  await work();
  const problem = (await known('SO-1'))?.problem ?? '';
  expect(problem).toMatch(/^OTO reported: alert\(1\) No driver x+… \(Fast &, 7\)$/);
  expect(problem.length).toBeLessThan(450);
  await tell('shipmentError', 'SO-1', { errorMessage: 'old' }, new Date(now - 1000));
  await work();
  expect((await known('SO-1'))?.problem).toBe(problem);
  await tell('shipmentError', 'SO-1', { errorMessage: 'new' }, new Date(now + 1000));
  await work();
  expect((await known('SO-1'))?.problem).toBe('OTO reported: new');
  for (const step of ['pickOrder', 'packOrder', 'shipOrder'] as const) bridge.simulator.staff[step]('SO-1');
  await tell('orderStatus', 'SO-1', {}, new Date(now + 2000));
  await work();
  expect((await known('SO-1'))?.problem).toBeNull();
});

test('while OTO is away events wait, and cost none of their tries; an order that OTO does not show is no fault', async () => {
  const { bridge, tell, work } = await open(['SO-1']);
  const fault = bridge.simulator.faults.add({ endpoint: 'orderDetails', kind: 'status503' });
  await tell('orderStatus', 'SO-1');
  expect(await work()).toBe('away');
  expect(await events(bridge)).toMatchObject([{ state: 'received', attempts: 0 }]);
  bridge.simulator.faults.remove(fault.id);
  await bridge.db.query('update webhook_event set next_at = now()');
  await tell('orderStatus', 'SO-99');
  expect(await work()).toBe('done');
  expect(await events(bridge)).toMatchObject([
    { state: 'done', effect: 'OTO shows the order as assignedToWarehouse' },
    { state: 'done', effect: 'OTO does not show the order: not among the orders to be packed here' },
  ]);
});

test("OTO's time is milliseconds since the epoch, as a number or text, and of no future; its words are plain text", () => {
  const now = 1_763_700_000_000;
  for (const timestamp of [now, String(now)]) expect(timeOf({ timestamp }, now)?.getTime()).toBe(now);
  for (const timestamp of [now + 86_400_000, '2026-11-21 10:00:00', '', null, undefined, {}, Number.NaN, 1763700000])
    expect(timeOf({ timestamp }, now)).toBeNull();
  expect(plainText('  السائق\u200f غير <b>متاح</b>\u2066 ')).toBe('السائق غير متاح');
  expect([plainText({ a: 1 }), plainText(undefined), plainText(5), plainText('😀'.repeat(9), 4)]).toEqual([
    '',
    '',
    '5',
    '😀😀😀…',
  ]);
});
