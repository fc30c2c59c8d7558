import { describe, expect, it } from 'vitest';
import { place } from './fake/world.ts';
import { site, versions } from './harness.ts';

describe.each(versions)('stock of Odoo %i', (version) => {
  it('lots, shelves and owners of a product are one figure, and every tracked product has one at each warehouse', async () => {
    const one = await site(version, (world) => {
      world.warehouse('JED', 30);
      world.shelf(33, 'MAIN/Stock/Shelf 1', place.view);
      for (const [id, sku] of [
        [1, 'A'],
        [2, 'B'],
        [3, 'C'],
        [4, 'D'],
      ] as const)
        world.product(id, sku);
      world.product(5, 'SERVICE', { type: 'service', is_storable: false });
      world.odoo.lay(1, place.stock, '10');
      world.odoo.lay(1, 33, '2.5');
      world.odoo.add('stock.quant', {
        product_id: 1,
        location_id: 33,
        quantity: '4',
        reserved_quantity: '1',
        lot_id: 7,
        package_id: false,
        owner_id: false,
      });
      world.odoo.lay(2, 31, '3');
      // Delivering more than there is needs nobody's consent.
      world.odoo.lay(3, place.stock, '-483');
    });
    const { figures, rejects, completeness } = await one.stock();
    expect(figures).toEqual({
      'A MAIN': '16.5',
      'A JED': '0',
      'B MAIN': '0',
      'B JED': '3',
      'C MAIN': '-483',
      'C JED': '0',
      'D MAIN': '0',
      'D JED': '0',
    });
    expect(rejects).toEqual([]);
    expect(completeness).toBe('proven');
  });

  it('by single locations, without what is reserved', async () => {
    const options = { locations: 'location', stock: { figure: 'available' } };
    const prepare = (world: Parameters<NonNullable<Parameters<typeof site>[1]>>[0]) => {
      world.shelf(33, 'MAIN/Stock/Shelf 1', place.view);
      world.product(1, 'A');
      world.odoo.lay(1, place.stock, '10');
      world.odoo.quant(1, place.stock).reserved_quantity = '4';
      world.odoo.lay(1, 33, '2');
    };
    const { figures } = await (await site(version, prepare, options)).stock();
    expect(figures).toEqual({ 'A MAIN/Stock': '6', 'A MAIN/Stock/Shelf 1': '2' });
  });

  it('a read that misses what Odoo itself counts is no read: nothing becomes zero by it', async () => {
    const one = await site(version, (world) => {
      for (let id = 1; id <= 4; id += 1) {
        world.product(id, `P${id}`);
        world.odoo.lay(id, place.stock, id);
      }
    });
    // An access rule of the merchant's own, which hides from groups what it shows in counts.
    one.world.server.tables.hidden = 3;
    await expect(one.stock()).rejects.toMatchObject({
      code: 'CONNECTOR_BAD_SOURCE',
      message: 'Odoo counts 4 records of stock and showed 3 of them: nothing of this read counts.',
    });
  });

  it('of several companies the goods of those that are configured; of all that the user sees, if none is', async () => {
    const prepare = (world: Parameters<NonNullable<Parameters<typeof site>[1]>>[0]) => {
      world.server.companies.push(2);
      world.warehouse('OTHER', 50, 51, 2);
      world.product(1, 'A');
      world.odoo.lay(1, place.stock, '10');
      world.transfer([[1, '3']], place.vendors, 51);
    };
    const ours = await site(version, prepare, { companies: ['Example Trading'] });
    expect((await ours.stock()).figures).toEqual({ 'A MAIN': '10' });
    expect((await ours.documents()).values).toEqual([]);
    expect((await ours.movements()).lines).toEqual([]);
    const all = await site(version, prepare);
    expect((await all.stock()).figures).toEqual({ 'A MAIN': '10', 'A OTHER': '3' });
    expect((await all.documents()).values).toMatchObject([{ location: 'OTHER' }]);
  });

  it('sums of floats have no noise, and tiny figures no exponent', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.product(2, 'B');
      world.odoo.quant(1, place.stock).quantity = '0.30000000000000004';
      world.odoo.quant(2, place.stock).quantity = '1e-08';
    });
    expect((await one.stock()).figures).toEqual({ 'A MAIN': '0.3', 'B MAIN': '0.00000001' });
  });

  it('a receipt in two steps is one receipt, and its goods are counted once', async () => {
    const one = await site(version, (world) => {
      world.shelf(34, 'MAIN/Input', place.view);
      world.product(1, 'A');
      world.transfer([[1, '12']], place.vendors, 34, { name: 'MAIN/IN/00001', origin: 'P00007' });
    });
    const first = await one.documents();
    expect(first.values).toMatchObject([
      {
        kind: 'purchase',
        number: 'MAIN/IN/00001',
        location: 'MAIN',
        note: 'P00007',
        partner: 'Acme Supplier',
        lines: [{ sku: 'A', quantity: '12' }],
      },
    ]);
    expect((await one.stock()).figures).toEqual({ 'A MAIN': '12' });
    one.world.transfer([[1, '12']], 34, place.stock, { name: 'MAIN/STOR/00001' });
    expect((await one.documents(first.checkpoint)).values).toEqual([]);
    // A quant of nothing stays behind at the first step.
    expect(one.world.odoo.quant(1, 34).quantity).toBe('0');
    expect((await one.stock()).figures).toEqual({ 'A MAIN': '12' });
  });

  it('what a customer returns is no purchase, what is sold no disposal, what goes back to a vendor is one', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.transfer([[1, '3']], place.customers, place.stock, { name: 'MAIN/IN/00007' });
      world.transfer([[1, '1']], place.stock, place.customers, { name: 'MAIN/OUT/00001' });
      world.transfer([[1, '2']], place.stock, place.production, { name: 'MAIN/MO/00001' });
      world.transfer([[1, '1']], place.vendors, place.customers, { name: 'DROP/00001' });
      world.transfer([[1, '5']], place.stock, place.vendors, { name: 'MAIN/OUT/00002' });
    });
    expect((await one.documents()).values).toMatchObject([{ kind: 'disposal', number: 'MAIN/OUT/00002' }]);
    const without = await site(
      version,
      (world) => {
        world.product(1, 'A');
        world.transfer([[1, '5']], place.stock, place.vendors);
      },
      { documents: { vendorReturns: 'skip' } },
    );
    expect((await without.documents()).values).toEqual([]);
  });

  it('scrap is a disposal, also where it was booked on a receipt; a count is none', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      const receipt = world.transfer([[1, '10']], place.vendors, place.stock, { id: 500, name: 'MAIN/IN/00001' });
      const scrapped = version === 19 ? { scrap_id: 61 } : { scrapped: true };
      world.odoo.book({
        product: 1,
        from: place.stock,
        to: place.scrap,
        quantity: '1',
        picking: receipt,
        values: { ...scrapped, picking_id: 500 },
      });
      world.odoo.book({
        product: 1,
        from: place.stock,
        to: place.scrap,
        quantity: '2',
        values: { ...scrapped, reference: 'SP/00001' },
      });
      const count = version === 19 ? { is_inventory: true } : {};
      world.odoo.book({ product: 1, from: place.stock, to: place.loss, quantity: '3', values: count });
      world.odoo.book({ product: 1, from: place.loss, to: place.stock, quantity: '30', values: count });
    });
    const { values } = await one.documents();
    expect(values.map(({ kind, number, lines }) => [kind, number, lines[0]?.quantity])).toEqual([
      ['purchase', 'MAIN/IN/00001', '10'],
      ['disposal', 'MAIN/IN/00001', '1'],
      ['disposal', 'SP/00001', '2'],
    ]);
  });

  it('quantities are in base units, whatever the line was entered in', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      const picking = world.transfer([], place.vendors, place.stock, { id: 500 });
      world.odoo.book({
        product: 1,
        from: place.vendors,
        to: place.stock,
        quantity: '30',
        picking,
        unit: 2,
        entered: '2.5',
      });
    });
    expect((await one.documents()).values).toMatchObject([{ lines: [{ sku: 'A', quantity: '30' }] }]);
  });

  it('a line that changes later shows, though its transfer says that nothing has', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.transfer([[1, '10']], place.vendors, place.stock, { id: 500, lineIds: [900] });
    });
    const first = await one.documents();
    const line = one.world.server.tables.get('stock.move.line', 900);
    if (line !== undefined) one.world.odoo.touch(line, { quantity_product_uom: '8', qty_done: '8' });
    const next = await one.documents(first.checkpoint);
    expect(next.values).toMatchObject([{ id: 'stock.picking,500', lines: [{ quantity: '8' }] }]);
  });

  it('a document is whole, though its lines come on several pages, and comes once', async () => {
    const one = await site(version, (world) => {
      for (let id = 1; id <= 8; id += 1) world.product(id, `P${id}`);
      world.transfer(
        [1, 2, 3, 4, 5, 6, 7, 8].map((id) => [id, String(id)] as const),
        place.vendors,
        place.stock,
      );
    });
    const { values } = await one.documents();
    expect(values.map(({ lines }) => lines.length)).toEqual([8]);
  });

  it('says when it was booked, and on which day that was where the merchant is', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.transfer([[1, '10']], place.vendors, place.stock, { id: 500, date_done: '2026-11-20 22:30:00' });
    });
    expect((await one.documents()).values).toMatchObject([
      { id: 'stock.picking,500', company: '1', date: '2026-11-21', bookedAt: '2026-11-20T22:30:00Z' },
    ]);
  });

  it('what was booked before a day is not read', async () => {
    const one = await site(
      version,
      (world) => {
        world.product(1, 'A');
        world.transfer([[1, '1']], place.vendors, place.stock, { write: Date.UTC(2026, 9, 31, 12) * 1000 });
        world.transfer([[1, '2']], place.vendors, place.stock, { write: Date.UTC(2026, 10, 1, 12) * 1000 });
      },
      { documents: { from: '2026-11-01' } },
    );
    expect((await one.documents()).values).toMatchObject([{ date: '2026-11-01' }]);
  });
});
