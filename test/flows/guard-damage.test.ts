import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { groupQuarantine, listQuarantine } from '../../src/store/quarantines.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import type { Cells } from '../support/erp.ts';

vi.setConfig({ testTimeout: 240_000 });

const places = { RUH1: 'RUH-MAIN', JED1: 'JED-1' } as const;
type Place = keyof typeof places;
const categories = ['Dairy', 'Toys', 'Tea', 'Tools'] as const;
const products = Array.from({ length: 40 }, (_, index) => ({
  sku: `S${String(index).padStart(2, '0')}`,
  name: `Product ${index}`,
  price: '12.50',
  category: categories[index % categories.length] ?? '',
}));

interface Figure {
  readonly sku: string;
  readonly category: string;
  readonly place: Place;
  readonly was: number;
  quantity: string;
  damaged: boolean;
  /** Stands in the file so many times. */
  times: number;
}

/** What can be wrong with a whole location, or with one category at it. Each is more than a guard lets pass. */
const damages = {
  zeros: (figure: Figure) => {
    figure.quantity = '0';
  },
  'another unit': (figure: Figure, factor: number) => {
    const quantity = Number(figure.quantity);
    figure.quantity = String(factor > 1 ? quantity * factor : Math.floor(quantity * factor));
  },
  'twice in the file': (figure: Figure) => {
    figure.times = 2;
  },
  'no quantity': (figure: Figure) => {
    figure.quantity = '';
  },
  'another column': (figure: Figure) => {
    figure.quantity = `62810000${figure.sku.slice(1)}`;
  },
  'cut off': (figure: Figure) => {
    figure.times = 0;
  },
} satisfies Record<string, (figure: Figure, factor: number) => void>;

const damage = fc.record({
  kind: fc.constantFrom(...(Object.keys(damages) as (keyof typeof damages)[])),
  place: fc.constantFrom<Place>('RUH1', 'JED1'),
  category: fc.option(fc.constantFrom(...categories), { nil: undefined }),
  factor: fc.constantFrom(12, 24, 1000, 10, 100, 1 / 12, 1 / 24, 1 / 1000, 1 / 10),
  /** What was sold since: the ERP is right about it, where it is right. */
  sold: fc.dictionary(fc.nat({ max: 79 }).map(String), fc.integer({ min: 1, max: 3 }), { maxKeys: 10 }),
});

async function settled(): Promise<TestBridge> {
  const bridge = await openBridge({
    config: {
      guards: { shareMinimum: 10 },
      flows: { documents: undefined },
      ignoreLocations: [{ source: 'erp', erp: ['EXPORT-*'] }],
    },
  });
  bridge.simulator.seed({
    products: products.map(({ sku, name }) => ({ sku, name })),
    stock: products.flatMap(({ sku }, index) => [
      { sku, location: 'RUH1', onHand: 60 + ((index * 397) % 2000) },
      { sku, location: 'JED1', onHand: 40 + ((index * 53) % 300) },
    ]),
  });
  await bridge.erp.products(products);
  expect((await bridge.sync('products')).run.status).toBe('done');
  return bridge;
}

test('no figure of a damaged location or category reaches OTO, and nothing else is held for it', async () => {
  const bridge = await settled();
  let exports = 0;
  await fc.assert(
    fc.asyncProperty(damage, async ({ kind, place, category, factor, sold }) => {
      await bridge.db.query('truncate quarantine, guard_trip');
      const figures = (Object.keys(places) as Place[]).flatMap((at, side) =>
        products.map(({ sku, category }, index): Figure => {
          const was = bridge.onHand(sku, at) ?? 0;
          const less = sold[side * products.length + index] ?? 0;
          return { sku, category, place: at, was, quantity: String(was - less), damaged: false, times: 1 };
        }),
      );
      for (const figure of figures) {
        if (figure.place !== place || (category !== undefined && figure.category !== category)) continue;
        figure.damaged = true;
        damages[kind](figure, factor);
      }
      const rows = figures.flatMap((figure): Cells[] =>
        Array<Cells>(figure.times).fill({ sku: figure.sku, location: places[figure.place], quantity: figure.quantity }),
      );
      // No two exports are the same file.
      exports += 1;
      rows.unshift({ sku: 'S00', location: `EXPORT-${exports}`, quantity: '1' });
      await bridge.erp.table('stock.csv', rows, { header: ['sku', 'location', 'quantity'] });
      const { run } = await bridge.sync('stock');
      expect(run).toMatchObject({ status: 'done' });

      const held = await listQuarantine(bridge.db, { flow: 'stock' });
      for (const figure of figures) {
        const now = bridge.onHand(figure.sku, figure.place);
        const by = held.filter((row) => row.sku === figure.sku && row.location === figure.place).map((row) => row.rule);
        const about = { figure, by, groups: await groupQuarantine(bridge.db, {}) };
        if (figure.damaged) expect(now, JSON.stringify(about)).toBe(figure.was);
        else expect([String(now), by], JSON.stringify(about)).toEqual([figure.quantity, []]);
      }
    }),
    { numRuns: Number(process.env.GUARD_RUNS ?? 14), seed: Number(process.env.GUARD_SEED ?? 1), endOnFailure: true },
  );
});
