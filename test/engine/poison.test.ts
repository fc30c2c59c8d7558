import { expect, test, vi } from 'vitest';
import { listOperations } from '../../src/store/operations.ts';
import { openBridge } from '../support/bridge.ts';
import { openFront, type Passed } from '../support/front.ts';
import { until } from '../support/process.ts';

// On a machine that does much else beside.
vi.setConfig({ testTimeout: 90_000 });

const skus = Array.from({ length: 100 }, (_, index) => `SKU-${String(index + 1).padStart(3, '0')}`);
const poison = 'SKU-050';
const isPoison = ({ endpoint, body }: Passed) =>
  endpoint === 'updateStockQuantity' && (JSON.parse(body) as { sku: string }).sku === poison;

async function openBehindFront(some = skus) {
  const front = await openFront();
  const bridge = await openBridge({
    config: { oto: { baseUrl: front.baseUrl }, push: { leaseSeconds: 3, waitMinutes: 0.5 } },
  });
  front.target = bridge.simulator.url;
  bridge.simulator.seed({ products: some.map((sku) => ({ sku })), stock: 5 });
  await bridge.erp.stock(some.map((sku) => [sku, 'RUH-MAIN', 9] as const));
  return { bridge, front };
}

test('one poison SKU among a hundred: refused, or answered with what no database can store, and 99 go through', async () => {
  const { bridge, front } = await openBehindFront();
  front.instead = (call) =>
    isPoison(call)
      ? { status: 400, body: '{"success":false,"otoErrorCode":"OTO1135","otoErrorMessage":"stock \\u0000 invalid"}' }
      : undefined;
  const { run } = await bridge.sync('stock');
  expect(run.counts).toMatchObject({ landed: 99, refused: 1, parked: 0 });
  const [refused] = await listOperations(bridge.db, { states: ['refused'] });
  expect(refused).toMatchObject({ sku: poison, attempts: 1, why: 'OTO refused it: OTO1135 stock \uFFFD invalid' });
  expect(skus.filter((sku) => bridge.onHand(sku) !== 9)).toEqual([poison]);

  // The same in an answer of success: it landed, and is known to have landed without another call.
  await bridge.erp.stock(skus.map((sku) => [sku, 'RUH-MAIN', 8] as const));
  front.instead = (call) =>
    isPoison(call)
      ? { status: 200, body: '{"success":true,"transactionID":7,"warnings":["set \\u0000 \\ud800"]}', after: true }
      : undefined;
  bridge.forget();
  const second = await bridge.sync('stock');
  expect(second.run.counts).toMatchObject({ landed: 100, refused: 0, parked: 0 });
  expect(bridge.calls('updateStockQuantity')).toHaveLength(100);
  expect(skus.filter((sku) => bridge.onHand(sku) !== 8)).toEqual([]);
});

test('an operation at which the bridge itself fails is given up for itself, without a call', async () => {
  const { bridge, front } = await openBehindFront(skus.slice(40, 60));
  const { run } = await bridge.sync('stock');
  expect(run.counts.landed).toBe(20);
  // As an older release, or a person in the tables, might have left them: no call can be made of either.
  const base = `insert into operation (kind, flow, key, lane, location, sku, request, state)`;
  await bridge.db.query(
    `${base} select 'stock-set', 'stock', location || E'\\t' || sku, lane, location, sku, request || '{"qty": 7}', 'ready' from operation`,
  );
  await bridge.db.query(
    `update operation set request = '{"source": "erp", "command": {"name": "no-such-command"}}', kind = 'erp-command', lane = 6 where sku = 'SKU-041' and state = 'ready'`,
  );
  await bridge.db.query(`update operation set request = '{"qty": null}' where sku = $1 and state = 'ready'`, [poison]);
  // At this one the whole push fails, before anything is claimed.
  await bridge.db.query(`update operation set request = '{"qty": {}}' where sku = 'SKU-060' and state = 'ready'`);
  const { bridge: app } = bridge.app;
  await bridge.db.tx(async (tx) => app.jobs.enqueue(tx, await listOperations(tx, { states: ['ready'] })));
  await until('all but one', async () => {
    const open = await listOperations(bridge.db, { states: ['ready', 'sending', 'unknown'] });
    return open.every(({ sku }) => sku === 'SKU-060');
  });
  const given = await listOperations(bridge.db, { states: ['refused'] });
  expect(given.map(({ sku, why }) => [sku, why]).sort()).toEqual([
    ['SKU-041', expect.stringContaining('Not sent')],
    [poison, expect.stringContaining('Not sent')],
  ]);
  expect(skus.slice(40, 60).filter((sku) => bridge.onHand(sku) !== 7)).toEqual(['SKU-041', poison, 'SKU-060']);
  expect(front.passed.filter(isPoison)).toHaveLength(1);
});
