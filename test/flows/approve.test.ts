import { expect, test } from 'vitest';
import { approve } from '../../src/engine/approve.ts';
import { listQuarantine } from '../../src/store/quarantines.ts';
import { openBridge } from '../support/bridge.ts';

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
