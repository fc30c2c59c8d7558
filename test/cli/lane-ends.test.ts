import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endsByRate } from '../../src/cli/status-rate.ts';
import { lanes } from '../../src/model/index.ts';

test('a lane alone gets all of the rate, and what an empty one leaves goes to the others', () => {
  expect(endsByRate(new Map([['raising', 50]]), 5, 0)).toEqual(new Map([['raising', 10]]));
  expect(endsByRate(new Map([['raising', 50]]), 5, 30)).toEqual(new Map([['raising', 40]]));
  // 8 to 3: packing is through after 5.5 of its 4 calls' time, and raising has 1.5 of its calls behind it by then.
  const both = endsByRate(
    new Map([
      ['packing', 4],
      ['raising', 7],
    ] as const),
    1,
    0,
  );
  expect(both.get('packing')).toBeCloseTo(5.5);
  expect(both.get('raising')).toBeCloseTo(11);
});

test('the last lane is empty when all calls are made, whatever waits; ERP writes are no calls', () => {
  const counts = fc.array(fc.tuple(fc.constantFrom(...lanes), fc.nat(1_000_000)), { minLength: 1 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 1000 }), (each, rate) => {
      const toSend = new Map(each);
      const ends = endsByRate(toSend, rate, 0);
      const calls = [...toSend].filter(([lane]) => lane !== 'erp').reduce((sum, [, count]) => sum + count, 0);
      expect(ends.has('erp')).toBe(false);
      expect(Math.max(0, ...ends.values())).toBeCloseTo(calls / rate, 3);
    }),
  );
});
