import { createHash } from 'node:crypto';
import { type Change, isBridgeError } from '../../src/connector/index.ts';
import { layoutOf } from './columns.ts';
import { contentOf, DocumentGrouping } from './grouping.ts';
import { requireHeader } from './level.ts';
import type { DocumentFiles } from './options.ts';
import type { FileRows } from './plain-lines.ts';
import type { RejectedFile } from './rejected.ts';
import { type Copies, type FileRead, judge, rejectedFileOf, type Session } from './session.ts';
import { badSource, type SourceFile } from './source-file.ts';
import { tableOf } from './table.ts';
import { Warnings } from './warnings.ts';

/** Rows that are held while their documents are gathered: of one file, or of all of a drop. About 300 MB at most. */
const mostRows = 200_000;

/** Takes the rows of a file into `grouping`, and judges what was read. */
async function gather(
  session: Session,
  files: DocumentFiles,
  file: SourceFile,
  signal: AbortSignal,
  grouping: DocumentGrouping,
  { warnings, rejected, room }: { warnings: Warnings; rejected?: RejectedFile; room: { rows: number } },
): Promise<FileRead> {
  const batches = tableOf('documents', file, files, { signal, warnings, log: session.context.log });
  let header: readonly string[] | undefined;
  let taker: FileRows | undefined;
  let rows = 0;
  let cut = false;
  try {
    for (;;) {
      const batch = await batches.next();
      if (batch.done === true) {
        requireHeader(file, header, batch.value);
        taker?.end();
        return judge(session, file, batch.value, { rows, leftOut: taker?.leftOut ?? 0, cut });
      }
      for (const row of batch.value.rows) {
        if (row.cut === true) cut = true;
        if (taker === undefined) {
          if (row.fault !== undefined) throw badSource(file.name, `the header cannot be read: ${row.fault}.`);
          header = row.cells;
          const layout = layoutOf('documents', files, file.name, row.cells);
          taker = grouping.open(file.name, layout);
          rejected?.start(layout.header, batch.value.delimiter);
          continue;
        }
        rows += 1;
        room.rows -= 1;
        if (room.rows < 0) {
          throw badSource(file.name, `has more than ${mostRows} rows.`, 'Let the ERP write smaller files, one a day.');
        }
        taker.add(row);
      }
    }
  } finally {
    await batches.return({ sha256: '', bytes: 0 });
  }
}

export interface Gathering {
  readonly reads: readonly FileRead[];
  readonly changes: Change<'documents'>[];
}

/** Reads files as one: a document may be spread over them. `elsewhere`: documents that may not be taken, with the reason. */
export async function readTogether(
  session: Session,
  files: DocumentFiles,
  together: readonly SourceFile[],
  signal: AbortSignal,
  warnings: Warnings,
  copies: Copies,
  elsewhere?: ReadonlyMap<string, string>,
): Promise<Gathering> {
  const grouping = new DocumentGrouping(files, session.context.timezone, warnings);
  const rejects = new Map<string, RejectedFile>();
  for (const { name } of together) rejects.set(name, await rejectedFileOf(session, name, copies));
  const reads: FileRead[] = [];
  const room = { rows: mostRows };
  try {
    for (const file of together) {
      const rejected = rejects.get(file.name);
      reads.push(
        await gather(session, files, file, signal, grouping, { warnings, room, ...(rejected && { rejected }) }),
      );
    }
    const result = grouping.finish(elsewhere);
    for (const { file, row, problem } of result.rejected) rejects.get(file)?.add(row, problem);
    for (const rejected of rejects.values()) await rejected.finish();
    return { reads, changes: result.changes };
  } finally {
    for (const rejected of rejects.values()) await rejected.discard();
  }
}

/**
 * Documents that stand in more than one of the files with different content, and why they may not be taken: either part alone would
 * be half of a document, and the second would replace the first. Files that cannot be read are told of when their turn comes.
 */
export async function findDivided(
  session: Session,
  files: DocumentFiles,
  found: readonly SourceFile[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const first = new Map<string, { file: string; content: string }>();
  const divided = new Map<string, string>();
  for (const file of found) {
    const grouping = new DocumentGrouping(files, session.context.timezone, new Warnings());
    try {
      await gather(session, files, file, signal, grouping, { warnings: new Warnings(), room: { rows: mostRows } });
    } catch (error) {
      if (signal.aborted || !isBridgeError(error)) throw error;
      continue;
    }
    for (const change of grouping.finish().changes) {
      if (change.op !== 'upsert') continue;
      const content = createHash('sha256').update(contentOf(change.value)).digest('base64');
      const before = first.get(change.key);
      if (before === undefined) first.set(change.key, { file: file.name, content });
      else if (before.content !== content) {
        divided.set(
          change.key,
          `the document stands in ${before.file} and in ${file.name}, with different lines. Where the ERP spreads documents over files, set \`documentsSpan: drop\``,
        );
      }
    }
  }
  return divided;
}
