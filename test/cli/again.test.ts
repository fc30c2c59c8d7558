import { expect, test } from 'vitest';
import type { endpoints } from '../../src/oto/index.ts';
import { listOperations } from '../../src/store/operations.ts';
import { jsonOf, openSite, type Site } from '../support/process.ts';

interface Retried {
  readonly matched: number;
  readonly retried: readonly number[];
  readonly left: readonly { readonly id: number; readonly why: string }[];
}

async function retry(site: Site): Promise<Retried> {
  return jsonOf<Retried>(await site.run('operations', 'retry', '--yes'));
}

const refusing = (endpoint: keyof typeof endpoints, count: number) =>
  ({ endpoint, kind: 'coded', code: 'OTO1021', message: 'not now', count }) as const;

test('a refused figure is not sent again once a newer one landed, nor when it has grown old', async () => {
  const site = await openSite({ config: { push: { leaseSeconds: 1, waitMinutes: 0.5, figureMaxAgeMinutes: 60 } } });
  site.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  site.simulator.faults.add(refusing('updateStockQuantity', 2));
  await site.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['B', 'RUH-MAIN', 6],
  ]);
  expect((await site.sync('stock')).counts.refused).toBe(2);
  await site.erp.stock([['A', 'RUH-MAIN', 3]]);
  expect((await site.sync('stock')).counts.landed).toBe(1);
  await site.db.query(`update operation set created_at = now() - interval '2 hours' where sku = 'B'`);

  const result = await retry(site);
  expect(result).toMatchObject({ matched: 2, retried: [] });
  expect(result.left.map((one) => one.why).sort()).toEqual([
    expect.stringContaining('its figure is too old'),
    expect.stringMatching(/^operation \d+ is newer$/),
  ]);
  const [old] = await listOperations(site.db, { sku: 'B', states: ['refused'] });
  const resolved = await site.run('operations', 'resolve', String(old?.id), '--resend');
  expect(resolved.code).toBe(1);
  expect(jsonOf<{ error: { code: string } }>(resolved).error.code).toBe('WRONG_STATE');
  expect(site.simulator.state.figures.find('A', 'RUH1')?.now.onHand).toBe(3);
  expect(await listOperations(site.db, { states: ['ready'] })).toEqual([]);
});

test('a product that OTO refused twice is tried again once', async () => {
  const site = await openSite();
  site.simulator.faults.add(refusing('createProduct', 2));
  await site.erp.products([{ sku: 'A', name: 'First', price: '10' }]);
  await site.sync('products');
  await site.erp.products([{ sku: 'A', name: 'Second', price: '10' }]);
  await site.sync('products');
  const refused = await listOperations(site.db, { states: ['refused'] });
  expect(refused).toHaveLength(2);
  const [newest, older] = refused.map((one) => one.id);
  expect(await retry(site)).toMatchObject({ matched: 2, retried: [newest], left: [{ id: older }] });
  await site.sync('products');
  expect(site.simulator.state.products.get('A')?.name).toBe('Second');
});

test('documents that OTO refused are settled by a person, and not sent by a later retry', async () => {
  const site = await openSite();
  site.simulator.seed({ products: [{ sku: 'A' }] });
  site.simulator.faults.add(refusing('createInventoryOrder', 2));
  const date = new Date().toISOString().slice(0, 10);
  await site.erp.documents('1', [
    { number: 'GRN-1', date, lines: { A: 1 } },
    { number: 'GRN-2', date, lines: { A: 2 } },
    { number: 'GRN-3', date, lines: { A: 3 } },
  ]);
  await site.sync('documents');
  const refused = (await listOperations(site.db, { states: ['refused'] })).map((one) => one.document_id);
  expect(refused).toHaveLength(2);

  const skip = await site.run('documents', 'skip', String(refused[0]), '--note', 'a mistake', '--as', 'Aisha');
  expect(jsonOf(skip)).toMatchObject({ state: 'skipped', why: 'a mistake' });
  const sent = await site.run('documents', 'mark-sent', String(refused[1]), '--oto-id', '4711');
  expect(jsonOf(sent)).toMatchObject({ state: 'pending', otoId: '4711' });
  const { left, retried } = await retry(site);
  expect(retried).toEqual([]);
  expect(left.map((one) => one.why).sort()).toEqual(['its document is pending', 'its document is skipped']);

  const processed = await site.run('documents', 'processed', String(refused[1]), '--as', 'Aisha');
  expect(jsonOf(processed)).toMatchObject({ state: 'processed', processedBy: 'Aisha' });
  const twice = await site.run('documents', 'skip', String(refused[1]));
  expect([twice.code, jsonOf<{ error: { code: string } }>(twice).error.code]).toEqual([1, 'WRONG_STATE']);
  await site.sync('documents');
  expect(site.simulator.state.inventoryOrders.size).toBe(1);
});
