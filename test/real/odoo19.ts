/**
 * Against a real Odoo 19, by hand and in CI where one is at hand; no part of `npm test`:
 *   eval "$(odoo19 up)" && vitest run --config test/real/vitest.config.ts
 */
import { describe, expect, test, vi } from 'vitest';
import odoo from '../../connectors/odoo/index.ts';
import { type EntityName, stockKey } from '../../src/connector/index.ts';
import { sampleCommands } from '../../src/kit/fake.ts';
import { connectorTests, type Effect, type Fake } from '../../src/kit/index.ts';
import { type OdooDriver, tellOfOdoo } from '../connectors/odoo/story.ts';
import { Company, realOdoo } from './odoo-driver.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const found = realOdoo(process.env);
if (found === undefined) throw new Error('ODOO_URL, ODOO_DB, ODOO_API_KEY and ODOO_ADMIN_KEY have to be set.');
const real = found;
const run = Date.now().toString(36);
let companies = 0;

function company(warehouse: string): Promise<Company> {
  companies += 1;
  return Company.make(real, `T${run}-${companies}`, warehouse);
}

async function driver(): Promise<OdooDriver> {
  const us = await company('MAIN');
  await us.addWarehouse('DMM');
  const [own] = await us.search(
    'stock.warehouse',
    [
      ['company_id', '=', us.id],
      ['code', '=', 'MAIN'],
    ],
    [],
  );
  const main = await us.warehouse('MAIN');
  const [vendors, customers] = [await us.outside('supplier'), await us.outside('customer')];
  return {
    options: us.options,
    warehouses: ['MAIN', 'DMM'],
    async product(sku, quantity) {
      const [id = 0] = await us.products([sku]);
      const [product] = await us.search('product.product', [['id', '=', id]], ['product_tmpl_id']);
      const [partner_id] = await us.create('res.partner', [{ name: 'Acme Supplier' }]);
      const [product_tmpl_id] = (product?.product_tmpl_id ?? []) as [number?];
      await us.create('product.supplierinfo', [{ partner_id, product_tmpl_id }]);
      await us.count(id, main.stock, quantity);
    },
    async rename(sku, to) {
      await us.call('product.product', 'write', { ids: [await us.productOf(sku)], vals: { default_code: to } });
    },
    async receive(sku, quantity, steps) {
      const reception_steps = steps === 1 ? 'one_step' : 'two_steps';
      await us.call('stock.warehouse', 'write', { ids: [own?.id], vals: { reception_steps } });
      const [type] = await us.search('stock.picking.type', [['id', '=', main.in]], ['default_location_dest_id']);
      const [input] = (type?.default_location_dest_id ?? [0]) as [number];
      const first = await us.transfer(main.in, vendors, input, [[await us.productOf(sku), quantity]]);
      await us.validate(first);
      if (steps === 1) return async () => undefined;
      return async () => {
        const waiting = [
          ['company_id', '=', us.id],
          ['location_id', '=', input],
          ['state', 'not in', ['done', 'cancel']],
        ];
        const [second] = await us.search('stock.picking', waiting, []);
        await us.validate(second?.id ?? 0);
      };
    },
    async order(origin, sku, quantity) {
      await us.transfer(main.out, main.stock, customers, [[await us.productOf(sku), quantity]], origin);
    },
    async deliver(sku, quantity) {
      await us.validate(await us.transfer(main.out, main.stock, customers, [[await us.productOf(sku), quantity]]));
    },
    async notes(picking) {
      const about = [
        ['model', '=', 'stock.picking'],
        ['res_id', '=', picking],
      ];
      return (await us.search('mail.message', about, ['body'])).map(({ body }) => String(body));
    },
    async stateOf(origin) {
      const [picking] = await us.search('stock.picking', [['origin', '=', origin]], ['state']);
      return String(picking?.state);
    },
    onHand: async (sku, code) => us.onHand(await us.productOf(sku), (await us.warehouse(code)).view),
  };
}

