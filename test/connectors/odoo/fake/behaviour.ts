import Big from 'big.js';
import { OdooError, type Rec, type Tables, type Value } from './tables.ts';

export interface Arguments {
  readonly ids: readonly number[];
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What Odoo's methods do to its records, in the shapes that were captured from 14 and 19. */
export class Behaviour {
  readonly tables: Tables;
  /** Microseconds; each change takes a second of its own unless a test says otherwise. */
  clock: number;
  /** Answer of the next count: Odoo found that the goods had moved since. */
  conflict = false;
  /** Answer of `button_validate`: a dialog that nobody told us of. */
  dialog: Record<string, unknown> | undefined;
  /** What `button_validate` refuses to do, in Odoo's words. */
  refusal: string | undefined;
  #lastId = 1000;
  /** Contexts of Odoo 14's dialogs by their ids. */
  readonly #wizards = new Map<number, Readonly<Record<string, unknown>>>();

  constructor(tables: Tables, clock: number) {
    this.tables = tables;
    this.clock = clock;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** The next moment. */
  tick(): number {
    this.clock += 1_000_000;
    return this.clock;
  }

  add(model: string, values: Record<string, Value>): Rec {
    const { id, write, ...rest } = values;
    const record = {
      active: true,
      company_id: 1,
      ...rest,
      id: typeof id === 'number' ? id : this.nextId(),
      write: typeof write === 'number' ? write : this.tick(),
    };
    return this.tables.put(model, record);
  }

  touch(record: Rec, values: Record<string, Value>): Rec {
    return Object.assign(record, values, { write: this.tick() });
  }

  call(model: string, method: string, { ids, args, context }: Arguments): Value {
    const key = `${model}/${method}`;
    switch (key) {
      case 'stock.picking/action_confirm':
        for (const picking of this.#records(model, ids)) if (picking.state === 'draft') picking.state = 'confirmed';
        return true;
      case 'stock.picking/action_assign':
        for (const picking of this.#records(model, ids)) this.#assign(picking);
        return true;
      case 'stock.picking/button_validate':
        return this.#validate(ids, context);
      case 'stock.immediate.transfer/create': {
        const id = this.nextId();
        this.#wizards.set(id, context);
        return [id];
      }
      case 'stock.immediate.transfer/process': {
        const pickings = this.#wizards.get(ids[0] ?? 0)?.button_validate_picking_ids as number[];
        return this.#validate(pickings, { ...context, skip_immediate: true });
      }
      case 'stock.move/write':
        return this.#writeMoves(ids, args.vals as Record<string, Value>);
      case 'stock.quant/create':
        return (args.vals_list as Record<string, Value>[]).map((vals) => this.#countQuant(vals, context));
      case 'stock.quant/action_apply_inventory':
        return this.#applyCounts(ids, context);
      case 'stock.inventory/create':
        return (args.vals_list as Record<string, Value>[]).map((vals) => this.#inventory(vals));
      case 'stock.inventory/action_validate':
        return this.#validateInventory(ids);
      case 'stock.picking/message_post':
      case 'stock.scrap/message_post': {
        for (const id of ids) this.add('mail.message', { model, res_id: id, body: `<p>${String(args.body)}</p>` });
        return this.#lastId;
      }
      default:
        throw new OdooError(404, 'werkzeug.exceptions.NotFound', `the method '${key}' does not exist`);
    }
  }

  #records(model: string, ids: readonly number[]): Rec[] {
    return ids.flatMap((id) => this.tables.get(model, id) ?? []);
  }

  movesOf(picking: Rec): Rec[] {
    return this.tables.all('stock.move').filter((move) => move.picking_id === picking.id);
  }

  quant(product: number, location: number): Rec {
    const found = this.tables
      .all('stock.quant')
      .find((one) => one.product_id === product && one.location_id === location && (one.lot_id ?? false) === false);
    return (
      found ??
      this.add('stock.quant', {
        product_id: product,
        location_id: location,
        quantity: '0',
        reserved_quantity: '0',
        lot_id: false,
        package_id: false,
        owner_id: false,
      })
    );
  }

  /** Puts or takes goods, without any document. */
  lay(product: number, location: number, quantity: string | number): void {
    if (this.tables.get('stock.location', location)?.usage !== 'internal') return;
    const quant = this.quant(product, location);
    this.touch(quant, { quantity: new Big(String(quant.quantity)).plus(quantity).toFixed() });
  }

  #assign(picking: Rec): void {
    if (!['confirmed', 'assigned', 'waiting'].includes(String(picking.state))) return;
    for (const move of this.movesOf(picking)) {
      const from = this.tables.get('stock.location', move.location_id);
      const there =
        from?.usage === 'internal' ? new Big(String(this.quant(Number(move.product_id), from.id).quantity)) : undefined;
      const wanted = new Big(String(move.product_uom_qty));
      const got = there === undefined || there.gt(wanted) ? wanted : there.lt(0) ? new Big(0) : there;
      Object.assign(move, { quantity: got.toFixed(), reserved_availability: got.toFixed(), state: 'assigned' });
    }
    picking.state = 'assigned';
  }

  #validate(ids: readonly number[], context: Readonly<Record<string, unknown>>): Value {
    if (this.refusal !== undefined) throw new OdooError(422, 'odoo.exceptions.UserError', this.refusal);
    if (this.dialog !== undefined) return this.dialog;
    for (const picking of this.#records('stock.picking', ids)) {
      // Safe to repeat: a finished one stays as it is.
      if (picking.state === 'done') continue;
      const moves = this.movesOf(picking);
      const entered = moves.some((move) => move.quantity_done !== undefined);
      if (this.tables.version === 14 && !entered && context.skip_immediate !== true) {
        return {
          name: 'Immediate Transfer?',
          type: 'ir.actions.act_window',
          res_model: 'stock.immediate.transfer',
          context: { button_validate_picking_ids: ids, default_show_transfers: false },
        };
      }
      const doneOf = (move: Rec) => new Big(String(move.quantity_done ?? move.quantity ?? '0'));
      if (moves.every((move) => doneOf(move).eq(0))) {
        throw new OdooError(
          422,
          'odoo.exceptions.UserError',
          'You cannot validate a transfer if no quantities are reserved.',
        );
      }
      const short = moves.filter((move) => doneOf(move).lt(String(move.product_uom_qty)));
      if (short.length > 0 && context.skip_backorder !== true) {
        return {
          name: 'Create Backorder?',
          type: 'ir.actions.act_window',
          res_model: 'stock.backorder.confirmation',
          context: {},
        };
      }
      const dropped = (context.picking_ids_not_to_backorder as number[] | undefined)?.includes(picking.id) === true;
      if (short.length > 0 && !dropped) this.#backorder(picking, short, doneOf);
      this.#finish(picking, moves, doneOf);
    }
    return true;
  }

  #backorder(picking: Rec, short: readonly Rec[], doneOf: (move: Rec) => Big): void {
    const { id: _id, write: _write, ...values } = picking;
    const rest = this.add('stock.picking', {
      ...values,
      name: `${picking.name}-rest`,
      state: 'confirmed',
      backorder_id: picking.id,
    });
    for (const move of short) {
      const { id: _move, write: _at, quantity: _quantity, ...same } = move;
      const left = new Big(String(move.product_uom_qty)).minus(doneOf(move)).toFixed();
      this.add('stock.move', { ...same, picking_id: rest.id, product_uom_qty: left, state: 'confirmed' });
    }
  }

  #finish(picking: Rec, moves: readonly Rec[], doneOf: (move: Rec) => Big): void {
    // All lines of one transaction bear its start.
    const write = this.tick();
    for (const move of moves) {
      this.book({
        product: Number(move.product_id),
        from: Number(move.location_id),
        to: Number(move.location_dest_id),
        quantity: doneOf(move).toFixed(),
        write,
        move,
        picking,
      });
    }
    Object.assign(picking, { state: 'done', date_done: this.at(write), write });
    for (const next of this.tables.all('stock.picking')) {
      if (next.after === picking.id && next.state === 'waiting') next.state = 'confirmed';
    }
  }

