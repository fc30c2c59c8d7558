import { expect, test, vi } from 'vitest';
import { isSettled, judge } from '../../bench/webhooks/judge.ts';
import { readyOrders } from '../../bench/webhooks/orders.ts';
import { plan, send } from '../../bench/webhooks/storm.ts';
import { workEvents } from '../../src/engine/webhook-work.ts';
import { openBridge } from '../support/bridge.ts';
import { httpOf } from './harness.ts';
import { keys, withWebhooks } from './webhooks.ts';

vi.setConfig({ testTimeout: 60_000 });

test('a storm, a fifth of it twice, some forged and all out of order: each event has its effect once, each forged one is refused', async () => {
  const bridge = await openBridge({
    config: {
      ...withWebhooks,
      sources: { erp: { options: { write: { packing: 'out/packing' } } } },
      flows: { packing: { to: 'erp' }, products: undefined, stock: undefined, documents: undefined },
    },
  });
  const { simulator, db } = bridge;
  const orders = Array.from({ length: 40 }, (_, index) => `SO-${index}`);
  readyOrders(simulator, orders);
  await bridge.sync('packing');
  const packed = new Set(orders.slice(0, 20));
  for (const orderId of packed) simulator.staff.packOrder(orderId);
  simulator.requests.clear();

  // Two workers stand, and share the storm.
  const stop = new AbortController();
  const working = [1, 2].map(() => workEvents(bridge.app.bridge, stop.signal));
  const servers = await Promise.all([httpOf(bridge), httpOf(bridge)]);
  const sent = plan({ events: 600, perSecond: 600, orders, keys });
  const halves = await Promise.all(
    servers.map(({ origin }, index) =>
      send(
        origin,
        sent.filter((_, at) => at % 2 === index),
        300,
      ),
    ),
  );
  await expect.poll(() => isSettled(db), { timeout: 30_000 }).toBe(true);
  stop.abort(new Error('the test is over'));
  await Promise.all(working);
  const metrics = await Promise.all(servers.map(async ({ origin }) => (await fetch(`${origin}/metrics`)).text()));
  const sum = (name: 'right' | 'forged', status: string) =>
    halves.reduce((total, half) => total + (half[name][status] ?? 0), 0);
  const result = { right: { 200: sum('right', '200') }, forged: { 401: sum('forged', '401') } };
  const verdict = await judge(db, simulator, sent, result, { packed, metrics: metrics.join('\n') });
  expect(verdict.faults).toEqual([]);
  expect(verdict).toMatchObject({ orders: 40, erpTold: 20, refused: 30, stored: 480, repeats: 120 });
  expect(verdict.late).toBeGreaterThan(0);
  expect(verdict.looks).toBeLessThan(480);
});
