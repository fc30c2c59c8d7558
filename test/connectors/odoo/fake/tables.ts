import Big from 'big.js';

export type Value = unknown;
/** A record as it is stored: references are ids, quantities and prices texts, `write` microseconds since the epoch. */
export type Rec = { id: number; write: number } & Record<string, Value>;
export type Odoo = 14 | 19;

/** What a reference of each name refers to. */
const references: Readonly<Record<string, string>> = {
  product_id: 'product.product',
  location_id: 'stock.location',
  location_dest_id: 'stock.location',
  view_location_id: 'stock.location',
  lot_stock_id: 'stock.location',
  warehouse_id: 'stock.warehouse',
  picking_type_id: 'stock.picking.type',
  picking_id: 'stock.picking',
  backorder_id: 'stock.picking',
  move_id: 'stock.move',
  partner_id: 'res.partner',
  company_id: 'res.company',
  uom_id: 'uom.uom',
  product_uom_id: 'uom.uom',
  scrap_id: 'stock.scrap',
  product_tmpl_id: 'product.template',
  categ_id: 'product.category',
  lot_id: 'stock.lot',
  package_id: 'stock.package',
  owner_id: 'res.partner',
  inventory_id: 'stock.inventory',
};

const common = ['id', 'write_date', 'active', 'company_id'];
const models: Readonly<Record<string, { both: readonly string[]; 14?: readonly string[]; 19?: readonly string[] }>> = {
  'product.product': {
    both: [
      'default_code',
      'barcode',
      'display_name',
      'lst_price',
      'type',
      'uom_id',
      'product_tmpl_id',
      'tracking',
      'categ_id',
      'description_sale',
      'qty_available',
      'free_qty',
      'sale_ok',
    ],
    19: ['is_storable'],
  },
  'product.template': { both: ['name'] },
  'stock.location': { both: ['complete_name', 'usage', 'parent_path'], 14: ['scrap_location'] },
  'stock.warehouse': { both: ['code', 'name', 'view_location_id', 'lot_stock_id'] },
  'stock.quant': {
    both: ['product_id', 'location_id', 'quantity', 'reserved_quantity', 'lot_id', 'package_id', 'owner_id'],
  },
  'stock.picking.type': { both: ['code', 'warehouse_id'] },
  'stock.picking': { both: ['name', 'state', 'origin', 'picking_type_id', 'backorder_id', 'partner_id', 'date_done'] },
  'stock.move': {
    both: [
      'product_id',
      'picking_id',
      'product_uom_qty',
      'state',
      'location_id',
      'location_dest_id',
      'reference',
      'origin',
    ],
    14: ['quantity_done', 'reserved_availability', 'scrapped', 'inventory_id'],
    19: ['quantity', 'picked', 'is_inventory', 'scrap_id'],
  },
  'stock.move.line': {
    both: [
      'product_id',
      'picking_id',
      'move_id',
      'location_id',
      'location_dest_id',
      'state',
      'date',
      'reference',
      'product_uom_id',
    ],
    14: ['qty_done'],
    19: ['quantity_product_uom', 'location_usage', 'location_dest_usage', 'is_inventory'],
  },
  'stock.scrap': { both: ['name'], 14: ['move_id'], 19: ['move_ids'] },
  'mail.message': { both: ['model', 'res_id', 'body'] },
  'res.users': { both: ['login', 'company_ids'] },
  'res.company': { both: ['name'] },
  'res.partner': { both: ['name'] },
  'uom.uom': { both: ['name'], 14: ['factor_inv', 'rounding'] },
  'product.supplierinfo': {
    both: ['product_id', 'product_tmpl_id', 'sequence'],
    // A reference, by its name's looks a text.
    14: ['name'],
    19: ['partner_id'],
  },
  'mrp.bom': { both: ['type', 'product_id', 'product_tmpl_id'] },
};

/** Sent as JSON numbers, exactly as they are stored. */
const floats = new Set([
  'lst_price',
  'quantity',
  'reserved_quantity',
  'reserved_availability',
  'quantity_done',
  'product_uom_qty',
  'quantity_product_uom',
  'qty_done',
  'qty_available',
  'free_qty',
  'factor_inv',
  'rounding',
  'quantity:sum',
  'reserved_quantity:sum',
]);

