import { describe, expect, test } from 'vitest';
import { listOperations } from '../../src/store/operations.ts';
import { openSite, type Site, until } from '../support/process.ts';
import { exportReceipts, landings, openOf, parkedOf } from '../support/receipts.ts';

const jobs = (site: Site, text: string) => site.db.query<{ id: string }>(text.replaceAll('JOB', 'oto_bridge_jobs.job'));

/** A sync that was killed before OTO had taken anything: its operations are written, and none was under way. */
async function killedBeforeSending(site: Site) {
  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'oto1143' });
  const first = site.start('sync', 'documents');
  await until('a moment with nothing under way', async () => {
    first.signal('SIGSTOP');
    const operations = await listOperations(site.db, { limit: 100 });
    if (operations.length > 0 && operations.every(({ state, fence }) => state === 'ready' && fence > 0)) return true;
    first.signal('SIGCONT');
    return false;
  });
  await first.kill();
  site.simulator.faults.clear();
  site.simulator.requests.clear();
}

describe('what an earlier process left behind', { timeout: 90_000 }, () => {
  test('operations of an earlier run are finished and reported, though the source has nothing new', async () => {
    const site = await openSite();
    const numbers = await exportReceipts(site, 8);
    await killedBeforeSending(site);
    const result = await site.sync('documents');
    expect(result).toMatchObject({ status: 'done', outcome: 'changed', code: 0, counts: { read: 0, landed: 8 } });
    expect([...landings(site, numbers).values()]).toEqual(numbers.map(() => 1));
    expect(await site.sync('documents')).toMatchObject({
      status: 'done',
      outcome: 'nothing-new',
      counts: { landed: 0 },
    });
  });

  test('the jobs are gone: the operations are queued again', async () => {
    const site = await openSite();
    const numbers = await exportReceipts(site, 8);
    await killedBeforeSending(site);
    await jobs(site, 'delete from JOB');
    expect(await site.sync('documents')).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 8 } });
    expect([...landings(site, numbers).values()]).toEqual(numbers.map(() => 1));
  });

  test('a job whose operations are settled does nothing', async () => {
    const site = await openSite();
    await exportReceipts(site, 4);
    await site.sync('documents');
    expect(site.calls('createInventoryOrder')).toHaveLength(4);
    // The queue brings every job once more, as it does when a worker dies between settling and completing.
    await jobs(site, `update JOB set state = 'retry', completed_on = null where name = 'documents'`);
    const worker = site.start('run');
    await until(
      'the jobs to be worked',
      async () =>
        (await jobs(site, `select id from JOB where name = 'documents' and state <> 'completed'`)).length === 0,
    );
    expect(site.calls('createInventoryOrder')).toHaveLength(4);
    worker.signal('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0 });
  });

  test('a worker that was killed: the next one goes on with what it had taken', async () => {
    const site = await openSite();
    site.simulator.seed({ products: 250, stock: 100 });
    const skus = [...site.simulator.state.products.keys()];
    await site.erp.stock(skus.map((sku, index) => [sku, 'RUH-MAIN', 101 + index] as const));
    site.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'latency', ms: 60 });
    const first = site.start('run');
    await until('it is up', () => first.stdout.includes('running'));
    const sync = site.start('sync', 'stock');
    await until('calls under way', () => site.calls('updateStockQuantity').length >= 20);
    // The command first: it would go on working in the worker's place.
    await sync.kill();
    await first.kill();
    site.simulator.faults.clear();
    const taken = await jobs(
      site,
      `select id from JOB where name = any('{to-zero,lowering,raising}') and state = 'active'`,
    );
    expect(taken.length).toBeGreaterThan(0);
    site.start('run');
    await until('all figures', () =>
      skus.every((sku, index) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand === 101 + index),
    );
    // To the queue itself the dead worker still has them.
    const still = await jobs(
      site,
      `select id from JOB where name = any('{to-zero,lowering,raising}') and state = 'active' and retry_count = 0`,
    );
    expect(still.map(({ id }) => id)).toEqual(expect.arrayContaining(taken.map(({ id }) => id)));
    await until('the last answer', async () => (await openOf(site)).length === 0);
    expect(await parkedOf(site)).toEqual([]);
  });
});
