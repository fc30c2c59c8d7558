import { expect, test } from 'vitest';
import { listed, readWebhooks, register, registration, remove } from '../../src/engine/webhook-registry.ts';
import type { FaultInput } from '../../src/simulator/faults.ts';
import { keys, withWebhooks } from '../http/webhooks.ts';
import { openBridge } from '../support/bridge.ts';

const signal = AbortSignal.timeout(60_000);

async function open() {
  const bridge = await openBridge({ config: withWebhooks });
  const { app, simulator } = bridge;
  const settings = app.bridge.config.webhooks;
  if (settings === undefined) throw new Error('no webhooks');
  const rows = () => [...simulator.state.webhooks.rows.values()];
  const go = (over: Partial<typeof settings> = {}) => register(app.bridge, { ...settings, ...over }, signal);
  const states = async (over?: Partial<typeof settings>) =>
    (await go(over)).map(({ state, action }) => [action, state]);
  return { bridge, settings, rows, states, go };
}
const writes = ['postWebhook', 'putWebhook', 'deleteWebhook'] as const;
const four = (...pair: string[]) => Array.from({ length: 4 }, () => pair);

test('what is missing is created, what differs is changed, and what is right is left alone', async () => {
  const { bridge, settings, rows, states } = await open();
  expect(await states()).toEqual(four('create', 'registered'));
  expect(rows().map(({ webhookType, url }) => [webhookType, url])).toEqual(
    settings.types.map((type) => [type, `http://127.0.0.1:1/webhooks/oto/${type}`]),
  );
  expect(rows()[0]).toMatchObject({ method: 'POST', ...keys });
  bridge.forget();
  expect(await states()).toEqual(four('none', 'registered'));
  expect(writes.flatMap((name) => bridge.calls(name))).toEqual([]);

  const [first, second] = rows();
  Object.assign(first ?? {}, { method: 'put', timestampFormat: 'yyyy' });
  Object.assign(second ?? {}, { secretKey: 'another' });
  const { app } = bridge;
  expect(listed(await readWebhooks(app.bridge.oto), settings).map(({ keysFit }) => keysFit)).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect(registration(await readWebhooks(app.bridge.oto), settings).map(({ why }) => why)).toEqual([
    ['method', 'time format'],
    ['keys'],
    [],
    [],
  ]);
  expect((await states()).map(([action]) => action)).toEqual(['update', 'update', 'none', 'none']);
  // The worker has moved: there are still four.
  expect(await states({ url: 'https://new.example/' })).toEqual(four('update', 'registered'));
  expect(rows().map(({ url }) => url)).toEqual(
    settings.types.map((type) => `https://new.example/webhooks/oto/${type}`),
  );
});

test('the limit of OTO is said before anything is changed', async () => {
  const { bridge, rows, states } = await open();
  for (let number = 0; number < 7; number += 1)
    bridge.simulator.state.webhooks.add({
      method: 'post',
      url: `https://other.example/${number}`,
      webhookType: 'orderStatus',
    });
  await expect(states()).rejects.toMatchObject({ code: 'WEBHOOK_LIMIT', data: { registered: 7, wanted: 4 } });
  expect(rows()).toHaveLength(7);
  expect(await states({ types: ['newOrders', 'orderStatus', 'shipmentError'] })).toEqual(
    four('create', 'registered').slice(1),
  );
});

test('after a lost answer nothing is sent again: the list tells', async () => {
  const { bridge, rows, states } = await open();
  const once = async (fault: FaultInput) => bridge.simulator.faults.add({ count: 1, ...fault });
  await once({ endpoint: 'postWebhook', kind: 'resetAfter' });
  expect(await states()).toEqual(four('create', 'registered'));
  expect(bridge.calls('postWebhook')).toHaveLength(4);
  expect(rows()).toHaveLength(4);

  const { app } = bridge;
  await once({ endpoint: 'deleteWebhook', kind: 'resetAfter' });
  const ids = rows().map(({ id }) => String(id));
  expect((await remove(app.bridge, ids, signal)).map(({ state }) => state)).toEqual(ids.map(() => 'removed'));
  expect(rows()).toEqual([]);

  bridge.forget();
  await once({ endpoint: 'postWebhook', kind: 'status503' });
  expect((await states()).map(([, state]) => state)).toEqual(['unknown', 'registered', 'registered', 'registered']);
  expect(bridge.calls('postWebhook')).toHaveLength(4);
  expect(await states()).toEqual([['create', 'registered'], ...four('none', 'registered').slice(1)]);
  expect(rows()).toHaveLength(4);
});
