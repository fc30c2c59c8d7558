import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { openJobs } from '../../src/jobs/jobs.ts';
import { slotId } from '../../src/jobs/slots.ts';
import { listOperations } from '../../src/store/operations.ts';
import { listRuns } from '../../src/store/runs.ts';
import { jsonOf, openSite, type Site, type SyncResult, until } from '../support/process.ts';
import { exportReceipts, landings, openOf } from '../support/receipts.ts';

/** A worker that has begun to work. */
async function startWorker(site: Site) {
  const worker = site.start('run');
  await until('the worker is up', () => worker.stdout.includes('"running"') || !worker.running);
  expect(worker.running, worker.stderr).toBe(true);
  return worker;
}

describe('several processes on one database', { timeout: 90_000 }, () => {
  test('two workers, and two syncs beside them: nothing is sent twice', async () => {
    const site = await openSite({
      config: {
        locations: [
          { oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'], stock: 'off' },
          { oto: 'JED1', source: 'erp', erp: ['JED-MAIN'] },
        ],
      },
    });
    const numbers = await exportReceipts(site, 40);
    site.simulator.seed({ products: 150, stock: 100 });
    const skus = [...site.simulator.state.products.keys()];
    await site.erp.stock(skus.map((sku, index) => [sku, 'JED-MAIN', 201 + index] as const));
    site.simulator.faults.add({ endpoint: '*', kind: 'latency', ms: 15 });
    await Promise.all([startWorker(site), startWorker(site)]);
    const [documents, stock] = await Promise.all([site.sync('documents'), site.sync('stock')]);
    expect(documents).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 40, parked: 0 } });
    expect(stock).toMatchObject({ status: 'done', counts: { parked: 0, refused: 0 } });
    expect([...landings(site, numbers).values()]).toEqual(numbers.map(() => 1));
    const operations = await listOperations(site.db, { limit: 10_000 });
    for (const [endpoint, kind] of [
      ['createInventoryOrder', 'inventory-order'],
      ['updateStockQuantity', 'stock-set'],
    ] as const) {
      const sent = operations.filter((operation) => operation.kind === kind);
      expect(sent.length).toBeGreaterThan(0);
      expect(site.calls(endpoint)).toHaveLength(sent.length);
      expect(sent.map((operation) => operation.attempts)).toEqual(sent.map(() => 1));
    }
    // Both took part.
    const whose = await site.db.query(`select distinct who from operation_event where "to" = 'sending'`);
    expect(whose).toHaveLength(2);
  });

  test('a slot that several processes fire is one run', async () => {
    const site = await openSite();
    await exportReceipts(site, 3);
    const log = pino({ level: 'silent' });
    const several = await Promise.all([openJobs(site.db, log), openJobs(site.db, log), openJobs(site.db, log)]);
    try {
      const slot = new Date();
      const id = slotId('documents', slot);
      const fired = await Promise.all(
        [...several, ...several].map((jobs) => jobs.enqueueFlow('documents', 'schedule', { jobId: id })),
      );
      expect(fired.filter((fresh) => fresh)).toHaveLength(1);
      await Promise.all([startWorker(site), startWorker(site)]);
      await until('the run', async () => (await listRuns(site.db, null, 10)).some((run) => run.status === 'done'));
      // Fired once more after it was worked: still the same slot.
      expect(await several[0].enqueueFlow('documents', 'schedule', { jobId: id })).toBe(false);
      expect(
        await several[0].enqueueFlow('documents', 'schedule', { jobId: slotId('documents', new Date(+slot + 60_000)) }),
      ).toBe(true);
      await until('the next slot', async () => (await listRuns(site.db, null, 10)).length === 2);
      expect(site.calls('createInventoryOrder')).toHaveLength(3);
    } finally {
      await Promise.all(several.map((jobs) => jobs.stop(1000)));
    }
  });

  test('a run of a flow that goes on elsewhere is busy and names the holder; killed, it is free at once', async () => {
    const site = await openSite();
    await exportReceipts(site, 6);
    site.simulator.faults.add({ id: 'slow', endpoint: 'checkInventoryStock', kind: 'latency', ms: 60_000 });
    const holder = site.start('sync', 'documents');
    await until('the holder reads', () => site.calls('checkInventoryStock').length > 0);
    const second = await site.sync('documents');
    expect(second).toMatchObject({ status: 'busy', outcome: null, code: 1 });
    expect(second.notes[0]?.message).toContain(`pid ${holder.pid}`);
    await holder.kill();
    site.simulator.faults.clear();
    expect(await site.sync('documents')).toMatchObject({ status: 'done', counts: { landed: 6 } });
    const [last, first] = await listRuns(site.db, 'documents', 5);
    expect(first).toMatchObject({ status: 'failed', error: { code: 'RUN_LOST' } });
    expect(last).toMatchObject({ status: 'done' });
  });

  test('a worker that is stopped past its lease neither sends nor settles: another proves and sends', async () => {
    const site = await openSite();
    site.simulator.seed({ products: 40, stock: 100 });
    const skus = [...site.simulator.state.products.keys()];
    await site.erp.stock(skus.map((sku, index) => [sku, 'RUH-MAIN', 101 + index] as const));
    site.simulator.faults.add({ id: 'slow', endpoint: 'updateStockQuantity', kind: 'latency', ms: 200 });
    const frozen = site.start('sync', 'stock');
    await until('calls under way', () => site.calls('updateStockQuantity').length >= 12);
    frozen.signal('SIGSTOP');
    const events = () =>
      site.db.query<{ id: number }>('select id from operation_event where who like $1', [`%(pid ${frozen.pid})`]);
    const before = (await events()).length;
    const claimed = await listOperations(site.db, { states: ['sending'], limit: 100 });
    expect(claimed.length).toBeGreaterThan(10);
    site.simulator.faults.clear();
    // The frozen one holds the locks; they are taken from it once it has been silent for ten seconds.
    const end = await until(
      'another sync',
      async () => {
        const result = await site.sync('stock');
        return result.status !== 'busy' && result;
      },
      60,
    );
    expect(end).toMatchObject({ status: 'done', counts: { parked: 0, refused: 0 } });
    const calls = site.calls('updateStockQuantity').length;
    frozen.signal('SIGCONT');
    const woken = jsonOf<SyncResult>(await frozen.ended);
    expect(woken).toMatchObject({ status: 'failed', error: { code: 'RUN_LOST' } });
    expect(site.calls('updateStockQuantity')).toHaveLength(calls);
    expect(await events()).toHaveLength(before);
    expect(skus.map((sku) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand)).toEqual(
      skus.map((_, index) => 101 + index),
    );
    expect(await openOf(site)).toEqual([]);
    for (const { id } of claimed) {
      const [proof] = await site.db.query<{ who: string }>(
        `select who from operation_event where operation_id = $1 and "from" = 'unknown' order by id limit 1`,
        [id],
      );
      expect(proof?.who).not.toContain(`pid ${frozen.pid}`);
    }
  });
});
