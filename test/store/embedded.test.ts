import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isConnectionError } from '../../src/store/db.ts';
import { startEmbedded } from '../../src/store/embedded.ts';

const log = pino({ level: 'silent' });
const settings = { fsync: 'off' };
const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const childScript = join(import.meta.dirname, '../support/embedded-bridge.ts');

let base = '';
const children: ChildProcess[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'oto-bridge-embedded-'));
  await chmod(base, 0o755);
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(base, { recursive: true, force: true, maxRetries: 5 });
});

const start = (dataDir: string) => startEmbedded({ dataDir, log, settings });

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  readonly joined: boolean;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

async function startChild(dataDir: string, uid?: number): Promise<Child> {
  const child = spawn(process.execPath, [childScript, dataDir], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid, cwd: '/' }),
  });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const exited = once(child, 'exit');
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => {
      throw new Error(`the bridge ended: ${errors}`);
    }),
  ]);
  const { url, joined } = JSON.parse(String(line)) as { url: string; joined: boolean };
  return {
    process: child,
    url,
    joined,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function ask<T extends object>(url: string, text: string): Promise<T | undefined> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows[0];
  } finally {
    await client.end();
  }
}

/** Asks until the server is back, for 20 s at most. */
async function askUntilBack<T extends object>(url: string, text: string): Promise<T | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask<T>(url, text);
    } catch (error) {
      if (attempt >= 400 || !isConnectionError(error)) throw error;
      await sleep(50);
    }
  }
}

async function isUp(url: string): Promise<boolean> {
  return ask(url, 'select 1').then(
    () => true,
    () => false,
  );
}

