import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import picomatch from 'picomatch';
import { z } from 'zod';
import { BridgeError, connectorErrors, messageOf } from '../../src/connector/index.ts';
import { type AnyFiles, type CsvOptions, manifestSuffix, markerSuffix } from './options.ts';

/** Longest wait for a file that is still being written. */
const longestWaitMs = 60_000;

/** A manifest that is older than its file by more than this was written for an earlier content. */
const staleManifestMs = 60_000;

/** Folders that are looked into for files, at most. */
const mostFolders = 10_000;

/** Times of files may be this coarse. */
const coarseTimeMs = 2000;

/** FILE.manifest.json: what the ERP states about FILE. Further keys are ignored. */
const manifestSchema = z.object({
  /** Rows after the header. */
  rows: z.int().min(0),
  /** When the figures were true: ISO time with zone. Without it the file's time of change counts. */
  asOf: z.iso
    .datetime({ offset: true, error: 'must be a time with its zone, as 2026-11-20T02:00:00+03:00' })
    .optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .optional(),
  complete: z.literal(true, 'must be true').default(true),
});

export interface FileManifest extends z.output<typeof manifestSchema> {
  /** True where the manifest is so much older than its file that it may speak of an earlier one. */
  readonly stale: boolean;
}

/** One file to read, as it was found. */
export interface SourceFile {
  /** Relative to `dir`, with `/`. */
  readonly name: string;
  readonly path: string;
  /** Where its content lies for reading: `path`, or a copy of it on this machine. */
  readonly at: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
  /** When it was looked at, by our clock. */
  readonly foundAt: number;
  readonly manifest: FileManifest | undefined;
}

export function badSource(file: string, message: string, hint?: string, column?: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
    message: `${file}: ${message}`,
    hint,
    place: { file, column },
  });
}

/** The error for a file or folder that the system refuses to open. */
export function unreachable(path: string, cause: unknown): BridgeError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return new BridgeError(denied ? connectorErrors.CONNECTOR_AUTH : connectorErrors.CONNECTOR_UNREACHABLE, {
    message: `${path}: ${messageOf(cause)}`,
    hint: denied
      ? 'Give the user that runs the bridge the right to read and write this folder.'
      : 'Check that the folder exists and that its drive is connected.',
    place: { file: path },
    cause,
  });
}

export async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreachable(path, error);
  }
}

/** Files of our own beside a data file. */
const ours = /(\.done|\.manifest\.json|\.rejected\.csv)$/;

/** Names that programs give to files that they have not finished: transfers, downloads, editors, spreadsheets, and hidden files. */
const unfinished =
  /(^|\/)(\.|~)|~$|\.(tmp|temp|part|partial|filepart|crdownload|download|opdownload|swp|writing|uploading|inprogress)$/i;

/** Tells whether a name, relative to `dir`, is a data file of an entity: never one of our own, a hidden or an unfinished one. */
export function matcherOf(files: AnyFiles): (name: string) => boolean {
  const match = picomatch(files.files);
  return (name) => match(name) && !ours.test(name) && !unfinished.test(name);
}

/** Folders of the connector's own, which a pattern such as `**` must not find again. */
export function ownFolders(root: string, options: CsvOptions): string[] {
  const all = [options.rejected, options.write.packing, options.write.stock];
  for (const entity of [options.products, options.stock, options.documents]) all.push(entity?.archive);
  return all.filter((folder) => typeof folder === 'string').map((folder) => resolve(root, folder));
}

export function isInside(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(folder + sep));
}

/** Names of all data files of an entity, sorted. The connector's own folders, which may hold years of files, are not looked into. */
export async function findFiles(root: string, files: AnyFiles, own: readonly string[]): Promise<string[]> {
  const matches = matcherOf(files);
  const deep = [files.files].flat().some((text) => text.includes('/') || text.includes('**'));
  const names: string[] = [];
  const folders = [''];
  try {
    for (const folder of folders) {
      for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          if (deep && folders.length < mostFolders && !isInside(join(root, name), own)) folders.push(name);
          continue;
        }
        // A link may lead to a file; a pipe would be waited for without end.
        if ((entry.isFile() || entry.isSymbolicLink()) && matches(name)) names.push(name);
      }
    }
  } catch (error) {
    throw unreachable(root, error);
  }
  return names.filter((name) => !isInside(join(root, name), own)).sort();
}

/** Whether FILE.done stands beside the file and is not older: a marker left from the last export says nothing about this one. */
export async function isMarked(path: string, file: Stats): Promise<boolean> {
  const marker = await statOf(path + markerSuffix);
  return marker !== undefined && marker.mtimeMs >= file.mtimeMs;
}

