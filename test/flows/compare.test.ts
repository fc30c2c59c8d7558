import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { runJson } from '../../src/cli/run-result.ts';
import { compare } from '../../src/engine/compare.ts';
import type { RunResult } from '../../src/engine/run.ts';
import { startWorking } from '../../src/engine/work.ts';
import { type Operation, operationEvents } from '../../src/store/operations.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

/** Reads before every sending, however young the plan is. */
const always = { push: { compareWithinSeconds: 0 } };

/** Runs `stock` and lets something happen between its plan and its sending, which begins only afterwards. */
async function syncWith(
  bridge: TestBridge,
  meanwhile: (operations: readonly Operation[]) => unknown,
): Promise<RunResult> {
  const { db } = bridge;
  await db.query(`create function rest() returns trigger language plpgsql as
    $$ begin new.not_before := now() + interval '1 hour'; return new; end $$`);
  await db.query('create trigger rest before insert on operation for each row execute function rest()');
  const running = bridge.sync('stock');
  const ready = () => db.query<Operation>(`select * from operation where state = 'ready' order by id`);
  while ((await ready()).length === 0) await delay(10);
  await db.query('drop function rest cascade');
  const operations = await ready();
  bridge.forget();
  await meanwhile(operations);
  await db.query('update operation set not_before = now()');
  await db.tx((tx) => bridge.app.bridge.jobs.enqueue(tx, operations));
  return running;
}

const only = (sku: string, location = 'RUH1') =>
  `select * from operation where sku = '${sku}' and location = '${location}' order by id desc limit 1`;
const operationOf = async (bridge: TestBridge, sku: string, location?: string) =>
  (await bridge.db.query<Operation>(only(sku, location)))[0];
const sent = (bridge: TestBridge) =>
  bridge
    .calls('updateStockQuantity')
    .map(({ params }) => `${params?.locationCode} ${params?.sku} ${params?.qty}`)
    .sort();

function seed(bridge: TestBridge, figures: Readonly<Record<string, number>>, location = 'RUH1'): void {
  const skus = Object.keys(figures);
  const known = skus.map((sku) => ({ sku }));
  bridge.simulator.seed({
    products: location === 'RUH1' ? known : [],
    stock: skus.map((sku) => ({ sku, location, onHand: figures[sku] ?? 0 })),
  });
}

test('what OTO shows right before decides: right already, as planned, or moved by others', async () => {
  const bridge = await openBridge({
    config: {
      ...always,
      locations: [
        { oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] },
        { oto: 'JED1', source: 'erp', erp: ['JED-*'], moved: 'overwrite' },
      ],
    },
  });
  const before = { RAISE: 5, TRUE: 5, LOWER: 9, SOLD: 9, ZERO: 9, SAME: 5 };
  seed(bridge, { ...before, NEW: 0 });
  seed(bridge, { ...before, NEW: 0 }, 'JED1');
  const wanted = { RAISE: 8, TRUE: 8, LOWER: 4, SOLD: 4, ZERO: 0, SAME: 8, NEW: 3 };
  await bridge.erp.stock(
    Object.entries(wanted).flatMap(([sku, quantity]) => [
      [sku, 'RUH-MAIN', quantity] as const,
      [sku, 'JED-1', quantity] as const,
    ]),
  );
  const { run } = await syncWith(bridge, () => {
    for (const location of ['RUH1', 'JED1']) {
      for (const [sku, onHand] of Object.entries({ RAISE: 3, TRUE: 8, LOWER: 6, SOLD: 2, ZERO: 20 }))
        bridge.simulator.staff.setOnHand(sku, location, onHand);
    }
  });

  // A lowering goes, a raise over what was moved only where the location says so, and planned as a lowering it may be a raise by now.
  expect(sent(bridge)).toEqual([
    'JED1 LOWER 4',
    'JED1 NEW 3',
    'JED1 RAISE 8',
    'JED1 SAME 8',
    'JED1 SOLD 4',
    'JED1 ZERO 0',
    'RUH1 LOWER 4',
    'RUH1 NEW 3',
    'RUH1 SAME 8',
    'RUH1 ZERO 0',
  ]);
  const onHand = (location: string) => Object.keys(wanted).map((sku) => bridge.onHand(sku, location));
  expect(onHand('JED1')).toEqual(Object.values(wanted));
  expect(onHand('RUH1')).toEqual([3, 8, 4, 2, 0, 8, 3]);
  expect(run).toMatchObject({
    status: 'done',
    outcome: 'changed',
    counts: { planned: 14, sent: 10, landed: 12, saved: 2, waiting: 2, refused: 0, parked: 0 },
  });
  const moved = run.notes.find((note) => note.kind === 'moved');
  expect(moved).toMatchObject({ count: 6, new: false });
  expect(moved?.message).toMatch(
    /JED1: 3 sent all the same \(LOWER, RAISE, SOLD\); RUH1: 2 held back \(RAISE, SOLD\), 1 sent all the same \(LOWER\)/,
  );
  expect(moved?.figures).toContainEqual({
    sku: 'SOLD',
    location: 'RUH1',
    wanted: 4,
    moved: 'OTO showed 9 when planned and 2 right before',
    held: true,
  });
  const already = await operationOf(bridge, 'TRUE');
  expect(already).toMatchObject({ state: 'landed', evidence: 'already-true', why: expect.stringContaining('already') });
  const held = await operationOf(bridge, 'RAISE');
  expect(held).toMatchObject({ state: 'superseded', attempts: 0 });
  expect((await operationEvents(bridge.db, held?.id ?? 0)).at(-1)).toMatchObject({
    from: 'ready',
    to: 'superseded',
    why: expect.stringMatching(/^held back: OTO showed 5 when planned and 3 right before/),
    detail: { before: 5, wanted: 8, shown: 3 },
  });

  // The run's own window: what was read right before, not for the plan.
  const lag = run.notes.find((note) => note.kind === 'lag');
  const windows = await bridge.db.query<{ window_ms: number }>(
    'select window_ms from operation where window_ms is not null order by 1',
  );
  expect(windows).toHaveLength(10);
  expect(lag?.windowMs?.p99).toBeLessThanOrEqual(windows.at(-1)?.window_ms ?? Number.NaN);
  expect(lag?.windowMs?.p50).toBeGreaterThanOrEqual(windows[0]?.window_ms ?? Number.NaN);

  expect(runJson(run)).toMatchObject({ lagSeconds: lag?.seconds, windowMs: lag?.windowMs });

  // The next run reads both sides anew.
  const next = await bridge.sync('stock');
  expect(next.run.counts).toMatchObject({ planned: 2, landed: 2, waiting: 0 });
  expect(onHand('RUH1')).toEqual(Object.values(wanted));
});

