import { expect, onTestFinished, test } from 'vitest';
import { type Drift, findDrift } from '../../src/engine/drift.ts';
import { quiet } from '../../src/engine/progress.ts';
import { closeSnapshot, openSnapshot } from '../../src/store/snapshots.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

const hour = 3_600_000;
const ago = (hours: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - hours * hour);
const atMost = { most: 100, signal: AbortSignal.timeout(60_000), progress: quiet };

const drift = async (bridge: TestBridge, filter = {}, most = 100): Promise<Drift> => {
  const found = await findDrift(bridge.app.bridge, { ...atMost, filter, most });
  if (found === undefined) throw new Error('nothing to compare');
  return found;
};
/** Figures by cause at one location, those that there are. */
const causes = ({ places }: Drift, location = 'RUH1') =>
  Object.entries(places.find((place) => place.location === location)?.causes ?? {}).flatMap(
    ([cause, { figures, units }]) => (figures === 0 ? [] : [[cause, figures, units]]),
  );
const figures = (found: Drift) =>
  found.figures.map(({ explanation: { facts, wanted }, cause, unexplained }) => [
    facts.sku,
    facts.location,
    facts.onHand,
    wanted,
    cause,
    unexplained,
  ]);

/** B was sold in OTO since the export, C changed there by hand, the ERP moved A, D is new, E is right, and F came by a receipt. */
async function story() {
  const bridge = await openBridge({ simulator: { switches: { onHandFallsAt: 'shipped', orderTimezone: 'UTC' } } });
  bridge.simulator.seed({ products: ['A', 'B', 'C', 'D', 'E', 'F'].map((sku) => ({ sku })) });
  const write = (asOf: Date, levels: Readonly<Record<string, number>>) =>
    bridge.erp.stock(
      Object.entries(levels).map(([sku, quantity]) => [sku, 'RUH-MAIN', quantity] as const),
      { asOf },
    );
  await write(ago(8), { A: 10, B: 10, C: 10, E: 10, F: 10 });
  await bridge.sync('stock');
  bridge.otoClock.ahead = -2 * hour;
  const { staff } = bridge.simulator;
  staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'B', quantity: 4 }] });
  staff.readyOrder('SO-1');
  staff.shipOrder('SO-1');
  bridge.otoClock.ahead = 0;
  bridge.simulator.seed({ stock: [{ sku: 'C', location: 'RUH1', onHand: 25 }] });
  await write(ago(4), { A: 13, B: 10, C: 10, D: 2, E: 10, F: 10 });
  const bookedAt = ago(3);
  const date = bookedAt.toISOString().slice(0, 10);
  await bridge.erp.documents('1', [{ id: 'R1', number: 'GRN-1', date, bookedAt, lines: { F: 6 } }]);
  await bridge.sync('documents');
  staff.processAllInventoryOrders();
  return bridge;
}

test('each figure that differs has its cause, and the sums are those of the plan', async () => {
  const bridge = await story();
  await bridge.plan('stock');
  const before = await bridge.db.query('select id, state from operation order by id');
  const writes = bridge.calls('updateStockQuantity').length;
  const found = await drift(bridge);
  expect(causes(found)).toEqual([
    ['erp', 1, 3],
    ['orders', 1, 4],
    ['documents', 1, 6],
    ['new', 1, 2],
    ['unexplained', 1, 15],
  ]);
  const noted = await bridge.db.query<{ cause: string; figures: number; units: number }>(
    `select cause, figures::int, units::int from drift where location = 'RUH1' and figures > 0 order by 1`,
  );
  expect(noted.map(({ cause, figures, units }) => [cause, figures, units])).toEqual(causes(found).sort());
  // What nothing explains first, then by how far they are off.
  expect(figures(found)).toEqual([
    ['C', 'RUH1', 25, 10, 'unexplained', 15],
    ['F', 'RUH1', 16, 10, 'documents', 0],
    ['B', 'RUH1', 6, 10, 'orders', 0],
    ['A', 'RUH1', 10, 13, 'erp', 0],
    ['D', 'RUH1', null, 2, 'new', 0],
  ]);
  expect(found.places).toMatchObject([
    { location: 'JED1', compared: 0, differ: 0 },
    { location: 'RUH1', compared: 6, differ: 5, unread: 0 },
  ]);
  expect(bridge.calls('updateStockQuantity')).toHaveLength(writes);
  expect(await bridge.db.query('select id, state from operation order by id')).toEqual(before);
});

