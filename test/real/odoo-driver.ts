/** People at work in a real Odoo 19, over its own API and apart from the connector. */
export interface RealOdoo {
  readonly url: string;
  readonly database: string;
  /** Of a user with the rights of an administrator: companies and warehouses are made. */
  readonly adminKey: string;
  /** Of the user that the bridge signs in as. */
  readonly apiKey: string;
}

/** Undefined where the environment names none: `eval "$(odoo19 up)"` sets it. */
export function realOdoo(env: NodeJS.ProcessEnv): RealOdoo | undefined {
  const { ODOO_URL: url, ODOO_DB: database, ODOO_API_KEY: apiKey, ODOO_ADMIN_KEY: adminKey } = env;
  if (url === undefined || database === undefined || apiKey === undefined || adminKey === undefined) return undefined;
  return { url, database, apiKey, adminKey };
}

type Values = Readonly<Record<string, unknown>>;
export type Domain = readonly unknown[];

export class Company {
  readonly #odoo: RealOdoo;
  readonly name: string;
  readonly id: number;
  readonly #warehouses = new Map<string, Values>();

  private constructor(odoo: RealOdoo, name: string, id: number) {
    this.#odoo = odoo;
    this.name = name;
    this.id = id;
  }

  /** A company of its own, with one warehouse of this short name: nothing that others do is seen in it. */
  static async make(odoo: RealOdoo, name: string, warehouse: string): Promise<Company> {
    const all = new Company(odoo, '', 1);
    const [id = 0] = await all.create('res.company', [{ name }]);
    const users = await all.search('res.users', [['login', 'in', ['admin', 'bridge']]], ['login']);
    await all.call('res.users', 'write', {
      ids: users.map((user) => user.id),
      vals: { company_ids: [[4, id]] },
    });
    const company = new Company(odoo, name, id);
    await company.addWarehouse(warehouse);
    return company;
  }

  get options(): Record<string, unknown> {
    const { url, database, apiKey } = this.#odoo;
    return { url, database, apiKey, companies: [this.name] };
  }

  async call(model: string, method: string, args: Values): Promise<unknown> {
    const { url, database, adminKey } = this.#odoo;
    const context = { ...(this.name === '' ? {} : { allowed_company_ids: [this.id] }), ...(args.context as object) };
    const answer = await fetch(`${url}/json/2/${model}/${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${adminKey}`,
        'x-odoo-database': database,
      },
      body: JSON.stringify({ ...args, context }),
    });
    const text = await answer.text();
    if (!answer.ok)
      throw new Error(`${model}/${method} ${JSON.stringify(args)}: ${answer.status} ${text.slice(0, 400)}`);
    return JSON.parse(text);
  }

  async create(model: string, vals_list: readonly Values[], context: Values = {}): Promise<number[]> {
    return (await this.call(model, 'create', { vals_list, context })) as number[];
  }

  async search(model: string, domain: Domain, fields: readonly string[], context: Values = {}) {
    // With none named Odoo reads all, and fails at one that the user may not see.
    const named = fields.length === 0 ? ['id'] : fields;
    const answer = await this.call(model, 'search_read', { domain, fields: named, context });
    return answer as (Record<string, unknown> & { id: number })[];
  }

  async addWarehouse(code: string): Promise<void> {
    await this.create('stock.warehouse', [{ name: `Warehouse ${code}`, code, company_id: this.id }]);
  }

  /** With its types of transfers and its stock location. */
  async warehouse(code: string): Promise<{ stock: number; in: number; out: number; view: number }> {
    const fields = ['lot_stock_id', 'view_location_id', 'in_type_id', 'out_type_id'];
    const domain = [
      ['company_id', '=', this.id],
      ['code', '=', code],
    ];
    const found = this.#warehouses.get(code) ?? (await this.search('stock.warehouse', domain, fields))[0] ?? {};
    this.#warehouses.set(code, found);
    const id = (field: string) => (found[field] as [number, string])[0];
    return { stock: id('lot_stock_id'), view: id('view_location_id'), in: id('in_type_id'), out: id('out_type_id') };
  }

  async products(skus: readonly (string | false)[], values: Values = {}): Promise<number[]> {
    return this.create(
      'product.product',
      skus.map((sku) => ({
        name: `Product ${String(sku)}`,
        default_code: sku,
        type: 'consu',
        is_storable: true,
        list_price: 9.9,
        company_id: this.id,
        ...values,
      })),
    );
  }

  async productOf(sku: string): Promise<number> {
    const [found] = await this.search(
      'product.product',
      [
        ['default_code', '=', sku],
        ['company_id', '=', this.id],
      ],
      [],
    );
    return found?.id ?? 0;
  }

  async count(product: number, location: number, quantity: number): Promise<void> {
    const context = { inventory_mode: true };
    const vals = { product_id: product, location_id: location, inventory_quantity: quantity };
    const ids = await this.create('stock.quant', [vals], context);
    await this.call('stock.quant', 'action_apply_inventory', { ids, context });
  }

  async onHand(product: number, view: number): Promise<number> {
    const domain = [
      ['product_id', '=', product],
      ['location_id', 'child_of', view],
    ];
    const quants = await this.search('stock.quant', domain, ['quantity']);
    return quants.reduce((sum, quant) => sum + Number(quant.quantity), 0);
  }

  /** A confirmed transfer. */
  async transfer(
    type: number,
    from: number,
    to: number,
    lines: readonly (readonly [product: number, quantity: number])[],
    origin: string | false = false,
  ): Promise<number> {
    const places = { location_id: from, location_dest_id: to };
    const move_ids = lines.map(([product_id, product_uom_qty]) => [0, 0, { product_id, product_uom_qty, ...places }]);
    const [id = 0] = await this.create('stock.picking', [{ picking_type_id: type, origin, move_ids, ...places }]);
    await this.call('stock.picking', 'action_confirm', { ids: [id] });
    return id;
  }

  async validate(id: number): Promise<void> {
    await this.call('stock.picking', 'action_assign', { ids: [id] });
    await this.call('stock.picking', 'button_validate', { ids: [id], context: { skip_backorder: true } });
    const [after] = await this.search('stock.picking', [['id', '=', id]], ['state']);
    if (after?.state !== 'done') throw new Error(`transfer ${id} is ${String(after?.state)} and not done`);
  }

  /** Odoo's places outside of the stock, which all companies share. */
  async outside(usage: 'supplier' | 'customer'): Promise<number> {
    const domain = [
      ['usage', '=', usage],
      ['company_id', '=', false],
    ];
    return (await this.search('stock.location', domain, []))[0]?.id ?? 0;
  }
}
