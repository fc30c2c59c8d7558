import { expect, test, vi } from 'vitest';
import { openApp } from '../../src/app.ts';
import { startWorking } from '../../src/engine/work.ts';
import { listOperations, operationEvents } from '../../src/store/operations.ts';
import { daysAgo, openBridge } from '../support/bridge.ts';
import { until } from '../support/process.ts';

// On a machine that does much else beside.
vi.setConfig({ testTimeout: 90_000 });

test('a handler that still runs when its job expires: the second run of the job is fenced, and makes no second call', async () => {
  const bridge = await openBridge({ config: { oto: { timeoutSeconds: 8 }, push: { leaseSeconds: 20 } } });
  const { db, simulator } = bridge;
  simulator.seed({ products: [{ sku: 'A' }], stock: 5 });
  await bridge.erp.documents('GRN', [{ number: 'R1', date: daysAgo(0), lines: { A: 2 } }]);
  const second = await openApp({ configFile: bridge.configFile, env: {}, who: 'second', logLevel: 'silent' });
  const work = await startWorking(second.bridge);
  try {
    simulator.faults.add({ id: 'slow', endpoint: 'createInventoryOrder', kind: 'latency', ms: 3000 });
    const run = bridge.sync('documents');
    await until('the call', () => bridge.calls('createInventoryOrder').length === 1);
    const [operation] = await listOperations(db, { kind: 'inventory-order' });
    const id = operation?.id ?? 0;
    const job = () =>
      db.one<{ state: string; tries: number }>(
        `select state::text, retry_count as tries from oto_bridge_jobs.job where id = $1`,
        [operation?.job_id],
      );
    // What the queue does to a job whose time is over, however busy its worker is.
    await db.query(
      `update oto_bridge_jobs.job set state = 'retry', retry_count = retry_count + 1, start_after = now() where id = $1`,
      [operation?.job_id],
    );
    // It was taken again, found its operation claimed, and gave it back for later.
    await until('the second run of the job', async () => (await job()).tries >= 2);
    const { run: done } = await run;
    expect(done.counts).toMatchObject({ landed: 1, parked: 0 });
    expect(bridge.calls('createInventoryOrder')).toHaveLength(1);
    expect(simulator.state.inventoryOrders.size).toBe(1);
    const events = await operationEvents(db, id);
    expect(events.map(({ to }) => to)).toEqual(['ready', 'sending', 'landed']);
    // The job itself comes to its end as well, with nothing left to do.
    await until('the end of the job', async () => (await job()).state === 'completed');
    expect(bridge.calls('createInventoryOrder')).toHaveLength(1);
  } finally {
    await work.stop(2000);
    await second.close();
  }
});
