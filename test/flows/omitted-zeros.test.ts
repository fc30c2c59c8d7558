import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { storeFigures } from '../../src/store/figures.ts';
import { openBridge } from '../support/bridge.ts';

const connector = join(import.meta.dirname, '../support/omitting.ts');

test.each([
  ['keep', [0, 4, 9, 3]],
  ['zero', [0, 0, 0, 3]],
] as const)(
  'an ERP that leaves out zeros empties its own active products, and what it never knew only where missing is zero: %s',
  async (missing, expected) => {
    const bridge = await openBridge({
      config: {
        sources: { omitting: { connector, options: { file: 'erp.json' } } },
        locations: [{ oto: 'RUH1', source: 'omitting', erp: ['RUH'], missing }],
        flows: { products: { from: 'omitting' }, stock: { from: 'omitting' }, documents: undefined },
      },
    });
    const skus = ['MINE', 'ENDED', 'FOREIGN', 'LISTED'];
    bridge.simulator.seed({ products: skus.map((sku) => ({ sku })) });
    bridge.simulator.seed({
      stock: skus.map((sku, index) => ({ sku, location: 'RUH1', onHand: [7, 4, 9, 1][index] ?? 0 })),
    });
    const product = (sku: string, active = true) => ({ sku, name: sku, price: '1', active, type: 'storable' });
    const erp = {
      products: [product('MINE'), product('ENDED', false), product('LISTED')],
      stock: [{ sku: 'LISTED', location: 'RUH', quantity: '3' }],
    };
    await writeFile(join(dirname(bridge.configFile), 'erp.json'), JSON.stringify(erp));
    await bridge.sync('products');
    // Everything that was ever read of a location can be emptied; OTO lists no stock by itself.
    if (missing === 'zero')
      await storeFigures(
        bridge.db,
        skus.map((sku) => ({ sku, location: 'RUH1', onHand: 1, forecasted: null })),
        new Date(0),
      );
    await bridge.sync('stock');
    expect(skus.map((sku) => bridge.onHand(sku))).toEqual(expected);
  },
);
