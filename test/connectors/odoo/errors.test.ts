import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isBridgeError } from '../../../src/connector/index.ts';
import type { World } from './fake/world.ts';
import { packed, type Site, site, versions, written } from './harness.ts';

async function failure(one: Site, work: (site: Site) => Promise<unknown> = check): Promise<Record<string, unknown>> {
  const error = await work(one).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isBridgeError(error)) throw error ?? new Error('nothing was thrown');
  const { code, recovery, message } = error;
  expect(message).not.toContain('\n');
  // Odoo's tracebacks hold data and code of others.
  expect(inspect(error, { depth: 12, showHidden: true })).not.toContain('Traceback');
  return { code, recovery, message };
}

function check(one: Site): Promise<void> {
  return one.session.connector.check(new AbortController().signal);
}

const page = '<html><body><h1>Maintenance</h1></body></html>';

describe.each(versions)('Odoo %i says no', (version) => {
  const troubles: [string, (world: World) => unknown, Record<string, unknown>, RegExp, string][] = [
    [
      'the key is wrong or has expired',
      (world) => world,
      { apiKey: '000000000000' },
      /^Odoo refuses the API key/,
      'CONNECTOR_AUTH',
    ],
    [
      'there is no such database',
      (world) => world,
      { database: 'nowhere' },
      version === 19 ? /serves no database "nowhere"/ : /^Odoo has no database "nowhere"/,
      'CONNECTOR_OPTIONS',
    ],
    [
      'the user may not read something',
      (world) => world.server.forbidden.add('stock.quant'),
      {},
      /^The user of the API key has no right to stock\.quant\/search_read: You are not allowed/,
      'CONNECTOR_AUTH',
    ],
    [
      'the company is not the user’s',
      (world) => world,
      { companies: ['Other Trading'] },
      /sees no company "Other Trading", only "Example Trading"/,
      'CONNECTOR_OPTIONS',
    ],
    [
      'a company was taken from the user meanwhile',
      (world) => Object.assign(world.server.tables.get('res.users', 2) ?? {}, { company_ids: [1, 2] }),
      {},
      /may not use one of the source's companies/,
      'CONNECTOR_OPTIONS',
    ],
    [
      'a module is not installed',
      (world) => world.server.tables.missing.add('stock.quant'),
      {},
      version === 19 ? /^This Odoo does not know stock\.quant/ : /Object stock\.quant doesn't exist/,
      version === 19 ? 'CONNECTOR_UNSUPPORTED' : 'CONNECTOR_REFUSED',
    ],
    [
      'two warehouses have one code',
      (world) => world.warehouse('MAIN', 30),
      {},
      /Two places of Odoo are called "MAIN" \(ids 7 and 30\)/,
      'CONNECTOR_OPTIONS',
    ],
  ];
  it.each(troubles)('%s: in one line', async (_what, prepare, options, message, code) => {
    const one = await site(version, (world) => void prepare(world), options);
    expect(await failure(one)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('a web page instead of an answer: overloaded, or another address', async () => {
    const one = await site(version);
    one.world.server.answers.push({ status: 502, body: page }, { status: 502, body: page });
    expect(await failure(one)).toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
      message: expect.stringContaining('answered 502 with a web page'),
    });
    one.world.server.answers.push({ status: 404, body: page }, { status: 200, body: page });
    expect(await failure(one)).toMatchObject({
      code: 'CONNECTOR_OPTIONS',
      message: expect.stringContaining('there is no Odoo at this address'),
    });
    // It signs in again, and all is well.
    await check(one);
  });

  it('a field that this Odoo does not have: said once, and not asked again, though Odoo 19 answers 500', async () => {
    const one = await site(version, (world) => world.product(1, 'A'), { products: { domain: [['brand', '=', 'X']] } });
    expect(await failure(one, ({ products }) => products())).toMatchObject({
      code: 'CONNECTOR_UNSUPPORTED',
      message: expect.stringMatching(/^This Odoo does not know product\.product\/search_read: Invalid field .*brand/),
    });
    expect(one.world.server.calls.filter(({ call }) => call === 'product.product/search_read')).toHaveLength(1);
  });

  it('a refused write is a person’s matter and not tried again', async () => {
    const one = await site(version, (world) => world.order('S00012', [[1, '1']]));
    one.world.product(1, 'A');
    one.world.odoo.lay(1, 8, 5);
    one.world.server.forbidden.add('stock.picking/button_validate');
    expect(await failure(one, () => one.apply(packed))).toMatchObject({ code: 'CONNECTOR_AUTH' });
    expect(one.world.server.calls.filter(({ call }) => call === 'stock.picking/button_validate')).toHaveLength(1);
  });

  it('a login is wanted before Odoo 19, and nothing but the key after', async () => {
    const one = await site(version, undefined, { user: undefined });
    if (version === 19) await check(one);
    else
      expect(await failure(one)).toMatchObject({
        code: 'CONNECTOR_OPTIONS',
        message: expect.stringContaining('`user` is not set'),
      });
  });
});

it('Odoo 19 still speaks the old dialect, and gives no `result` for what returns nothing', async () => {
  const one = await site(19, (world) => world.product(1, 'A'), { protocol: 'jsonrpc' });
  expect((await one.apply(written({ A: '7' }))).outcome).toBe('done');
  expect((await one.stock()).figures).toEqual({ 'A MAIN': '7' });
});

it('an Odoo that is too old is told so', async () => {
  const one = await site(14);
  const old = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { server_version_info: [12, 0, 0, 'final', 0, ''] } });
  one.world.server.answers.push({ status: 404, body: page });
  one.world.server.answers.push({ status: 200, headers: { 'content-type': 'application/json' }, body: old });
  expect(await failure(one)).toMatchObject({
    code: 'CONNECTOR_UNSUPPORTED',
    message: 'This is Odoo 12; the connector works with 14 and later.',
  });
});
