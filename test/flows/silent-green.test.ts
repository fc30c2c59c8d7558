import { expect, test } from 'vitest';
import { exitOf } from '../../src/cli/run-result.ts';
import type { FlowName } from '../../src/config/schema.ts';
import { openAlarms } from '../../src/store/alarms.ts';
import { finishRun, noCounts, startRun } from '../../src/store/runs.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

const day = 86_400_000;
/** One location, so that no other one is missing. */
const one = { config: { locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }] } };

/** Runs of the last nights as they would have been written, one each night at this hour. `signs` of the night so many nights ago. */
async function nights(
  bridge: TestBridge,
  flow: FlowName,
  count: number,
  signs: (ago: number) => Readonly<Record<string, number>>,
) {
  const source = flow === 'packing' ? null : 'erp';
  for (let ago = count; ago >= 1; ago -= 1) {
    const startedAt = new Date(Date.now() - ago * day);
    const run = await startRun(bridge.db, { flow, source, trigger: 'schedule', holder: 'test', startedAt });
    await finishRun(bridge.db, run.id, {
      status: 'done',
      outcome: 'changed',
      counts: noCounts(),
      notes: [],
      signs: new Map(Object.entries(signs(ago))),
    });
  }
}

const open = async (bridge: TestBridge) =>
  (await openAlarms(bridge.db)).map(({ kind, subject }) => `${kind} ${subject}`).sort();
const rows = (count: number, quantity = 5) =>
  Array.from({ length: count }, (_, index) => [`SKU-${index}`, 'RUH-MAIN', quantity] as const);

test('a green run that sends nothing, where something was sent every night, asks for a person until something is sent again', async () => {
  const bridge = await openBridge(one);
  bridge.simulator.seed({ products: rows(3).map(([sku]) => ({ sku })) });
  await bridge.erp.stock(rows(3));
  expect((await bridge.sync('stock')).run.outcome).toBe('changed');
  await bridge.db.query('update run set signs = null');
  await nights(bridge, 'stock', 20, () => ({ read: 3, landed: 40 }));

  for (const _ of ['first', 'second']) {
    await bridge.erp.stock(rows(3));
    const { run } = await bridge.sync('stock');
    expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { read: 3, landed: 0 } });
    expect(exitOf(run)).toBe(2);
    expect(run.notes).toContainEqual(
      expect.objectContaining({
        kind: 'silent',
        new: true,
        message: expect.stringMatching(/^No run of "stock" has changed anything in OTO for 1 d/),
      }),
    );
    expect(await open(bridge)).toEqual(['silent stock/landed']);
  }
  await bridge.erp.stock(rows(3, 6));
  expect((await bridge.sync('stock')).run.outcome).toBe('changed');
  expect(await open(bridge)).toEqual([]);
});

test('an export that still lies there is read, brings nothing new, and is an alarm where each night brought a new one', async () => {
  const bridge = await openBridge(one);
  bridge.simulator.seed({ products: rows(3).map(([sku]) => ({ sku })) });
  await bridge.erp.stock(rows(3));
  await bridge.sync('stock');
  await bridge.db.query('update run set signs = null');
  await nights(bridge, 'stock', 20, (ago) => ({ read: 3, landed: ago % 2 }));
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { read: 3 } });
  expect(run.notes.find((note) => note.kind === 'silent')?.message).toMatch(/^No run of "stock" has read anything new/);
  expect(await open(bridge)).toEqual(['silent stock/read']);
});

test('quiet nights, runs for one SKU, plans, and a history of a few days say nothing', async () => {
  const bridge = await openBridge(one);
  bridge.simulator.seed({ products: rows(3).map(([sku]) => ({ sku })) });
  await bridge.erp.stock(rows(3));
  await bridge.sync('stock');
  await bridge.db.query('update run set signs = null');
  await nights(bridge, 'stock', 6, () => ({ read: 3, landed: 40 }));
  expect((await bridge.sync('stock')).run.outcome).toBe('unchanged');
  await bridge.db.query(`delete from run where trigger = 'schedule'`);
  await nights(bridge, 'stock', 28, (ago) => (ago % 7 < 2 ? { read: 3, landed: 0 } : { read: 3, landed: 9 }));
  // Now is a day like those of which nothing came: of the weeks before, seven and fourteen days ago.
  await bridge.erp.stock(rows(3));
  expect((await bridge.sync('stock')).run.outcome).toBe('unchanged');
  await bridge.db.query(`delete from run where trigger = 'schedule'`);
  await nights(bridge, 'stock', 28, () => ({ read: 3, landed: 9 }));
  await bridge.erp.stock(rows(3));
  expect((await bridge.sync('stock', { sku: 'SKU-1' })).run.outcome).toBe('unchanged');
  expect((await bridge.plan('stock')).run.outcome).toBe('unchanged');
  expect(await open(bridge)).toEqual([]);
});