test.each([
  { name: 'switched off', push: { compareBeforeSet: false, compareWithinSeconds: 0 } },
  { name: 'a plan that has just read OTO', push: {} },
])('no read before sending: $name', async ({ push }) => {
  const bridge = await openBridge({ config: { push } });
  seed(bridge, { A: 5, B: 5 });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 8],
    ['B', 'RUH-MAIN', 5],
    ['B', 'JED-1', 0],
  ]);
  const { run } = await syncWith(bridge, () => bridge.simulator.staff.setOnHand('A', 'RUH1', 3));
  expect(bridge.calls('checkInventoryStock')).toEqual([]);
  expect(sent(bridge)).toEqual(['RUH1 A 8']);
  expect(run.notes.map((note) => note.kind)).toEqual(['lag']);
  expect(run.notes[0]?.windowMs?.p50).toBeGreaterThan(0);
  bridge.forget();
  await bridge.sync('stock');
  expect(bridge.calls('checkInventoryStock')).toHaveLength(1);
});

test.each([
  { tooManySkus: 'cut', unknownSkuInRead: 'absent' },
  { tooManySkus: 'refuse', unknownSkuInRead: 'refuse' },
  { tooManySkus: 'answer', unknownSkuInRead: 'empty' },
] as const)(
  'one read for many SKUs, and what OTO does not name is not zero: $tooManySkus, $unknownSkuInRead',
  async (side) => {
    const bridge = await openBridge({ config: always, simulator: { switches: { ...side, skusPerCall: 8 } } });
    const skus = Array.from({ length: 12 }, (_, index) => `S${String(index).padStart(2, '0')}`);
    seed(bridge, Object.fromEntries(skus.map((sku) => [sku, 5])));
    // It has no figure anywhere.
    bridge.simulator.seed({ products: [{ sku: 'NONE' }] });
    await bridge.erp.stock([
      ...skus.map((sku) => [sku, 'RUH-MAIN', 7] as const),
      ['NONE', 'RUH-MAIN', 7],
      ['S00', 'JED-1', 0],
    ]);
    const { run } = await syncWith(bridge, () => bridge.simulator.staff.setOnHand('S11', 'RUH1', 3));
    expect(run.counts).toMatchObject({ planned: 13, landed: 12, waiting: 1 });
    expect(skus.map((sku) => bridge.onHand(sku))).toEqual([...skus.slice(1).map(() => 7), 3]);
    expect(bridge.onHand('NONE')).toBe(7);
    if (side.tooManySkus === 'answer') expect(bridge.calls('checkInventoryStock')).toHaveLength(1);
  },
);

