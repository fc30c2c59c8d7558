/**
 * Goods under stress: thousands of histories, each of receipts, disposals, sales in OTO and without it, work of OTO's staff, bookings
 * and exports of the ERP in any order, runs in between, lost answers, faults and crashes. Nowhere may OTO show more than the model
 * allows (docs/stock-arithmetic.md), and in the end it shows just what the ERP has.
 *
 * A longer run, over as many seeds as there is time for: `STRESS_SEEDS=100-199 vitest run test/stress` (each seed is a site of
 * STRESS_HISTORIES histories on sides of OTO's switches that the seed draws). The message of a failure names seed and history, and tells
 * all that happened to it: `STRESS_SEEDS=123 STRESS_ONLY=17 vitest run test/stress` plays that one alone, without the others' company.
 * Of the sites that are always played, STRESS_SITE=5 plays the fifth. STRESS_SHOW=confirmed tells why a person was needed.
 */
import { expect, test } from 'vitest';
import { seededRandom, seedOf } from '../../src/simulator/random.ts';
import { everySide, sides, sidesOf } from './goods-sides.ts';
import { play, type SiteOptions } from './goods-site.ts';

const { STRESS_SEEDS, STRESS_SITE, STRESS_ONLY, STRESS_HISTORIES, STRESS_STEPS, STRESS_CALM } = process.env;

function sites(): SiteOptions[] {
  const common = {
    histories: Number(STRESS_HISTORIES ?? 240),
    steps: Number(STRESS_STEPS ?? 13),
    only: STRESS_ONLY === undefined ? undefined : Number(STRESS_ONLY),
    calm: STRESS_CALM === '1',
  };
  if (STRESS_SEEDS === undefined) {
    const all = everySide().map((switches, index) => {
      // Where OTO lists orders without their items, each costs a call.
      const histories = switches.orderRows === 'sparse' ? Math.ceil(common.histories / 3) : common.histories;
      return { ...common, histories, seed: index + 1, switches };
    });
    return all.filter(({ seed }) => STRESS_SITE === undefined || seed === Number(STRESS_SITE));
  }
  const [from = 1, to = from] = STRESS_SEEDS.split('-').map(Number);
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const seed = from + index;
    return { ...common, seed, switches: sidesOf(seededRandom(seedOf(seed, 'sides'))) };
  });
}

/** So many sites at a time: each has some ten connections, and waits more than it works. */
const atOnce = 3;
let playing = 0;
const queue: (() => void)[] = [];

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (playing >= atOnce) await new Promise<void>((resolve) => queue.push(resolve));
  else playing += 1;
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next === undefined) playing -= 1;
    else next();
  }
}

test('every side of every switch is played', () => {
  const played = new Set(
    everySide().flatMap((choice) => Object.entries(choice).map(([name, side]) => `${name} ${side}`)),
  );
  expect(sides().filter((side) => !played.has(side))).toEqual([]);
});

test.concurrent.for(sites())(
  'goods are counted once, whatever happens in between: seed $seed',
  { timeout: 600_000 },
  async (site) => {
    const tally = await inTurn(() => play(site));
    if (STRESS_SEEDS !== undefined) console.log(JSON.stringify({ seed: site.seed, ...tally, switches: site.switches }));
    // What it was about has taken place.
    if (site.only === undefined) {
      expect(tally.proven).toBeGreaterThan(tally.confirmed);
      expect(Math.min(tally.sets, tally.orders, tally.proven, tally.above)).toBeGreaterThan(0);
    }
  },
);
