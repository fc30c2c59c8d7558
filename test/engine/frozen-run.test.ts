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
