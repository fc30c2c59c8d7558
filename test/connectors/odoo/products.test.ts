import { describe, expect, it } from 'vitest';
import { place } from './fake/world.ts';
import { site, versions } from './harness.ts';

describe.each(versions)('products of Odoo %i', (version) => {
  it('an archived product comes as not active, and its goods still count', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.odoo.lay(1, place.stock, 4);
    });
    const first = await one.products();
    expect(first.values).toMatchObject([{ sku: 'A', active: true, type: 'storable', price: '9.9' }]);
    const product = one.world.server.tables.get('product.product', 1);
    if (product !== undefined) one.world.odoo.touch(product, { active: false });
    expect((await one.products(first.checkpoint)).values).toMatchObject([{ id: '1', sku: 'A', active: false }]);
    expect((await one.stock()).figures).toEqual({ 'A MAIN': '4' });
  });

  it('one SKU on two active products is nobody’s; on an archived and an active one it is the active one’s', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'TWICE');
      world.product(2, 'TWICE');
      world.product(3, 'OLD', { active: false });
      world.product(4, 'OLD');
      for (const id of [1, 2, 3, 4]) world.odoo.lay(id, place.stock, id);
    });
    const { values, rejects } = await one.products();
    expect(values.map(({ id }) => id)).toEqual(['4']);
    expect(rejects).toEqual([1, 2].map((id) => `${id}: 2 active products of Odoo have the SKU "TWICE" (ids 1, 2)`));
    const stock = await one.stock();
    expect(stock.figures).toEqual({ 'OLD MAIN': '4' });
    expect(stock.rejects).toHaveLength(2);
    expect(stock.warnings).toEqual([expect.stringContaining('1 figures belong to archived products')]);
  });

  it('a product without a code is rejected, a service without one is nobody’s business', async () => {
    const one = await site(version, (world) => {
      world.product(1, false);
      world.product(2, false, { type: 'service', is_storable: false });
      world.product(3, 'FEE', { type: 'service', is_storable: false });
    });
    const { values, rejects } = await one.products();
    expect(values).toMatchObject([{ sku: 'FEE', type: 'service' }]);
    expect(rejects).toEqual(['1: product 1 (Product false) has no default_code, which is its SKU']);
  });

  it('by barcode, and only those that a domain lets through', async () => {
    const options = { sku: 'barcode', products: { domain: [['sale_ok', '=', true]] } };
    const one = await site(
      version,
      (world) => {
        world.product(1, 'A', { barcode: '4006381333931', sale_ok: true });
        world.product(2, 'B', { barcode: '0012345', sale_ok: false });
        world.odoo.lay(1, place.stock, 4);
        world.odoo.lay(2, place.stock, 5);
      },
      options,
    );
    expect((await one.products()).values.map(({ sku }) => sku)).toEqual(['4006381333931']);
    const { figures, completeness } = await one.stock();
    expect(figures).toEqual({ '4006381333931 MAIN': '4' });
    // What is left out on purpose is not zero.
    expect(completeness).toBe('likely');
  });

  it('has as its supplier the first of its vendors, its own before its template’s; and none where the user may not see them', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A', { product_tmpl_id: 100 });
      world.product(2, 'B', { product_tmpl_id: 100 });
      world.product(3, 'C');
      world.odoo.add('res.partner', { id: 10, name: 'Second Supplier' });
      world.odoo.add('res.partner', { id: 11, name: 'Own Supplier' });
      const vendor = (partner: number, values: Record<string, unknown>) =>
        world.odoo.add('product.supplierinfo', {
          product_tmpl_id: 100,
          product_id: false,
          [version === 19 ? 'partner_id' : 'name']: partner,
          ...values,
        });
      vendor(10, { sequence: 2 });
      vendor(9, { sequence: 1 });
      vendor(11, { sequence: 3, product_id: 2 });
    });
    const suppliers = async () => (await one.products()).values.map(({ sku, supplier }) => [sku, supplier]);
    expect(await suppliers()).toEqual([
      ['A', 'Acme Supplier'],
      ['B', 'Own Supplier'],
      ['C', undefined],
    ]);
    one.world.server.forbidden.add('product.supplierinfo');
    expect((await suppliers()).map(([, supplier]) => supplier)).toEqual([undefined, undefined, undefined]);
  });

  it('kits are known as such; their figures are left out and nothing is claimed, or Odoo makes them', async () => {
    const prepare = (world: Parameters<NonNullable<Parameters<typeof site>[1]>>[0]) => {
      world.server.tables.missing.clear();
      world.product(1, 'PART');
      world.product(2, 'KIT', { kit: { [place.view]: '6' } });
      world.odoo.add('mrp.bom', { type: 'phantom', product_id: false, product_tmpl_id: 2 });
      world.odoo.lay(1, place.stock, 12);
    };
    const skipped = await site(version, prepare);
    expect((await skipped.products()).values.map(({ sku, type }) => [sku, type])).toEqual([
      ['PART', 'storable'],
      ['KIT', 'kit'],
    ]);
    const without = await skipped.stock();
    expect(without).toMatchObject({ figures: { 'PART MAIN': '12' }, completeness: 'likely' });
    expect(without.warnings).toEqual([expect.stringContaining('1 kits')]);
    const computed = await (await site(version, prepare, { stock: { kits: 'compute' } })).stock();
    expect(computed).toMatchObject({
      figures: { 'PART MAIN': '12', 'KIT MAIN': '6' },
      completeness: 'proven',
      warnings: [],
    });
  });
});
