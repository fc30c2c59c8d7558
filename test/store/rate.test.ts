import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lane } from '../../src/oto/index.ts';
import { testDatabase } from '../support/database.ts';
import { fullestSecond, type Load, SharedTime } from '../support/rate.ts';

const database = testDatabase();

async function fresh(): Promise<SharedTime> {
  await database.db.query('truncate rate, rate_demand');
  await database.db.query('insert into rate default values');
  return new SharedTime(database.db);
}

const bound = (rate: number): number => rate * 1.1 + 1;
const flood: Load = { lane: 'raising', at: 0, calls: 10_000 };

describe('one rate for all processes', () => {
  test('no second holds more than the rate, a tenth of it and one, whatever comes and whoever dies', async () => {
    const lanes = fc.constantFrom<Lane>('packing', 'documents', 'to-zero', 'reads', 'lowering', 'raising', 'products');
    const load = fc.record({ lane: lanes, at: fc.nat(2_000), calls: fc.integer({ min: 1, max: 200 }) });
    const processes = fc.array(
      fc.record({
        load: fc.array(load, { minLength: 1, maxLength: 3 }),
        tripMs: fc.nat(40),
        callMs: fc.nat(200),
        clock: fc.integer({ min: -1e9, max: 1e9 }),
        stalls: fc.array(fc.oneof(fc.constant(0), fc.nat(150)), { minLength: 1, maxLength: 5 }),
        diesAt: fc.option(fc.nat(2_500), { nil: Number.POSITIVE_INFINITY }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.5, max: 150, noNaN: true }), processes, async (rate, each) => {
        const time = await fresh();
        for (const one of each) time.start({ requestsPerSecond: rate, ...one });
        await time.run(3_000);
        expect(fullestSecond(time.sent.map(({ at }) => at))).toBeLessThanOrEqual(bound(rate));
      }),
      { numRuns: 30 },
    );
  });

  test.each([5, 33, 120])('what is waited for is given out: %i a second, whoever died', async (rate) => {
    const time = await fresh();
    time.start({ requestsPerSecond: rate, load: [flood], diesAt: 700 });
    for (const tripMs of [1, 4, 20]) time.start({ requestsPerSecond: rate, load: [flood], tripMs });
    await time.run(4_000);
    expect(time.sent.length).toBeGreaterThanOrEqual(rate * 4 * 0.9);
    expect(time.sent.length).toBeLessThanOrEqual(rate * 4 + bound(rate) - rate + 1);
  });

  test('a first call goes at once, and the second with it', async () => {
    const time = await fresh();
    time.start({ requestsPerSecond: 5, load: [{ lane: 'documents', at: 1_234, calls: 3 }] });
    await time.run(2_000);
    expect(time.sent.map(({ at, asked }) => at - asked < 10)).toEqual([true, true, false]);
  });
});

describe('lanes over all processes', () => {
  test('a flood of raises leaves the calls of another process their share', async () => {
    const time = await fresh();
    for (let process = 0; process < 3; process += 1) time.start({ requestsPerSecond: 20, load: [flood] });
    const packing = [1_010, 1_720, 2_333, 2_950, 3_480].map((at) => ({ lane: 'packing', at, calls: 1 }) as const);
    time.start({ requestsPerSecond: 20, load: packing });
    await time.run(4_000);
    const waits = time.sent.filter(({ lane }) => lane === 'packing').map(({ at, asked }) => at - asked);
    expect(waits).toHaveLength(5);
    expect(Math.max(...waits)).toBeLessThanOrEqual(150);
  });

  test('lanes that all want more get what their shares say, however many processes ask for each', async () => {
    const time = await fresh();
    for (let process = 0; process < 3; process += 1) time.start({ requestsPerSecond: 60, load: [flood] });
    time.start({
      requestsPerSecond: 60,
      load: [
        { ...flood, lane: 'packing' },
        { ...flood, lane: 'products' },
      ],
    });
    await time.run(4_000);
    const part = (lane: Lane) => time.sent.filter((one) => one.lane === lane).length / time.sent.length;
    expect(part('packing')).toBeGreaterThan((8 / 13) * 0.85);
    expect(part('raising')).toBeGreaterThan((3 / 13) * 0.85);
    expect(part('products')).toBeGreaterThan((2 / 13) * 0.85);
  });

  test('processes of one lane divide its share, the far one too', async () => {
    const time = await fresh();
    for (const tripMs of [1, 2, 30]) time.start({ requestsPerSecond: 30, load: [flood], tripMs });
    await time.run(4_000);
    const parts = [0, 1, 2].map(
      (process) => time.sent.filter((one) => one.process === process).length / time.sent.length,
    );
    expect(Math.min(...parts)).toBeGreaterThan(0.25);
  });
});
