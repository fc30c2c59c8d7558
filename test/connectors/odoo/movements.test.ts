import { describe, expect, it } from 'vitest';
import { place, type World } from './fake/world.ts';
import { site, versions, written } from './harness.ts';

const jed = 31;

function two(world: World): void {
  world.warehouse('JED', 30);
  world.shelf(33, 'MAIN/Stock/Shelf 1', place.view);
  world.shelf(34, 'MAIN/Input', place.view);
  world.product(1, 'A');
  world.product(2, 'B');
}

describe.each(versions)('the ledger of Odoo %i', (version) => {
  it('holds what crosses the edge of a figure, with its sign: each step of a receipt once, and goods between warehouses twice', async () => {
    const one = await site(version, (world) => {
      two(world);
      world.transfer([[1, '12']], place.vendors, 34, { name: 'IN/1' });
      world.transfer([[1, '12']], 34, place.stock, { name: 'STOR/1' });
      world.transfer([[1, '5']], place.stock, 33, { name: 'INT/1' });
      world.transfer([[1, '4']], 33, jed, { name: 'INT/2' });
      world.transfer([[1, '3']], place.stock, place.customers, { name: 'OUT/1' });
      world.transfer([[1, '1']], place.customers, place.stock, { name: 'RET/1' });
      world.transfer([[1, '1']], place.stock, place.production, { name: 'MO/1' });
      world.transfer([[1, '1']], place.vendors, place.customers, { name: 'DROP/1' });
      world.odoo.book({ product: 1, from: place.stock, to: place.scrap, quantity: '1', values: { reference: 'SP/1' } });
      world.odoo.book({ product: 1, from: place.loss, to: place.stock, quantity: '7', values: { reference: 'count' } });
    });
    const { lines } = await one.movements();
    expect(lines).toEqual([
      'IN/1: 12 A @ MAIN',
      'INT/2: -4 A @ MAIN',
      'INT/2: 4 A @ JED',
      'OUT/1: -3 A @ MAIN',
      'RET/1: 1 A @ MAIN',
      'MO/1: -1 A @ MAIN',
      'SP/1: -1 A @ MAIN',
      'count: 7 A @ MAIN',
    ]);
    // What the ledger adds up to is what the figures say.
    expect((await one.stock()).figures).toMatchObject({ 'A MAIN': '11', 'A JED': '4' });
  });

  it('is in base units, leaves out services and what the bridge wrote, and rejects what has no SKU', async () => {
    const one = await site(version, (world) => {
      two(world);
      world.product(3, 'FEE', { type: 'service', is_storable: false });
      const picking = world.transfer([], place.vendors, place.stock, { name: 'IN/1' });
      const entered = { unit: 2, entered: '2.5' };
      world.odoo.book({ product: 1, from: place.vendors, to: place.stock, quantity: '30', picking, ...entered });
      world.transfer([[3, '1']], place.vendors, place.stock);
    });
    await one.apply(written({ B: '7' }));
    const { lines } = await one.movements();
    expect(lines).toEqual(['IN/1: 30 A @ MAIN']);
  });

  it('a line that is changed later, or appears behind the last one, comes; what was read does not come again', async () => {
    const one = await site(version, (world) => {
      two(world);
      world.transfer([[1, '12']], place.vendors, place.stock, { name: 'IN/1', lineIds: [900] });
    });
    const first = await one.movements();
    const began = one.world.odoo.clock - 60_000_000;
    const line = one.world.server.tables.get('stock.move.line', 900);
    if (line !== undefined) one.world.odoo.touch(line, { quantity_product_uom: '11', qty_done: '11' });
    one.world.transfer([[2, '2']], place.vendors, place.stock, { name: 'IN/2', write: began });
    const next = await one.movements(first.checkpoint);
    expect(next.lines.toSorted()).toEqual(['IN/1: 11 A @ MAIN', 'IN/2: 2 B @ MAIN']);
    expect((await one.movements(next.checkpoint)).lines).toEqual([]);
  });

  it('is asked for a few SKUs since a time, whatever is the SKU', async () => {
    const at = (hour: number) => ({ write: Date.UTC(2026, 10, 20, hour) * 1000 });
    const one = await site(
      version,
      (world) => {
        world.product(1, false, { barcode: '0012' });
        world.product(2, false, { barcode: '0013' });
        world.transfer([[1, '12']], place.vendors, place.stock, { name: 'IN/1', ...at(8) });
        world.transfer([[1, '3']], place.stock, place.customers, { name: 'OUT/1', ...at(9) });
        world.transfer([[2, '5']], place.vendors, place.stock, { name: 'IN/2', ...at(9) });
      },
      { sku: 'barcode' },
    );
    const only = { skus: ['0012'], bookedFrom: '2026-11-20T11:30:00+03:00' };
    expect((await one.movements(null, only)).lines).toEqual(['OUT/1: -3 0012 @ MAIN']);
  });
});
