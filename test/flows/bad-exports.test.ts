import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAlarms } from '../../src/store/alarms.ts';
import { listSnapshots } from '../../src/store/snapshots.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import { csv } from '../support/erp.ts';

const skus = Array.from({ length: 30 }, (_, index) => `SKU-${String(index).padStart(2, '0')}`);
const rows = (quantity: (index: number) => number) =>
  skus.flatMap((sku, index) => [[sku, 'RUH-MAIN', quantity(index)] as const, [sku, 'JED-1', 10] as const]);

/** A bridge whose last sync left every SKU at 50 in Riyadh and 10 in Jeddah. */
async function settled(): Promise<TestBridge> {
  const bridge = await openBridge({ location: { missing: 'zero' }, config: { guards: { shareMinimum: 10 } } });
  bridge.simulator.seed({ products: skus.map((sku) => ({ sku })) });
  await bridge.erp.stock(
    rows(() => 50),
    { manifest: true },
  );
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', outcome: 'changed' });
  bridge.forget();
  return bridge;
}

/** Nothing in OTO is lower than it was. */
function expectNothingLowered(bridge: TestBridge): void {
  const figures = skus.flatMap((sku) => [
    ...bridge.history(sku).slice(1),
    ...bridge
      .history(sku, 'JED1')
      .slice(1)
      .map((one) => one + 40),
  ]);
  expect(Math.min(...figures)).toBeGreaterThanOrEqual(50);
}

test('a file cut in the middle, beside its manifest: the run fails and nothing counts', async () => {
  const bridge = await settled();
  await bridge.erp.stock(
    rows(() => 60),
    { manifest: true, cutAt: 500 },
  );
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'failed', error: { code: 'CONNECTOR_BAD_SOURCE' } });
  expect(String(run.error?.message)).toContain('cut short');
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
});

test('a file cut without a manifest: the broken record is rejected and nothing is lowered, not even a half sum', async () => {
  const bridge = await settled();
  // The last three SKUs lie in two lots each, and the cut comes between them.
  const lots = skus.slice(-3).map((sku) => [sku, 'RUH-MAIN', 20] as const);
  const text = [...rows((index) => (index < 27 ? 50 : 30)), ...lots];
  for (const cut of [1, 10, 25, 40]) {
    await bridge.erp.stock(text, {
      cutAt: csv(text.map(([sku, location, quantity]) => ({ sku, location, quantity }))).length - cut,
    });
    const { run } = await bridge.sync('stock');
    expect(run, `${cut} missing`).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { rejected: 1 } });
    expect(bridge.calls('updateStockQuantity')).toEqual([]);
  }
  expectNothingLowered(bridge);
});

test('a file of which little is left lowers nothing', async () => {
  const bridge = await settled();
  await bridge.erp.stock(
    rows(() => 40),
    { cutAt: 130 },
  );
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { rejected: 1 } });
  expectNothingLowered(bridge);
});

test('an empty file, and one with nothing but its header, fail and lower nothing', async () => {
  const bridge = await settled();
  await bridge.erp.put('stock.csv', '');
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'failed', error: { code: 'CONNECTOR_BAD_SOURCE' } });
  for (const manifest of [false, true]) {
    await bridge.erp.stock([], { manifest });
    expect((await bridge.sync('stock')).run).toMatchObject({
      status: 'failed',
      outcome: 'empty',
      error: { code: 'SOURCE_EMPTY' },
    });
  }
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
});

test('a missing column, shifted columns and a broken header change nothing', async () => {
  const bridge = await settled();
  await bridge.erp.table(
    'stock.csv',
    skus.map((sku) => ({ sku, location: 'RUH-MAIN', qty: 3 })),
  );
  const missing = (await bridge.sync('stock')).run;
  expect(missing).toMatchObject({ status: 'failed', error: { code: 'CONNECTOR_BAD_SOURCE' } });
  expect(String(missing.error?.message)).toContain('quantity');

  // A comma in a name moved every value one column to the right.
  const text = csv(skus.map((sku) => ({ name: `Box`, sku, location: 'RUH-MAIN', quantity: 3 })));
  await bridge.erp.put('stock.csv', text.replaceAll('Box,', 'Box, large,'));
  const shifted = (await bridge.sync('stock')).run;
  expect(shifted.counts.rejected).toBe(skus.length);
  expect(shifted.status === 'failed' || shifted.outcome === 'needs-person').toBe(true);

  // The same number of columns, the values in each other's place.
  await bridge.erp.put('stock.csv', csv(skus.map((sku) => ({ sku: 'RUH-MAIN', location: sku, quantity: 3 }))));
  const swapped = (await bridge.sync('stock')).run;
  expect(swapped).toMatchObject({ outcome: 'needs-person', counts: { rejected: skus.length } });
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
});

test('a location that is missing altogether is an alarm as long as it lasts, never zero', async () => {
  const bridge = await settled();
  const riyadh = skus.map((sku) => [sku, 'RUH-MAIN', 50] as const);
  for (const _ of ['first', 'again']) {
    await bridge.erp.stock(riyadh, { manifest: true });
    const { run } = await bridge.sync('stock');
    expect(run).toMatchObject({ status: 'done', outcome: 'needs-person' });
    expect(run.notes.find((note) => note.kind === 'location-missing')?.message).toContain('JED1');
  }
  expectNothingLowered(bridge);
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
});

test('content written twice into one file is held back', async () => {
  const bridge = await settled();
  await bridge.erp.stock([...rows(() => 50), ...rows(() => 50)], { manifest: true });
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ outcome: 'needs-person', counts: { quarantined: 60 } });
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
});

