import { describe, expect, it, onTestFinished } from 'vitest';
import { place } from './fake/world.ts';
import { site, versions } from './harness.ts';

describe.each(versions)('a watch of Odoo %i', (version) => {
  it('names what has changed, once: a receipt, and one whose transaction began before the newest change', async () => {
    const one = await site(version, (world) => world.product(1, 'A'), { watch: { everySeconds: 0.1 } });
    const { world } = one;
    world.transfer([[1, '12']], place.vendors, place.stock);
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    const names: string[] = [];
    const watching = (async () => {
      const entities = ['products', 'documents'] as const;
      for await (const name of one.session.connector.watch?.(entities, controller.signal) ?? []) names.push(name);
    })();
    const looks = () => world.server.calls.filter(({ args }) => args.order === 'write_date desc, id desc').length;
    const lookTwice = async () => {
      const before = looks();
      await expect.poll(looks, { timeout: 5000 }).toBeGreaterThan(before + 4);
    };
    const seen = (...expected: string[]) => expect.poll(() => names, { timeout: 5000 }).toEqual(expected);
    await seen('products', 'documents');
    await lookTwice();
    const began = world.odoo.clock - 60_000_000;
    world.transfer([[1, '3']], place.vendors, place.stock);
    await seen('products', 'documents', 'documents');
    world.transfer([[1, '4']], place.vendors, place.stock, { write: began });
    await seen('products', 'documents', 'documents', 'documents');
    // A sale is no document.
    world.transfer([[1, '4']], place.stock, place.customers);
    await lookTwice();
    world.edit(1, { lst_price: '11' });
    await seen('products', 'documents', 'documents', 'documents', 'products');
    controller.abort();
    await watching;
  });

  it('names a change when its second is over: a second one within it would look the same', async () => {
    const options = { watch: { everySeconds: 0.1 } };
    const one = await site(version, (world) => world.product(1, 'A'), options);
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    const { server } = one.world;
    const news = one.session.connector.watch?.(['products'], controller.signal)[Symbol.asyncIterator]();
    expect((await news?.next())?.value).toBe('products');
    const { checkpoint } = await one.products();
    const product = server.tables.get('product.product', 1);
    const write = Math.floor(Date.now() / 1000) * 1_000_000;
    const next = news?.next();
    const looks = server.calls.length;
    Object.assign(product ?? {}, { lst_price: '11', write });
    await expect.poll(() => server.calls.length).toBeGreaterThan(looks + (version === 14 ? 1 : 0));
    Object.assign(product ?? {}, { lst_price: '12', write: write + 900_000 });
    expect((await next)?.value).toBe('products');
    expect((await one.products(checkpoint)).values).toMatchObject([{ price: '12' }]);
    const after = news?.next();
    one.world.odoo.clock = write + 1_000_000;
    one.world.product(2, 'B');
    expect((await after)?.value).toBe('products');
  });

  it.each([
    ['on-hand', 0],
    ['available', 1],
  ])('of the figure %s, what is reserved is news %i times', async (figure, times) => {
    const options = { watch: { everySeconds: 0.1 }, stock: { figure } };
    const prepare = (world: Parameters<NonNullable<Parameters<typeof site>[1]>>[0]) => {
      world.product(1, 'A');
      world.odoo.lay(1, place.stock, 12);
    };
    const { world, session } = await site(version, prepare, options);
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    const news = session.connector.watch?.(['stock'], controller.signal)[Symbol.asyncIterator]();
    expect(await news?.next()).toEqual({ done: false, value: 'stock' });
    world.odoo.touch(world.odoo.quant(1, place.stock), { reserved_quantity: '2' });
    for (let count = 0; count < times; count += 1) expect((await news?.next())?.value).toBe('stock');
    const next = news?.next();
    world.transfer([[1, '3']], place.vendors, place.stock);
    expect((await next)?.value).toBe('stock');
  });
});
