import { expect, test } from 'vitest';
import { openBridge, short, type TestBridge } from '../support/bridge.ts';

/** The ERP's stock export is moved away once it is read: no later run can read it again. */
const archiving = {
  sources: {
    erp: {
      connector: 'csv',
      options: { dir: 'erp', quietMs: 0, stock: { files: 'stock.csv', archive: 'archive' } },
    },
  },
  locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }],
  flows: { products: undefined, documents: undefined, stock: { from: 'erp' } },
};

async function openArchiving(options: { adopt?: boolean } = {}): Promise<TestBridge> {
  const bridge = await openBridge({ config: archiving, ...options });
  bridge.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  return bridge;
}

const export1 = [
  ['A', 'RUH-MAIN', 5],
  ['B', 'RUH-MAIN', 7],
] as const;

test('an export whose run broke off after it was moved away is used by the next run, and by that one alone', async () => {
  const bridge = await openArchiving();
  await bridge.erp.stock(export1);
  // The run ends in the middle, with the file gone.
  bridge.simulator.faults.add({ endpoint: 'checkInventoryStock', kind: 'forbidden' });
  const broken = await bridge.sync('stock');
  expect(broken.run.status).toBe('failed');
  expect(bridge.onHand('A')).toBeUndefined();
  bridge.simulator.faults.clear();

  const next = await bridge.sync('stock');
  expect(next.run).toMatchObject({ status: 'done', outcome: 'changed', counts: { read: 0, landed: 2 } });
  expect(next.run.notes.map((note) => note.kind)).toContain('earlier-read');
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([5, 7]);

  // Sold in OTO meanwhile: the old figures are not set again.
  bridge.simulator.seed({ stock: [{ sku: 'A', location: 'RUH1', onHand: 4 }] });
  const third = await bridge.sync('stock');
  expect(third.run).toMatchObject({ outcome: 'nothing-new', counts: { sent: 0 } });
  expect(bridge.onHand('A')).toBe(4);
});

test('a run for one SKU leaves the rest of the export to the next run', async () => {
  const bridge = await openArchiving();
  await bridge.erp.stock(export1);
  await bridge.sync('stock', { sku: 'A' });
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([5, undefined]);
  await bridge.sync('stock');
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([5, 7]);
});

test('what was planned, or waited to be adopted, is sent from the export that is gone by then; a plan that was rejected is not', async () => {
  const bridge = await openArchiving({ adopt: false });
  await bridge.erp.stock(export1);
  const held = await bridge.sync('stock');
  expect(held.run).toMatchObject({ status: 'blocked', counts: { sent: 0 } });
  expect((await bridge.sync('stock')).run.outcome).toBe('nothing-new');
  await bridge.adopt();
  const planned = await bridge.plan('stock');
  expect(short(planned.items)).toEqual(['RUH1 A -→5', 'RUH1 B -→7']);
  await bridge.db.query(`update plan set status = 'rejected' where id = $1`, [planned.plan?.id]);
  expect((await bridge.sync('stock')).run.outcome).toBe('nothing-new');
  expect(bridge.onHand('A')).toBeUndefined();

  await bridge.erp.stock(export1);
  await bridge.plan('stock');
  const last = await bridge.sync('stock');
  expect(last.run).toMatchObject({ outcome: 'changed', counts: { landed: 2 } });
});
