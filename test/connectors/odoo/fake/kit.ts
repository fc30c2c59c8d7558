import {
  type EntityName,
  type Movement,
  type StockDocument,
  type StockLevel,
  stockKey,
} from '../../../../src/connector/index.ts';
import { type Effect, type Fake, sampleCommands } from '../../../../src/kit/index.ts';
import { troublesBy } from '../../../support/trouble.ts';
import type { Odoo, Rec } from './tables.ts';
import { place, World } from './world.ts';

const feeds = {
  products: 'product.product/search_read',
  stock: 'stock.quant/formatted_read_group',
  documents: 'stock.move.line/search_read',
  movements: 'stock.move.line/search_read',
};

/** A small Odoo as the contract kit asks for it. */
class OdooFake implements Fake {
  readonly #world: World;
  /** Keys of records that are in Odoo and cannot be used. */
  readonly #bad = new Set<string>();

  constructor(version: Odoo) {
    const world = new World(version);
    this.#world = world;
    for (const id of [11, 12, 13, 14, 15]) world.product(id, `SKU-${id - 10}`);
    world.odoo.lay(11, place.stock, 12);
    world.odoo.lay(12, place.stock, '3.5');
    for (const id of [101, 102, 103]) {
      world.transfer(
        [
          [11, '5'],
          [12, '7'],
        ],
        place.vendors,
        place.stock,
        { id, lineIds: [id * 10, id * 10 + 1] },
      );
    }
    // What the kit's commands are about.
    world.order(sampleCommands['set-packing-status'].orderId, [[11, '2']]);
    world.transfer([[13, '1']], place.customers, place.stock, { name: sampleCommands['note-document'].documentId });
  }

  /** As they were at the start: what the fake does later (another key, no server) is not written into the configuration. */
  options: Readonly<Record<string, unknown>> = {};

