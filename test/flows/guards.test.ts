import { describe, expect, test } from 'vitest';
import { decide, groupQuarantine, listQuarantine } from '../../src/store/quarantines.ts';
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
  (await groupQuarantine(bridge.db, { flow: 'stock' })).map(
    ({ rule, location, product_group, count }) =>
      `${count} ${rule} ${location}${product_group === '' ? '' : ` ${product_group}`}`,
  );
const heldSkus = async (bridge: TestBridge) =>
  (await listQuarantine(bridge.db, { flow: 'stock' })).map(({ rule, location, sku }) => `${rule} ${location} ${sku}`);
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
    expect(await held(bridge)).toEqual(['5 zero-share RUH1']);

    // The same trouble again is no news; an approval lets it go with the next run.
    await write(bridge, zeros, { 7: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'unchanged', counts: { quarantined: 5 } });
    await approveAll(bridge);
    await write(bridge, zeros, { 7: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'changed', counts: { landed: 5 } });
    expect(bridge.onHand('S04')).toBe(0);
  });

  test('an approval covers the figures that were approved; others are judged without them, and other places as ever', async () => {
    const bridge = await settled();
    await write(bridge, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 });
    await bridge.sync('stock');
    await approveAll(bridge);
    bridge.forget();
    // S00 is back; S05 alone is no share of anything; at the other place nothing was approved.
    await write(bridge, { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 }, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0 });
    expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'needs-person', counts: { quarantined: 5 } });
    expect(calls(bridge)).toEqual(['S01', 'S02', 'S03', 'S04', 'S05'].map((sku) => `RUH1 ${sku} 0`));
    expect(await held(bridge)).toEqual(['5 zero-share JED1']);
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
    expect(await held(bridge)).toEqual(['11 change-share RUH1']);
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
    expect(await held(bridge)).toEqual(['2 known-share RUH1']);
    expect([bridge.onHand('S00'), bridge.onHand('S01')]).toEqual([40, 40]);
  });

  test('a location of few SKUs is not judged by shares, but emptied only when a second export says so too', async () => {
    const bridge = await settled({ shareMinimum: 21 });
    const most = Object.fromEntries(skus.slice(1).map((_, index) => [index, 0]));
    await write(bridge, {}, most);
    expect((await bridge.sync('stock')).run).toMatchObject({
      outcome: 'changed',
      counts: { landed: 19, quarantined: 0 },
    });
    const all = Object.fromEntries(skus.map((_, index) => [index, 0]));
    await write(bridge, all, most);
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ landed: 0, quarantined: 20 });
    const [group] = await groupQuarantine(bridge.db, {});
    expect(group?.reason).toBe('all 20 stocked SKUs at RUH1, 800 units together, would fall to 0 in one step');
    await write(bridge, all, most);
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ landed: 20, quarantined: 0 });
  });

  test('a location emptied bit by bit, each night within the share, is held once the week has seen too much', async () => {
    const bridge = await settled();
    // A fifth of what is left, each night: 4, 3, 2. After those 9 of 20 would be gone.
    await write(bridge, { 0: 0, 1: 0, 2: 0, 3: 0 });
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ landed: 4, quarantined: 0 });
    await write(bridge, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0 });
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ landed: 3, quarantined: 0 });
    const gone = Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => [index, 0]));
    await write(bridge, gone);
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ landed: 0, quarantined: 2 });
    const [group] = await groupQuarantine(bridge.db, {});
    expect(group?.reason).toBe(
      '2 more SKUs at RUH1 would become 0, and with the 7 of the last 7 days that is 45 % of 20, more than 40 %',
    );
    // What is approved is accepted together with what went before it.
    await approveAll(bridge);
    await write(bridge, gone);
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ landed: 2, quarantined: 0 });
    await write(bridge, { ...gone, 9: 0, 10: 0 });
    expect((await bridge.sync('stock')).run.counts).toMatchObject({ landed: 2, quarantined: 0 });
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
    expect(await heldSkus(bridge)).toEqual(isHeld ? ['unit-jump RUH1 S00'] : []);
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
    expect(await heldSkus(bridge)).toEqual(['unit-jump RUH1 S00', 'unit-jump RUH1 S01', 'unit-jump RUH1 S02']);
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
