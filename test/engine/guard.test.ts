import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import {
  judgeEmptied,
  judgeGroups,
  judgeKnown,
  judgeLeaps,
  judgeLocations,
  type LocationShape,
} from '../../src/engine/guard.ts';

const guards = configSchema.shape.guards.parse({});
const part = fc.double({ min: 0, max: 1, noNaN: true });
const shape = fc
  .record({
    known: fc.integer({ min: 0, max: 200 }),
    listedShare: part,
    stockedShare: part,
    zeroedShare: part,
    changedShare: part,
    zeroedBefore: fc.integer({ min: 0, max: 40 }),
    rows: fc.integer({ min: 0, max: 200 }),
  })
  .map(({ known, listedShare, stockedShare, zeroedShare, changedShare, zeroedBefore, rows }): LocationShape => {
    const listed = Math.round(known * listedShare);
    const stocked = Math.round(listed * stockedShare);
    const zeroed = Math.round(stocked * zeroedShare);
    const changed = Math.min(listed, Math.max(zeroed, Math.round(listed * changedShare)));
    return { location: 'RUH1', known, listed, rows, stocked, zeroedBefore, zeroed, zeroedUnits: zeroed * 10, changed };
  });

test('what is left after the guards of a location is within every share', () => {
  fc.assert(
    fc.property(shape, (one) => {
      const found = [...judgeKnown([one], guards), ...judgeLocations([one], guards)];
      const holds = (which: string) => found.some((suspicion) => suspicion.which === which);
      const changedLeft = holds('all') || holds('changed') ? 0 : one.changed;
      const zerosLeft = changedLeft === 0 || holds('zero') ? 0 : one.zeroed;
      if (one.rows > 0 && one.stocked >= guards.shareMinimum)
        expect(zerosLeft / one.stocked).toBeLessThanOrEqual(guards.zeroShare);
      if (
        one.rows > 0 &&
        one.stocked + one.zeroedBefore >= guards.shareMinimum &&
        zerosLeft > 0 &&
        one.zeroedBefore > 0
      )
        expect((zerosLeft + one.zeroedBefore) / (one.stocked + one.zeroedBefore)).toBeLessThanOrEqual(
          guards.erosionShare,
        );
      if (one.rows > 0 && one.listed >= guards.shareMinimum)
        expect(changedLeft / one.listed).toBeLessThanOrEqual(guards.changeShare);
      if (one.rows > 0 && one.known >= guards.shareMinimum && !holds('all'))
        expect(one.listed / one.known).toBeGreaterThanOrEqual(guards.minimumKnownShare);
      // Nothing is held without a reason to.
      if (one.known + one.zeroedBefore < guards.shareMinimum) expect(found).toEqual([]);
      if (one.known > 0 && one.listed === one.known && one.changed === 0) expect(found).toEqual([]);
    }),
  );
});

test('each location, and each group of it, is judged by itself', () => {
  fc.assert(
    fc.property(fc.array(shape, { maxLength: 5 }), (shapes) => {
      const named = shapes.map((one, index) => ({ ...one, location: `L${index}`, group: `category ${index % 2}` }));
      expect(judgeLocations(named, guards)).toEqual(named.flatMap((one) => judgeLocations([one], guards)));
      expect(judgeGroups(named, guards)).toEqual(named.flatMap((one) => judgeGroups([one], guards)));
      expect([...judgeEmptied(named, guards)]).toEqual(named.flatMap((one) => [...judgeEmptied([one], guards)]));
    }),
  );
});

test('a group is held for zeros where more than half of at least five stocked SKUs would become 0', () => {
  const group = (stocked: number, zeroed: number) =>
    judgeGroups(
      [{ location: 'RUH1', group: 'supplier ACME', stocked, zeroed, zeroedUnits: 0, changed: zeroed }],
      guards,
    );
  expect(group(4, 4)).toEqual([]);
  expect(group(10, 5)).toEqual([]);
  expect(group(5, 3)).toMatchObject([{ rule: 'zero-share', group: 'supplier ACME', which: 'zero' }]);
  expect(group(10, 6)[0]?.cause).toBe(
    '6 of 10 stocked SKUs of supplier ACME at RUH1 (60 %) would become 0, more than 50 %',
  );
});

test('a location that would be emptied is said so where it has units enough, and more SKUs than one', () => {
  const place = (stocked: number, zeroed: number, zeroedUnits: number) =>
    judgeEmptied(
      [
        {
          location: 'KIOSK',
          known: 9,
          listed: 9,
          rows: 9,
          stocked,
          zeroed,
          zeroedUnits,
          changed: zeroed,
          zeroedBefore: 0,
        },
      ],
      guards,
    ).size;
  expect([place(3, 3, 100), place(3, 2, 500), place(3, 3, 99), place(1, 1, 500)]).toEqual([1, 0, 0, 0]);
});

test('a leap trips for the commonest factor, and not again for the groups of a location that has tripped', () => {
  const leap = (group: string, direction: 'raise' | 'lower', factor: number, near: number, considered: number) =>
    ({ location: 'RUH1', group, direction, factor, near, considered }) as const;
  const tripped = (...leaps: ReturnType<typeof leap>[]) =>
    judgeLeaps(leaps, guards).map(({ group, which }) => [group, typeof which === 'object' ? which.factor : which]);
  expect(
    tripped(leap('', 'raise', 12, 11, 20), leap('', 'raise', 10, 11, 20), leap('brand A', 'raise', 12, 9, 9)),
  ).toEqual([['', 12]]);
  expect(tripped(leap('', 'raise', 12, 10, 20), leap('brand A', 'raise', 12, 9, 9))).toEqual([['brand A', 12]]);
  expect(tripped(leap('', 'raise', 12, 11, 20), leap('brand A', 'lower', 24, 5, 9))).toEqual([
    ['', 12],
    ['brand A', 24],
  ]);
  expect(tripped(leap('', 'raise', 12, 9, 9), leap('brand A', 'raise', 12, 4, 4))).toEqual([]);
});