async function readManifest(name: string, path: string, file: Stats): Promise<FileManifest | undefined> {
  const stats = await statOf(path + manifestSuffix);
  if (stats === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path + manifestSuffix, 'utf8'));
  } catch (error) {
    throw badSource(name + manifestSuffix, `is not readable JSON: ${messageOf(error)}.`, 'Export the file again.');
  }
  const result = manifestSchema.safeParse(parsed);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw badSource(
      name + manifestSuffix,
      `\`${issue?.path.join('.') ?? ''}\` ${issue?.message ?? 'is wrong'}.`,
      'A manifest reads {"rows": 1200, "asOf": "2026-11-20T02:00:00+03:00", "complete": true}.',
    );
  }
  return { ...result.data, stale: file.mtimeMs - stats.mtimeMs > staleManifestMs };
}

/** Waits until neither size nor time has changed for `quietMs`. Judged by watching, not by clocks: a file server has its own. */
async function whenQuiet(name: string, path: string, quietMs: number, now: number, signal: AbortSignal) {
  const begin = performance.now();
  let last = await statOf(path);
  if (last !== undefined && now - last.mtimeMs >= quietMs) return;
  let since = begin;
  while (performance.now() - since < quietMs) {
    await sleep(Math.max(1, Math.min(100, quietMs / 4)), undefined, { signal });
    const next = await statOf(path);
    if (next?.size !== last?.size || next?.mtimeMs !== last?.mtimeMs) since = performance.now();
    last = next;
    if (performance.now() - begin > longestWaitMs) {
      throw badSource(
        name,
        `is still being written after ${longestWaitMs / 1000} s.`,
        'Run again when it is complete.',
      );
    }
  }
}

/** Looks at one file and its manifest. `undefined`: it has gone, or is not complete yet. */
export async function inspect(
  root: string,
  name: string,
  files: AnyFiles,
  quiet: { quietMs: number; now: number; signal: AbortSignal },
): Promise<SourceFile | undefined> {
  const path = join(root, name);
  const began = performance.now();
  if (files.ready === 'quiet') await whenQuiet(name, path, quiet.quietMs, quiet.now, quiet.signal);
  const stats = await statOf(path);
  if (stats === undefined) return undefined;
  if (files.ready === 'marker' && !(await isMarked(path, stats))) return undefined;
  const foundAt = quiet.now + (performance.now() - began);
  const manifest = await readManifest(name, path, stats);
  if (manifest === undefined && files.manifest === 'required') {
    throw badSource(name, `has no ${basename(name)}${manifestSuffix}, which the configuration requires.`);
  }
  return { name, path, at: path, size: stats.size, mtimeMs: stats.mtimeMs, ino: stats.ino, foundAt, manifest };
}

/**
 * Where the file was so young when its reading began that a later change need not show in its time (times may be as coarse as two
 * seconds), its content is read once more. Returns an error where it is another.
 */
export async function sameContent(
  file: SourceFile,
  sha256: string,
  signal: AbortSignal,
): Promise<BridgeError | undefined> {
  if (file.foundAt - file.mtimeMs > coarseTimeMs) return undefined;
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file.path, { signal })) hash.update(chunk);
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(file.path, error);
  }
  return hash.digest('hex') === sha256 ? undefined : changed(file);
}

function changed(file: SourceFile): BridgeError {
  return badSource(
    file.name,
    'changed while it was read, so nothing of it counts.',
    'Run again. Where it recurs, let the ERP write to another name and rename the file, or use `ready: marker`.',
  );
}

/** The error where a file is not what it was when its reading began, else `undefined`. */
export async function changedSince(file: SourceFile): Promise<BridgeError | undefined> {
  const now = await statOf(file.path);
  if (now?.size === file.size && now.mtimeMs === file.mtimeMs && now.ino === file.ino) return undefined;
  return changed(file);
}

async function move(from: string, folder: string): Promise<void> {
  const name = basename(from);
  let to = join(folder, name);
  await makeFolderOf(to);
  // What is in the archive is evidence: a second file of the same name must not replace it.
  for (let n = 2; n < 10_000 && (await statOf(to)) !== undefined; n += 1) to = join(folder, `${name}.${n}`);
  try {
    await rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'EXDEV') throw unreachable(to, error);
    await copyFile(from, to)
      .then(() => unlink(from))
      .catch((failure: unknown) => {
        throw unreachable(to, failure);
      });
  }
}

/**
 * Moves a file and what stands beside it. The file goes last: a crash in between leaves no manifest for a file to come. Where
 * another file has taken its place since it was read, that one stays: it has not been read yet.
 */
export async function archiveFile(
  path: string,
  read: Pick<SourceFile, 'size' | 'mtimeMs' | 'ino'>,
  folder: string,
): Promise<void> {
  const now = await statOf(path);
  if (now?.size !== read.size || now.mtimeMs !== read.mtimeMs) return;
  // 0: a checkpoint of an earlier release, or a file system without such numbers.
  if (read.ino !== 0 && now.ino !== read.ino) return;
  for (const suffix of [markerSuffix, manifestSuffix, '']) {
    if ((await statOf(path + suffix)) !== undefined) await move(path + suffix, folder);
  }
}

/** Makes the folder of `path`, if need be. */
export async function makeFolderOf(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw unreachable(dirname(path), error);
  });
}
