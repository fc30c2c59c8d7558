import { expect, test } from 'vitest';
import { getPlan } from '../../src/store/plans.ts';
import { openBridge, short, type TestBridge } from '../support/bridge.ts';

async function prepared(options: Parameters<typeof openBridge>[0] = {}): Promise<TestBridge> {
  const bridge = await openBridge(options);
  bridge.simulator.seed({
    products: [{ sku: 'A' }, { sku: 'B' }],
    stock: [
      { sku: 'A', location: 'RUH1', onHand: 9 },
      { sku: 'B', location: 'RUH1', onHand: 4 },
    ],
  });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['B', 'RUH-MAIN', 3],
    ['B', 'JED-1', 0],
  ]);
  return bridge;
}
const writes = (bridge: TestBridge) =>
  bridge
    .calls('updateStockQuantity')
    .map(({ params }) => `${params?.sku} ${params?.qty}`)
    .sort();

test('a plan is applied as it was shown, once', async () => {
  const bridge = await prepared();
  const { plan, run, items } = await bridge.plan('stock');
  expect(run).toMatchObject({ status: 'done', outcome: 'changed' });
  expect(short(items)).toEqual(['RUH1 A 9→5', 'RUH1 B 4→3']);
  expect(writes(bridge)).toEqual([]);
  expect((await bridge.apply('stock', plan)).run).toMatchObject({
    status: 'done',
    outcome: 'changed',
    counts: { landed: 2 },
  });
  expect(writes(bridge)).toEqual(['A 5', 'B 3']);
  expect((await bridge.apply('stock', plan)).run).toMatchObject({ status: 'failed', error: { code: 'WRONG_STATE' } });
  expect((await bridge.apply('stock', 4711)).run).toMatchObject({ status: 'failed', error: { code: 'PLAN_UNKNOWN' } });
});

test('what apply has read is not read once more before it is sent', async () => {
  const bridge = await prepared();
  const { plan } = await bridge.plan('stock');
  await bridge.db.query(`update plan_item set detail = detail || '{"readAt": "2026-01-01T00:00:00Z"}'`);
  bridge.forget();
  expect((await bridge.apply('stock', plan)).run.counts).toMatchObject({ landed: 2 });
  expect(bridge.calls('checkInventoryStock')).toHaveLength(1);
});

test('apply drops and names what moved in OTO since', async () => {
  const bridge = await prepared();
  const { plan } = await bridge.plan('stock');
  bridge.simulator.staff.setOnHand('A', 'RUH1', 7);
  const { run, applied } = await bridge.apply('stock', plan);
  expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { landed: 1 } });
  expect(applied?.moved.map(({ item }) => item.sku)).toEqual(['A']);
  expect(run.notes.find((note) => note.kind === 'moved')?.message).toMatch(/A at RUH1 .* 9 .* 7 now/);
  expect(writes(bridge)).toEqual(['B 3']);
  expect(short((await bridge.items(plan)).filter((item) => item.outcome?.startsWith('moved')))).toEqual(['RUH1 A 9→5']);
});

test.each([
  [
    'too old',
    async (bridge: TestBridge) =>
      void (await bridge.db.query(`update plan set created_at = now() - interval '61 minutes'`)),
  ],
  [
    'a newer snapshot was read',
    async (bridge: TestBridge) => {
      await bridge.db.query(
        `insert into snapshot (source, entity, status, as_of) values ('erp', 'stock', 'complete', now())`,
      );
    },
  ],
  [
    'the configuration maps something else',
    (bridge: TestBridge) => bridge.reopen({ sources: { erp: { units: { CTN: '24' } } } }),
  ],
  [
    'a buffer was set',
    (bridge: TestBridge) =>
      bridge.reopen({ locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'], buffer: 1 }] }),
  ],
  [
    'a receipt became pending',
    async (bridge: TestBridge) => {
      await bridge.erp.documents('1', [
        { id: 'R1', number: 'R1', date: new Date().toISOString().slice(0, 10), lines: { A: 1 } },
      ]);
      await bridge.plan('documents');
    },
  ],
  ['a newer plan was made', async (bridge: TestBridge) => void (await bridge.plan('stock', { sku: 'B' }))],
])('a stale plan is refused: %s', async (_, change) => {
  const bridge = await prepared();
  const { plan } = await bridge.plan('stock');
  await change(bridge);
  expect((await bridge.apply('stock', plan)).run).toMatchObject({ status: 'failed', error: { code: 'PLAN_STALE' } });
  expect(writes(bridge)).toEqual([]);
});

test('of two plans the older one is stale, the newer one holds', async () => {
  const bridge = await prepared();
  const first = await bridge.plan('stock');
  const second = await bridge.plan('stock');
  expect((await getPlan(bridge.db, first.plan?.id ?? 0))?.status).toBe('stale');
  expect((await bridge.apply('stock', second.plan)).run.counts).toMatchObject({ landed: 2 });
});

test('a sync while the flow runs already says who holds it', async () => {
  const bridge = await prepared();
  const lock = await bridge.db.lock('run/stock/erp');
  const { run } = await bridge.sync('stock');
  await lock?.release();
  expect(run.status).toBe('busy');
  expect(writes(bridge)).toEqual([]);
});
