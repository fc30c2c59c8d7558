import { lossId } from './behaviour.ts';
import { OdooServer } from './server.ts';
import type { Odoo, Rec, Value } from './tables.ts';

/** Odoo's places. The ids are those of a fresh database, where it has them. */
export const place = { vendors: 4, customers: 5, view: 7, stock: 8, loss: lossId, scrap: 16, production: 15 } as const;

/** A small company with one warehouse, as Odoo sets it up, and three products that lie there. */
export class World {
  readonly server: OdooServer;

  constructor(version: Odoo) {
    this.server = new OdooServer(version);
    const { odoo } = this.server;
    odoo.add('res.company', { id: 1, name: 'Example Trading' });
    odoo.add('res.company', { id: 2, name: 'Other Trading' });
    odoo.add('res.users', { id: 2, login: this.server.login, company_ids: this.server.companies });
    odoo.add('uom.uom', { id: 1, name: 'Units', factor_inv: '1', rounding: '0.01' });
    // As Odoo has it from the start.
    odoo.add('uom.uom', { id: 2, name: 'Dozens', factor_inv: '12', rounding: '0.01', active: false });
    this.#location(place.vendors, 'Partners/Vendors', 'supplier', '2/4/');
    this.#location(place.customers, 'Partners/Customers', 'customer', '2/5/');
    this.#location(place.loss, 'Virtual Locations/Inventory adjustment', 'inventory', '3/14/');
    this.#location(place.scrap, 'Virtual Locations/Scrap', 'inventory', '3/16/');
    this.#location(place.production, 'Virtual Locations/Production', 'production', '3/15/');
    this.warehouse('MAIN', place.view, place.stock);
    odoo.add('res.partner', { id: 9, name: 'Acme Supplier' });
  }

  get odoo() {
    return this.server.odoo;
  }

  start(): Promise<OdooServer> {
    return this.server.start();
  }

  get options(): Record<string, unknown> {
    const { url, database, apiKey, login } = this.server;
    return { url, database, apiKey, user: login, pageSize: 2 };
  }

  #location(id: number, complete_name: string, usage: string, parent_path: string, company: Value = false): Rec {
    return this.odoo.add('stock.location', { id, complete_name, usage, parent_path, company_id: company });
  }

  /** A warehouse whose main stock location has the id that follows its root's, with its types of transfers. */
  warehouse(code: string, root: number, stock: number = root + 1, company = 1): void {
    this.#location(root, code, 'view', `1/${root}/`, company);
    this.shelf(stock, `${code}/Stock`, root, company);
    const id = root;
    this.odoo.add('stock.warehouse', {
      id,
      code,
      name: code,
      view_location_id: root,
      lot_stock_id: stock,
      company_id: company,
    });
    for (const [offset, type] of ['incoming', 'outgoing', 'internal'].entries()) {
      this.odoo.add('stock.picking.type', {
        id: root * 10 + offset,
        code: type,
        warehouse_id: id,
        company_id: company,
      });
    }
  }

  shelf(id: number, complete_name: string, root: number, company = 1): void {
    this.#location(id, complete_name, 'internal', `1/${root}/${id}/`, company);
  }

  product(id: number, sku: string | false, values: Record<string, Value> = {}): Rec {
    const { version } = this.server;
    const storable = version === 19 ? { type: 'consu', is_storable: true } : { type: 'product' };
    const product = this.odoo.add('product.product', {
      id,
      default_code: sku,
      display_name: `Product ${String(sku)}`,
      lst_price: '9.9',
      uom_id: 1,
      product_tmpl_id: id,
      tracking: 'none',
      company_id: false,
      ...storable,
      ...values,
    });
    const template = Number(product.product_tmpl_id);
    this.odoo.add('product.template', { id: template, name: `Product ${String(sku)}`, write: product.write });
    return product;
  }

  /** A change on the form of a product, which is that of its template. */
  edit(template: number, values: Record<string, Value>): void {
    const { tables, version } = this.server;
    const record = tables.get('product.template', template);
    if (record === undefined) return;
    this.odoo.touch(record, {});
    for (const product of tables.all('product.product').filter((one) => one.product_tmpl_id === template)) {
      // Up to Odoo 16 the time of a variant is its own.
      Object.assign(product, values, version === 19 ? { write: record.write } : {});
    }
  }

  /** A transfer that is done: `[product, quantity]` each. */
  transfer(
    lines: readonly (readonly [product: number, quantity: string])[],
    from: number,
    to: number,
    values: Record<string, Value> & { id?: number; lineIds?: readonly number[]; write?: number } = {},
  ): Rec {
    const { id, lineIds, ...rest } = values;
    const write = rest.write ?? this.odoo.tick();
    const number = id ?? this.odoo.nextId();
    const picking = this.odoo.add('stock.picking', {
      name: `MAIN/IN/${String(number).padStart(5, '0')}`,
      state: 'done',
      origin: false,
      partner_id: 9,
      picking_type_id: place.view * 10,
      backorder_id: false,
      date_done: this.odoo.at(write),
      ...rest,
      id: number,
      write,
    });
    for (const [index, [product, quantity]] of lines.entries()) {
      const line = lineIds?.[index];
      this.odoo.book({ product, from, to, quantity, picking, write, ...(line === undefined ? {} : { id: line }) });
    }
    return picking;
  }

  /** A transfer that waits to be done. */
  order(
    origin: string,
    lines: readonly (readonly [product: number, quantity: string])[],
    values: Record<string, Value> = {},
  ) {
    const from = values.from ?? place.stock;
    const to = values.to ?? place.customers;
    const picking = this.odoo.add('stock.picking', {
      name: `MAIN/OUT/${origin}`,
      state: 'confirmed',
      origin,
      picking_type_id: place.view * 10 + 1,
      backorder_id: false,
      date_done: false,
      ...values,
    });
    for (const [product, quantity] of lines) {
      this.odoo.add('stock.move', {
        product_id: product,
        picking_id: picking.id,
        product_uom_qty: quantity,
        state: 'confirmed',
        location_id: from,
        location_dest_id: to,
        reference: picking.name,
        origin,
      });
    }
    return picking;
  }

  onHand(product: number): number {
    return this.server.tables
      .all('stock.quant')
      .filter((quant) => quant.product_id === product)
      .reduce((sum, quant) => sum + Number(quant.quantity), 0);
  }
}