test.each([
  { fault: 'status503', why: "OTO's figure could not be read first" },
  { fault: 'oto1143', why: "OTO's figure could not be read first" },
  // The probe of the pause finds out that OTO lets us again.
  { fault: 'forbidden', why: 'OTO does not let us' },
] as const)(
  'while OTO answers reads with $fault, lowerings go and raises wait, without a try used up',
  async ({ fault, why }) => {
    const bridge = await openBridge({ config: { ...always, oto: { probeSeconds: 0.3 } } });
    seed(bridge, { UP: 5, DOWN: 5 });
    await bridge.erp.stock([
      ['UP', 'RUH-MAIN', 8],
      ['DOWN', 'RUH-MAIN', 2],
      ['DOWN', 'JED-1', 0],
    ]);
    const { run } = await syncWith(bridge, () =>
      bridge.simulator.faults.add({ kind: fault, endpoint: 'checkInventoryStock', count: 4 }),
    );
    expect(run).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 2, parked: 0 } });
    expect(sent(bridge)).toEqual(['RUH1 DOWN 2', 'RUH1 UP 8']);
    const up = await operationOf(bridge, 'UP');
    expect(up).toMatchObject({ attempts: 1, state: 'landed' });
    const whys = (await operationEvents(bridge.db, up?.id ?? 0)).map((event) => event.why);
    expect(whys.join('\n')).toContain(why);
  },
);

test('what the bridge itself sent is no movement, and an answer that does not show it yet proves nothing', async () => {
  const bridge = await openBridge({ config: { ...always, oto: { settleSeconds: 30 } } });
  seed(bridge, { OWN: 5, STALE: 8 });
  const write = (own: number, stale: number) =>
    bridge.erp.stock([
      ['OWN', 'RUH-MAIN', own],
      ['STALE', 'RUH-MAIN', stale],
      ['OWN', 'JED-1', 0],
    ]);
  await write(5, 6);
  await bridge.sync('stock');
  expect(bridge.onHand('STALE')).toBe(6);
  await write(8, 8);
  const { run } = await syncWith(bridge, async () => {
    // A figure of an earlier run landed after the plan had read OTO.
    for (const onHand of [7, 7]) bridge.simulator.staff.setOnHand('OWN', 'RUH1', onHand);
    await bridge.db.query(
      `insert into operation (kind, flow, key, lane, location, sku, request, state, sent_at, settled_at)
       values ('stock-set', 'stock', E'RUH1\\tOWN', 4, 'RUH1', 'OWN', '{"qty": 7}', 'landed', now() - interval '8 minutes', now() - interval '7 minutes')`,
    );
    await bridge.db.query(
      `update operation set precondition = precondition || jsonb_build_object('readAt', now() - interval '10 minutes') where state = 'ready'`,
    );
    // OTO answers what was true before our own last call: 8, which is wanted, and not there.
    bridge.simulator.faults.add({ kind: 'staleRead', endpoint: 'checkInventoryStock', versions: 1 });
  });
  expect(run.notes.map((note) => note.kind)).toEqual(['lag']);
  expect(sent(bridge)).toEqual(['RUH1 OWN 8', 'RUH1 STALE 8']);
  expect([bridge.onHand('OWN'), bridge.onHand('STALE')]).toEqual([8, 8]);
});

test('two workers, and a comparison that was broken off: each figure is sent once at most', async () => {
  const bridge = await openBridge({ config: { ...always, oto: { skusPerRead: 20 } } });
  const skus = Array.from({ length: 120 }, (_, index) => `S${String(index).padStart(3, '0')}`);
  seed(bridge, Object.fromEntries(skus.map((sku) => [sku, 5])));
  await bridge.erp.stock([...skus.map((sku) => [sku, 'RUH-MAIN', 8] as const), ['S000', 'JED-1', 0]]);
  await using other = await openApp({ configFile: bridge.configFile, env: {}, who: 'other', logLevel: 'silent' });
  const work = await startWorking(other.bridge);
  const { run } = await syncWith(bridge, async (operations) => {
    for (const sku of skus.slice(0, 40)) bridge.simulator.staff.setOnHand(sku, 'RUH1', 8);
    for (const sku of skus.slice(40, 60)) bridge.simulator.staff.setOnHand(sku, 'RUH1', 2);
    await bridge.db.query('update operation set not_before = now()');
    const ids = operations.map(({ id }) => id);
    const comparison = await compare(bridge.app.bridge, ids, { lowering: 1000, raising: 1000 });
    await comparison.next(ids.slice(60), 60, undefined);
    expect(await bridge.db.query('select distinct state, attempts, fence from operation')).toEqual([
      { state: 'ready', attempts: 0, fence: 0 },
    ]);
    // The same work in two jobs: the second one finds nothing to do, in whichever worker.
    await bridge.db.tx((tx) => bridge.app.bridge.jobs.enqueue(tx, operations));
  });
  await work.stop(2000);
  expect(run.counts).toMatchObject({ planned: 120, landed: 100, sent: 60, saved: 40, waiting: 20 });
  expect(sent(bridge)).toEqual(skus.slice(60).map((sku) => `RUH1 ${sku} 8`));
});
