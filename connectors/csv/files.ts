import picomatch from 'picomatch';
import type { Drive, FileStats } from './drive/types.ts';
import type { AnyFiles, CsvOptions } from './options.ts';
import { unreachable } from './source-file.ts';

/** Folders that are looked into for files, at most. */
const mostFolders = 10_000;

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
export function ownFolders(drive: Drive, root: string, options: CsvOptions): string[] {
  const all = [options.rejected, options.write.packing, options.write.stock];
  for (const entity of [options.products, options.stock, options.documents]) all.push(entity?.archive);
  return all.filter((folder) => typeof folder === 'string').map((folder) => drive.resolve(root, folder));
}

export function isInside(drive: Drive, path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(folder + drive.sep));
}

/** A data file, by its name, with what the listing says of it and of what stands beside it. */
export interface Found {
  readonly name: string;
  readonly stats: FileStats | undefined;
  /** Of a file beside it; undefined where there is none, or where the listing does not say. */
  readonly beside: (suffix: string) => FileStats | undefined;
}

/** All data files of an entity, sorted by name. The connector's own folders, which may hold years of files, are not looked into. */
export async function findFiles(drive: Drive, root: string, files: AnyFiles, own: readonly string[]): Promise<Found[]> {
  const matches = matcherOf(files);
  const deep = [files.files].flat().some((text) => text.includes('/') || text.includes('**'));
  const found: Found[] = [];
  const folders = [''];
  try {
    for (const folder of folders) {
      const entries = await drive.list(folder === '' ? root : drive.join(root, folder));
      const stats = new Map(entries.map((entry) => [entry.name, entry.stats]));
      for (const entry of entries) {
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.kind === 'folder') {
          if (deep && folders.length < mostFolders && !isInside(drive, drive.join(root, name), own)) folders.push(name);
          continue;
        }
        // A link may lead to a file; a pipe would be waited for without end.
        if ((entry.kind === 'file' || entry.kind === 'link') && matches(name)) {
          found.push({ name, stats: entry.stats, beside: (suffix) => stats.get(entry.name + suffix) });
        }
      }
    }
  } catch (error) {
    throw unreachable(root, error);
  }
  return found
    .filter(({ name }) => !isInside(drive, drive.join(root, name), own))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
