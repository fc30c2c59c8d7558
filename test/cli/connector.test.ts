import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { jsonOf, startCommand } from '../support/process.ts';

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

const root = join(import.meta.dirname, '../..');

/** The code blocks of the guide's first part, as a reader meets them. */
async function tour(): Promise<{ info: string; body: string }[]> {
  const guide = await readFile(join(root, 'connectors/README.md'), 'utf8');
  const part = guide.slice(guide.indexOf('## In fifteen minutes'), guide.indexOf('## The connector'));
  return [...part.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', body = '']) => ({ info, body }));
}

test('the guide takes a newcomer from nothing to a connector that is installed and read from, command by command', async () => {
  const folder = await temporary();
  // The database is run by a user of its own where this runs as root.
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'bin'));
  const main = join(root, 'src/cli/main.ts');
  await writeFile(join(folder, 'bin/oto-bridge'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, {
    mode: 0o755,
  });
  await symlink(process.execPath, join(folder, 'bin/node'));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    ...{
      npm_config_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_loglevel: 'error',
    },
  };
  let cwd = folder;
  let output = '';
  for (const { info, body } of await tour()) {
    if (info === 'diff') {
      const { status, stderr } = spawnSync('git', ['apply', '-'], { cwd: folder, input: body, encoding: 'utf8' });
      expect(status, stderr).toBe(0);
    } else if (info === 'yaml') await writeFile(join(cwd, 'oto-bridge.yaml'), body);
    else if (info === 'sh background') Object.assign(env, await startServer(body, cwd, env));
    else {
      expect(info).toBe('sh');
      const { stdout, stderr } = spawnSync('bash', ['-c', `${body}\npwd > "${folder}/here"`], {
        cwd,
        env,
        encoding: 'utf8',
      });
      output += `${stdout}${stderr}`;
      cwd = (await readFile(join(folder, 'here'), 'utf8')).trim();
    }
  }
  expect(output).toMatch(/✖ valid\/stock: /);
  const [text = ''] =
    /`(my-erp: \d+ tests passed, 0 failed)`/
      .exec(await readFile(join(root, 'connectors/README.md'), 'utf8'))
      ?.slice(1) ?? [];
  expect(output.split(text), output).toHaveLength(3);
  expect(output).toMatch(/^my-erp +products stock +shop +oto-bridge-connector-my-erp$/m);
  expect(output).toMatch(/^ok +source shop +my-erp: reads products, stock; writes nothing$/m);
  expect(output).toMatch(/create +3 +not-adopted/);
  expect(output).toMatch(/sent 3 · landed 3/);
});

/** A server of the guide, in a terminal of its own; resolves to where it says that it is. */
async function startServer(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const server = spawn('bash', ['-c', `exec ${command}`], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void server.kill());
  let said = '';
  for await (const chunk of server.stdout.setEncoding('utf8')) {
    said += chunk;
    const [, oto] = /at (http\S+\/rest\/v2\/)/.exec(said) ?? [];
    if (oto !== undefined) return { OTO_URL: oto };
    const [, url, token] = /url: '([^']+)',\s+token: '([^']+)'/.exec(said) ?? [];
    if (url !== undefined && token !== undefined) return { SHOP_URL: url, SHOP_TOKEN: token };
  }
  throw new Error(`It said only: ${said}`);
}