  at(micros: number): string {
    return new Date(micros / 1000).toISOString().slice(0, 19).replace('T', ' ');
  }

  /** One finished movement: the move, its line in the ledger, and the goods. */
  book(one: {
    product: number;
    from: number;
    to: number;
    quantity: string;
    write?: number;
    move?: Rec;
    picking?: Rec;
    id?: number;
    unit?: number;
    entered?: string;
    values?: Record<string, Value>;
  }): Rec {
    const { product, from, to, quantity, picking, unit = 1, entered = quantity } = one;
    const write = one.write ?? this.tick();
    const places = { location_id: from, location_dest_id: to };
    const reference = picking?.name ?? one.values?.reference ?? 'Product Quantity Updated';
    const move =
      one.move ??
      this.add('stock.move', {
        product_id: product,
        picking_id: picking?.id ?? false,
        ...places,
        reference,
        ...one.values,
      });
    Object.assign(move, { state: 'done', quantity, quantity_done: quantity, product_uom_qty: quantity, write });
    const line = this.add('stock.move.line', {
      ...(one.id === undefined ? {} : { id: one.id }),
      product_id: product,
      move_id: move.id,
      picking_id: picking?.id ?? move.picking_id ?? false,
      ...places,
      state: 'done',
      date: this.at(write),
      reference,
      quantity_product_uom: quantity,
      qty_done: entered,
      product_uom_id: unit,
      is_inventory: move.is_inventory ?? false,
      write,
    });
    this.lay(product, from, new Big(/^-?[\d.]+$/.test(quantity) ? quantity : 0).neg().toFixed());
    this.lay(product, to, /^-?[\d.]+$/.test(quantity) ? quantity : '0');
    return line;
  }

