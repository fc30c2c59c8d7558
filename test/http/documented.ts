import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const guide = readFileSync(join(import.meta.dirname, '../../docs/http.md'), 'utf8');

/** Each metric of ours stands in the guide, and none stands there that there is not. */
export function expectDocumented(names: readonly string[]): void {
  const ours = names.filter((name) => name.startsWith('oto_bridge_')).sort();
  const told = [...guide.matchAll(/^\| `(oto_bridge_\w+)`/gm)].map(([, name = '']) => name).sort();
  expect(told).toEqual(ours);
  const rules = [...guide.matchAll(/oto_bridge_\w+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ''));
  expect(rules.filter((name) => !ours.includes(name))).toEqual([]);
}
