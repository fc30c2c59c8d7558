import { expect, test } from 'vitest';
import { openBridge, short } from '../support/bridge.ts';

test('an account that holds 40,000 products and their stock already: shown, nothing sent before adopt, nothing created twice', async () => {
  const bridge = await openBridge({
    adopt: false,
    config: { oto: { productPageSize: 1000, skusPerRead: 200 }, guards: { shareMinimum: 10 } },
  });
  const count = 40_000;
  bridge.simulator.seed({ products: count, stock: { onHand: 7, locations: ['RUH1'] } });
  const skus = [...bridge.simulator.state.products.keys()];
  await bridge.erp.products(
    [...skus, 'NEW-1', 'NEW-2'].map((sku) => ({
      sku,
      name: sku.startsWith('SKU') ? `Product ${sku.slice(4)}` : sku,
      price: '10',
    })),
  );
  await bridge.erp.stock(
    [
      ...skus.map((sku, index) => [sku, 'RUH-MAIN', index < 100 ? 8 : 7] as const),
      ['NEW-1', 'RUH-MAIN', 3],
      ['NEW-1', 'JED-1', 0],
    ],
    { manifest: true },
  );
  const sent = () => [...bridge.calls('createProduct'), ...bridge.calls('updateStockQuantity')].length;

  const products = await bridge.plan('products');
  expect(short(products.items)).toEqual(['NEW-1 (not-adopted)', 'NEW-2 (not-adopted)']);
  const blocked = await bridge.sync('products');
  expect(blocked.run).toMatchObject({ status: 'blocked', outcome: 'needs-person' });
  expect(blocked.run.notes.map((note) => note.kind)).toContain('not-adopted');
  const stock = await bridge.plan('stock');
  expect(stock.items).toHaveLength(101);
  expect(stock.items.every((item) => item.held === 'not-adopted')).toBe(true);
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'blocked', outcome: 'needs-person' });
  expect(sent()).toBe(0);

  await bridge.adopt();
  expect((await bridge.sync('products')).run).toMatchObject({
    status: 'done',
    outcome: 'changed',
    counts: { landed: 2, refused: 0 },
  });
  expect((await bridge.sync('stock')).run).toMatchObject({
    status: 'done',
    outcome: 'changed',
    counts: { landed: 101, saved: 39_900 },
  });
  expect(sent()).toBe(103);
  expect((await bridge.sync('products')).run.outcome).toBe('unchanged');
  expect((await bridge.sync('stock')).run.outcome).toBe('unchanged');
  expect(sent()).toBe(103);
  expect(bridge.simulator.state.products.size).toBe(count + 2);
});

test('one location that is not adopted holds up no other', async () => {
  const bridge = await openBridge({ adopt: false });
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['A', 'JED-1', 6],
  ]);
  await bridge.adopt('stock');
  await bridge.db.query(`delete from adoption where location = 'JED1'`);
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { landed: 1 } });
  expect([bridge.onHand('A'), bridge.onHand('A', 'JED1')]).toEqual([5, undefined]);
});
