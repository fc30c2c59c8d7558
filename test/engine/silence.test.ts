import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Sample, shrinkOf, silenceOf } from '../../src/engine/silence.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const start = Date.parse('2026-01-04T00:00:00Z');

interface Pattern {
  /** Milliseconds between two runs. */
  readonly every: number;
  /** How much each run of one period brings. */
  readonly amounts: readonly number[];
  /** How far each run is off its time, from -1 to 1, over and over. */
  readonly drift: readonly number[];
}

/** Runs of so many periods, the pattern over and over. */
function repeated({ every, amounts, drift }: Pattern, periods: number): Sample[] {
  return Array.from({ length: periods * amounts.length }, (_, index) => ({
    at: start + index * every + Math.round((drift[index % drift.length] ?? 0) * Math.min(every * 0.08, 2 * minute)),
    amount: amounts[index % amounts.length] ?? 0,
  }));
}

/** The runs at which the history so far says that it has gone silent. */
const alarms = (samples: readonly Sample[], from = 0) =>
  samples.flatMap((sample, index) =>
    index >= from && silenceOf(samples.slice(Math.max(0, index - 4000), index), sample) !== undefined ? [index] : [],
  );

/** A week of runs, in which some bring something: by weekday and hour, or anyhow. */
const pattern: fc.Arbitrary<Pattern> = fc.constantFrom(3 * hour, 6 * hour, 12 * hour, day).chain((every) => {
  const runs = week / every;
  const anyhow = fc.array(fc.constantFrom(0, 0, 1, 7), { minLength: runs, maxLength: runs });
  const workdays = fc
    .record({ days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }), from: fc.nat(11) })
    .map(({ days, from }) =>
      Array.from({ length: runs }, (_, index) => {
        const at = index * every;
        const ofDay = (at % day) / hour;
        const works = days.includes(Math.floor(at / day)) && (every === day || (ofDay >= from && ofDay <= from + 9));
        return works ? 1 + (index % 5) : 0;
      }),
    );
  return fc.record({
    every: fc.constant(every),
    amounts: fc.oneof(anyhow, workdays).filter((amounts) => amounts.some((amount) => amount > 0)),
    drift: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 11 }),
  });
});

describe('a flow that stopped having an effect', () => {
  test('no history that repeats its own week is ever called silent, however young it is', () => {
    fc.assert(
      fc.property(pattern, (one) => {
        expect(alarms(repeated(one, 6))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('one that breaks off is called silent within a week, and until something comes again', () => {
    fc.assert(
      fc.property(pattern, fc.integer({ min: 6, max: 9 }), (one, weeks) => {
        const runs = one.amounts.length;
        const whole = repeated(one, weeks + 2);
        const broken = whole.map((sample, index) => (index < weeks * runs ? sample : { ...sample, amount: 0 }));
        const found = alarms(broken, weeks * runs);
        expect(found[0]).toBeLessThan((weeks + 1) * runs);
        // From then on at every run.
        expect(found).toEqual(Array.from({ length: broken.length - (found[0] ?? 0) }, (_, at) => (found[0] ?? 0) + at));
        const back = { at: (broken.at(-1)?.at ?? 0) + one.every, amount: 1 };
        expect(silenceOf(broken, back)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  const nightly = (amounts: readonly number[], weeks: number) => repeated({ every: day, amounts, drift: [0] }, weeks);
  const daily = [9, 9, 9, 9, 9, 9, 9];
  const workdays = [9, 9, 9, 9, 9, 0, 0];

  test('one that had an effect each night is called silent in the first night without', () => {
    const past = nightly(daily, 4);
    const now = { at: start + 28 * day, amount: 0 };
    expect(silenceOf(past, now)).toEqual({ since: start + 27 * day, lasts: day, longest: day });
  });

  test('weekends say nothing, and a workday without an effect does', () => {
    const past = nightly(workdays, 5);
    expect(silenceOf(past.slice(0, -2), { at: start + 33 * day, amount: 0 })).toBeUndefined();
    expect(silenceOf(past.slice(0, -1), { at: start + 34 * day, amount: 0 })).toBeUndefined();
    expect(silenceOf(past, { at: start + 35 * day, amount: 0 })).toBeDefined();
  });

  test('a young history says nothing: less than a week, ten runs or five effects', () => {
    expect(silenceOf(nightly(daily, 1), { at: start + 20 * day, amount: 0 })).toBeUndefined();
    expect(silenceOf(nightly(daily, 2).slice(0, 9), { at: start + 20 * day, amount: 0 })).toBeUndefined();
    expect(silenceOf(nightly([1, 0, 0, 0, 0, 0, 0], 4), { at: start + 90 * day, amount: 0 })).toBeUndefined();
    expect(silenceOf(nightly([1, 0, 0, 0, 0, 0, 0], 5), { at: start + 90 * day, amount: 0 })).toBeDefined();
    expect(silenceOf([], { at: start, amount: 0 })).toBeUndefined();
  });

  test('a break that was mended does not make the next one pass', () => {
    const past = nightly(daily, 6).map((sample, index) =>
      index > 20 && index < 25 ? { ...sample, amount: 0 } : sample,
    );
    expect(silenceOf(past, { at: start + 42 * day, amount: 0 })).toBeDefined();
  });

  test('what comes at random is seldom called silent', () => {
    let [runs, calls] = [0, 0];
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(99)), fc.constantFrom(4, 12, 40), (stream, share) => {
        const samples = Array.from({ length: 8 * 56 }, (_, index) => ({
          at: start + index * 3 * hour,
          amount: (stream.next().value ?? 99) < share ? 1 : 0,
        }));
        runs += 1;
        // One silence is one call, however many runs it lasts.
        calls += alarms(samples).filter((at, index, all) => all[index - 1] !== at - 1).length;
      }),
      { numRuns: 40, seed: 7 },
    );
    // Eight weeks each.
    expect(calls / runs).toBeLessThan(1);
  });
});

describe('a list that became far shorter', () => {
  const sizes = (amounts: readonly number[], weeks: number): Sample[] =>
    repeated({ every: day, amounts, drift: [0] }, weeks);

  test('a history that repeats its own week is never called shrunk; below half of its least it is, at once', () => {
    const amounts = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(amounts, (week) => {
        const all = sizes(week, 6);
        for (const [index, sample] of all.entries())
          if (sample.amount > 0) expect(shrinkOf(all.slice(0, index), sample)).toBeUndefined();
        const least = Math.min(...week.filter((amount) => amount > 0));
        if (week.filter((amount) => amount > 0).length < 2 || least < 20 || least > 5000) return;
        const now = { at: start + 42 * day, amount: Math.ceil(least / 2) - 1 };
        expect(shrinkOf(all, now)).toEqual({ least });
      }),
    );
  });

  test('a size that has lasted for a week and a day is the usual one', () => {
    const past = sizes([100, 100, 100, 100, 100, 100, 100], 5);
    const at = (nights: number) => ({ at: start + (35 + nights) * day, amount: 40 });
    const later = (nights: number) => [...past, ...Array.from({ length: nights }, (_, index) => at(index))];
    for (const nights of [0, 1, 7]) expect(shrinkOf(later(nights), at(nights))).toEqual({ least: 100 });
    expect(shrinkOf(later(8), at(8))).toBeUndefined();
  });
});
