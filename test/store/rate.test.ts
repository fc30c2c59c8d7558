import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Lane } from '../../src/oto/index.ts';
import { rateState } from '../../src/store/rate.ts';
import { testDatabase } from '../support/database.ts';
import { fullestSecond, type Load, SharedTime } from '../support/rate.ts';

const database = testDatabase();

async function fresh(): Promise<SharedTime> {
  await database.db.query('truncate rate, rate_demand');
  await database.db.query('insert into rate default values');
  return new SharedTime(database.db);
}

// A machine that does much else is slow at this, and a failure is made small before it is shown.
vi.setConfig({ testTimeout: 120_000 });

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
        ways: fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
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
      { numRuns: 20 },
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

describe('when OTO asks for fewer calls', () => {
  const cause = { why: 'updateStockQuantity: too many requests', ageMs: 30 };

  test('nobody sends in the pause, answers that come together count once, and the rate comes back by itself', async () => {
    const time = await fresh();
    const options = { requestsPerSecond: 40, load: [flood] };
    const first = time.start(options);
    const second = time.start(options);
    await time.run(1_000);
    first.slowDown(3_000, cause);
    second.slowDown(3_000, cause);
    await time.run(500);
    // One that is new, as after a restart.
    time.start(options);
    await time.run(29_500);
    const at = time.sent.map((one) => one.at);
    const between = (from: number, to: number) => at.filter((one) => one >= from && one < to).length;
    // Turns that were given before are good for another moment.
    expect(between(1_000, 1_150)).toBeLessThanOrEqual(8);
    expect(between(1_150, 4_000)).toBe(0);
    expect(between(4_000, 8_950)).toBeLessThanOrEqual(5 * 20 + 3);
    expect(between(4_000, 8_950)).toBeGreaterThanOrEqual(5 * 20 * 0.9);
    expect(between(9_100, 13_950)).toBeLessThanOrEqual(5 * 30 + 3);
    expect(between(9_100, 13_950)).toBeGreaterThanOrEqual(5 * 30 * 0.9);
    expect(between(16_000, 31_000)).toBeGreaterThanOrEqual(15 * 40 * 0.9);
    expect(fullestSecond(at)).toBeLessThanOrEqual(bound(40));
  });

  test('its state is there to be shown, and a call from before the pause does not count again', async () => {
    const time = await fresh();
    const tokens = time.start({ requestsPerSecond: 40, load: [] });
    tokens.slowDown(2_000, cause);
    await time.run(2_100);
    tokens.slowDown(2_000, { ...cause, ageMs: 500 });
    await time.run(10);
    const at = time.epoch + time.now;
    const state = await rateState(database.db, at);
    expect(state).toMatchObject({ part: 0.5, why: cause.why });
    expect(state.blockedUntil?.getTime()).toBeCloseTo(time.epoch + 4_100, -2);
    expect(state.fullFrom?.getTime()).toBeCloseTo(time.epoch + 14_100, -2);
    expect(await rateState(database.db, time.epoch + 14_200)).toMatchObject({ part: 1, fullFrom: null });
    await time.run(3_000);
    tokens.slowDown(2_000, cause);
    await time.run(10);
    expect((await rateState(database.db, time.epoch + time.now)).part).toBe(0.25);
  });

  test('those without a limit hear of it within a second, and go on without one afterwards', async () => {
    const time = await fresh();
    const trickle = Array.from(
      { length: 300 },
      (_, index) => ({ lane: 'raising', at: index * 100, calls: 1 }) as const,
    );
    time.start({ requestsPerSecond: 'unlimited', load: trickle });
    time.start({
      requestsPerSecond: 'unlimited',
      load: [{ lane: 'reads', at: 29_000, calls: 1_000 }],
      concurrency: 1_000,
    });
    const other = time.start({ requestsPerSecond: 'unlimited', load: [] });
    await time.run(2_000);
    expect(time.sent.every(({ at, asked }) => at - asked <= 2)).toBe(true);
    other.slowDown(5_000, cause);
    await time.run(28_000);
    const at = time.sent.map((one) => one.at);
    expect(at.filter((one) => one > 3_000 && one < 7_000)).toEqual([]);
    expect(time.sent.filter((one) => one.lane === 'reads' && one.at - one.asked <= 2)).toHaveLength(1_000);
    // A look twice a second while it sends, and a turn for each call only while the rate is reduced.
    expect(time.questions).toBeLessThan(600);
  });
});

describe('trouble', () => {
  test('while the database is away nothing is sent beyond what was given; then it goes on', async () => {
    const time = await fresh();
    for (const requestsPerSecond of [40, 'unlimited'] as const) {
      time.start({ requestsPerSecond, load: [{ ...flood, calls: 4_000 }], callMs: 100, away: [500, 3_000] });
    }
    await time.run(6_000);
    const of = (process: number, from: number, to: number) =>
      time.sent.filter((one) => one.process === process && one.at >= from && one.at < to).length;
    expect(of(0, 650, 3_000)).toBe(0);
    expect(of(1, 1_600, 3_000)).toBe(0);
    expect(of(0, 4_000, 6_000)).toBeGreaterThanOrEqual(40 * 2 * 0.9);
    expect(of(1, 4_000, 6_000)).toBeGreaterThan(100);
  });

  test.each([-3_600_000, 3_600_000])("the database's clock may be set by %i ms", async (by) => {
    const time = await fresh();
    time.start({ requestsPerSecond: 30, load: [{ ...flood, lane: 'packing' }], diesAt: 990 });
    for (let process = 0; process < 2; process += 1) time.start({ requestsPerSecond: 30, load: [flood] });
    await time.run(1_000);
    time.epoch += by;
    await time.run(3_000);
    const at = time.sent.map((one) => one.at).filter((one) => one > 1_000);
    expect(at.length).toBeGreaterThanOrEqual(30 * 3 * 0.9);
    expect(fullestSecond(time.sent.map((one) => one.at))).toBeLessThanOrEqual(bound(30) + 3);
  });
});
