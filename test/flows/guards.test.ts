import { describe, expect, test } from 'vitest';
import { decide, listQuarantine } from '../../src/store/quarantines.ts';
import { openBridge, short, type TestBridge } from '../support/bridge.ts';

const skus = Array.from({ length: 20 }, (_, index) => `S${String(index).padStart(2, '0')}`);
type Change = Readonly<Record<number, number>>;

const write = (bridge: TestBridge, riyadh: Change = {}, jeddah: Change = {}, options = {}) =>
  bridge.erp.stock(
    skus.flatMap((sku, index) => [
      [sku, 'RUH-MAIN', riyadh[index] ?? 40] as const,
      [sku, 'JED-1', jeddah[index] ?? 20] as const,
    ]),
    options,
  );

/** 20 SKUs, 40 of each in Riyadh and 20 in Jeddah, in OTO as in the ERP. */
async function settled(guards: object = {}): Promise<TestBridge> {
  const bridge = await openBridge({ config: { guards: { shareMinimum: 10, ...guards } } });
  bridge.simulator.seed({
    products: skus.map((sku) => ({ sku })),
    stock: skus.flatMap((sku) => [
      { sku, location: 'RUH1', onHand: 40 },
      { sku, location: 'JED1', onHand: 20 },
    ]),
  });
  await write(bridge);
  expect((await bridge.sync('stock')).run.outcome).toBe('unchanged');
  return bridge;
}
const held = async (bridge: TestBridge) =>
  (await listQuarantine(bridge.db, { flow: 'stock' })).map(
    (row) => `${row.rule} ${row.location}${row.sku === '' ? '' : ` ${row.sku}`}`,
  );
const approveAll = async (bridge: TestBridge) => {
  const rows = await listQuarantine(bridge.db, { flow: 'stock' });
  await decide(
    bridge.db,
    rows.map((row) => row.id),
    'approved',
    'Aisha',
    null,
  );
};
const calls = (bridge: TestBridge) =>
  bridge
    .calls('updateStockQuantity')
    .map(({ params }) => `${params?.locationCode} ${params?.sku} ${params?.qty}`)
    .sort();

describe('shares of a location', () => {
  test('too many zeros are held, the rest of the run proceeds', async () => {
    const bridge = await settled();
    const zeros = { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 33 };
    await write(bridge, zeros, { 7: 0 });
    const { run } = await bridge.sync('stock');
    expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { quarantined: 5, landed: 2 } });
    expect(calls(bridge)).toEqual(['JED1 S07 0', 'RUH1 S05 33']);
    expect(await held(bridge)).toEqual(['zero-share RUH1']);

    // The same trouble again is no news; an approval lets it go with the next run.
    await write(bridge, zeros, { 7: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'unchanged', counts: { quarantined: 5 } });
    await approveAll(bridge);
    await write(bridge, zeros, { 7: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'changed', counts: { landed: 5 } });
    expect(bridge.onHand('S04')).toBe(0);
  });

  test('an approval covers no more than was approved, and not another place', async () => {
    const bridge = await settled();
    await write(bridge, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 });
    await bridge.sync('stock');
    await approveAll(bridge);
    bridge.forget();
    await write(bridge, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 }, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'needs-person', counts: { quarantined: 11 } });
    expect(calls(bridge)).toEqual([]);
  });

  test('an approval expires', async () => {
    const bridge = await settled();
    await write(bridge, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 });
    await bridge.sync('stock');
    await approveAll(bridge);
    await bridge.db.query(`update quarantine set approved_until = now() - interval '1 second'`);
    await write(bridge, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({
      outcome: 'needs-person',
      counts: { quarantined: 5, landed: 0 },
    });
  });

  test('too many changes are held; first figures of new keys count as none', async () => {
    const bridge = await settled();
    const changes = Object.fromEntries(skus.slice(0, 11).map((_, index) => [index, 39 - index]));
    await write(bridge, changes, { 3: 19 });
    const { run } = await bridge.sync('stock');
    expect(run).toMatchObject({ outcome: 'needs-person', counts: { quarantined: 11, landed: 1 } });
    expect(await held(bridge)).toEqual(['change-share RUH1']);
    expect(calls(bridge)).toEqual(['JED1 S03 19']);
    // Half is not more than half.
    await write(bridge, Object.fromEntries(Object.entries(changes).slice(0, 10)), { 3: 19 });
    expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'changed', counts: { landed: 10 } });
    expect(await held(bridge)).toEqual([]);
  });

  test('a snapshot that lists too few of the known SKUs changes nothing there', async () => {
    const bridge = await settled();
    await bridge.erp.stock([
      ['S00', 'RUH-MAIN', 41],
      ['S01', 'RUH-MAIN', 39],
      ...skus.map((sku) => [sku, 'JED-1', 21] as const).slice(0, 8),
    ]);
    const { run } = await bridge.sync('stock');
    expect(run).toMatchObject({ outcome: 'needs-person', counts: { quarantined: 2, landed: 8 } });
    expect(await held(bridge)).toEqual(['known-share RUH1']);
    expect([bridge.onHand('S00'), bridge.onHand('S01')]).toEqual([40, 40]);
  });

  test('a location of few SKUs is not judged by shares', async () => {
    const bridge = await settled({ shareMinimum: 21 });
    await write(bridge, Object.fromEntries(skus.map((_, index) => [index, 0])));
    expect((await bridge.sync('stock')).run).toMatchObject({
      outcome: 'changed',
      counts: { landed: 20, quarantined: 0 },
    });
  });
});

