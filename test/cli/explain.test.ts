import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
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
