import { z } from 'zod';
import {
  type Checkpoint,
  isBridgeError,
  type Manifest,
  type Page,
  type ReadRequest,
} from '../../src/connector/index.ts';
import { archiveFile } from './archive.ts';
import { type Found, findFiles } from './files.ts';
import { findDivided, type Gathering, readTogether } from './gather.ts';
import {
  copiesOf,
  descriptionOf,
  type FileRead,
  filesOf,
  folderOf,
  inspectFile,
  pageSize,
  type Session,
  summaryOf,
} from './session.ts';
import { badSource, type SourceFile } from './source-file.ts';
import { Warnings } from './warnings.ts';

/** Files that are remembered as read. Those that have left the folder are forgotten first. */
const mostRemembered = 5000;

const known = z.object({ name: z.string(), size: z.number(), mtimeMs: z.number(), ino: z.number().default(0) });
/** `files` were read; `cut` were read too, but ended in the middle, so they stay in the folder until the ERP mends them. */
const checkpointSchema = z.object({ files: z.array(known), cut: z.array(known) });
type Known = z.output<typeof known>;

function identityOf({ name, size, mtimeMs, ino }: SourceFile): Known {
  return { name, size, mtimeMs, ino };
}

function isSame(a: Known, b: Known): boolean {
  return a.name === b.name && a.size === b.size && a.mtimeMs === b.mtimeMs;
}

/** Files that are in the folder and were committed earlier. What was to be archived and is still there, is archived now. */
async function settleKnown(
  { drive, root }: Session,
  archive: string | undefined,
  files: readonly Known[],
  there: ReadonlyMap<string, Found>,
): Promise<Known[]> {
  const still: Known[] = [];
  for (const file of files) {
    const listed = there.get(file.name);
    if (listed === undefined) continue;
    const path = drive.join(root, file.name);
    const stats = listed.stats ?? (await drive.stat(path));
    if (stats === undefined || stats.size !== file.size || stats.mtimeMs !== file.mtimeMs) continue;
    if (archive === undefined) still.push(file);
    else await archiveFile(drive, path, file, archive);
  }
  return still;
}

/**
 * New documents, file by file in the order of their names. A file that is broken as a whole holds up no other: the rest is
 * read first, then its error is thrown. A file that was cut short stays in the folder, and is read again once it has changed.
 * With `documentsSpan: drop` all files are read as one, and one that is broken, cut or not complete yet holds back all.
 */
export async function* readDocuments(
  session: Session,
  { since, signal }: ReadRequest,
): AsyncGenerator<Page<'documents'> | Manifest, void> {
  const files = filesOf(session, 'documents');
  const archive = folderOf(session, files.archive);
  const before = checkpointSchema.safeParse(since).data ?? { files: [], cut: [] };
  const { drive, root, own } = session;
  const listed = await findFiles(drive, root, files, own);
  const there = new Map(listed.map((one) => [one.name, one]));
  let done = await settleKnown(session, archive, before.files, there);
  let cut = await settleKnown(session, undefined, before.cut, there);
  const checkpoint = (): Checkpoint => ({ files: done.slice(-mostRemembered), cut: cut.slice(-mostRemembered) });
  const reads: FileRead[] = [];
  const failures: unknown[] = [];
  const warnings = new Warnings();
  const asDrop = files.documentsSpan === 'drop';

  await using copies = copiesOf(session);
  const found: SourceFile[] = [];
  for (const { name, stats } of listed) {
    signal.throwIfAborted();
    // What the listing shows to be known is not asked for again.
    if (stats !== undefined && [...done, ...cut].some((one) => isSame(one, { name, ...stats }))) continue;
    try {
      const file = await inspectFile(session, name, files, signal);
      if (file === undefined && asDrop) {
        session.context.log.info({ file: name }, 'The file is not complete yet; nothing is read.');
        return;
      }
      const isKnown = (one: Known) => file !== undefined && isSame(one, identityOf(file));
      if (file !== undefined && ![...done, ...cut].some(isKnown)) found.push(await copies.fetch(file, signal));
    } catch (error) {
      if (signal.aborted || asDrop || !isBridgeError(error)) throw error;
      failures.push(error);
    }
  }
  const batches = asDrop && found.length > 0 ? [found] : found.map((file) => [file]);
  const divided = batches.length > 1 ? await findDivided(session, files, found, signal) : undefined;

  for (const together of batches) {
    signal.throwIfAborted();
    let result: Gathering;
    try {
      result = await readTogether(session, files, together, signal, warnings, copies, divided);
    } catch (error) {
      if (signal.aborted || !isBridgeError(error)) throw error;
      failures.push(error);
      continue;
    }
    const broken = asDrop ? result.reads.find((read) => read.cut) : undefined;
    if (broken !== undefined && together.length > 1) {
      throw badSource(
        broken.file.name,
        'ends in the middle, and with `documentsSpan: drop` its documents may go on in other files. Nothing of them counts.',
        'Export the file again.',
      );
    }
    reads.push(...result.reads);
    const pages = Math.max(1, Math.ceil(result.changes.length / pageSize));
    for (let page = 0; page < pages; page += 1) {
      signal.throwIfAborted();
      if (page === pages - 1) {
        const identities = (wasCut: boolean) =>
          result.reads.filter((read) => read.cut === wasCut).map(({ file }) => identityOf(file));
        done = [...done, ...identities(false)];
        cut = [...cut, ...identities(true)];
      }
      yield { changes: result.changes.slice(page * pageSize, (page + 1) * pageSize), checkpoint: checkpoint() };
    }
    // Asked for more: the documents and the files' places in the checkpoint are committed.
    for (const { file, cut: wasCut } of result.reads) {
      if (!wasCut && archive !== undefined) await archiveFile(drive, file.path, file, archive);
    }
  }

  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  if (reads.length === 0) return;
  yield { manifest: { ...summaryOf(reads), description: descriptionOf(reads), warnings: warnings.list() } };
}
