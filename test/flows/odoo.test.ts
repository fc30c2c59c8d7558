import { onTestFinished, test, vi } from 'vitest';
import type { Odoo } from '../connectors/odoo/fake/tables.ts';
import { place, World } from '../connectors/odoo/fake/world.ts';
import { type OdooDriver, tellOfOdoo } from '../connectors/odoo/story.ts';

// Many runs of all flows, one after the other.
vi.setConfig({ testTimeout: 120_000 });

/** Odoo as the fake plays it. */
async function fake(version: Odoo): Promise<OdooDriver> {
  const world = new World(version);
  world.warehouse('DMM', 30);
  world.shelf(34, 'MAIN/Input', place.view);
  const server = await world.start();
  onTestFinished(() => server.stop());
  const { odoo } = world;
  const { tables } = server;
  const bySku = (sku: string) => tables.all('product.product').find((one) => one.default_code === sku);
  let products = 100;
  return {
    options: world.options,
    warehouses: ['MAIN', 'DMM'],
    async product(sku, quantity) {
      products += 1;
      world.product(products, sku);
      odoo.lay(products, place.stock, quantity);
    },
    async rename(sku, to) {
      const product = bySku(sku);
      if (product !== undefined) odoo.touch(product, { default_code: to });
    },
    async receive(sku, quantity, steps) {
      const lines = [[bySku(sku)?.id ?? 0, String(quantity)]] as const;
      world.transfer(lines, place.vendors, steps === 1 ? place.stock : 34);
      if (steps === 1) return async () => undefined;
      return async () => void world.transfer(lines, 34, place.stock, { name: 'MAIN/STOR/00001' });
    },
    async order(origin, sku, quantity) {
      world.order(origin, [[bySku(sku)?.id ?? 0, String(quantity)]]);
    },
    stateOf: async (origin) => String(tables.all('stock.picking').find((one) => one.origin === origin)?.state),
    onHand: async (sku, warehouse) =>
      tables
        .all('stock.quant')
        .filter((one) => one.product_id === bySku(sku)?.id)
        .filter((one) => String(tables.get('stock.location', one.location_id)?.complete_name).startsWith(warehouse))
        .reduce((sum, one) => sum + Number(one.quantity), 0),
  };
}

test.each([19, 14] as const)('a day between Odoo %i and OTO: everything is counted once', async (version) => {
  await tellOfOdoo(await fake(version));
});
