import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Fake } from '../../src/kit/index.ts';
import { jsonOf, openSite, startCommand } from '../support/process.ts';

// Commands that run other programs, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

interface Tested {
  readonly connector: string;
  readonly passed: number;
  readonly failed: number;
  readonly tests: readonly { readonly id: string; readonly ok: boolean; readonly error?: string }[];
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-connector-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function scaffold(): Promise<string> {
  const folder = join(await temporary(), 'my-erp');
  const made = await startCommand(['connector', 'new', 'my-erp', '--dir', folder, '--json']).ended;
  expect(jsonOf<{ files: string[] }>(made).files).toContain('src/index.js');
  return folder;
}

test('a new connector passes its contract tests as it stands, and a mistake in it fails those that it breaks', async () => {
  const folder = await scaffold();
  const good = await startCommand(['connector', 'test', folder, '--json']).ended;
  expect(good.code).toBe(0);
  expect(jsonOf<Tested>(good)).toMatchObject({ connector: 'my-erp', failed: 0 });
  expect(jsonOf<Tested>(good).passed).toBeGreaterThan(25);

  const file = join(folder, 'src/index.js');
  const text = await readFile(file, 'utf8');
  // Items that carry the time of the last one read are forgotten.
  const broken = text.replace('seen.includes(one.id)', 'true');
  expect(broken).not.toBe(text);
  await writeFile(file, broken);
  const bad = await startCommand(['connector', 'test', folder]).ended;
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(/✖ ties\/products: .*\n {4}\S/);
  expect(bad.stdout).toMatch(/my-erp: \d+ tests passed, [1-9]\d* failed\n$/);
  const only = await startCommand(['connector', 'test', file, '--only', 'valid', '--json']).ended;
  expect(jsonOf<Tested>(only).tests.map((one) => [one.id, one.ok])).toEqual([
    ['valid/products', true],
    ['valid/stock', true],
  ]);
});

test('what stands in the way is said: a name, a folder that is there, a connector or a fake that is not', async () => {
  const folder = await scaffold();
  const failure = async (...args: readonly string[]) => {
    const ended = await startCommand(['connector', ...args, '--json']).ended;
    expect(ended.code).toBe(1);
    return jsonOf<{ error: { message: string } }>(ended).error;
  };
  expect(await failure('new', 'My_ERP')).toMatchObject({ code: 'CLI_USAGE', hint: expect.stringContaining('my-erp') });
  expect(await failure('new', 'my-erp', '--dir', folder)).toMatchObject({ place: { file: folder } });
  expect(await failure('test', join(folder, 'nowhere'))).toMatchObject({ code: 'CONNECTOR_NOT_FOUND' });
  expect(await failure('test', folder, '--only', 'nothing')).toMatchObject({ hint: expect.stringContaining('resume') });
  await rm(join(folder, 'test/fake.js'));
  expect((await failure('test', folder)).message).toMatch(/no fake ERP.*fake\.js/);
});

test('a connector that was packed and installed beside a configuration is named there, and works', async () => {
  const package_ = await scaffold();
  const npm = (cwd: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('npm', [...args, '--silent', '--no-audit', '--no-fund'], {
      cwd,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };
  npm(package_, 'pack');
  const [archive = ''] = readdirSync(package_).filter((name) => name.endsWith('.tgz'));
  const site = await openSite();
  const folder = dirname(site.configFile);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  npm(folder, 'install', '--offline', '--legacy-peer-deps', join(package_, archive));

  const { startFake } = (await import(pathToFileURL(join(package_, 'test/fake.js')).href)) as {
    startFake: () => Promise<Fake>;
  };
  await using shop = await startFake();
  const config = await readFile(site.configFile, 'utf8');
  const options = `{ url: "${shop.options.url}", token: "${shop.options.token}" }`;
  const source = `sources:\n  erp:\n    connector: oto-bridge-connector-my-erp\n    options: ${options}\n`;
  await writeFile(
    site.configFile,
    config
      .replace(/^sources:\n( .*\n)+/m, source)
      .replace(/RUH-MAIN/, 'MAIN')
      .replace(/^ {2}documents:\n( {4}.*\n)+/m, ''),
  );
  const listed = jsonOf<{ connectors: { name: string }[] }>(await site.run('connector', 'list'));
  expect(listed.connectors.find((one) => one.name === 'my-erp')).toMatchObject({
    sources: ['erp'],
    from: 'oto-bridge-connector-my-erp',
    reads: ['products', 'stock'],
  });
  expect(await site.sync('products')).toMatchObject({ status: 'done', counts: { read: 3, landed: 3 } });
  expect((await site.sync('stock')).counts).toMatchObject({ landed: 3 });
  expect(site.simulator.state.figures.find('SKU-3', 'RUH1')?.now.onHand).toBe(3);
});
