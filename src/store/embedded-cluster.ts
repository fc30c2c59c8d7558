/** One cluster of the embedded PostgreSQL: making it, starting it, finding it, stopping it. */
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { isAlive } from '../lib/process.ts';
import { codeOf, isConnectionError } from './connection.ts';
import { type Binaries, cannotRun } from './embedded-binaries.ts';
import type { Place } from './embedded-place.ts';
import { give, type Outcome, runProgram } from './embedded-process.ts';
import { storeErrors } from './errors.ts';

export const owner = 'oto_bridge';

export type Settings = Readonly<Record<string, string>>;

export interface Cluster {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly password: string;
  readonly settings: Settings;
}

/** A connection to the running server, verified to serve this very folder. */
export interface Found {
  readonly client: pg.Client;
  readonly port: number;
  readonly url: string;
}

const settingsFile = 'oto-bridge.conf';
const logFile = 'server.log';

const defaults: Settings = {
  listen_addresses: '127.0.0.1',
  // The path of a socket may have about a hundred characters: a deep dataDir would break it.
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  work_mem: '16MB',
  synchronous_commit: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_checkpoints: 'off',
};

/** Makes the cluster unless it stands. @throws BridgeError EMBEDDED_FOLDER, EMBEDDED_VERSION, EMBEDDED_DISK_FULL */
export async function ensureCluster({ place, binaries, password, settings }: Cluster): Promise<void> {
  const version = await readFile(join(place.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return checkVersion(place, version.trim(), binaries.major);
  const entries = await readdir(place.data).catch(() => []);
  if (entries.length > 0) {
    throw new BridgeError(storeErrors.EMBEDDED_FOLDER, {
      message: `The folder ${place.data} is not empty, and it holds no PostgreSQL data.`,
      hint: 'Move its content away, or set another `dataDir`.',
      place: { path: 'dataDir', file: place.data },
    });
  }
  for (const name of await readdir(place.root)) {
    if (name.startsWith('data.new-')) await rm(join(place.root, name), { recursive: true, force: true });
  }
  const folder = join(place.root, `data.new-${randomBytes(4).toString('hex')}`);
  const passwordFile = join(place.root, `password-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder, { mode: 0o700 });
    await give(folder, place.user);
    await writeFile(passwordFile, password, { mode: 0o600 });
    await give(passwordFile, place.user);
    const outcome = await runProgram(
      binaries.initdb,
      [
        ...['-D', folder, '-U', owner, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'],
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'],
        ...(settings.fsync === 'off' ? ['--no-sync'] : []),
      ],
      { cwd: folder, user: place.user },
    ).catch((error: unknown) => {
      throw cannotRun(binaries.initdb, error);
    });
    if (outcome.code !== 0) throw await startFailure(place, outcome.output);
    await appendFile(join(folder, 'postgresql.conf'), `\ninclude_if_exists = '${settingsFile}'\n`);
    // Only a whole cluster ever stands under its final name.
    await rm(place.data, { recursive: true, force: true });
    await rename(folder, place.data);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error instanceof BridgeError ? error : await startFailure(place, messageOf(error), error);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function checkVersion(place: Place, version: string, major: number): void {
  if (version === String(major)) return;
  throw new BridgeError(storeErrors.EMBEDDED_VERSION, {
    message: `The data in ${place.data} were written by PostgreSQL ${version}; this release of the bridge brings PostgreSQL ${major}.`,
    hint: `Go back to the release that wrote them, or move the data over with pg_dump of PostgreSQL ${version}, or set another \`dataDir\`.`,
    place: { path: 'dataDir', file: place.data },
  });
}

/**
 * The running server, started if need be. Only for the holder of the lock.
 * @throws BridgeError EMBEDDED_START and its kin
 */
export async function ensureRunning(
  cluster: Cluster,
  applicationName: string,
): Promise<Found & { readonly joined: boolean }> {
  const { place } = cluster;
  const deadline = performance.now() + 120_000;
  let port = await lastPort(place);
  let started = false;
  let lastTrouble = 'it does not answer';
  while (performance.now() < deadline) {
    const found = await findServer(cluster, applicationName);
    if (found === 'changing') {
      await sleep(50);
      continue;
    }
    if (found !== 'stopped') return { ...found, joined: !started };
    port ??= await freePort();
    const { code, output } = await startServer(cluster, port);
    if (code === 0) {
      started = true;
      continue;
    }
    lastTrouble = output;
    if (
      /could not bind|address already in use|could not create any TCP\/IP sockets|permission denied.*127/i.test(output)
    ) {
      port = undefined;
    } else if (/shared memory block|lock file ".*" already exists|did not start in time/i.test(output)) {
      // A killed server leaves processes behind for a moment; a long recovery outlasts the wait of pg_ctl.
      await sleep(100);
    } else {
      throw await startFailure(place, output);
    }
  }
  throw await startFailure(place, lastTrouble);
}

async function findServer(
  { place, password }: Cluster,
  applicationName: string,
): Promise<Found | 'stopped' | 'changing'> {
  const lines = (await readFile(join(place.data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!(pid > 0)) return 'stopped';
  if (!(port > 0)) return (await isServer(pid, place)) ? 'changing' : 'stopped';
  const url = `postgres://${owner}:${password}@127.0.0.1:${port}/${owner}`;
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: owner,
    password,
    database: 'postgres',
    application_name: applicationName,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    // Another cluster may have taken the port that a stale postmaster.pid names.
    if (await sameFolder(rows[0]?.data_directory, place.data)) return { client, port, url };
    await client.end();
    return 'stopped';
  } catch (error) {
    await client.end().catch(() => undefined);
    if (await isServer(pid, place)) {
      if (isConnectionError(error)) return 'changing';
      if (codeOf(error) !== '28P01') throw await startFailure(place, messageOf(error), error);
      throw new BridgeError(storeErrors.EMBEDDED_PASSWORD, {
        message: `The embedded PostgreSQL in ${place.data} refuses the bridge: ${messageOf(error)}.`,
        hint: `The password of its user "${owner}" is no longer the one in ${join(place.root, 'password')}: set it back.`,
        place: { path: 'dataDir', file: join(place.root, 'password') },
        cause: error,
      });
    }
    // PostgreSQL itself clears a stale postmaster.pid, unless its number now belongs to another program of the same user,
    // as it soon does in a container that was killed.
    if (isAlive(pid)) await rm(join(place.data, 'postmaster.pid'), { force: true });
    return 'stopped';
  }
}

/** Whether `pid` is the server of this folder. Where the system does not tell, every living process is taken for it. */
async function isServer(pid: number, place: Place): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return cwd === undefined ? isAlive(pid) : sameFolder(cwd, place.data);
  }
  if (process.platform === 'darwin') {
    const { output } = await runProgram('/bin/ps', ['-o', 'comm=', '-p', String(pid)], { cwd: '/', user: undefined });
    return output.includes('postgres');
  }
  return true;
}