  #writeMoves(ids: readonly number[], vals: Record<string, Value>): boolean {
    for (const move of this.#records('stock.move', ids)) {
      const quantity = vals.quantity ?? vals.quantity_done;
      const entered = this.tables.version === 14 ? { quantity_done: String(quantity) } : { quantity: String(quantity) };
      this.touch(move, entered);
    }
    return true;
  }

  /** On 14 this sets the stock at once; on 19 it is only a wish until it is applied. Gives the quant that is there, if there is one. */
  #countQuant(vals: Record<string, Value>, context: Readonly<Record<string, unknown>>): number {
    if (context.inventory_mode !== true)
      throw new OdooError(403, 'odoo.exceptions.AccessError', 'not in inventory mode');
    const quant = this.quant(Number(vals.product_id), Number(vals.location_id));
    quant.inventory_quantity = String(vals.inventory_quantity);
    if (this.tables.version === 14) this.#correct(quant, 'Product Quantity Updated', {});
    return quant.id;
  }

  #applyCounts(ids: readonly number[], context: Readonly<Record<string, unknown>>): Value {
    if (this.conflict) {
      this.conflict = false;
      return { name: 'Conflict in Inventory', type: 'ir.actions.act_window', res_model: 'stock.inventory.conflict' };
    }
    for (const quant of this.#records('stock.quant', ids)) {
      this.#correct(quant, String(context.inventory_name ?? 'Product Quantity Updated (bridge)'), {
        is_inventory: true,
      });
    }
    return null;
  }

  #correct(quant: Rec, reference: string, values: Record<string, Value>): void {
    const difference = new Big(String(quant.inventory_quantity)).minus(String(quant.quantity));
    const [from, to] = difference.gt(0) ? [lossId, Number(quant.location_id)] : [Number(quant.location_id), lossId];
    if (difference.eq(0)) return;
    this.book({
      product: Number(quant.product_id),
      from,
      to,
      quantity: difference.abs().toFixed(),
      values: { reference, ...values },
    });
  }

  readonly #inventories = new Map<number, Record<string, Value>>();

  #inventory(vals: Record<string, Value>): number {
    const id = this.nextId();
    this.#inventories.set(id, vals);
    return id;
  }

  #validateInventory(ids: readonly number[]): boolean {
    for (const id of ids) {
      const vals = this.#inventories.get(id) ?? {};
      for (const [, , line] of vals.line_ids as [number, number, Record<string, Value>][]) {
        const quant = this.quant(Number(line.product_id), Number(line.location_id));
        quant.inventory_quantity = String(line.product_qty);
        this.#correct(quant, `INV:${String(vals.name)}`, { inventory_id: id });
      }
    }
    return true;
  }
}

/** Odoo's place for losses: counts come from there and go there. */
export const lossId = 14;