export class OdooError extends Error {
  readonly status: number;
  readonly exception: string;
  constructor(status: number, exception: string, message: string) {
    super(message);
    this.status = status;
    this.exception = exception;
  }
}

export function stampOf(micros: number): string {
  return new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19).replace('T', ' ');
}

const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** As Python prints a float: `12.0`. */
function float(value: Value): unknown {
  const text = String(value);
  if (!/^-?\d+(\.\d+)?(e-?\d+)?$/.test(text)) return value;
  return raw(/^-?\d{1,15}$/.test(text) ? `${text}.0` : text);
}

type Condition = readonly [field: string, operator: string, value: Value];

/** Odoo's records, with its way of searching. */
export class Tables {
  readonly version: Odoo;
  readonly #tables = new Map<string, Map<number, Rec>>();
  /** Modules that are not installed have no models. */
  readonly missing = new Set<string>(['mrp.bom']);

  /** A product whose stock no group shows. */
  hidden: number | undefined;

  constructor(version: Odoo) {
    this.version = version;
  }

  table(model: string): Map<number, Rec> {
    if (models[model] === undefined || this.missing.has(model)) {
      if (this.version === 14) throw new OdooError(200, 'odoo.exceptions.UserError', `Object ${model} doesn't exist`);
      throw new OdooError(404, 'werkzeug.exceptions.NotFound', `the model '${model}' does not exist`);
    }
    const known = this.#tables.get(model) ?? new Map<number, Rec>();
    this.#tables.set(model, known);
    return known;
  }

  get(model: string, id: Value): Rec | undefined {
    return typeof id === 'number' ? this.table(model).get(id) : undefined;
  }

  all(model: string): Rec[] {
    return [...this.table(model).values()];
  }

  put(model: string, record: Rec): Rec {
    this.table(model).set(record.id, record);
    return record;
  }

  fieldsOf(model: string): string[] {
    this.table(model);
    const fields = models[model];
    return [...common, ...(fields?.both ?? []), ...(fields?.[this.version] ?? [])];
  }

  /** A stored value as the API shows it. */
  value(model: string, record: Rec, field: string): Value {
    if (!this.fieldsOf(model).includes(field)) {
      throw new OdooError(500, 'builtins.ValueError', `Invalid field '${field}' on model '${model}'`);
    }
    if (field === 'write_date') return stampOf(record.write);
    if (field === 'display_name' && record.display_name === undefined) return record.name ?? false;
    const value = record[field] ?? false;
    const target = model === 'product.supplierinfo' && field === 'name' ? 'res.partner' : references[field];
    if (target !== undefined && typeof value === 'number') {
      return [value, String(this.#nameOf(target, value))];
    }
    return floats.has(field) && value !== false ? float(value) : value;
  }

  #nameOf(model: string, id: number): Value {
    const found = models[model] === undefined ? undefined : this.get(model, id);
    return found?.display_name ?? found?.complete_name ?? found?.name ?? `${model},${id}`;
  }

  /** `domain` in Odoo's Polish notation. */
  find(model: string, domain: readonly Value[], activeTest: boolean): Rec[] {
    const terms = [...domain];
    const names = terms.flatMap((term) => (Array.isArray(term) ? [String(term[0])] : []));
    const rows = this.all(model).filter((one) => !activeTest || names.includes('active') || one.active !== false);
    return rows.filter((record) => this.#fits(model, record, terms));
  }

  #fits(model: string, record: Rec, domain: readonly Value[]): boolean {
    const terms = [...domain];
    const next = (): boolean => {
      const term = terms.shift();
      if (term === '|' || term === '&') {
        const [left, right] = [next(), next()];
        return term === '|' ? left || right : left && right;
      }
      return this.#holds(model, record, term as Condition);
    };
    let all = true;
    while (terms.length > 0) all = next() && all;
    return all;
  }

  #holds(model: string, record: Rec, [path, operator, wanted]: Condition): boolean {
    const value = this.#at(model, record, path);
    if (path === 'write_date' || path.endsWith('.write_date'))
      return this.#compareTime(value as number, operator, wanted);
    // Seen on 19: a reference is never more or less than a number, without an error.
    if (this.version === 19 && /[<>]/.test(operator) && references[path] !== undefined) return false;
    switch (operator) {
      case '=':
        return (value ?? false) === wanted;
      case '!=':
        return (value ?? false) !== wanted;
      case 'in':
        return Array.isArray(value)
          ? value.some((one) => (wanted as Value[]).includes(one))
          : (wanted as Value[]).includes(value ?? false);
      case 'not in':
        return !(wanted as Value[]).includes(value ?? false);
      case '>':
        return (value as number) > (wanted as number);
      case '>=':
        return (value as number) >= (wanted as number);
      case '<=':
        return (value as number) <= (wanted as number);
      case '<':
        return (value as number) < (wanted as number);
      case 'like':
        return like(String(value ?? ''), String(wanted));
      default:
        throw new OdooError(500, 'builtins.ValueError', `Invalid operator ${operator}`);
    }
  }

