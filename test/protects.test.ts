import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const page = new URL('../docs/protects.md', import.meta.url);

/** Names that a test file gives to its tests: of `test('…'`, of `test.each([…])('…'`, and of the rows of such a list. */
function namesIn(source: string): Set<string> {
  const text = String.raw`(['\`])((?:\\.|(?!\1)[^\\])*)\1`;
  const names = [
    ...source.matchAll(new RegExp(String.raw`\b(?:test|it)\(\s*${text}`, 'g')),
    ...source.matchAll(new RegExp(String.raw`\)\(\s*${text},\s*(?:async\b|\()`, 'g')),
    ...source.matchAll(new RegExp(String.raw`^\s*\[\s*${text},$`, 'gm')),
  ].map((match) => match[2] ?? '');
  return new Set(names.map((name) => name.replace(/\\(.)/g, '$1')));
}

test('every test that the page names is there', async () => {
  const rows = (await readFile(page, 'utf8'))
    .split('\n')
    .flatMap((line) => [...line.matchAll(/^\| .* \| \[[\w-]+\]\((?<file>[^)]+)\) \| (?<name>.*) \|$/g)])
    .map((match) => ({ file: match.groups?.file ?? '', name: match.groups?.name ?? '' }));
  expect(rows.length).toBeGreaterThan(30);
  const missing: string[] = [];
  for (const { file, name } of rows) {
    const source = await readFile(new URL(file, page), 'utf8').catch(() => '');
    if (!namesIn(source).has(name)) missing.push(`${file}: ${name}`);
  }
  expect(missing).toEqual([]);
});

test('a name that only stands somewhere in a file is no test', () => {
  const source = [
    "test('one', () => {});",
    "  it('it\\'s two', async () => {});",
    "test.each([1])('three %s', (n) => {});",
    "// test of 'four'",
    "const five = 'five';",
    "call('six', 6);",
  ].join('\n');
  expect([...namesIn(source)].sort()).toEqual(["it's two", 'one', 'three %s']);
});
