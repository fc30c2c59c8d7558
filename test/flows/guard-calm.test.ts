import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { isCalm, leapBounds } from '../../src/engine/guard.ts';
import { suspect } from '../../src/engine/guard-stock.ts';
import { addPlanItems, type NewPlanItem } from '../../src/store/plans.ts';
import { one } from '../../src/store/queryable.ts';
import { standing } from '../../src/store/standing.ts';
import { glance } from '../../src/store/stock-glance.ts';
import { testDatabase } from '../support/database.ts';

const database = testDatabase();
const locations = ['RUH1', 'JED1'];
const categories = ['Dairy', 'Tea'];

interface Changed {
  readonly from: number | null;
  readonly to: number;
  readonly buffer: number;
  readonly erp: number;
}

const mild = (was: number) => fc.integer({ min: -3, max: 3 }).map((by) => Math.max(1, was + by));
const broken = (was: number) =>
  fc.oneof(
    fc.constantFrom(2, 6, 10, 12, 24, 1000).map((factor) => was * factor),
    fc.constantFrom(2, 6, 12, 24).map((factor) => Math.floor(was / factor)),
    fc.constantFrom(0, 1, 999_999, 1_000_001),
  );

const figure = (quantity: (was: number) => fc.Arbitrary<number>) =>
  fc
    .record({
      was: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 300 })),
      buffer: fc.constantFrom(0, 0, 0, 5),
      unknown: fc.nat({ max: 5 }),
    })
    .chain(({ was, buffer, unknown }) =>
      quantity(was).map((to) => ({ from: unknown === 0 ? null : was, to, buffer, erp: to + buffer })),
    );
/** Mostly mild, and at most one figure that is not. */
const figures = fc
  .tuple(
    fc.array(figure(mild), { minLength: 1, maxLength: 23 }),
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: figure(broken).map((one) => [one]) }),
  )
  .map(([some, one]) => [...some, ...one]);

/** Every figure of a plan is off by about one factor: none of them alone need be suspicious. */
const shifted = fc
  .record({ factor: fc.constantFrom(2, 6, 10, 1 / 2, 1 / 6), rows: fc.integer({ min: 12, max: 24 }) })
  .chain(({ factor, rows }) =>
    fc.array(
      fc
        .record({ was: fc.integer({ min: 60, max: 300 }), sold: fc.integer({ min: 0, max: 3 }) })
        .map(({ was, sold }) => {
          const to = Math.max(1, Math.round(was * factor) - sold);
          return { from: was, to, buffer: 0, erp: to };
        }),
      { minLength: rows, maxLength: rows },
    ),
  );

const plan = fc.record({
  figures: fc.oneof<fc.MaybeWeightedArbitrary<Changed[]>[]>(
    { weight: 3, arbitrary: figures },
    { weight: 1, arbitrary: shifted },
  ),
  // How much of each location the snapshot lists, and how much there is beside the changes.
  known: fc.integer({ min: 0, max: 30 }),
  unlisted: fc.constantFrom(0, 0, 0, 3, 200),
  unitJump: fc.boolean(),
});

test('a plan that one look calls calm is one that no rule suspects', async () => {
  const { db } = database;
  const config = configSchema.parse({
    timezone: 'Asia/Riyadh',
    oto: { environment: 'simulator', refreshToken: 'refresh-token' },
    sources: { erp: { connector: 'csv' } },
    locations: locations.map((oto) => ({ oto, source: 'erp', erp: [oto] })),
    flows: { products: { from: 'erp' }, stock: { from: 'erp' } },
  });
  for (let index = 0; index < 24; index += 1) {
    await db.query(
      `insert into product (source, sku, data, hash, type, active, snapshot_id) values ('erp', $1, $2, '', 'storable', true, 1)`,
      [`S${index}`, { category: categories[index % categories.length] }],
    );
  }
  const asOf = new Date();
  const scope = { snapshotId: 1, asOf, locations: [], sku: null, types: [], lots: false, doubts: false };
  let calm = 0;
  let suspected = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ figures, known, unlisted, unitJump }) => {
      const { id } = await one<{ id: number }>(
        db,
        `insert into plan (flow, source, status, mapping_hash, pending_hash) values ('stock', 'erp', 'proposed', '', '') returning id`,
      );
      const items = figures.map(({ from, to, buffer, erp }, index): NewPlanItem => {
        const sku = `S${index}`;
        const location = locations[index % locations.length] ?? '';
        const action = to === 0 ? 'zero' : to < (from ?? 0) ? 'lower' : 'raise';
        return { kind: 'stock', action, key: `${location}\t${sku}`, sku, location, from, to, detail: { erp, buffer } };
      });
      await addPlanItems(db, id, items);
      const shapes = locations.map((location) => {
        const stocked = items.filter((item) => item.location === location && item.from !== null).length + known;
        return { location, known: stocked + unlisted, listed: stocked, rows: stocked, stocked };
      });
      const guards = { ...config.guards, unitJump };
      const isSeenCalm = isCalm(shapes, await glance(db, id, leapBounds), guards);
      const found = await db.tx(async (tx) =>
        suspect({ config: { ...config, guards } }, tx, id, scope, shapes, await standing(tx, asOf), []),
      );
      if (isSeenCalm) expect(found).toBe(0);
      calm += isSeenCalm ? 1 : 0;
      suspected += found > 0 ? 1 : 0;
    }),
    { numRuns: 300 },
  );
  // Neither side is empty, or nothing was tried.
  expect(calm).toBeGreaterThan(20);
  expect(suspected).toBeGreaterThan(20);
});