describe('unit of measure', () => {
  test.each([
    [480, true],
    [960, true],
    [40_000, true],
    [479, false],
    [440, false],
  ])('from 40 to %i', async (to, isHeld) => {
    const bridge = await settled();
    await write(bridge, { 0: to, 1: 41 });
    const { run } = await bridge.sync('stock');
    expect(await held(bridge)).toEqual(isHeld ? ['unit-jump RUH1 S00'] : []);
    expect(bridge.onHand('S00')).toBe(isHeld ? 40 : to);
    expect(bridge.onHand('S01')).toBe(41);
    expect(run.outcome).toBe(isHeld ? 'needs-person' : 'changed');
  });

  test('down as well, at each factor; an approval covers the approved figure and nothing beyond', async () => {
    const bridge = await settled();
    const start = { 0: 1200, 1: 2400, 2: 5000, 3: 1212 };
    await write(bridge, start);
    await bridge.sync('stock');
    await write(bridge, { 0: 100, 1: 100, 2: 5, 3: 100 });
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ quarantined: 3, landed: 1 });
    expect(await held(bridge)).toEqual(['unit-jump RUH1 S00', 'unit-jump RUH1 S01', 'unit-jump RUH1 S02']);
    await approveAll(bridge);
    // Lower than was approved, and by a factor again.
    await write(bridge, { 0: 50, 1: 100, 2: 5, 3: 100 });
    await bridge.sync('stock');
    expect([0, 1, 2].map((index) => bridge.onHand(skus[index] ?? ''))).toEqual([1200, 100, 5]);
    await write(bridge, { 0: 100, 1: 1200, 2: 5, 3: 100 });
    const { items } = await bridge.plan('stock');
    expect(short(items)).toEqual(['RUH1 S00 1200→100', 'RUH1 S01 100→1200 (unit-jump)']);
  });
});

describe('a stray zero', () => {
  const many = { 0: 150, 1: 99 };
  async function stocked(): Promise<TestBridge> {
    const bridge = await settled();
    await write(bridge, many);
    await bridge.sync('stock');
    return bridge;
  }

  test('is held until a second export says 0 too; reading the same one again is no second', async () => {
    const bridge = await stocked();
    await write(bridge, { 0: 0, 1: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({
      outcome: 'needs-person',
      counts: { quarantined: 1, landed: 1 },
    });
    expect([bridge.onHand('S00'), bridge.onHand('S01')]).toEqual([150, 0]);
    await bridge.sync('stock');
    expect(bridge.onHand('S00')).toBe(150);
    await write(bridge, { 0: 0, 1: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({
      outcome: 'changed',
      counts: { quarantined: 0, landed: 1 },
    });
    expect(bridge.onHand('S00')).toBe(0);
    expect(await held(bridge)).toEqual([]);
  });

  test('that was a slip is forgotten', async () => {
    const bridge = await stocked();
    await write(bridge, { 0: 0, 1: 99 });
    await bridge.sync('stock');
    await write(bridge, many);
    await bridge.sync('stock');
    expect(await held(bridge)).toEqual([]);
    await write(bridge, { 0: 0, 1: 99 });
    await bridge.sync('stock');
    expect(bridge.onHand('S00')).toBe(150);
  });

  test('that a disposal explains is sent', async () => {
    const bridge = await stocked();
    await bridge.erp.documents('1', [
      { id: 'W1', kind: 'disposal', number: 'W1', date: new Date().toISOString().slice(0, 10), lines: { S00: 150 } },
    ]);
    await write(bridge, { 0: 0, 1: 99 });
    await bridge.sync('stock');
    expect(bridge.onHand('S00')).toBe(0);
  });
});