test('documents that stop coming for one location are an alarm, though others come; also when the stock flow reads them', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: 5 });
  const date = new Date().toISOString().slice(0, 10);
  await bridge.erp.documents('first', [{ id: '0', number: 'GRN-0', date, lines: { A: 1 } }]);
  await bridge.sync('documents');
  await nights(bridge, 'documents', 20, () => ({ read: 5, landed: 5, 'documents/RUH1': 3, 'documents/JED1': 2 }));
  await bridge.db.query(`update run set signs = signs || jsonb_build_object('upTo', 1) where flow = 'documents'`);

  await bridge.erp.documents('second', [{ id: '1', number: 'GRN-1', date, lines: { A: 1 } }]);
  await bridge.erp.stock([['A', 'RUH-MAIN', 5]]);
  await bridge.sync('stock');
  const { run } = await bridge.sync('documents');
  expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { read: 0, landed: 1 } });
  expect(await open(bridge)).toContain('silent documents/JED1');
  expect(await open(bridge)).not.toContain('silent documents/RUH1');
});

test('packing lists on which no order stands any more are an alarm', async () => {
  const bridge = await openBridge({ config: { flows: { packing: { to: 'erp' } } } });
  await nights(bridge, 'packing', 20, () => ({ read: 9, landed: 0, 'orders/RUH1': 9, 'orders/JED1': 0 }));
  await bridge.db.query(`update run set source = 'erp' where flow = 'packing'`);
  const { run } = await bridge.sync('packing');
  expect(run).toMatchObject({ status: 'done', outcome: 'needs-person' });
  expect(await open(bridge)).toEqual(['silent packing/read']);
});

test('a product list, or the stock of one location, that shrinks to less than half is an alarm; what it lacks is left alone', async () => {
  const bridge = await openBridge();
  const all = rows(60);
  bridge.simulator.seed({ products: all.map(([sku]) => ({ sku })) });
  await nights(bridge, 'products', 20, () => ({ read: 60, rows: 60 }));
  await bridge.erp.products(all.slice(0, 25).map(([sku]) => sku));
  const products = (await bridge.sync('products')).run;
  expect(products).toMatchObject({ status: 'done', outcome: 'needs-person' });
  expect(products.notes.find((note) => note.kind === 'shrunk')?.message).toBe(
    'The products of "erp" have become far fewer: 25 rows, where it has never been fewer than 60.',
  );
  const stock = [...all, ...all.map(([sku]) => [sku, 'JED-1', 7] as const)];
  await bridge.erp.stock(stock);
  await bridge.sync('stock');
  await bridge.db.query(`update run set signs = null where flow = 'stock'`);
  await nights(bridge, 'stock', 20, () => ({ read: 120, rows: 120, 'rows/RUH1': 60, 'rows/JED1': 60, landed: 1 }));
  await bridge.erp.stock(
    stock.slice(0, 85).map(([sku, place]) => [sku, place, 8] as const),
    { manifest: true },
  );
  expect((await bridge.sync('stock')).run.outcome).toBe('needs-person');
  expect(await open(bridge)).toEqual(['shrunk products/rows', 'shrunk stock/rows/JED1']);
  expect(bridge.onHand('SKU-59', 'JED1')).toBe(7);
  await bridge.erp.products(all.map(([sku]) => sku));
  await bridge.erp.stock(stock.map(([sku, place]) => [sku, place, 9] as const));
  await bridge.sync('products');
  await bridge.sync('stock');
  expect(await open(bridge)).toEqual([]);
});
