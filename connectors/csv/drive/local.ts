import type { Dirent } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { unreachable } from '../source-file.ts';
import type { Drive, Entry, FileStats } from './types.ts';

function kindOf(entry: Dirent): Entry['kind'] {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other';
}

export async function localStat(path: string): Promise<FileStats | undefined> {
  try {
    const stats = await stat(path);
    const { size, mtimeMs, ino, dev } = stats;
    return { size, mtimeMs, ino, dev, folder: stats.isDirectory() };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreachable(path, error);
  }
}

export const localDrive: Drive = {
  remote: false,
  resolve,
  join,
  dirname,
  sep,
  stat: localStat,
  list: async (folder) =>
    (await readdir(folder, { withFileTypes: true })).map((entry) => ({ name: entry.name, kind: kindOf(entry) })),
  readText: (path) => readFile(path, 'utf8'),
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true });
  },
  write: async (path, text, create = false) => {
    const handle = await open(path, create ? 'wx' : 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename: async (from, to) => {
    try {
      await rename(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      await copyFile(from, to);
      await unlink(from);
    }
  },
  remove: (path) => rm(path, { force: true }),
};