test('a receipt that is still to be processed does not hide that the ERP has moved', async () => {
  const bridge = await openBridge({ location: { receipts: 'order' } });
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  const levels = async (asOf: Date, quantity: number) => {
    await bridge.erp.stock([['A', 'RUH-MAIN', quantity]], { asOf });
    return asOf;
  };
  const bookedAt = ago(9);
  const date = bookedAt.toISOString().slice(0, 10);
  await bridge.erp.documents('1', [{ id: 'R1', number: 'GRN-1', date, bookedAt, lines: { A: 6 } }]);
  await levels(ago(8), 10);
  await bridge.sync('stock');
  await bridge.sync('documents');
  expect(bridge.onHand('A')).toBe(4);
  await levels(ago(4), 8);
  await bridge.plan('stock');
  expect(figures(await drift(bridge))).toEqual([['A', 'RUH1', 4, 2, 'erp', 0]]);
  bridge.simulator.staff.processAllInventoryOrders();
  expect(figures(await drift(bridge))).toEqual([['A', 'RUH1', 10, 2, 'documents', 0]]);
});

test('one SKU, one location, and no more figures than were asked for', async () => {
  const bridge = await story();
  await bridge.plan('stock');
  expect(figures(await drift(bridge, { sku: 'C' }))).toEqual([['C', 'RUH1', 25, 10, 'unexplained', 15]]);
  expect((await drift(bridge, { location: 'JED1' })).places).toHaveLength(1);
  const first = await drift(bridge, {}, 2);
  expect(first.figures.map(({ explanation }) => explanation.facts.sku)).toEqual(['C', 'F']);
  expect(causes(first)).toHaveLength(5);
});

test('a figure that vanished from OTO is unexplained, and one that OTO did not tell is neither', async () => {
  const bridge = await openBridge({ config: { oto: { urlLimit: 500 } } });
  bridge.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['B', 'RUH-MAIN', 5],
    // Its letters take more of an address than a read may have.
    ['ض'.repeat(90), 'RUH-MAIN', 5],
  ]);
  await bridge.sync('stock');
  expect(causes(await drift(bridge))).toEqual([]);
  bridge.simulator.state.figures.clear();
  bridge.simulator.seed({ stock: [{ sku: 'B', location: 'RUH1', onHand: 5 }] });
  const found = await drift(bridge);
  expect(figures(found)).toEqual([['A', 'RUH1', null, 5, 'unexplained', -5]]);
  expect(found.unlisted).toBe(0);
  expect(found.places.find(({ location }) => location === 'RUH1')).toMatchObject({ compared: 2, differ: 1, unread: 1 });
});

test('stock of OTO that the export does not list is counted apart, unless it is to become zero', async () => {
  const unlisted = async (options: Parameters<typeof openBridge>[0]) => {
    const bridge = await openBridge(options);
    bridge.simulator.seed({
      products: [{ sku: 'A' }, { sku: 'B' }],
      stock: [{ sku: 'B', location: 'RUH1', onHand: 3 }],
    });
    await bridge.erp.stock([
      ['A', 'RUH-MAIN', 5],
      ['B', 'RUH-MAIN', 3],
    ]);
    await bridge.sync('stock');
    await bridge.erp.stock([['A', 'RUH-MAIN', 5]], { manifest: true });
    await bridge.plan('stock');
    const found = await drift(bridge);
    return [found.unlisted, figures(found)];
  };
  expect(await unlisted({})).toEqual([1, []]);
  expect(await unlisted({ location: { missing: 'zero' } })).toEqual([0, [['B', 'RUH1', 3, 0, 'new', 0]]]);
});

test('while a run goes on it can be asked, and leaves that run alone', async () => {
  const bridge = await story();
  const lock = await bridge.db.lock('run/stock/erp');
  onTestFinished(async () => lock?.release());
  expect(causes(await drift(bridge))).not.toEqual([]);
  expect(await bridge.db.query(`select from run where flow = 'stock' and status <> 'done'`)).toEqual([]);
});

test('without an export, or with one whose rows are gone, it says so', async () => {
  const bridge = await openBridge();
  expect(await findDrift(bridge.app.bridge, { ...atMost, filter: {} })).toBeUndefined();
  const { db } = bridge;
  const { id } = await openSnapshot(db, { runId: null, source: 'erp', entity: 'stock', startedAt: new Date() });
  await closeSnapshot(db, id, {
    status: 'complete',
    asOf: new Date(),
    completeness: 'proven',
    rows: 0,
    rejects: 0,
    ignored: 0,
  });
  await db.query(`drop table stock_row_${id}`);
  await expect(drift(bridge)).rejects.toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('ask again') });
});
