import { expect, test } from 'vitest';
import { approve, reject } from '../../src/engine/approve.ts';
import { listQuarantine } from '../../src/store/quarantines.ts';
import { daysAgo, openBridge } from '../support/bridge.ts';

const product = (sku: string, rest: Record<string, string> = {}) => ({
  id: `id-${sku}`,
  sku,
  name: `Product ${sku}`,
  price: '10',
  ...rest,
});

test('a product that was linked to its new SKU is created, and one whose SKU was given away is known', async () => {
  const bridge = await openBridge();
  await bridge.erp.products([product('A'), product('B')]);
  await bridge.sync('products');
  bridge.forget();
  const moved = [product('A2', { id: 'id-A' }), product('B', { id: 'id-Z' })];
  await bridge.erp.products(moved);
  await bridge.sync('products');
  const held = await listQuarantine(bridge.db, { flow: 'products' });
  const approved = await approve(
    bridge.app.bridge,
    held.map((row) => row.id),
    'the ERP renamed it',
  );
  expect(approved.map((row) => row.state)).toEqual(['approved', 'approved']);
  await bridge.erp.products(moved);
  const { run } = await bridge.sync('products');
  expect(run).toMatchObject({ status: 'done', outcome: 'changed', counts: { quarantined: 0, landed: 1 } });
  expect(bridge.calls('createProduct').map(({ params }) => params?.sku)).toEqual(['A2']);
  expect(await listQuarantine(bridge.db, { flow: 'products' })).toEqual([]);
});

test('a rejected figure stays held without being news; a rejected document is never sent', async () => {
  const bridge = await openBridge({ config: { guards: { maxDocumentAgeDays: 1 } } });
  await bridge.erp.products([product('A')]);
  await bridge.sync('products');
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 60],
    ['A', 'JED-1', 1],
  ]);
  expect((await bridge.sync('stock')).run.outcome).toBe('needs-person');
  await bridge.erp.documents('old', [{ id: 'D1', number: 'D1', date: daysAgo(3), lines: { A: 2 } }]);
  expect((await bridge.sync('documents')).run.outcome).toBe('needs-person');
  const held = await listQuarantine(bridge.db, {});
  expect(held.map((row) => row.rule).sort()).toEqual(['document-age', 'unit-jump']);
  await reject(
    bridge.app.bridge,
    held.map((row) => row.id),
    'counted: 5',
  );
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 60],
    ['A', 'JED-1', 1],
  ]);
  expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'unchanged', counts: { quarantined: 0 } });
  expect(bridge.onHand('A')).toBe(5);
  expect(await listQuarantine(bridge.db, {})).toEqual([]);
  expect((await bridge.sync('documents')).run.outcome).toBe('nothing-new');
  expect(bridge.calls('createInventoryOrder')).toEqual([]);
});
