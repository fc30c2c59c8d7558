/** Where the embedded PostgreSQL lives, to whom it belongs, and its password. */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { cannotSwitch } from './embedded-binaries.ts';
import { runProgram, type ServerUser } from './embedded-process.ts';
import { storeErrors } from './errors.ts';

export interface Place {
  /** Holds `data`, the password, and perhaps a copy of the programs. */
  readonly root: string;
  /** The cluster itself (PGDATA). */
  readonly data: string;
  /** Set when the bridge is root. */
  readonly user: ServerUser | undefined;
}

/** `dataDir/postgres`, made if need be. The lock that guards everything else lies in it. */
export async function prepareHome(dataDir: string): Promise<string> {
  const home = join(dataDir, 'postgres');
  try {
    await mkdir(home, { recursive: true });
    return await realpath(home);
  } catch (error) {
    throw new BridgeError(storeErrors.EMBEDDED_FOLDER, {
      message: `The folder ${home} of the embedded PostgreSQL cannot be made: ${messageOf(error)}.`,
      hint: 'Set `dataDir` to a folder that this user may write to.',
      place: { path: 'dataDir', file: home },
      cause: error,
    });
  }
}

/** The file to lock. As root it is left to the folder's owner, who may come without root next time. */
export async function prepareLockFile(home: string): Promise<string> {
  const file = join(home, 'lock.sqlite');
  try {
    await writeFile(file, '', { flag: 'a' });
    if (process.getuid?.() === 0) {
      const { uid, gid } = await stat(home);
      await chown(file, uid, gid);
    }
    return file;
  } catch (error) {
    throw belongsToOther(home, error);
  }
}

const reachableRoot = '/var/lib/oto-bridge';

/** Only for the holder of the lock. */
export async function preparePlace(home: string, log: Logger): Promise<Place> {
  const pointer = join(home, 'location');
  const root = (await readFile(pointer, 'utf8').catch(() => home)).trim();
  const data = join(root, 'data');
  const owner = await stat(data).catch(() => undefined);
  const me = process.getuid?.();
  if (me !== 0) {
    if (owner !== undefined && me !== undefined && owner.uid !== me) throw belongsToOther(data, undefined);
    return { root, data, user: undefined };
  }
  const user = owner === undefined || owner.uid === 0 ? await nobody() : { ...owner, name: `user ${owner.uid}` };
  const holdsData = await isCluster(data);
  if (owner?.uid === 0 && holdsData) {
    throw new BridgeError(storeErrors.EMBEDDED_FOLDER, {
      message: `The data of the embedded PostgreSQL in ${data} belong to root, and PostgreSQL does not run as root.`,
      hint: `chown -R ${user.name} '${data}'`,
      place: { path: 'dataDir', file: data },
    });
  }
  if (await canEnter(root, user)) return { root, data, user };
  if (holdsData) {
    throw new BridgeError(storeErrors.EMBEDDED_FOLDER, {
      message: `PostgreSQL does not run as root, and the ${user.name} that owns its data cannot enter ${root}.`,
      hint: 'Let everybody pass through the folders above it (chmod o+x), or run the bridge as the owner of the data.',
      place: { path: 'dataDir', file: root },
    });
  }
  return moveAway(pointer, user, log);
}

/** For root whose `dataDir` lies in a folder closed to all others, such as /root: changing that folder's rights is not ours. */
async function moveAway(pointer: string, user: ServerUser, log: Logger): Promise<Place> {
  const root = join(reachableRoot, randomBytes(6).toString('hex'));
  try {
    await mkdir(root, { recursive: true });
    await chmod(reachableRoot, 0o755);
    await chmod(root, 0o755);
  } catch (error) {
    throw closedToServer(pointer, user, error);
  }
  if (!(await canEnter(root, user))) throw closedToServer(pointer, user, undefined);
  await writeFile(pointer, `${root}\n`);
  log.warn(
    { folder: root },
    'as root the embedded PostgreSQL runs as another user, who cannot enter dataDir: its data are kept in another folder',
  );
  return { root, data: join(root, 'data'), user };
}

function closedToServer(pointer: string, user: ServerUser, cause: unknown): BridgeError {
  return new BridgeError(storeErrors.EMBEDDED_FOLDER, {
    message: `PostgreSQL does not run as root, and the user "${user.name}" can enter neither \`dataDir\` nor ${reachableRoot}.`,
    hint: 'Set `dataDir` to a folder that everybody can pass through to, run the bridge as an ordinary user, or give `database.url`.',
    place: { path: 'dataDir', file: pointer },
    cause,
  });
}

function belongsToOther(file: string, cause: unknown): BridgeError {
  return new BridgeError(storeErrors.EMBEDDED_FOLDER, {
    message: `The embedded PostgreSQL in ${file} belongs to another user.`,
    hint: 'Run the bridge as the user who made it, or set another `dataDir`.',
    place: { path: 'dataDir', file },
    cause,
  });
}

async function isCluster(data: string): Promise<boolean> {
  return stat(join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

/** initdb wants an account that the system knows by name. */
async function nobody(): Promise<ServerUser> {
  const accounts = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['nobody', 'postgres', 'daemon']) {
    const [name, , uid, gid] = accounts.find(([each]) => each === wanted) ?? [];
    if (name === undefined || !(Number(uid) !== 0)) continue;
    return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new BridgeError(storeErrors.EMBEDDED_FOLDER, {
    message: 'PostgreSQL does not run as root, and this machine has no user "nobody" to run it as.',
    hint: 'Run the bridge as an ordinary user, or give `database.url`.',
    place: { path: 'dataDir' },
  });
}

/** Tried, not computed: access lists count as well as modes. */
async function canEnter(folder: string, user: ServerUser): Promise<boolean> {
  try {
    return (await runProgram('/bin/sh', ['-c', 'cd "$0"', folder], { cwd: '/', user })).code === 0;
  } catch (error) {
    throw cannotSwitch(user, error);
  }
}

/** The server's password, made at the first start and readable by this user alone. */
export async function readPassword({ root, data }: Place): Promise<string> {
  const file = join(root, 'password');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw belongsToOther(file, error);
  }
  if (await isCluster(data)) {
    throw new BridgeError(storeErrors.EMBEDDED_PASSWORD, {
      message: `The embedded PostgreSQL in ${data} has lost its password file ${file}.`,
      hint: 'Bring the file back from a backup, or remove the data to start anew.',
      place: { path: 'dataDir', file },
    });
  }
  const password = randomBytes(24).toString('hex');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return password;
}
