import { expect, test } from 'vitest';
import { ar } from '../../src/web/texts/ar.ts';
import { en } from '../../src/web/texts/en.ts';

const forms = /_(zero|one|two|few|many|other)$/;
const languages = [
  ['en', en as Readonly<Record<string, string>>],
  ['ar', ar as Readonly<Record<string, string>>],
] as const;

const names = (texts: Readonly<Record<string, string>>) => [
  ...new Set(Object.keys(texts).map((key) => key.replace(forms, ''))),
];
const placeholders = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort();

test('both languages say the same things', () => {
  expect(names(ar).sort()).toEqual(names(en).sort());
});

test.each(languages)('%s has exactly the forms of a number that its grammar knows', (language, texts) => {
  const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
  const plural = Object.keys(texts).filter((key) => forms.test(key));
  expect(plural.length).toBeGreaterThan(20);
  for (const name of new Set(plural.map((key) => key.replace(forms, '')))) {
    const found = plural.filter((key) => key.replace(forms, '') === name).map((key) => key.match(forms)?.[1]);
    expect(found.sort(), name).toEqual([...pluralCategories].sort());
  }
});

test('a text names in Arabic what it names in English, but for a number that a word says', () => {
  for (const [key, text] of Object.entries(ar)) {
    const other =
      (en as Readonly<Record<string, string>>)[key] ??
      (en as Readonly<Record<string, string>>)[key.replace(forms, '_other')];
    expect(other, key).toBeDefined();
    const [mine, theirs] = [placeholders(text), placeholders(other ?? '')];
    const bare = (list: typeof mine) => (forms.test(key) ? list.filter((name) => name !== 'n') : list);
    expect(new Set(bare(mine)), key).toEqual(new Set(bare(theirs)));
    // From three on a number has to be seen.
    if (/_(few|many)$/.test(key) && theirs.includes('n')) expect(mine, key).toContain('n');
  }
});
