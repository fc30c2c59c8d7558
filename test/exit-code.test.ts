import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Runs one test file in a vitest of its own, with the database server of all tests, and gives its exit code. */
async function runVitest(content: string): Promise<{ code: number | null; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-exit-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const support = (file: string) => JSON.stringify(join(import.meta.dirname, 'support', file));
  await writeFile(
    join(folder, 'generated.test.mjs'),
    `import { testDatabase } from ${support('database.ts')};\n${content}`,
  );
  await writeFile(
    join(folder, 'vitest.config.mjs'),
    `export default { test: { globals: true, include: ['*.test.mjs'], globalSetup: [${support('global-setup.ts')}] } };`,
  );
  const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
  // The variables of the vitest that runs this test would make the inner one believe that it is a worker.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$|KEEP_TEST_DATABASES$)/.test(name)),
  );
  const child = spawn(process.execPath, [vitest, 'run', '--root', folder, '--no-color'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const usesDatabase = `
const database = testDatabase();
test('the database answers', async () => {
  expect(await database.db.one('select 1 as x')).toEqual({ x: 1 });
});`;

test('a green run ends with 0', async () => {
  const { code, output } = await runVitest(usesDatabase);
  expect(output).toContain('1 passed');
  expect(code).toBe(0);
});

test('a red test makes the run end with 1, and its database is named', async () => {
  const { code, output } = await runVitest(`${usesDatabase}\ntest('red', () => { expect(1).toBe(2); });`);
  expect(output).toContain('1 failed | 1 passed');
  expect(output).toMatch(/Database of the failed tests: test_\d+_/);
  expect(code).toBe(1);
});

test('a connection that a file leaves open makes the run end with 1', async () => {
  const { code, output } = await runVitest(`${usesDatabase}
test('leaks', async () => {
  const { openDatabase } = await import(${JSON.stringify(join(import.meta.dirname, '../src/store/db.ts'))});
  const log = { debug() {}, warn() {} };
  const leaked = await openDatabase({ url: database.url, schema: database.schema, applicationName: 'the leak', log });
  globalThis.leak = setInterval(() => leaked.query('select 1'), 1000);
  await leaked.query('select 1');
});`);
  expect(output).toContain('2 passed');
  expect(output).toMatch(/left 1 database connections open: the leak/);
  expect(code).toBe(1);
});
