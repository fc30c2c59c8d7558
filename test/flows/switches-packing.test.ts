import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { switchTable } from '../../src/simulator/index.ts';
import { combination, sides, touched } from './switch-sides.ts';
import { tell } from './switch-stories.ts';

// They wait for one another.
vi.setConfig({ testTimeout: 120_000 });

test('every switch is met by a story, or there is a reason why no flow meets it', () => {
  expect(Object.keys(touched).sort()).toEqual(Object.keys(switchTable).sort());
});

test.concurrent.for(sides('packing', 'sold', 'tokens'))('$name', async ({ story, switches, config }) => {
  await tell(story, { switches, config });
});

// More of them by hand: SWITCH_RUNS=200 SWITCH_SEED=7 vitest run test/flows/switches-packing.test.ts
const seed = Number(process.env.SWITCH_SEED ?? 1);
const numRuns = Number(process.env.SWITCH_RUNS ?? 8);
const told = ['goods', 'packing', 'sold', 'goods', 'tokens'] as const;
const drawn = fc
  .sample(combination(), { seed, numRuns })
  .map((switches, index) => ({ index, switches, story: told[index % told.length] ?? 'goods' }));

test.concurrent.for(drawn)(`seed ${seed}, combination $index: $story`, async ({ story, switches }) => {
  await tell(story, { switches }).catch((error: unknown) => {
    throw new Error(`${story} fails with ${JSON.stringify(switches)}`, { cause: error });
  });
});
