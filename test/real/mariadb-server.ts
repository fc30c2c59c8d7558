import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { type ErpDatabase, randomName } from '../kit/sql-erp.ts';
import { freePort } from './free-port.ts';

export interface MariaDb extends AsyncDisposable {
  readonly version: string;
  /** A database of its own, and a user that finds nothing else. */
  open(): Promise<ErpDatabase>;
}

/** The server's programs, or undefined where they are not installed. */
export function mariaDbPrograms(): { readonly server: string; readonly install: string } | undefined {
  const find = (...names: string[]) =>
    names
      .flatMap((name) => ['/usr/sbin', '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, name)))
      .find((path) => existsSync(path));
  const server = find('mariadbd');
  const install = find('mariadb-install-db');
  return server === undefined || install === undefined ? undefined : { server, install };
}

/** A MariaDB server of its own in a temporary folder, on loopback. */
export async function startMariaDb(): Promise<MariaDb> {
  const programs = mariaDbPrograms();
  if (programs === undefined) throw new Error('MariaDB is not installed (Debian: apt-get install mariadb-server-core)');
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-mariadb-'));
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = join(folder, 'data');
  const made = spawnSync(
    programs.install,
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...asRoot],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`);
  const port = await freePort();
  const child = spawn(
    programs.server,
    [
      ...['--no-defaults', `--datadir=${data}`, '--bind-address=127.0.0.1', `--port=${port}`, ...asRoot],
      ...[`--socket=${join(folder, 'server.sock')}`, `--pid-file=${join(folder, 'server.pid')}`],
      ...['--character-set-server=utf8mb4', '--collation-server=utf8mb4_bin', '--innodb-flush-log-at-trx-commit=0'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const root = () =>
    createConnection({
      host: '127.0.0.1',
      port,
      user: 'root',
      charset: 'utf8mb4',
      typeCast: (field) => field.string(),
    });
  const admin = await connected(root, () => {
    if (child.exitCode !== null) throw new Error(`mariadbd ended: ${said}`);
  });
  const [rows] = await admin.query<RowDataPacket[]>('select version() as version');
  return {
    version: String(rows[0]?.version),
    open: () => openDatabase(root, port),
    async [Symbol.asyncDispose]() {
      admin.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openDatabase(root: () => Promise<Connection>, port: number): Promise<ErpDatabase> {
  const name = randomName('erp');
  const password = randomName('secret');
  const client = await root();
  await client.query(`create database ${name}`);
  await client.query(`create user '${name}'@'127.0.0.1' identified by '${password}'`);
  await client.query(`grant select, insert, update on ${name}.* to '${name}'@'127.0.0.1'`);
  await client.query(`use ${name}`);
  return {
    dialect: 'mysql',
    host: '127.0.0.1',
    port,
    database: name,
    user: name,
    password,
    async run(sql, values = []) {
      const [result] = await client.query(sql, [...values]);
      return Array.isArray(result) ? (result as Record<string, string | null>[]) : [];
    },
    async drop() {
      await client.query(`drop database ${name}`);
      await client.query(`drop user '${name}'@'127.0.0.1'`);
      await client.end();
    },
  };
}

async function connected(connect: () => Promise<Connection>, look: () => void): Promise<Connection> {
  for (let attempt = 0; ; attempt += 1) {
    look();
    try {
      return await connect();
    } catch (error) {
      if (attempt > 300) throw error;
      await delay(100);
    }
  }
}
