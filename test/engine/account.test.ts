import { expect, test } from 'vitest';
import { defaultRefreshToken } from '../../src/simulator/index.ts';
import { openBridge } from '../support/bridge.ts';

const another = 'refresh-token-of-another-account';

test('a worker that started while OTO was away checks whose account it is before its first call', async () => {
  const bridge = await openBridge({ simulator: { refreshTokens: [defaultRefreshToken, another] } });
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.app.requireAccount();
  const set = { actionType: 'set', sku: 'A', locationCode: 'RUH1', qty: 3 } as const;

  await bridge.reopen({ oto: { refreshToken: another } });
  bridge.simulator.faults.add({ endpoint: 'refreshToken', kind: 'status503', effect: false });
  await bridge.app.requireAccount();
  bridge.simulator.faults.clear();
  const { oto } = bridge.app.bridge;
  expect(await oto.call('updateStockQuantity', set)).toMatchObject({
    kind: 'paused',
    scope: 'account',
    message: expect.stringContaining('another OTO account'),
  });
  expect(await oto.call('checkInventoryStock', { sku: 'A' } as never)).toMatchObject({ kind: 'paused' });
  expect([...bridge.calls('updateStockQuantity'), ...bridge.calls('checkInventoryStock')]).toEqual([]);

  await bridge.reopen();
  bridge.simulator.faults.add({ endpoint: 'refreshToken', kind: 'status503', effect: false });
  await bridge.app.requireAccount();
  bridge.simulator.faults.clear();
  expect(await bridge.app.bridge.oto.call('updateStockQuantity', set)).toMatchObject({ kind: 'ok' });
});

test('a database that belongs to no account yet belongs to the one that OTO names once it is back', async () => {
  const bridge = await openBridge();
  const bound = () => bridge.db.query('select environment from account');
  bridge.simulator.faults.add({ endpoint: 'refreshToken', kind: 'status503', effect: false });
  await bridge.app.requireAccount();
  bridge.simulator.faults.clear();
  expect(await bound()).toEqual([]);
  await bridge.app.bridge.oto.refreshNow();
  expect(await bound()).toEqual([{ environment: 'simulator' }]);
});
