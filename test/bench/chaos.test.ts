import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mutants } from '../../bench/chaos/mutants.ts';
import { schedule, weather } from '../../bench/chaos/troubles.ts';
import { faultKinds } from '../../src/simulator/faults.ts';

const root = join(import.meta.dirname, '../..');

describe('the chaos run', () => {
  test('arms every kind of fault in each spell of weather', () => {
    for (const spell of [1, 2, 3])
      expect(new Set(weather(7, spell).map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  });

  test('a seed says what happens and when, and another says something else', () => {
    expect(schedule(7, 10_000)).toEqual(schedule(7, 10_000));
    expect(weather(7, 1)).toEqual(weather(7, 1));
    expect(schedule(8, 10_000)).not.toEqual(schedule(7, 10_000));
    expect(weather(8, 1)).not.toEqual(weather(7, 1));
  });

  test('ten thousand operations meet at least fifty kills', () => {
    for (const seed of [1, 2, 3])
      expect(schedule(seed, 10_000).filter(({ action }) => action === 'kill').length).toBeGreaterThanOrEqual(50);
  });

  test.each(Object.entries(mutants))('what the mutant %s takes out is still there, once', (_, mutations) => {
    for (const { file, from, to } of mutations) {
      expect(readFileSync(join(root, file), 'utf8').split(from), file).toHaveLength(2);
      expect(to).not.toBe(from);
    }
  });
});
