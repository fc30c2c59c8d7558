import { expect, test } from 'vitest';
import { findDrift } from '../../src/engine/drift.ts';
import { quiet } from '../../src/engine/progress.ts';
import { runFlow } from '../../src/engine/run.ts';
import { type Undone, undoing } from '../../src/engine/undo.ts';
import { flows } from '../../src/flows/index.ts';
import { raiseAlarm } from '../../src/store/alarms.ts';
import { listOperations } from '../../src/store/operations.ts';
import { lastStarts } from '../../src/store/report.ts';
import { unusedStock } from '../../src/store/snapshots.ts';
import { figuresOfRun } from '../../src/store/undo.ts';
import { type BridgeOptions, openBridge, type TestBridge } from '../support/bridge.ts';

const hour = 3_600_000;
const ago = (hours: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - hours * hour);

async function site(options: BridgeOptions = {}) {
  const bridge = await openBridge({
    simulator: { switches: { onHandFallsAt: 'shipped', orderTimezone: 'UTC' } },
    ...options,
  });
  bridge.simulator.seed({ products: ['A', 'B', 'C', 'D', 'N'].map((sku) => ({ sku })) });
  return bridge;
}

const write = (bridge: TestBridge, asOf: Date, levels: Readonly<Record<string, number>>) =>
  bridge.erp.stock(
    Object.entries(levels).map(([sku, quantity]) => [sku, 'RUH-MAIN', quantity] as const),
    { asOf },
  );

async function undo(bridge: TestBridge, undoes: number) {
  let found: Undone = { kept: 0, figures: [], lasting: [] };
  const flow = undoing(flows.stock, 20, (one) => {
    found = one;
  });
  const signal = AbortSignal.timeout(60_000);
  const result = await runFlow(bridge.app.bridge, flow, { mode: 'plan', trigger: 'plan', filter: { undoes }, signal });
  const items = (await bridge.items(result.plan)).map(({ action, sku, location, from, to }) => [
    action,
    sku,
    location,
    from,
    to,
  ]);
  return { ...result, kept: found.figures, lasting: found.lasting, items };
}

/** As the command does it: with what the plan is for. */
const apply = (bridge: TestBridge, planId: number | undefined, undoes: number) =>
  runFlow(bridge.app.bridge, flows.stock, {
    mode: { applyPlan: planId ?? 0 },
    trigger: 'undo',
    filter: { undoes },
    signal: AbortSignal.timeout(60_000),
  });

const shown = (bridge: TestBridge, ...skus: string[]) => skus.map((sku) => bridge.onHand(sku));

test('what a run has set goes back to what OTO showed before, where nobody has touched it', async () => {
  const bridge = await site();
  await write(bridge, ago(8), { A: 10, B: 10, C: 10, D: 10 });
  await bridge.sync('stock');
  await write(bridge, ago(4), { A: 20, B: 5, C: 12, D: 10, N: 3 });
  const { run: wrong } = await bridge.sync('stock');
  expect(shown(bridge, 'A', 'B', 'C', 'D', 'N')).toEqual([20, 5, 12, 10, 3]);
  bridge.simulator.seed({ stock: [{ sku: 'C', location: 'RUH1', onHand: 11 }] });
  bridge.forget();

  const portions = await Array.fromAsync(figuresOfRun(bridge.db, wrong.id, 3));
  expect(portions.map((figures) => figures.map(({ sku }) => sku))).toEqual([['A', 'B', 'C'], ['N']]);

  const planned = await undo(bridge, wrong.id);
  expect(planned.items).toEqual([
    ['lower', 'A', 'RUH1', 20, 10],
    ['raise', 'B', 'RUH1', 5, 10],
    // OTO named no figure before, and takes none away.
    ['zero', 'N', 'RUH1', 3, 0],
  ]);
  expect(planned.kept).toEqual([
    { sku: 'C', location: 'RUH1', wrote: 12, shows: 11, why: 'OTO shows 11: somebody has changed it since' },
  ]);
  expect(planned.lasting).toEqual([]);
  expect(planned.run.notes).toMatchObject([{ kind: 'undo-kept', count: 1 }]);
  expect(bridge.calls('updateStockQuantity')).toEqual([]);

  const { run: undone, applied } = await apply(bridge, planned.plan?.id, wrong.id);
  expect(undone).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 3, sent: 3 } });
  expect(applied?.moved).toEqual([]);
  expect(shown(bridge, 'A', 'B', 'C', 'D', 'N')).toEqual([10, 10, 11, 10, 0]);
  expect(bridge.calls('updateStockQuantity')).toHaveLength(3);
  const [operation] = await listOperations(bridge.db, { sku: 'A', runId: undone.id });
  expect(operation?.precondition).toMatchObject({ onHand: 20, wanted: 10, undoes: { run: wrong.id } });

  // Whoever asks why OTO shows it is told; only what the person did is unexplained.
  const drift = await findDrift(bridge.app.bridge, {
    filter: {},
    most: 9,
    signal: AbortSignal.timeout(60_000),
    progress: quiet,
  });
  const figures = drift?.figures.map(({ explanation, cause }) => [
    explanation.facts.sku,
    cause,
    explanation.reasons[0]?.text,
  ]);
  expect(figures?.sort()).toEqual([
    ['A', 'erp', expect.stringContaining(`as it was before run ${wrong.id}`)],
    ['B', 'erp', expect.stringContaining('the next sync sets what the ERP has')],
    ['C', 'unexplained', undefined],
    ['N', 'erp', expect.any(String)],
  ]);

  // It can be undone itself; and what the ERP says is set again by the next sync.
  const back = await undo(bridge, undone.id);
  expect(back.items.map(([, sku, , from, to]) => [sku, from, to])).toEqual([
    ['A', 10, 20],
    ['B', 10, 5],
    ['N', 0, 3],
  ]);
  await bridge.sync('stock');
  expect(shown(bridge, 'A', 'B', 'C', 'D', 'N')).toEqual([20, 5, 12, 10, 3]);
  expect(await undo(bridge, wrong.id)).toMatchObject({
    items: [],
    kept: [
      { sku: 'A' },
      { sku: 'B' },
      { sku: 'C' },
      { sku: 'N', why: expect.stringMatching(/^operation \d+ came after$/) },
    ],
    run: { outcome: 'unchanged' },
  });
});