async function postmasterOf(dataDir: string): Promise<number> {
  const folder = await dataFolder(dataDir);
  return Number((await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function dataFolder(dataDir: string): Promise<string> {
  const home = join(dataDir, 'postgres');
  const root = await readFile(join(home, 'location'), 'utf8').catch(() => home);
  return join(root.trim(), 'data');
}

async function killAndWait(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  for (let attempt = 0; attempt < 400; attempt++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
}

describe('one folder over its life', () => {
  // Spaces, quotes and dollars: pg_ctl starts the server through a shell.
  const dataDir = () => join(base, `it's a "data" $HOME`);

  test('a first start makes a cluster, private and not run by root', async () => {
    const server = await start(dataDir());
    expect(server.joined).toBe(false);
    expect(
      await ask(
        server.url,
        `select current_setting('server_encoding') as encoding, current_setting('synchronous_commit') as sync,
                current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as socket,
                current_setting('jit') as jit, upper('ß') <> '' as works`,
      ),
    ).toEqual({ encoding: 'UTF8', sync: 'on', listen: '127.0.0.1', socket: '', jit: 'off', works: true });
    expect((await stat(join(dataDir(), 'postgres/password'))).mode & 0o777).toBe(0o600);
    const data = await stat(await dataFolder(dataDir()));
    expect(data.mode & 0o777).toBe(0o700);
    if (isRoot) expect(data.uid).not.toBe(0);
    await ask(server.url, 'create table kept as select 7 as figure');
    await server.stop();
    expect(await isUp(server.url)).toBe(false);
  });

  test('a restart keeps data and address', async () => {
    const first = await start(dataDir());
    await first.stop();
    const second = await start(dataDir());
    expect(second.joined).toBe(false);
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select figure from kept')).toEqual({ figure: 7 });
    await second.stop();
  });

  test('a wrong password is refused', async () => {
    const server = await start(dataDir());
    await expect(ask(server.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
    await server.stop();
  });

  test('a taken port is replaced by another', async () => {
    const before = await start(dataDir());
    await before.stop();
    const port = Number(new URL(before.url).port);
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    const server = await start(dataDir());
    expect(new URL(server.url).port).not.toBe(String(port));
    expect(await ask(server.url, 'select figure from kept')).toEqual({ figure: 7 });
    await server.stop();
    squatter.close();
  });

  test('a killed server comes back for the bridge that uses it, with what was committed', async () => {
    const server = await start(dataDir());
    await ask(server.url, 'create table before_the_kill as select 1 as figure');
    await killAndWait(await postmasterOf(dataDir()));
    expect(await askUntilBack(server.url, 'select figure from before_the_kill')).toEqual({ figure: 1 });
    await server.stop();
    expect(await isUp(server.url)).toBe(false);
  });

  test('server and bridge killed: the next start recovers', async () => {
    const child = await startChild(dataDir());
    await ask(child.url, 'create table both_killed as select 2 as figure');
    const postmaster = await postmasterOf(dataDir());
    await child.kill();
    await killAndWait(postmaster);
    const server = await start(dataDir());
    expect(server.joined).toBe(false);
    expect(await ask(server.url, 'select figure from both_killed')).toEqual({ figure: 2 });
    await server.stop();
  });

  test('a stale postmaster.pid whose number another program has now does not stand in the way', async () => {
    const child = await startChild(dataDir());
    const postmaster = await postmasterOf(dataDir());
    await child.kill();
    await killAndWait(postmaster);
    const file = join(await dataFolder(dataDir()), 'postmaster.pid');
    const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
    const other = spawn('sleep', ['60'], isRoot ? { uid: nobody, gid: nobody } : {});
    children.push(other);
    await writeFile(file, [other.pid, ...rest].join('\n'));
    const server = await start(dataDir());
    expect(await ask(server.url, 'select figure from kept')).toEqual({ figure: 7 });
    await server.stop();
    other.kill();
  });

  test('a killed bridge leaves the server to the others, and to the next', async () => {
    const [one, two] = [await startChild(dataDir()), await startChild(dataDir())];
    expect([one.joined, two.joined]).toEqual([false, true]);
    expect(two.url).toBe(one.url);
    await one.kill();
    expect(await isUp(two.url)).toBe(true);
    await two.kill();
    const next = await start(dataDir());
    expect(next.joined).toBe(true);
    expect(await ask(next.url, 'select figure from kept')).toEqual({ figure: 7 });
    await next.stop();
    expect(await isUp(next.url)).toBe(false);
  });

  test('the last one out stops it, whoever started it', async () => {
    const first = await startChild(dataDir());
    const second = await start(dataDir());
    expect(second.joined).toBe(true);
    await first.stop();
    expect(await isUp(second.url)).toBe(true);
    await second.stop();
    expect(await isUp(second.url)).toBe(false);
  });

  test('bridges that leave and come at the same time never meet a stopping server', async () => {
    let leaving = await start(dataDir());
    for (let round = 0; round < 5; round++) {
      const [next] = await Promise.all([start(dataDir()), leaving.stop()]);
      expect(await ask(next.url, 'select figure from kept')).toEqual({ figure: 7 });
      leaving = next;
    }
    await leaving.stop();
    expect(await isUp(leaving.url)).toBe(false);
  });

  test('a lost password file is named', async () => {
    const file = join(dataDir(), 'postgres/password');
    const password = await readFile(file, 'utf8');
    await rm(file);
    await expect(start(dataDir())).rejects.toMatchObject({ code: 'EMBEDDED_PASSWORD', place: { file } });
    await writeFile(file, password, { mode: 0o600 });
  });

  test('data of another major version are refused and left alone', async () => {
    const file = join(await dataFolder(dataDir()), 'PG_VERSION');
    const own = await readFile(file, 'utf8');
    await writeFile(file, '14\n');
    await expect(start(dataDir())).rejects.toMatchObject({
      code: 'EMBEDDED_VERSION',
      message: expect.stringContaining('PostgreSQL 14'),
    });
    await writeFile(file, own);
    const server = await start(dataDir());
    expect(await ask(server.url, 'select figure from kept')).toEqual({ figure: 7 });
    await server.stop();
  });
});

test('two processes that start at the same time share one server', async () => {
  const dataDir = join(base, 'together');
  const [one, two] = await Promise.all([startChild(dataDir), startChild(dataDir)]);
  expect(one.url).toBe(two.url);
  expect([one.joined, two.joined].sort()).toEqual([false, true]);
  await Promise.all([one.stop(), two.stop()]);
  expect(await isUp(one.url)).toBe(false);
});

test('a folder with something else in it is refused and left alone', async () => {
  const dataDir = join(base, 'foreign');
  const file = join(dataDir, 'postgres/data/photo.jpg');
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, 'x');
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'EMBEDDED_FOLDER',
    hint: expect.stringContaining('dataDir'),
  });
  expect(await readFile(file, 'utf8')).toBe('x');
});

test('a dataDir that is a file is refused', async () => {
  await writeFile(join(base, 'file'), '');
  await expect(start(join(base, 'file'))).rejects.toMatchObject({ code: 'EMBEDDED_FOLDER' });
});

describe.runIf(isRoot)('as root', () => {
  test('an ordinary user needs no root, and root then keeps to the owner of the data', async () => {
    const dataDir = join(base, 'ordinary');
    await mkdir(dataDir);
    await chown(dataDir, nobody, nobody);
    const child = await startChild(dataDir, nobody);
    expect(child.joined).toBe(false);
    await ask(child.url, 'create table mine as select 3 as figure');
    await child.stop();
    const asRoot = await start(dataDir);
    expect(await ask(asRoot.url, 'select figure from mine')).toEqual({ figure: 3 });
    await asRoot.stop();
    const again = await startChild(dataDir, nobody);
    expect(await ask(again.url, 'select figure from mine')).toEqual({ figure: 3 });
    await again.stop();
  });

  test('the data of another user are refused', async () => {
    const dataDir = join(base, `it's a "data" $HOME`);
    await expect(startChild(dataDir, nobody)).rejects.toThrow('belongs to another user');
  });

  test('a dataDir that others cannot enter keeps its data in a folder that they can', async () => {
    const dataDir = join(base, 'closed', 'data');
    await mkdir(dataDir, { recursive: true });
    await chmod(join(base, 'closed'), 0o700);
    const first = await start(dataDir);
    const root = join(await dataFolder(dataDir), '..');
    try {
      await ask(first.url, 'create table moved as select 4 as figure');
      await first.stop();
      const second = await start(dataDir);
      expect(await ask(second.url, 'select figure from moved')).toEqual({ figure: 4 });
      await second.stop();
      expect((await stat(join(base, 'closed'))).mode & 0o777).toBe(0o700);
    } finally {
      await first.stop();
      await rm(root, { recursive: true, force: true });
    }
  });
});