async function sameFolder(one: string | undefined, other: string): Promise<boolean> {
  if (one === undefined) return false;
  const paths = await Promise.all([one, other].map((path) => realpath(path).catch(() => path)));
  return paths[0] === paths[1];
}

/** Not taken from the package's `-o`: that goes through a shell. Relative to the folder, so a strange path does not either. */
async function startServer({ place, binaries, settings }: Cluster, port: number): Promise<Outcome> {
  const file = join(place.data, settingsFile);
  const lines = Object.entries({ ...defaults, ...settings, port: String(port) }).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  try {
    await writeFile(file, `# Written by oto-bridge at each start.\n${lines.join('')}`);
    await give(file, place.user);
  } catch (error) {
    throw await startFailure(place, messageOf(error), error);
  }
  const from = await rotateLog(join(place.data, logFile));
  const { code } = await runProgram(binaries.pgCtl, ['start', '-w', '-s', '-t', '60', '-D', '.', '-l', logFile], {
    cwd: place.data,
    user: place.user,
    output: false,
  }).catch((error: unknown) => {
    throw cannotRun(binaries.pgCtl, error);
  });
  return { code, output: code === 0 ? '' : await readFrom(join(place.data, logFile), from) };
}

/** Keeps one predecessor of a log above 5 MB. Returns where the next start begins to write. */
async function rotateLog(file: string): Promise<number> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size < 5_000_000) return size;
  await rename(file, `${file}.1`);
  return 0;
}

async function readFrom(file: string, offset: number): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return 'the server wrote no log';
  try {
    const { size } = await handle.stat();
    const start = Math.max(offset, size - 4000);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead).trim() || 'the server wrote no log';
  } finally {
    await handle.close();
  }
}

/** The port of the last start, so that what remembers the address finds the server again. */
async function lastPort(place: Place): Promise<number | undefined> {
  const text = await readFile(join(place.data, settingsFile), 'utf8').catch(() => '');
  const port = Number(/^port = '(\d+)'$/m.exec(text)?.[1]);
  return port > 0 ? port : undefined;
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

/** Ends every connection and writes everything out. */
export async function stopServer({ place, binaries }: Cluster): Promise<void> {
  const stop = (mode: string) =>
    runProgram(binaries.pgCtl, ['stop', '-w', '-s', '-t', '60', '-m', mode, '-D', '.'], {
      cwd: place.data,
      user: place.user,
    });
  const { code } = await stop('fast');
  // The log brings everything back at the next start.
  if (code !== 0) await stop('immediate');
}

/** Says why, for a failure of initdb, of the server, or of a file operation around them. */
export async function startFailure(place: Pick<Place, 'root'>, output: string, cause?: unknown): Promise<BridgeError> {
  const at = { path: 'dataDir', file: place.root };
  if (/No space left on device|Check free disk space|ENOSPC|EDQUOT/.test(output) || (await isFull(place.root))) {
    return new BridgeError(storeErrors.EMBEDDED_DISK_FULL, {
      message: `The embedded PostgreSQL in ${place.root} has no disk space left.`,
      hint: 'Make room (it needs 100 MB at least), or set `dataDir` to another disk.',
      place: at,
      cause: cause ?? new Error(output),
    });
  }
  const lines = output.split('\n');
  const telling = lines.filter((line) => /FATAL|PANIC|ERROR|HINT|error:|could not/.test(line));
  return new BridgeError(storeErrors.EMBEDDED_START, {
    message: `The embedded PostgreSQL in ${place.root} did not start: ${(telling.length > 0 ? telling : lines).slice(-5).join('; ')}`,
    hint: `Its log is data/${logFile} in that folder. A PostgreSQL server of your own can be given as \`database.url\`.`,
    place: at,
    cause: cause ?? new Error(output),
  });
}

/** A server on a full disk cannot even write why it ends. */
async function isFull(folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk !== undefined && disk.bavail * disk.bsize < 1_000_000;
}
