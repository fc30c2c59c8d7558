import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BridgeError, messageOf } from '../../src/connector/index.ts';
import { localStat } from './drive/local.ts';
import { RemoteDrive } from './drive/remote.ts';
import type { Drive, FileStats } from './drive/types.ts';
import { type AnyFiles, manifestSuffix, markerSuffix } from './options.ts';
import { badSource, type FileManifest, manifestSchema, type SourceFile, unreachable } from './source-file.ts';

/** Longest wait for a file that is still being written. */
const longestWaitMs = 60_000;

/** A manifest that is older than its file by more than this was written for an earlier content. */
const staleManifestMs = 60_000;

/** Times of files may be this coarse. */
const coarseTimeMs = 2000;

/** Whether FILE.done stands beside the file and is not older: a marker left from the last export says nothing about this one. */
export async function isMarked(drive: Drive, path: string, file: FileStats): Promise<boolean> {
  const marker = await drive.stat(path + markerSuffix);
  return marker !== undefined && marker.mtimeMs >= file.mtimeMs;
}

async function readManifest(
  drive: Drive,
  name: string,
  path: string,
  file: FileStats,
): Promise<FileManifest | undefined> {
  const stats = await drive.stat(path + manifestSuffix);
  if (stats === undefined) return undefined;
  let parsed: unknown;
  const text = await drive.readText(path + manifestSuffix).catch((error: unknown) => {
    throw unreachable(path + manifestSuffix, error);
  });
  try {
    parsed = JSON.parse(text);
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

function stillWritten(name: string): BridgeError {
  return badSource(name, `is still being written after ${longestWaitMs / 1000} s.`, 'Run again when it is complete.');
}

/** Waits until neither size nor time has changed for `quietMs`. Judged by watching, not by clocks: a file server has its own. */
async function whenQuiet(name: string, path: string, quietMs: number, now: number, signal: AbortSignal) {
  const begin = performance.now();
  let last = await localStat(path);
  if (last !== undefined && now - last.mtimeMs >= quietMs) return;
  let since = begin;
  while (performance.now() - since < quietMs) {
    await sleep(Math.max(1, Math.min(100, quietMs / 4)), undefined, { signal });
    const next = await localStat(path);
    if (next?.size !== last?.size || next?.mtimeMs !== last?.mtimeMs) since = performance.now();
    last = next;
    if (performance.now() - begin > longestWaitMs) {
      throw stillWritten(name);
    }
  }
}

/**
 * The same by what has been seen of the file alone: nothing is known of the clock of a server. Whatever `ready` says, since servers
 * say times to the second: of a file that was not seen for longer, a change within its second would not show, and what took its place
 * unread would count as read.
 */
async function whenSeen(drive: RemoteDrive, name: string, path: string, quietMs: number, signal: AbortSignal) {
  for (const begin = performance.now(); ; ) {
    const stats = await drive.stat(path);
    if (stats === undefined) return;
    const missing = quietMs - drive.seenFor(path, stats);
    if (missing <= 0) return;
    if (performance.now() - begin > longestWaitMs) throw stillWritten(name);
    await sleep(missing, undefined, { signal });
  }
}

/** Looks at one file and its manifest. `undefined`: it has gone, or is not complete yet. */
export async function inspect(
  drive: Drive | RemoteDrive,
  root: string,
  name: string,
  files: AnyFiles,
  quiet: { quietMs: number; now: number; signal: AbortSignal },
): Promise<SourceFile | undefined> {
  const path = drive.join(root, name);
  const began = performance.now();
  if (drive instanceof RemoteDrive) await whenSeen(drive, name, path, quiet.quietMs, quiet.signal);
  else if (files.ready === 'quiet') await whenQuiet(name, path, quiet.quietMs, quiet.now, quiet.signal);
  const stats = await drive.stat(path);
  if (stats === undefined) return undefined;
  if (files.ready === 'marker' && !(await isMarked(drive, path, stats))) return undefined;
  const foundAt = quiet.now + (performance.now() - began);
  const manifest = await readManifest(drive, name, path, stats);
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
  // A copy is our own.
  if (file.at !== file.path || file.foundAt - file.mtimeMs > coarseTimeMs) return undefined;
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
  if (file.at !== file.path) return undefined;
  const now = await localStat(file.path);
  if (now?.size === file.size && now.mtimeMs === file.mtimeMs && now.ino === file.ino) return undefined;
  return changed(file);
}