test('a day between Odoo 19 and OTO: everything is counted once', async () => {
  await tellOfOdoo(await driver());
});

/** What the kit needs of a company, and what has been done to it. */
class Books {
  readonly #us: Company;
  #ids: readonly number[] = [];
  #receipts: number[] = [];
  #movements: readonly string[] = [];
  #edits = 0;

  constructor(us: Company) {
    this.#us = us;
  }

  static async open(): Promise<Books> {
    const us = await company('MAIN');
    const books = new Books(us);
    books.#ids = await us.products(['SKU-1', 'SKU-2', 'SKU-3', 'SKU-4', 'SKU-5']);
    const { stock, out } = await us.warehouse('MAIN');
    await us.count(books.#ids[0] ?? 0, stock, 12);
    await us.count(books.#ids[1] ?? 0, stock, 3.5);
    for (let count = 0; count < 3; count += 1) await books.receive();
    const { orderId } = sampleCommands['set-packing-status'];
    await us.transfer(out, stock, await us.outside('customer'), [[books.#ids[0] ?? 0, 2]], orderId);
    const note = await us.transfer(out, stock, await us.outside('customer'), [[books.#ids[2] ?? 0, 1]]);
    await us.call('stock.picking', 'write', {
      ids: [note],
      vals: { name: sampleCommands['note-document'].documentId },
    });
    await books.look();
    return books;
  }

  /** What is in the ledger now. Resolves to what is new there. */
  async look(): Promise<string[]> {
    const ours = [
      ['company_id', '=', this.#us.id],
      ['state', '=', 'done'],
    ];
    const before = new Set(this.#movements);
    const lines = await this.#us.search('stock.move.line', ours, ['location_dest_usage']);
    this.#movements = lines.map(
      (line) => `stock.move.line,${line.id}/${line.location_dest_usage === 'internal' ? 'in' : 'out'}`,
    );
    return this.#movements.filter((key) => !before.has(key));
  }

  /** `more`: a product that comes along. */
  async receive(more?: number): Promise<string> {
    const us = this.#us;
    const { stock, in: type } = await us.warehouse('MAIN');
    const lines: [number, number][] = [5, 7].map((quantity, index) => [this.#ids[index] ?? 0, quantity]);
    if (more !== undefined) lines.push([more, 1]);
    const id = await us.transfer(type, await us.outside('supplier'), stock, lines);
    await us.validate(id);
    if (more === undefined) this.#receipts.push(id);
    return `purchase/stock.picking,${id}`;
  }

  fake(): Fake {
    const us = this.#us;
    const ids = () => this.#ids.map(String);
    const receipts = () => this.#receipts.map((id) => `purchase/stock.picking,${id}`);
    const movements = () => this.#movements;
    const gone = new Set<string>();
    let options: Record<string, unknown> = { ...us.options, pageSize: 3, watch: { everySeconds: 0.5 } };
    return {
      get options() {
        return options;
      },
      get rows() {
        const stock = ids().map((_, index) => stockKey(`SKU-${index + 1}`, 'MAIN'));
        const documents = receipts();
        return { products: ids(), stock: stock.filter((key) => !gone.has(key)), documents, movements: movements() };
      },
      edit: async (entity: EntityName) => {
        this.#edits += 1;
        if (entity === 'documents') return [await this.receive()];
        if (entity === 'movements') {
          await this.receive();
          return this.look();
        }
        const { stock } = await us.warehouse('MAIN');
        const id = this.#ids[1] ?? 0;
        if (entity === 'stock') await us.count(id, stock, 20 + this.#edits);
        else await us.call('product.product', 'write', { ids: [id], vals: { list_price: 20 + this.#edits } });
        return [entity === 'stock' ? stockKey('SKU-2', 'MAIN') : String(id)];
      },
      remove: async () => {
        await us.call('product.product', 'unlink', { ids: [this.#ids[4]] });
        gone.add(stockKey('SKU-5', 'MAIN'));
        return [...gone];
      },
      fail: async (failure) => {
        options = { ...options, ...(failure === 'auth' ? { apiKey: '0'.repeat(40) } : { url: 'http://127.0.0.1:9' }) };
      },
      bad: async (entity) => {
        const [id = 0] = await us.products([false]);
        if (entity === 'documents') await this.receive(id);
        if (entity === 'movements') {
          const { stock, in: type } = await us.warehouse('MAIN');
          await us.validate(await us.transfer(type, await us.outside('supplier'), stock, [[id, 1]]));
        }
        if (entity === 'stock') await us.count(id, (await us.warehouse('MAIN')).stock, 5);
      },
      applied: () => effectsIn(us),
      async [Symbol.asyncDispose]() {},
    };
  }
}

async function effectsIn(us: Company): Promise<Effect[]> {
  const pickings = await us.search('stock.picking', [['company_id', '=', us.id]], []);
  const about = [
    ['model', '=', 'stock.picking'],
    ['res_id', 'in', pickings.map(({ id }) => id)],
  ];
  const bodies = (await us.search('mail.message', about, ['body'])).map(({ body }) => String(body));
  const packing = bodies.flatMap((body): Effect[] => {
    const [, orderId, status, by, at, id] =
      /OTO: order (\S+) (\S+) by (.+) at (\S+) \[oto-bridge\/kit\/(.+)@/.exec(body) ?? [];
    return orderId === undefined ? [] : [{ name: 'set-packing-status', id, orderId, status, by, at }];
  });
  const noted = bodies.flatMap((body): Effect[] => {
    const [, text, reference, id] = /<p>(.*) OTO: (\S+) \[oto-bridge\/kit\/(.+)@/.exec(body) ?? [];
    return reference === undefined || reference === 'order' ? [] : [{ name: 'note-document', id, reference, text }];
  });
  const { view } = await us.warehouse('MAIN');
  const counted = [
    ['company_id', '=', us.id],
    ['reference', 'like', 'oto-bridge/'],
  ];
  const moves = await us.search('stock.move', counted, ['product_id', 'reference']);
  const byId = Map.groupBy(moves, ({ reference }) => /oto-bridge\/kit\/(.+)@/.exec(String(reference))?.[1]);
  const written = await Promise.all(
    [...byId].map(async ([id, some]): Promise<Effect> => {
      const lines = await Promise.all(
        some.map(async ({ product_id }) => {
          const [product, name] = product_id as [number, string];
          const sku = /\[(.+?)\]/.exec(name)?.[1];
          return { sku, location: 'MAIN', quantity: String(await us.onHand(product, view)) };
        }),
      );
      return { name: 'write-stock', id, lines: lines.toSorted((a, b) => String(a.sku).localeCompare(String(b.sku))) };
    }),
  );
  return [...packing, ...noted, ...written];
}

/** Those that change nothing share one company: making one takes seconds. */
const looking =
  /^(definition|options|supports|check|closes|valid|manifest|checkpoint|resume|abort|early|idle|by-sku|apply-unknown)/;
const changing = /^(bad-row|delta|deletes|watch|apply-twice)/;
// What is not here needs faults or figures that only a fake has: cut answers, records of one microsecond, twenty digits.
const idOf = (name: string) => name.split(' ')[1] ?? '';

describe('the contract kit', () => {
  let shared: Promise<Books> | undefined;
  const only = (ids: RegExp) => (name: string, work: () => Promise<void>) => {
    if (ids.test(idOf(name))) test(name, work);
  };
  connectorTests({
    test: only(looking),
    definition: odoo,
    startFake: async () => {
      shared ??= Books.open();
      return (await shared).fake();
    },
  });
  connectorTests({ test: only(changing), definition: odoo, startFake: async () => (await Books.open()).fake() });
});

test('the environment is that of an Odoo 19', async () => {
  const answer = (await (await fetch(`${real.url}/web/version`)).json()) as { version: string };
  expect(answer.version).toMatch(/^19\./);
});