test('a raise is kept back where it could give back what was sold, or count goods of a receipt twice', async () => {
  const bridge = await site({ location: { receipts: 'order' } });
  await write(bridge, ago(8), { A: 10, B: 10, C: 10 });
  await bridge.sync('stock');
  await write(bridge, ago(4), { A: 4, B: 4, C: 4 });
  const { run } = await bridge.sync('stock');
  bridge.simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  const bookedAt = ago(3);
  const date = bookedAt.toISOString().slice(0, 10);
  await bridge.erp.documents('1', [{ id: 'R1', number: 'GRN-1', date, bookedAt, lines: { B: 6 } }]);
  await bridge.sync('documents');
  const { items, kept } = await undo(bridge, run.id);
  expect(items).toEqual([['raise', 'C', 'RUH1', 4, 10]]);
  expect(kept.map(({ sku, why }) => [sku, why])).toEqual([
    ['A', 'order SO-1 changed in OTO since: its units would be given back'],
    ['B', 'GRN-1 is still to be processed in OTO: its goods would be counted twice'],
  ]);
});

test('what OTO takes nothing back of is named, and nothing is planned', async () => {
  const bridge = await site();
  const bookedAt = ago(3);
  const date = bookedAt.toISOString().slice(0, 10);
  await bridge.erp.documents('1', [{ id: 'R1', number: 'GRN-1', date, bookedAt, lines: { B: 6 } }]);
  const { run } = await bridge.sync('documents');
  const { items, lasting, run: planned } = await undo(bridge, run.id);
  expect([items, lasting]).toEqual([
    [],
    [
      {
        kind: 'inventory-order',
        count: 1,
        why: 'OTO has no call that takes an inventory order back: reject it on its screen',
      },
    ],
  ]);
  expect(planned.outcome).toBe('unchanged');
});

test('a figure that is on its way still is named, and left to its operation', async () => {
  const bridge = await site();
  await write(bridge, ago(8), { A: 10, Z: 10 });
  const { run } = await bridge.sync('stock');
  expect(await undo(bridge, run.id)).toMatchObject({
    items: [['zero', 'A', 'RUH1', 10, 0]],
    lasting: [{ kind: 'stock-set', count: 1, why: 'it is waiting still' }],
  });
});

test('a run that is unknown, goes on, or changed nothing is refused', async () => {
  const bridge = await site();
  const failure = async (id: number) => (await undo(bridge, id)).run.error;
  expect(await failure(4711)).toMatchObject({ code: 'NOT_FOUND', message: 'There is no run 4711.' });
  await write(bridge, ago(8), { A: 10 });
  await bridge.sync('stock');
  const { run } = await bridge.sync('stock');
  expect(await failure(run.id)).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('has changed nothing'),
  });
  await bridge.db.query(`update run set status = 'running', flow = 'documents' where id = $1`, [run.id]);
  expect(await failure(run.id)).toMatchObject({ code: 'WRONG_STATE' });
});

test('between the plan and its sending OTO is looked at again, and whatever is newer makes it stale', async () => {
  const bridge = await site();
  await write(bridge, ago(8), { A: 10, B: 10 });
  const { run } = await bridge.sync('stock');
  const first = await undo(bridge, run.id);
  expect(first.items).toHaveLength(2);
  bridge.simulator.seed({ stock: [{ sku: 'A', location: 'RUH1', onHand: 7 }] });
  const { applied } = await apply(bridge, first.plan?.id, run.id);
  expect(applied?.moved).toMatchObject([{ item: { sku: 'A' }, why: expect.stringContaining('shows 7 now') }]);
  expect(shown(bridge, 'A', 'B')).toEqual([7, 0]);

  const { run: again } = await bridge.sync('stock');
  const second = await undo(bridge, again.id);
  await bridge.plan('stock');
  expect((await apply(bridge, second.plan?.id, again.id)).run.error).toMatchObject({ code: 'PLAN_STALE' });
});

test('undoing a run is no run of the flow: a read is not used up, and no schedule or alarm is taken for done', async () => {
  const bridge = await site();
  await write(bridge, ago(8), { A: 10 });
  const { run } = await bridge.sync('stock');
  await write(bridge, ago(4), { A: 12 });
  await bridge.plan('stock');
  const before = await lastStarts(bridge.db);
  await raiseAlarm(bridge.db, { kind: 'source-empty', subject: 'stock', message: 'not one row' });
  const { plan } = await undo(bridge, run.id);
  await apply(bridge, plan?.id, run.id);
  expect(bridge.onHand('A')).toBe(0);
  expect((await unusedStock(bridge.db, 'erp'))?.id).toBe(plan?.snapshot_id);
  expect(await lastStarts(bridge.db)).toEqual(before);
  expect(
    await bridge.db.query(`select kind from alarm where kind = 'source-empty' and cleared_at is null`),
  ).toHaveLength(1);
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(12);
});
