import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { coversFigure, coversLocation, judgeLocations, type LocationSuspicion } from '../../src/engine/guard.ts';
import type { Quarantine } from '../../src/store/quarantines.ts';
import type { LocationShape } from '../../src/store/stock-plan.ts';

const guards = configSchema.shape.guards.parse({});
const shape = fc
  .record({
    known: fc.integer({ min: 0, max: 200 }),
    nonZeroShare: fc.double({ min: 0, max: 1, noNaN: true }),
    listedShare: fc.double({ min: 0, max: 1, noNaN: true }),
    zeroedShare: fc.double({ min: 0, max: 1, noNaN: true }),
    changedShare: fc.double({ min: 0, max: 1, noNaN: true }),
    rows: fc.integer({ min: 0, max: 200 }),
  })
  .map(({ known, nonZeroShare, listedShare, zeroedShare, changedShare, rows }): LocationShape => {
    const nonZero = Math.round(known * nonZeroShare);
    const zeroed = Math.round(nonZero * zeroedShare);
    const changed = Math.max(zeroed, Math.round(known * changedShare));
    return { location: 'RUH1', known, nonZero, listed: Math.round(known * listedShare), rows, zeroed, changed };
  });

test('what is left after the guards is within every share', () => {
  fc.assert(
    fc.property(shape, (one) => {
      const found = judgeLocations([one], guards);
      const rules = found.map(({ rule }) => rule);
      const heldAll = found.some(({ which }) => which === 'all');
      const heldChanged = heldAll || found.some(({ which }) => which === 'changed');
      const zerosLeft = heldChanged || found.some(({ which }) => which === 'zero') ? 0 : one.zeroed;
      if (one.rows > 0 && one.nonZero >= guards.shareMinimum) {
        expect(zerosLeft / one.nonZero).toBeLessThanOrEqual(guards.zeroShare);
      }
      if (one.rows > 0 && one.known >= guards.shareMinimum && !heldChanged) {
        expect(one.changed / one.known).toBeLessThanOrEqual(guards.changeShare);
        expect(one.listed / one.known).toBeGreaterThanOrEqual(guards.minimumKnownShare);
      }
      // Nothing is held without a reason to.
      if (one.known < guards.shareMinimum) expect(rules).toEqual([]);
      if (one.known > 0 && one.listed === one.known && one.changed === 0) expect(rules).toEqual([]);
    }),
  );
});

test('each location is judged by itself', () => {
  fc.assert(
    fc.property(fc.array(shape, { maxLength: 5 }), (shapes) => {
      const named = shapes.map((one, index) => ({ ...one, location: `L${index}` }));
      expect(judgeLocations(named, guards)).toEqual(named.flatMap((one) => judgeLocations([one], guards)));
    }),
  );
});

const approval = (part: Partial<Quarantine>) =>
  ({ rule: 'unit-jump', sku: 'A', location: 'RUH1', ...part }) as Quarantine;
const figure = fc.integer({ min: 0, max: 10_000 });

test('an approval of a figure covers it, whatever lies between, and nothing beyond it or the other way', () => {
  fc.assert(
    fc.property(figure, figure, figure, figure, (from, approved, nowFrom, to) => {
      fc.pre(from !== approved && nowFrom !== to);
      const direction = approved < from ? 'lower' : 'raise';
      const given = approval({ direction, from, to: approved });
      const change = { rule: 'unit-jump', sku: 'A', location: 'RUH1', from: nowFrom, to };
      const sameWay = to < nowFrom === (direction === 'lower');
      const within = direction === 'lower' ? to >= approved : to <= approved;
      expect(coversFigure(given, change)).toBe(sameWay && within);
      for (const other of [{ rule: 'stray-zero' }, { sku: 'B' }, { location: 'JED1' }]) {
        expect(coversFigure(given, { ...change, ...other })).toBe(false);
      }
    }),
  );
});

test('an approval of a location covers as many changes as were approved, of its rule and place', () => {
  fc.assert(
    fc.property(figure, figure, (approved, count) => {
      const suspicion: LocationSuspicion = { location: 'RUH1', rule: 'zero-share', which: 'zero', count, reason: '' };
      const given = approval({ rule: 'zero-share', sku: '', to: approved });
      expect(coversLocation(given, suspicion)).toBe(count <= approved);
      expect(coversLocation({ ...given, location: 'JED1' }, suspicion)).toBe(false);
      expect(coversLocation({ ...given, rule: 'change-share' }, suspicion)).toBe(false);
      expect(coversLocation({ ...given, sku: 'A' }, suspicion)).toBe(false);
    }),
  );
});
