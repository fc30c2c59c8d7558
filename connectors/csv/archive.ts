import { basename } from 'node:path';
import type { Drive } from './drive/types.ts';
import { manifestSuffix, markerSuffix } from './options.ts';
import { type SourceFile, unreachable } from './source-file.ts';

async function move(drive: Drive, from: string, folder: string): Promise<void> {
  const name = basename(from);
  let to = drive.join(folder, name);
  try {
    await drive.makeFolder(folder);
  } catch (error) {
    throw unreachable(folder, error);
  }
  // What is in the archive is evidence: a second file of the same name must not replace it.
  for (let n = 2; n < 10_000 && (await drive.stat(to)) !== undefined; n += 1) to = drive.join(folder, `${name}.${n}`);
  try {
    await drive.rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreachable(to, error);
  }
}

/**
 * Moves a file and what stands beside it. The file goes last: a crash in between leaves no manifest for a file to come. Where
 * another file has taken its place since it was read, that one stays: it has not been read yet.
 */
export async function archiveFile(
  drive: Drive,
  path: string,
  read: Pick<SourceFile, 'size' | 'mtimeMs' | 'ino'>,
  folder: string,
): Promise<void> {
  const now = await drive.stat(path);
  if (now?.size !== read.size || now.mtimeMs !== read.mtimeMs) return;
  // 0: a checkpoint of an earlier release, or a file system without such numbers.
  if (read.ino !== 0 && now.ino !== read.ino) return;
  for (const suffix of [markerSuffix, manifestSuffix, '']) {
    if ((await drive.stat(path + suffix)) !== undefined) await move(drive, path + suffix, folder);
  }
}