test('an older snapshot after a newer one is refused unless asked for', async () => {
  const bridge = await settled();
  const before = new Date(bridge.erp.asOf.getTime() - 60_000);
  await bridge.erp.stock(
    rows(() => 40),
    { asOf: before },
  );
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'failed', error: { code: 'SNAPSHOT_OLDER' } });
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
  await bridge.sync('stock', { acceptOlder: true, sku: 'SKU-01' });
  expect(bridge.onHand('SKU-01')).toBe(40);
});

test('the same content under an older time is nothing new; an older export under a newer time is refused, also after a restart', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: skus.map((sku) => ({ sku })) });
  await bridge.erp.stock(rows(() => 50));
  await bridge.sync('stock');
  await bridge.erp.stock(rows(() => 40));
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'done', counts: { landed: 30 } });
  // A copy keeps no time, or brings back the one of an earlier copy.
  await bridge.erp.stock(
    rows(() => 40),
    { asOf: new Date(bridge.erp.asOf.getTime() - 30_000) },
  );
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'done', outcome: 'nothing-new' });
  await bridge.reopen();
  bridge.forget();
  await bridge.erp.stock(rows(() => 50));
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'failed', error: { code: 'SNAPSHOT_OLDER' } });
  expect(run.error?.message).toMatch(/^The stock of "erp" is to the letter the export of 20/);
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
  expect((await openAlarms(bridge.db)).map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
    'snapshot-refused erp/stock',
  ]);
  expect((await bridge.sync('stock', { acceptOlder: true })).run).toMatchObject({ counts: { landed: 30 } });
  // A few figures may well return to what they were.
  await bridge.erp.stock(rows((index) => (index === 0 ? 49 : 50)));
  await bridge.sync('stock');
  await bridge.erp.stock(rows(() => 50));
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'done', counts: { landed: 1 } });
  expect(await openAlarms(bridge.db)).toEqual([]);
});

test('one of several ERP locations that make up one place is missing: nothing is lowered there until a person says so', async () => {
  const bridge = await openBridge({
    config: { locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN', 'RUH-B*'] }] },
  });
  bridge.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  const main = (a: number, b: number) =>
    [
      ['A', 'RUH-MAIN', a],
      ['B', 'RUH-MAIN', b],
    ] as const;
  await bridge.erp.stock([...main(5, 5), ['A', 'RUH-BACK', 3]]);
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(8);
  const open = async () => (await openAlarms(bridge.db)).map(({ kind, subject }) => `${kind} ${subject}`);

  for (const b of [6, 7]) {
    await bridge.erp.stock(main(5, b), { manifest: true });
    const { run } = await bridge.sync('stock');
    expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { landed: 1, quarantined: 1 } });
    expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([8, b]);
    expect(await open()).toEqual(['code-missing erp/RUH-BACK']);
  }
  await bridge.erp.stock([...main(4, 7), ['B', 'RUH-BACK', 1]]);
  await bridge.sync('stock');
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([4, 8]);
  expect(await open()).toEqual([]);
  await bridge.erp.stock(main(4, 7));
  await bridge.sync('stock');
  expect(bridge.onHand('B')).toBe(8);
  expect((await bridge.sync('stock', { acceptMissing: true })).run).toMatchObject({ outcome: 'changed' });
  expect(bridge.onHand('B')).toBe(7);
  await bridge.erp.stock(main(3, 7));
  expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'changed' });
  expect(await open()).toEqual([]);
});

test('figures from the future are refused, a slightly fast clock is not', async () => {
  const bridge = await settled();
  await bridge.erp.stock(
    rows(() => 40),
    { asOf: new Date(Date.now() + 6 * 60_000), manifest: true },
  );
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'failed', error: { code: 'SNAPSHOT_FUTURE' } });
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
  await bridge.erp.stock(
    rows(() => 49),
    { asOf: new Date(Date.now() + 2 * 60_000), manifest: true },
  );
  await bridge.sync('stock', { sku: 'SKU-01' });
  expect(bridge.onHand('SKU-01')).toBe(49);
});

const archiving = { sources: { erp: { options: { stock: { archive: 'done' } } } } };

test('a file that is refused as a whole stays where a person looks for it', async () => {
  const bridge = await openBridge({ config: archiving });
  bridge.simulator.seed({ products: skus.map((sku) => ({ sku })) });
  await bridge.erp.stock(rows(() => 50));
  expect((await bridge.sync('stock')).run.status).toBe('done');
  expect(await readdir(bridge.erp.dir)).not.toContain('stock.csv');

  await bridge.erp.stock(
    rows(() => 40),
    { asOf: new Date(bridge.erp.asOf.getTime() - 60_000) },
  );
  expect((await bridge.sync('stock')).run.error).toMatchObject({ code: 'SNAPSHOT_OLDER' });
  expect(await readdir(bridge.erp.dir)).toContain('stock.csv');
});

test('what was read whole stays read where the file cannot be moved away afterwards', async () => {
  const bridge = await openBridge({ config: archiving });
  bridge.simulator.seed({ products: skus.map((sku) => ({ sku })) });
  await bridge.erp.stock(rows(() => 50));
  // A file stands where the folder should be made.
  await writeFile(join(bridge.erp.dir, 'done'), '');
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'failed', error: { code: expect.stringMatching(/^CONNECTOR_/) } });
  expect(await listSnapshots(bridge.db, run.id)).toMatchObject([{ entity: 'stock', status: 'complete', rows: 60 }]);

  await rm(join(bridge.erp.dir, 'done'));
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'done', outcome: 'changed' });
  expect(bridge.onHand('SKU-01')).toBe(50);
});
