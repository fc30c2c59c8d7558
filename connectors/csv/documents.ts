import { join } from 'node:path';
import { z } from 'zod';
import {
  type Checkpoint,
  isBridgeError,
  type Manifest,
  type Page,
  type ReadRequest,
} from '../../src/connector/index.ts';
import { layoutOf } from './columns.ts';
import { archiveFile, badSource, findFiles, type SourceFile, statOf } from './files.ts';
import { DocumentGrouping } from './grouping.ts';
import { requireHeader } from './level.ts';
import type { DocumentFiles } from './options.ts';
import {
  descriptionOf,
  type FileRead,
  filesOf,
  folderOf,
  inspectFile,
  judge,
  pageSize,
  rejectedFileOf,
  type Session,
  summaryOf,
} from './session.ts';
import { tableOf } from './table.ts';
import { Warnings } from './warnings.ts';

/** Rows of one file that are held while its documents are gathered. About 300 MB at most. */
const mostRows = 200_000;

/** Files that are remembered as read. Those that have left the folder are forgotten first. */
const mostRemembered = 5000;

const known = z.object({ name: z.string(), size: z.number(), mtimeMs: z.number() });
/** `files` were read; `cut` were read too, but ended in the middle, so they stay in the folder until the ERP mends them. */
const checkpointSchema = z.object({ files: z.array(known), cut: z.array(known) });
type Known = z.output<typeof known>;

function isSame(a: Known, b: Known): boolean {
  return a.name === b.name && a.size === b.size && a.mtimeMs === b.mtimeMs;
}

async function readFile(
  session: Session,
  files: DocumentFiles,
  file: SourceFile,
  signal: AbortSignal,
  warnings: Warnings,
) {
  const rejected = rejectedFileOf(session, file.name);
  const batches = tableOf('documents', file, files, { signal, warnings, log: session.context.log });
  let header: readonly string[] | undefined;
  let grouping: DocumentGrouping | undefined;
  let rows = 0;
  let cut = false;
  try {
    for (;;) {
      const batch = await batches.next();
      if (batch.done === true) {
        requireHeader(file, header, batch.value);
        const read = judge(session, file, batch.value, { rows, leftOut: grouping?.leftOut ?? 0, cut });
        const result = grouping?.finish() ?? { changes: [], rejected: [] };
        for (const { row, problem } of result.rejected) rejected.add(row, problem);
        await rejected.finish();
        return { read, changes: result.changes };
      }
      for (const row of batch.value.rows) {
        if (row.cut === true) cut = true;
        if (grouping === undefined) {
          if (row.fault !== undefined) throw badSource(file.name, `the header cannot be read: ${row.fault}.`);
          header = row.cells;
          const layout = layoutOf('documents', files, file.name, row.cells);
          grouping = new DocumentGrouping(file.name, layout, files, session.context.timezone, warnings);
          rejected.start(layout.header, batch.value.delimiter);
          continue;
        }
        rows += 1;
        if (rows > mostRows) {
          throw badSource(file.name, `has more than ${mostRows} rows.`, 'Let the ERP write smaller files, one a day.');
        }
        grouping.add(row);
      }
    }
  } finally {
    await batches.return({ sha256: '', bytes: 0 });
    await rejected.discard();
  }
}

/** Files that are in the folder and were committed earlier. What was to be archived and is still there, is archived now. */
async function settleKnown(session: Session, archive: string | undefined, files: readonly Known[]): Promise<Known[]> {
  const still: Known[] = [];
  for (const file of files) {
    const path = join(session.root, file.name);
    const stats = await statOf(path);
    if (stats === undefined || stats.size !== file.size || stats.mtimeMs !== file.mtimeMs) continue;
    if (archive === undefined) still.push(file);
    else await archiveFile(path, archive);
  }
  return still;
}

/**
 * New documents, file by file in the order of their names. A file that is broken as a whole holds up no other: the rest is
 * read first, then its error is thrown. A file that was cut short stays in the folder, and is read again once it has changed.
 */
export async function* readDocuments(
  session: Session,
  { since, signal }: ReadRequest,
): AsyncGenerator<Page<'documents'> | Manifest, void> {
  const files = filesOf(session, 'documents');
  const archive = folderOf(session, files.archive);
  const before = checkpointSchema.safeParse(since).data ?? { files: [], cut: [] };
  let done = await settleKnown(session, archive, before.files);
  let cut = await settleKnown(session, undefined, before.cut);
  const checkpoint = (): Checkpoint => ({ files: done.slice(-mostRemembered), cut: cut.slice(-mostRemembered) });
  const reads: FileRead[] = [];
  const failures: unknown[] = [];
  const warnings = new Warnings();

  for (const name of await findFiles(session.root, files, session.own)) {
    signal.throwIfAborted();
    let file: SourceFile | undefined;
    let result: Awaited<ReturnType<typeof readFile>>;
    try {
      file = await inspectFile(session, name, files, signal);
      if (file === undefined) continue;
      const { size, mtimeMs } = file;
      if ([...done, ...cut].some((one) => isSame(one, { name, size, mtimeMs }))) continue;
      result = await readFile(session, files, file, signal, warnings);
    } catch (error) {
      if (signal.aborted || !isBridgeError(error)) throw error;
      failures.push(error);
      continue;
    }
    const { read, changes } = result;
    reads.push(read);
    const identity = { name, size: file.size, mtimeMs: file.mtimeMs };
    const pages = Math.max(1, Math.ceil(changes.length / pageSize));
    for (let page = 0; page < pages; page += 1) {
      signal.throwIfAborted();
      if (page === pages - 1) {
        if (read.cut) cut = [...cut, identity];
        else done = [...done, identity];
      }
      yield { changes: changes.slice(page * pageSize, (page + 1) * pageSize), checkpoint: checkpoint() };
    }
    // Asked for more: the file's documents and its place in the checkpoint are committed.
    if (!read.cut && archive !== undefined) await archiveFile(file.path, archive);
  }

  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  if (reads.length === 0) return;
  yield { manifest: { ...summaryOf(reads), description: descriptionOf(reads), warnings: warnings.list() } };
}
