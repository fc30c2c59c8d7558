import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StationAction, StationItem, StationOrderDetail } from '../../src/model/station.ts';
import { byAge, isOpen, isTrouble, newer, standing, unlisted, withWaiting } from '../../src/web/store-rules.ts';

const me = { id: 1, name: 'Aisha' };
const item = (sku: string, quantity: number, counted = 0): StationItem => {
  return { sku, name: sku, quantity, counted, short: null, codes: [] };
};
const order = (more: Partial<StationOrderDetail> = {}): StationOrderDetail => ({
  id: 'SO-1',
  location: 'RUH1',
  state: 'ready',
  why: null,
  lines: 2,
  units: 4,
  counted: 0,
  since: '2026-11-21T08:00:00.000Z',
  claim: null,
  oto: null,
  erp: null,
  problem: null,
  changed: null,
  version: 1,
  items: [item('A', 3), item('B', 1)],
  history: [],
  ...more,
});
const base = { id: '018f3f5e-7b7a-7cc0-8000-000000000001', order: 'SO-1', at: '2026-11-21T09:00:00.000Z' };

test('in whatever order answers arrive, the newest stays', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { minLength: 1 }), (versions) => {
      const answers = versions.map((version, index) => ({ version, index }));
      const [first, ...rest] = answers;
      if (first === undefined) return;
      const kept = rest.reduce((known, came) => newer(known, came), first);
      expect(kept.version).toBe(Math.max(...versions));
    }),
  );
});

test('of two answers with the same version the later one counts', () => {
  expect(newer({ version: 3, from: 'list' }, { version: 3, from: 'order' }).from).toBe('order');
});

test('what waits on the device is put on top, counted as hope, and leaves what the server said alone', () => {
  const actions: StationAction[] = [
    { ...base, type: 'claim' },
    { ...base, type: 'scan', sku: 'A', quantity: 2 },
    { ...base, type: 'short', sku: 'B', reason: 'missing' },
    { ...base, type: 'claim', order: 'SO-2' },
  ];
  const server = order();
  const shown = withWaiting(server, actions, me);
  expect(shown.order).toMatchObject({ state: 'picking', counted: 2, claim: { staffId: 1 } });
  expect(shown.order.items).toMatchObject([{ counted: 2 }, { short: { reason: 'missing', by: 'Aisha' } }]);
  expect(shown.unsent).toBe(3);
  expect([...shown.unsentSkus]).toEqual(['A', 'B']);
  expect(server).toEqual(order());
  // OTO is never said to have what the device still holds.
  expect(withWaiting(order(), [...actions, { ...base, type: 'pick' }], me).order).toMatchObject({
    state: 'short',
    oto: null,
  });
});

test('what waits is not put on top of what somebody else counts', () => {
  const claim = { staffId: 2, name: 'Omar', since: '2026-11-21T09:00:00.000Z' };
  const theirs = order({ state: 'picking', claim, counted: 1, items: [item('A', 3, 1), item('B', 1)] });
  const scan: StationAction = { ...base, type: 'scan', sku: 'A', quantity: 2 };
  expect(withWaiting(theirs, [{ ...base, type: 'claim' }, scan], me)).toMatchObject({ order: theirs, unsent: 2 });
  // A supervisor takes it from them.
  expect(withWaiting(theirs, [{ ...base, type: 'release' }], me).order.claim).toBeNull();
});

test('nothing that waits shows more than was ordered', () => {
  const scans: StationAction[] = Array.from({ length: 5 }, () => ({ ...base, type: 'scan', sku: 'A', quantity: 1 }));
  expect(withWaiting(order(), scans, me).order.items[0]?.counted).toBe(3);
});

test('an order can be finished when each line is counted or short', () => {
  const short = { ...item('B', 2), short: { reason: 'damaged' as const, note: null, by: 'Aisha' } };
  expect(standing([item('A', 3, 2)])).toBe('open');
  expect(standing([item('A', 3, 3)])).toBe('counted');
  expect(standing([item('A', 3, 3), short])).toBe('short');
});

test('packed is done only when OTO is known to have it', () => {
  const packed = (state: 'waiting' | 'has' | 'parked') =>
    order({ state: 'packed', oto: { status: 'packed', state, reason: null, undoable: false } });
  expect(isOpen(packed('waiting'))).toBe(true);
  expect(isOpen(packed('has'))).toBe(false);
  expect(isTrouble(packed('parked'))).toBe(true);
  expect(isTrouble(order({ erp: { state: 'unmatched', reason: null } }))).toBe(true);
  expect(isTrouble(packed('waiting'))).toBe(false);
});

test('an order that a list should name and does not is no longer what the device believes', () => {
  const at = (hour: number, more: Partial<StationOrderDetail> = {}) =>
    order({
      id: `SO-${hour}`,
      since: `2026-11-21T${String(hour).padStart(2, '0')}:00:00.000Z`,
      version: hour,
      ...more,
    });
  const known = [at(8), at(9), at(10, { location: 'JED1' }), at(11, { state: 'left' }), at(12)];
  const before = new Map(known.map((one) => [one.id, one]));
  const here = { location: 'RUH1', fits: isOpen };
  expect(unlisted(before, { orders: [at(9)], next: null }, here)).toEqual(
    new Map([
      ['SO-8', 8],
      ['SO-12', 12],
    ]),
  );
  // Behind the last row of a list that goes on there may be more.
  expect(unlisted(before, { orders: [at(9)], next: 'SO-9' }, here)).toEqual(new Map([['SO-8', 8]]));
  expect([...known].reverse().sort(byAge)).toEqual(known);
});