  #at(model: string, record: Rec, path: string): Value {
    const [field = '', ...rest] = path.split('.');
    if (field !== 'id' && !this.fieldsOf(model).includes(field)) {
      throw new OdooError(500, 'builtins.ValueError', `Invalid field ${model}.${field} in condition`);
    }
    const value = field === 'write_date' ? record.write : record[field];
    if (rest.length === 0) return value;
    const target = references[field] ?? '';
    const found = this.get(target, value);
    return found === undefined ? undefined : this.#at(target, found, rest.join('.'));
  }

  /** On 19 in whole seconds, on 14 in microseconds. */
  #compareTime(micros: number, operator: string, wanted: Value): boolean {
    const given = Date.parse(`${String(wanted).replace(' ', 'T')}Z`) * 1000;
    const value = this.version === 19 ? Math.floor(micros / 1_000_000) * 1_000_000 : micros;
    if (operator === '>') return value > given;
    if (operator === '>=') return value >= given;
    if (operator === '<') return value < given;
    if (operator === '<=') return value <= given;
    return value === given;
  }

  search(
    model: string,
    {
      domain = [],
      order = 'id asc',
      limit,
      offset = 0,
    }: { domain?: readonly Value[]; order?: string | null; limit?: number | null; offset?: number },
    activeTest: boolean,
  ): Rec[] {
    const keys = (order ?? 'id asc').split(',').map((part) => part.trim().split(' '));
    const rows = this.find(model, domain, activeTest).sort((a, b) => {
      for (const [key, direction] of keys) {
        const [x, y] = key === 'write_date' ? [a.write, b.write] : [a.id, b.id];
        if (x !== y) return direction === 'desc' ? y - x : x - y;
      }
      return 0;
    });
    return rows.slice(offset, limit === undefined || limit === null || limit === 0 ? undefined : offset + limit);
  }

  show(model: string, record: Rec, fields: readonly string[]): Record<string, Value> {
    const shown = fields.filter((field) => field !== 'id').map((field) => [field, this.value(model, record, field)]);
    return { id: record.id, ...Object.fromEntries(shown) };
  }

  /** Sums of quantities by product and location, as both dialects shape them. */
  group(
    domain: readonly Value[],
    groupby: readonly string[],
  ): { key: Value[]; quantity: Value; reserved: Value; records: number }[] {
    const groups = new Map<string, Rec[]>();
    for (const quant of this.find('stock.quant', domain, false)) {
      if (quant.product_id === this.hidden) continue;
      const key = JSON.stringify(groupby.map((field) => quant[field]));
      groups.set(key, [...(groups.get(key) ?? []), quant]);
    }
    const sum = (rows: Rec[], field: string): Value => {
      const [first] = rows;
      if (rows.length === 1 && first !== undefined) return float(first[field] ?? '0');
      return float(rows.reduce((all, row) => all.plus(String(row[field] ?? '0')), new Big(0)).toFixed());
    };
    return [...groups.values()].map((rows) => ({
      key: groupby.map((field) => this.value('stock.quant', rows[0] as Rec, field)),
      quantity: sum(rows, 'quantity'),
      reserved: sum(rows, 'reserved_quantity'),
      records: rows.length,
    }));
  }
}

/** SQL's `like`, around which Odoo puts `%`. */
function like(text: string, pattern: string): boolean {
  const source = pattern.replace(/\\(.)|[%_]|[.*+?^${}()|[\]]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\%]/g, '\\$&');
    return found === '%' ? '.*' : found === '_' ? '.' : `\\${found}`;
  });
  return new RegExp(source, 's').test(text);
}
