import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contractTests } from '../../src/kit/index.ts';
import { toyConnector } from './toy.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'connectors/README.md'), 'utf8');
/** Code with a file name on the line before it. */
const files = [...guide.matchAll(/^`([\w./-]+)`\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, path = '', text = '']) => ({
  path,
  text,
}));

let folder: string;
const put = async (path: string, text: string) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
};

/** The guide's files as an author has them, beside an oto-bridge that is this source, unbuilt. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oto-bridge-guide-'));
  for (const { path, text } of files) await put(path, text);
  for (const part of ['connector', 'kit']) {
    const source = pathToFileURL(join(root, 'src', part, 'index.ts')).href;
    await put(`node_modules/oto-bridge/${part}.js`, `export * from ${JSON.stringify(source)};\n`);
  }
  const exports = { './connector': './connector.js', './kit': './kit.js' };
  await put('node_modules/oto-bridge/package.json', JSON.stringify({ name: 'oto-bridge', type: 'module', exports }));
  for (const name of ['zod', '@types'])
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the guide has every file of the example', () => {
  expect(files.map(({ path }) => path)).toEqual([
    'src/index.ts',
    'test/fake.ts',
    'test/contract.test.ts',
    'package.json',
  ]);
});

test('the example passes the kit, started as the guide says', () => {
  const { scripts } = JSON.parse(files.find(({ path }) => path === 'package.json')?.text ?? '') as {
    scripts: { test: string };
  };
  expect(scripts.test).toBe('node --test test/*.test.ts');
  const args = ['--test', '--test-reporter=tap', 'test/contract.test.ts'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  expect(stdout.match(/^ *not ok .*|^ *error: .*/gm)).toBeNull();
  expect(stdout).toContain('shop ties/products');
  expect(status).toBe(0);
});

test('the example compiles under strict settings', async () => {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  const paths = Object.fromEntries(
    ['connector', 'kit'].map((part) => [`oto-bridge/${part}`, [join(root, 'src', part, 'index.ts')]]),
  );
  await put(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: { ...compilerOptions, paths }, include: ['src', 'test'] }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('the guide lists every test of the kit', () => {
  const listed = [
    ...guide.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| (always|an option|each|incremental|`deletes`|entities|commands)/gm),
  ].map(([, id]) => id);
  const ids = contractTests(toyConnector()).map(({ id }) => id.split('/')[0]);
  expect([...listed].sort()).toEqual([...new Set(ids)].sort());
});
