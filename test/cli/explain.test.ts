import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { place, World } from '../connectors/odoo/fake/world.ts';
import { openBridge } from '../support/bridge.ts';

const run = promisify(execFile);

test('explain takes a figure apart, for a person and for a program', { timeout: 60_000 }, async () => {
  const bridge = await openBridge({ location: { buffer: 1 } });
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 3 }] });
  const asOf = await bridge.erp.stock([
    ['A', 'RUH-MAIN', 12],
    ['A', 'JED-1', 4],
  ]);
  const date = asOf.toISOString().slice(0, 10);
  await bridge.erp.documents('1', [{ id: 'R1', number: 'GRN-7', date, bookedAt: asOf, lines: { A: 5 } }]);
  await bridge.sync('stock');
  await bridge.sync('documents');
  bridge.simulator.staff.processAllInventoryOrders();
  const ask = async (...more: string[]) => {
    const options = ['src/cli/main.ts', 'explain', 'A', '--config', bridge.configFile, ...more];
    return (await run(process.execPath, options)).stdout;
  };
  const { figures } = JSON.parse(await ask('--json'));
  expect(figures).toMatchObject([
    {
      location: 'RUH1',
      erp: 12,
      wanted: 6,
      parts: [
        { kind: 'erp', units: 12 },
        { kind: 'pending', units: -5, document: 'GRN-7' },
        { kind: 'buffer', units: -1 },
      ],
      oto: { onHand: 11 },
      difference: 5,
      reasons: [{ kind: 'receipt', units: 5, certain: false, document: 'GRN-7' }],
      unexplained: 0,
    },
    { location: 'JED1', erp: 4, wanted: 3, difference: 0, reasons: [] },
  ]);
  const text = await ask('--location', 'RUH1');
  expect(text).toContain('A at RUH1: OTO shows 11');
  expect(text).toMatch(/not processed yet\s+-5\s+GRN-7/);
  expect(text).toContain('+5 (perhaps) GRN-7 may have been processed in OTO since');
  expect(text).not.toContain('JED1');
});

test('explain knows what an export makes zero by not listing it', { timeout: 60_000 }, async () => {
  const bridge = await openBridge({ location: { missing: 'zero' } });
  bridge.simulator.seed({ products: ['A', 'B'].map((sku) => ({ sku })) });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['B', 'RUH-MAIN', 3],
  ]);
  await bridge.sync('stock');
  await bridge.erp.stock([['A', 'RUH-MAIN', 5]], { manifest: true });
  await bridge.plan('stock');
  const options = ['src/cli/main.ts', 'explain', 'B', '--location', 'RUH1', '--config', bridge.configFile];
  const { stdout } = await run(process.execPath, [...options, '--json']);
  expect(JSON.parse(stdout).figures).toMatchObject([
    { erp: 0, wanted: 0, difference: 3, unexplained: 0, reasons: [{ kind: 'written' }] },
  ]);
  expect((await run(process.execPath, options)).stdout).toMatch(/the ERP has +0 +as of .*, which does not list it/);
});

test("explain lists what the ERP has moved since its figure, where the ERP's ledger can be read", {
  timeout: 60_000,
}, async () => {
  const world = new World(19);
  world.product(1, 'A');
  const server = await world.start();
  onTestFinished(() => server.stop());
  world.odoo.lay(1, place.stock, 12);
  const bridge = await openBridge({
    config: {
      sources: { erp: undefined, odoo: { connector: 'odoo', options: world.options } },
      locations: [{ oto: 'RUH1', source: 'odoo', erp: 'MAIN' }],
      flows: { products: undefined, stock: { from: 'odoo' }, documents: undefined },
    },
  });
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.sync('stock');
  world.odoo.clock = Date.now() * 1000 + 2_000_000;
  world.transfer([[1, '5']], place.vendors, place.stock, { name: 'MAIN/IN/00007' });
  world.transfer([[1, '2']], place.stock, place.customers, { name: 'MAIN/OUT/00009' });
  const ask = async (...more: string[]) => {
    const options = ['src/cli/main.ts', 'explain', 'A', '--config', bridge.configFile, ...more];
    return (await run(process.execPath, options)).stdout;
  };
  expect(JSON.parse(await ask('--json')).figures).toMatchObject([
    { erp: 12, difference: 0, movedSince: [{ units: 5, reference: 'MAIN/IN/00007' }, { units: -2 }] },
  ]);
  const text = await ask();
  expect(text).toContain('Since then the ERP has moved +3 in 2 movements:');
  expect(text).toMatch(/\+5 .* MAIN\/IN\/00007\n\s+-2 .* MAIN\/OUT\/00009/);
  server.forbidden.add('stock.move.line');
  expect(await ask()).toMatch(
    /moved in the ERP since then is not known: The user of the API key has no right to stock\.move\.line/,
  );
});
