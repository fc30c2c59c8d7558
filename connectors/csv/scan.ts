import { statfs } from 'node:fs/promises';
import type { Drive, FileStats } from './drive/types.ts';
import { findFiles } from './files.ts';
import { type AnyFiles, manifestSuffix, markerSuffix } from './options.ts';

/** Types of file systems, as `statfs` numbers them, whose servers announce no change that another machine made. */
const remote = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
]);

/** What kind of network share the folder lies on; undefined where it lies on a disk of this machine, or cannot be told. */
export async function shareOf(folder: string): Promise<string | undefined> {
  try {
    return remote.get((await statfs(folder)).type);
  } catch {
    return undefined;
  }
}

/** A text that changes whenever a file, its marker or its manifest does; undefined where the file is not there. */
export async function signatureOf(drive: Drive, path: string): Promise<string | undefined> {
  const parts: (FileStats | undefined)[] = [];
  for (const suffix of ['', markerSuffix, manifestSuffix]) {
    const stats = await drive.stat(path + suffix);
    if (stats === undefined && suffix === '') return undefined;
    parts.push(stats);
  }
  return textOf(parts);
}

function textOf(parts: readonly (FileStats | undefined)[]): string {
  return parts.map((stats) => (stats === undefined ? '-' : `${stats.size} ${stats.mtimeMs} ${stats.ino}`)).join('/');
}

/** Whether the file's time has whole seconds only, so that a later change may have the same signature. */
export function isCoarse(signature: string): boolean {
  return Number(signature.split(' ', 2)[1]) % 1000 === 0;
}

/** All data files of an entity with their signatures. */
export async function scan(
  drive: Drive,
  root: string,
  files: AnyFiles,
  own: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, stats, beside } of await findFiles(drive, root, files, own)) {
    signal.throwIfAborted();
    const path = drive.join(root, name);
    const signature =
      stats === undefined
        ? await signatureOf(drive, path)
        : textOf([stats, beside(markerSuffix), beside(manifestSuffix)]);
    if (signature !== undefined) found.set(path, signature);
  }
  return found;
}