  async start(): Promise<this> {
    await this.#world.start();
    this.options = { ...this.#world.options, pageSize: 3, watch: { everySeconds: 0.1 } };
    return this;
  }

  get rows() {
    const { tables } = this.#world.server;
    const products = tables.all('product.product').filter(({ id }) => !this.#bad.has(String(id)));
    const warehouses = tables.all('stock.warehouse').map(({ code }) => String(code));
    const stock = products.flatMap(({ default_code: sku }) => warehouses.map((code) => stockKey(String(sku), code)));
    const pickings = tables.all('stock.picking').filter((one) => this.#kindOf(one) !== undefined);
    const documents = pickings.map((one) => `${this.#kindOf(one)}/stock.picking,${one.id}`);
    return {
      products: products.map(({ id }) => String(id)),
      stock: stock.filter((key) => !this.#bad.has(key)),
      documents: documents.filter((key) => !this.#bad.has(key)),
      movements: this.#movements().filter((key) => !this.#bad.has(key)),
    };
  }

  /** Goods that came to or left the warehouse: all but what lay there from the start. */
  #movements(): string[] {
    const { tables } = this.#world.server;
    const lines = tables.all('stock.move.line').filter(({ state }) => state === 'done');
    const isInside = (place: unknown) => tables.get('stock.location', place)?.usage === 'internal';
    return lines.flatMap(({ id, location_id: from, location_dest_id: to }) =>
      isInside(from) === isInside(to) ? [] : [`stock.move.line,${id}/${isInside(to) ? 'in' : 'out'}`],
    );
  }

  /** The keys of lines that an action adds to the ledger. */
  #moved(action: () => void): string[] {
    const before = new Set(this.#movements());
    action();
    return this.#movements().filter((key) => !before.has(key));
  }

  #kindOf({ id, state }: Rec): 'purchase' | 'disposal' | undefined {
    if (state !== 'done') return undefined;
    const lines = this.#world.server.tables.all('stock.move.line').filter(({ picking_id }) => picking_id === id);
    if (lines.some(({ location_id }) => location_id === place.vendors)) return 'purchase';
    return lines.some(({ location_dest_id }) => location_dest_id === place.scrap) ? 'disposal' : undefined;
  }

  async edit(entity: EntityName): Promise<readonly string[]> {
    const { odoo, server } = this.#world;
    if (entity === 'movements') return this.#moved(() => void this.edit('documents'));
    if (entity === 'documents') {
      const { id } = this.#world.transfer(
        [
          [12, '1'],
          [11, '4'],
          [13, '2'],
        ],
        place.vendors,
        place.stock,
      );
      return [`purchase/stock.picking,${id}`];
    }
    const product = server.tables.get('product.product', 12) as Rec;
    if (entity === 'stock') odoo.book({ product: 12, from: place.loss, to: place.stock, quantity: '1' });
    else odoo.touch(product, { lst_price: String(Number(product.lst_price) + 1) });
    return [entity === 'stock' ? stockKey('SKU-2', 'MAIN') : '12'];
  }

  async remove() {
    const { tables } = this.#world.server;
    tables.table('product.product').delete(11);
    for (const quant of tables.all('stock.quant'))
      if (quant.product_id === 11) tables.table('stock.quant').delete(quant.id);
    return [stockKey('SKU-1', 'MAIN')];
  }

  /** Of the newest second, some with lower ids; Odoo shows no more of a time than its second. */
  async ties(entity: EntityName): Promise<readonly string[]> {
    const { odoo } = this.#world;
    if (entity === 'movements') return this.#moved(() => void this.ties('documents'));
    const write = Math.floor(odoo.clock / 1_000_000) * 1_000_000;
    if (entity === 'products') {
      return [3, 4, 25, 26].map((id, index) => {
        this.#world.product(id, `SKU-T${id}`, { write: write + 900_000 - index * 300_000 });
        return String(id);
      });
    }
    return [51, 52, 501].map((id, index) => {
      const at = write + 900_000 - index * 300_000;
      this.#world.transfer(
        [
          [11, '1'],
          [12, '2'],
        ],
        place.vendors,
        place.stock,
        { id, lineIds: [id, id * 100], write: at },
      );
      return `purchase/stock.picking,${id}`;
    });
  }

  async fail(failure: 'auth' | 'host') {
    if (failure === 'host') await this.#world.server.stop();
    else this.#world.server.apiKey = '0000000000000000000000000000';
  }

  readonly troubles = troublesBy((one) => {
    this.#world.server.trouble = one;
  });

  async breakOff(entity: EntityName) {
    const { server } = this.#world;
    server.broken = entity === 'stock' && server.version === 14 ? 'stock.quant/read_group' : feeds[entity];
  }

  async hostile(entity: EntityName, records: readonly object[]) {
    const world = this.#world;
    if (entity === 'products') {
      for (const { sku, name, price } of records as { sku: string; name: string; price: string }[]) {
        world.product(world.odoo.nextId(), sku, { display_name: name, lst_price: price });
      }
      return;
    }
    world.warehouse('الرياض ١', 40);
    const shelf = (location: string) => (location === 'MAIN' ? place.stock : 41);
    if (entity === 'stock') {
      for (const { sku, location, quantity } of records as StockLevel[]) {
        world.odoo.lay(world.product(world.odoo.nextId(), sku).id, shelf(location), quantity);
      }
      return;
    }
    if (entity === 'movements') {
      for (const { sku, quantity } of records as Movement[]) {
        const { id } = world.product(world.odoo.nextId(), sku);
        const goods = [[id, quantity.replace('-', '')]] as const;
        if (quantity.startsWith('-')) world.transfer(goods, place.stock, place.customers);
        else world.transfer(goods, place.vendors, place.stock);
      }
      return;
    }
    const known = new Map<string, number>();
    const product = (sku: string) => {
      const id = known.get(sku) ?? world.product(world.odoo.nextId(), sku).id;
      known.set(sku, id);
      return id;
    };
    for (const { kind, number, date, location, lines } of records as StockDocument[]) {
      const [from, to] = kind === 'purchase' ? [place.vendors, shelf(location)] : [shelf(location), place.scrap];
      const goods = lines.map(({ sku, quantity }) => [product(sku), quantity] as const);
      world.transfer(goods, from, to, { name: number, date_done: `${date} 08:00:00` });
    }
  }

  async bad(entity: EntityName) {
    const world = this.#world;
    if (entity === 'movements') {
      const { id } = world.product(world.odoo.nextId(), false);
      for (const key of this.#moved(() => world.transfer([[id, '1']], place.vendors, place.stock))) this.#bad.add(key);
      return;
    }
    if (entity === 'documents') {
      const { id } = world.product(world.odoo.nextId(), false);
      this.#bad.add(
        `purchase/stock.picking,${
          world.transfer(
            [
              [11, '5'],
              [id, '1'],
            ],
            place.vendors,
            place.stock,
          ).id
        }`,
      );
      return;
    }
    const { id } = world.product(world.odoo.nextId(), entity === 'stock' ? 'SKU-9' : false);
    this.#bad.add(String(id));
    this.#bad.add(stockKey('SKU-9', 'MAIN'));
    world.odoo.touch(world.odoo.quant(id, place.stock), { quantity: 'many' });
  }

  async applied(): Promise<Effect[]> {
    const { tables } = this.#world.server;
    const notes = tables.all('mail.message').map(({ body }) => String(body));
    const packing = notes.flatMap((body): Effect[] => {
      const [, orderId, status, by, at, id] =
        /OTO: order (\S+) (\S+) by (.+) at (\S+) \[oto-bridge\/kit\/(.+)@/.exec(body) ?? [];
      return orderId === undefined ? [] : [{ name: 'set-packing-status', id, orderId, status, by, at }];
    });
    const noted = notes.flatMap((body): Effect[] => {
      const [, text, reference, id] = /<p>(.*) OTO: (\S+) \[oto-bridge\/kit\/(.+)@/.exec(body) ?? [];
      return reference === undefined || reference === 'order' ? [] : [{ name: 'note-document', id, reference, text }];
    });
    const counts = new Map<string, Rec[]>();
    for (const move of tables.all('stock.move')) {
      const id = /oto-bridge\/kit\/(.+)@/.exec(String(move.reference))?.[1];
      if (id !== undefined) counts.set(id, [...(counts.get(id) ?? []), move]);
    }
    const written = [...counts].map(([id, moves]): Effect => {
      const lines = moves.map(({ product_id }) => ({
        sku: tables.get('product.product', product_id)?.default_code,
        location: 'MAIN',
        quantity: String(this.#world.onHand(Number(product_id))),
      }));
      return { name: 'write-stock', id, lines };
    });
    return [...packing, ...noted, ...written];
  }

  async [Symbol.asyncDispose]() {
    await this.#world.server.stop();
  }
}

export function startOdoo(version: Odoo): Promise<Fake> {
  return new OdooFake(version).start();
}
