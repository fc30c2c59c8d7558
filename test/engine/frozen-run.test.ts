import { expect, test } from 'vitest';
import type { Flow } from '../../src/engine/context.ts';
import { runFlow } from '../../src/engine/run.ts';
import { stock } from '../../src/flows/stock.ts';
import { listOperations } from '../../src/store/operations.ts';
import { startRun } from '../../src/store/runs.ts';
import { openBridge } from '../support/bridge.ts';

test('a run whose process froze until another had its place does not apply what it had planned', async () => {
  const bridge = await openBridge();
  const { db, erp, simulator } = bridge;
  simulator.seed({ products: [{ sku: 'A' }] });
  await erp.stock([['A', 'RUH-MAIN', 5]]);
  const freezes: Flow = {
    ...stock,
    async plan(context) {
      const planned = await stock.plan(context);
      await startRun(db, { flow: 'stock', source: 'erp', trigger: 'test', holder: 'another process' });
      return planned;
    },
  };
  const { run } = await runFlow(bridge.app.bridge, freezes, {
    mode: 'sync',
    trigger: 'test',
    signal: AbortSignal.timeout(60_000),
  });
  expect(run).toMatchObject({ status: 'failed', error: { code: 'RUN_LOST' } });
  expect(await listOperations(db, {})).toEqual([]);
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(5);
});

test('a run that was broken off because its job is in other hands is lost, and no fault of the bridge', async () => {
  const bridge = await openBridge();
  const stop = new AbortController();
  const breaks: Flow = {
    ...stock,
    async plan(context) {
      stop.abort(new Error('job 7 is no longer active'));
      context.signal.throwIfAborted();
      return { kind: 'nothing-new' };
    },
  };
  const { run } = await runFlow(bridge.app.bridge, breaks, { mode: 'sync', trigger: 'test', signal: stop.signal });
  expect(run).toMatchObject({ status: 'failed', error: { code: 'RUN_LOST' } });
  expect(run.error?.message).toContain('job 7');
});
