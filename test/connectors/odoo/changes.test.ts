import fc from 'fast-check';
import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { odooOptions } from '../../../connectors/odoo/options.ts';
import { Session } from '../../../connectors/odoo/session.ts';
import { changedRows } from '../../../connectors/odoo/window.ts';
import type { Checkpoint } from '../../../src/connector/index.ts';
import { read } from '../../../src/kit/session.ts';
import { type Site, site, versions } from './harness.ts';

const second = 1_000_000;

/** Reads until nothing is new, each time from the checkpoint before. */
async function ids(one: Site, since: Checkpoint = null) {
  const { values, checkpoint } = await one.products(since);
  return { ids: values.map(({ id }) => Number(id)), checkpoint };
}

describe.each(versions)('what changed in Odoo %i', (version) => {
  it('a change that appears behind the last one, since its transaction began before, is not lost', async () => {
    const one = await site(version, (world) => world.product(1, 'A'));
    const { odoo } = one.world;
    const began = odoo.tick();
    odoo.tick();
    one.world.product(2, 'B');
    const first = await ids(one);
    expect(first.ids).toEqual([1, 2]);
    one.world.product(3, 'C', { write: began });
    const next = await ids(one, first.checkpoint);
    expect(next.ids).toEqual([3]);
    expect((await ids(one, next.checkpoint)).ids).toEqual([]);
  });

  it('a read that was broken off looks behind the place where it stood', async () => {
    const minute = 60 * second;
    const one = await site(version, (world) => {
      for (let id = 1; id <= 12; id += 1) world.product(id, `P${id}`, { write: world.odoo.clock + id * 2 * minute });
    });
    const { checkpoint } = await read(one.session, 'products', { stopAfter: 2 });
    // Open while the first half was read, stamped a little before where it ended, and a long time before the end of the second half.
    one.world.product(50, 'LATE', { write: one.world.odoo.clock + 5 * minute });
    const rest = await ids(one, checkpoint);
    expect(rest.ids).toContain(12);
    expect([...rest.ids, ...(await ids(one, rest.checkpoint)).ids]).toContain(50);
  });

  it('thousands that share one second are all read, and more than a page of them', async () => {
    const one = await site(version, (world) => {
      const write = world.odoo.tick();
      for (let id = 1; id <= 10; id += 1) world.product(id, `P${id}`, { write: write + ((id * 7) % 10) * 90_000 });
      world.product(11, 'NEXT', { write: write + second });
    });
    const { ids: found, checkpoint } = await ids(one);
    expect(found.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect((await ids(one, checkpoint)).ids).toEqual([]);
  });

  it('whatever the microseconds, ids and page sizes are, every record is read once', async () => {
    const one = await site(version);
    const { tables, odoo } = one.world.server;
    const table = tables.table('product.product');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (tenths, pageSize) => {
          table.clear();
          const start = Math.floor(odoo.clock / second) * second;
          for (const [index, tenth] of tenths.entries())
            one.world.product(index + 1, `P${index}`, { write: start + tenth * 100_000 });
          const found = await pages(one, pageSize);
          expect(found.toSorted((a, b) => a - b)).toEqual(tenths.map((_, index) => index + 1));
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });

  it('a record that changed twice within a second, and was read between, is read again', async () => {
    const one = await site(version, (world) => world.product(1, 'A'));
    const first = await one.products();
    const product = one.world.server.tables.get('product.product', 1);
    Object.assign(product ?? {}, { lst_price: '11', write: (product?.write ?? 0) + 1000 });
    const next = await one.products(first.checkpoint);
    expect(next.values.map(({ price }) => price)).toEqual(['11']);
  });

  it('a price that is changed on the template of several products shows for each of them, once', async () => {
    const one = await site(version, (world) => {
      for (let id = 1; id <= 8; id += 1) world.product(id, `P${id}`, { product_tmpl_id: id < 6 ? 100 : id });
    });
    const first = await one.products();
    expect((await one.products(first.checkpoint)).values).toEqual([]);
    // The last change of a product itself is hours past then.
    one.world.odoo.clock += 7200 * second;
    one.world.edit(100, { lst_price: '11' });
    one.world.edit(7, { lst_price: '12' });
    const next = await one.products(first.checkpoint);
    const prices = next.values.map(({ id, price }) => [id, price]);
    expect(prices.toSorted()).toEqual([...[1, 2, 3, 4, 5].map((id) => [String(id), '11']), ['7', '12']]);
    expect((await one.products(next.checkpoint)).values).toEqual([]);
    one.world.edit(7, { lst_price: '13' });
    expect((await one.products(next.checkpoint)).values).toMatchObject([{ id: '7', price: '13' }]);
  });

  it('never asks for everything at once', async () => {
    const one = await site(version, (world) => world.product(1, 'A'));
    await one.products();
    await one.stock();
    await one.documents();
    const searches = one.world.server.calls.filter(({ call }) => call.endsWith('/search_read'));
    // Without a limit, and with 0, Odoo sends all there is.
    expect(searches.filter(({ args }) => !(Number(args.limit) > 0))).toEqual([]);
  });
});

/** The ids that a read from the beginning gives with another page size. */
async function pages(one: Site, pageSize: number): Promise<number[]> {
  const dispatcher = new Agent();
  const context = {
    options: odooOptions.parse({ ...one.world.options, pageSize }),
    source: 'test',
    baseDir: '.',
    timezone: 'Asia/Riyadh',
    now: () => Date.now(),
    dispatcher,
  };
  const session = new Session(context as never);
  const found: number[] = [];
  const feed = { domain: [], fields: ['write_date'] };
  const { signal } = new AbortController();
  for await (const { rows } of changedRows(session, 'product.product', feed, undefined, signal))
    found.push(...rows.map(({ id }) => id));
  await dispatcher.close();
  return found;
}
