import { expect, test } from 'vitest';
import { deadlineIn } from '../../src/lib/deadline.ts';

test('a deadline passes by the first of two clocks, so that neither a sleeping machine nor a clock put back outlives it', () => {
  const clocks = { monotonic: 5000, wall: 1_800_000_000_000 };
  const open = () => deadlineIn(1000, { monotonic: () => clocks.monotonic, wall: () => clocks.wall });
  const both = open();
  expect([both.passed, both.left]).toEqual([false, 1000]);
  clocks.monotonic += 999.5;
  clocks.wall += 999;
  expect([both.passed, both.left]).toEqual([false, 1]);
  clocks.monotonic += 0.5;
  expect([both.passed, both.left]).toEqual([true, 0]);

  const asleep = open();
  clocks.wall += 3_600_000;
  expect([asleep.passed, asleep.left]).toEqual([true, 0]);

  const putBack = open();
  clocks.wall -= 3_600_000;
  clocks.monotonic += 1000;
  expect([putBack.passed, putBack.left]).toEqual([true, 0]);
});
