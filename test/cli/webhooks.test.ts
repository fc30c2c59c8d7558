import { expect, test, vi } from 'vitest';
import { keys } from '../http/webhooks.ts';
import { freePort } from '../real/free-port.ts';
import { type Ended, jsonOf, openSite, until } from '../support/process.ts';

// Commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 60_000 });

const { authorizationKey, secretKey } = keys;

interface Webhooks {
  readonly webhooks: readonly {
    readonly type: string;
    readonly state?: string;
    readonly action?: string;
    readonly id: string;
  }[];
}
interface Events {
  readonly events: readonly {
    readonly id: number;
    readonly type: string;
    readonly state: string;
    readonly effect: string;
  }[];
}

test('registered by a command, OTO tells of a new order, of its end, and of trouble; removed, it tells no more', async () => {
  const port = await freePort();
  const site = await openSite({
    config: {
      http: { port },
      webhooks: { url: `http://127.0.0.1:${port}`, ...keys },
      flows: { packing: {}, products: undefined, stock: undefined, documents: undefined } as never,
    },
  });
  const { simulator, db } = site;
  simulator.seed({ products: [{ sku: 'A' }] });
  const outputs: Ended[] = [];
  const run = async <T>(...args: string[]): Promise<T & { code: number | null }> => {
    const ended = await site.run(...args);
    outputs.push(ended);
    return { ...jsonOf<T>(ended), code: ended.code };
  };
  const checked = await run<{ checks: { what: string; ok: boolean; detail: string }[] }>('check');
  expect(checked.checks.find(({ what }) => what === 'webhooks')).toMatchObject({
    ok: false,
    detail: 'not registered: newOrders, orderStatus, shipmentError, walletTransaction',
  });
  const registered = await run<Webhooks>('webhooks', 'register');
  expect(registered).toMatchObject({ code: 0, webhooks: Array(4).fill({ action: 'create', state: 'registered' }) });

  const worker = site.start('run');
  await until('the worker', () => worker.stdout.includes('\n') || !worker.running);
  const order = async (id: string) =>
    (
      await db.query<{ state: string; why: string | null; problem: string | null }>(
        'select * from packing_order where order_id = $1',
        [id],
      )
    )[0];
  simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  simulator.staff.readyOrder('SO-1');
  await until('the order', async () => (await order('SO-1'))?.state === 'ready');
  simulator.deliveries.send({ type: 'shipmentError', orderId: 'SO-1', errorMessage: 'No driver' });
  await until('its trouble', async () => (await order('SO-1'))?.problem?.startsWith('OTO reported: No driver'));
  simulator.deliveries.send({ type: 'walletTransaction', orderId: 'SO-1' });
  simulator.staff.cancelOrder('SO-1');
  await until('its end', async () => (await order('SO-1'))?.state === 'left');
  expect((await order('SO-1'))?.why).toMatch(/cancel+ed in OTO/);
  await simulator.deliveries.idle();
  await until('no more to do', async () => {
    const open = await db.query(`select from webhook_event where state = 'received'`);
    return open.length === 0;
  });
  worker.signal('SIGTERM');
  outputs.push(await worker.ended);

  const { events } = await run<Events>('webhooks', 'events');
  expect(events.map(({ type, state }) => `${type} ${state}`).sort()).toEqual([
    'newOrders done',
    'orderStatus done',
    'orderStatus done',
    'orderStatus done',
    'shipmentError done',
    'walletTransaction done',
  ]);
  const payment = events.find(({ type }) => type === 'walletTransaction');
  expect(await run<{ event: object }>('webhooks', 'events', String(payment?.id))).toMatchObject({
    event: { order: 'SO-1', body: { amount: -20 }, headers: { authorization: null } },
  });
  expect(await run('webhooks', 'remove')).toMatchObject({ code: 0, removed: Array(4).fill({ state: 'removed' }) });
  expect(simulator.state.webhooks.rows.size).toBe(0);
  for (const { stdout, stderr } of outputs)
    for (const secret of [authorizationKey, secretKey]) expect(stdout + stderr).not.toContain(secret);
});

test('in production nothing is written without --yes', async () => {
  const site = await openSite({
    config: { oto: { environment: 'production' }, webhooks: { url: 'https://bridge.example.com', ...keys } },
  });
  const ended = await site.run('webhooks', 'register');
  expect(ended.code).toBe(2);
  expect(jsonOf<Webhooks>(ended).webhooks).toMatchObject(Array(4).fill({ action: 'create', state: 'open' }));
  expect(site.calls('postWebhook')).toEqual([]);
});
