import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type SwitchName, switchTable } from '../../src/simulator/index.ts';

test('docs/unknowns.md has each switch once, with its question and an answer, and names no other', async () => {
  const text = await readFile(new URL('../../docs/unknowns.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.+?) \| (.+) \|$/gm)].map(([, name, question, answer]) => ({
    name,
    question,
    answered: (answer ?? '').length > 5,
  }));
  const expected = (Object.keys(switchTable) as SwitchName[]).map((name) => ({
    name,
    question: switchTable[name].question,
    answered: true,
  }));
  const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
    (a.name ?? '').localeCompare(b.name ?? '');
  expect(rows.sort(byName)).toEqual(expected.sort(byName));
  const [, tried = ''] = text.split('## What to try on staging first');
  const named = [...(tried.split('\n## ')[0] ?? '').matchAll(/`(\w+)`/g)].flatMap(([, name]) => name ?? []);
  expect(named.filter((name) => /^[a-z]+[A-Z]/.test(name) && !Object.hasOwn(switchTable, name))).toEqual([]);
});
