import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { buildProgram } from '../src/cli/program.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README names every command, and no other', () => {
  const block = readme.slice(readme.indexOf('Commands (`--help`'), readme.indexOf('With `--json` standard output'));
  const named = [...block.matchAll(/^ {4}(\S.*?) {2,}/gm)].flatMap(([, words]) => (words ?? '').split(', '));
  const real = buildProgram(() => undefined).commands.map((command) => command.name());
  expect(named.sort()).toEqual(real.filter((name) => name !== 'help').sort());
});

test('the README calls only scripts that exist', () => {
  const called = [...readme.matchAll(/npm run (?:-s )?([\w-]+)/g)].map(([, name]) => name ?? '');
  expect(called.length).toBeGreaterThan(3);
  expect(called.filter((name) => !(name in manifest.scripts))).toEqual([]);
});
