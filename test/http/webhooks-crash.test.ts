import { expect, test, vi } from 'vitest';
import { readyOrders } from '../../bench/webhooks/orders.ts';
import { openSite, until } from '../support/process.ts';
import { send, statusEvent, withWebhooks } from './webhooks.ts';
import { startWorker } from './worker.ts';

// Workers, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 60_000 });

test('kill -9 in the middle of a storm loses nothing that was answered; each event has its effect, and none twice', async () => {
  const site = await openSite({
    config: {
      ...withWebhooks,
      sources: { erp: { connector: 'csv', options: { dir: 'erp', write: { packing: 'out' } } } },
      flows: { packing: { to: 'erp' }, products: undefined, stock: undefined, documents: undefined } as never,
    },
  });
  const { simulator, db } = site;
  const orders = Array.from({ length: 60 }, (_, index) => `SO-${index}`);
  readyOrders(simulator, orders);
  expect((await site.sync('packing')).code).toBe(0);
  for (const orderId of orders) simulator.staff.packOrder(orderId);

  // Looks go on while events come in, so that the kill meets both.
  simulator.faults.add({ endpoint: 'orderDetails', kind: 'latency', ms: 40 });
  const first = await startWorker(site);
  const answered: string[] = [];
  let sent = 0;
  const storm = orders.flatMap((orderId) =>
    ['assignedToWarehouse', 'picked', 'packed'].map((status) => ({ orderId, status })),
  );
  const tell = async ({ orderId, status }: (typeof storm)[number]): Promise<void> => {
    sent += 1;
    const body = JSON.stringify(statusEvent(orderId, status));
    const { status: code } = await send(first.origin, 'orderStatus', body).catch(() => ({ status: 0 }));
    if (code === 200) answered.push(body);
  };
  const queue = storm.values();
  const senders = Array.from({ length: 12 }, async () => {
    for (const event of queue) await tell(event);
  });
  await until('some looks', () => site.calls('orderDetails').length > 5 && sent > 60);
  await first.kill();
  await Promise.all(senders);
  expect(answered.length).toBeGreaterThan(20);
  const kept = await db.query<{ body: Buffer; state: string }>('select body, state from webhook_event');
  const bodies = new Set(kept.map(({ body }) => body.toString()));
  expect(answered.filter((body) => !bodies.has(body))).toEqual([]);
  expect(kept.some(({ state }) => state === 'received')).toBe(true);

  const second = await startWorker(site);
  await until('no more to do', async () => {
    const open = await db.query(`select from webhook_event where state = 'received'`);
    return open.length === 0;
  });
  const named = new Set(kept.map(({ body }) => (JSON.parse(body.toString()) as { orderId: string }).orderId));
  const packed = await db.query<{ order_id: string }>(`select order_id from packing_order where state = 'packed'`);
  expect(packed.map(({ order_id }) => order_id).sort()).toEqual([...named].sort());
  const told = await db.query<{ key: string }>(`select key from operation where kind = 'erp-command'`);
  expect(told.map(({ key }) => key).sort()).toEqual([...named].map((id) => `set-packing-status/${id}/packed`).sort());
  second.signal('SIGTERM');
  expect(await second.ended).toMatchObject({ code: 0 });
});
