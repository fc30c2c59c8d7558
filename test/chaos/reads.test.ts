import { expect, test } from 'vitest';
import { jsonOf, openSite, type SyncResult, until } from '../support/process.ts';

test('a process that was stopped in the middle of a read does not undo what another one has read and sent since', async () => {
  const site = await openSite({ config: { ignoreLocations: [{ source: 'erp', erp: ['ELSEWHERE'] }] } });
  site.simulator.seed({ products: 3, stock: 100 });
  const [sku = ''] = site.simulator.state.products.keys();
  // Long enough to be met in the middle.
  const rows = Array.from({ length: 200_000 }, (_, index) => [`X-${index}`, 'ELSEWHERE', 1] as const);
  await site.erp.stock([[sku, 'RUH-MAIN', 50], ...rows]);
  const frozen = site.start('sync', 'stock');
  const reading = () => site.db.query(`select from snapshot where status = 'reading'`);
  await until('a read under way', async () => (await reading()).length === 1);
  frozen.signal('SIGSTOP');
  expect(await reading()).toHaveLength(1);

  await site.erp.stock([[sku, 'RUH-MAIN', 70]]);
  const end = await until(
    'another sync',
    async () => {
      const result = await site.sync('stock');
      return result.status !== 'busy' && result;
    },
    60,
  );
  expect(end).toMatchObject({ status: 'done', counts: { read: 1, landed: 1 } });
  frozen.signal('SIGCONT');
  // It notices that its file was replaced, or that its run is another's by now: whichever it comes to first.
  const woken = jsonOf<SyncResult & { error: { code: string } }>(await frozen.ended);
  expect(woken.status).toBe('failed');
  expect(['RUN_LOST', 'CONNECTOR_BAD_SOURCE']).toContain(woken.error.code);
  expect(site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand).toBe(70);
  expect(site.calls('updateStockQuantity')).toHaveLength(1);
  const complete = await site.db.query(`select rows from snapshot where status = 'complete' and entity = 'stock'`);
  expect(complete).toEqual([{ rows: 1 }]);
});
