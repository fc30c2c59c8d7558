import { createHash } from 'node:crypto';
import type { Change, Checkpoint, Manifest, Page, ReadRequest } from '../../src/connector/index.ts';
import { ahead } from './ahead.ts';
import { archiveFile } from './archive.ts';
import { type Layout, layoutOf } from './columns.ts';
import { findFiles } from './files.ts';
import type { AnyFiles } from './options.ts';
import { productChanges, stockChanges, type ToChange } from './records.ts';
import { Repeats } from './repeats.ts';
import type { FileEnd, Row } from './rows.ts';
import {
  type Copies,
  copiesOf,
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
import { badSource, type SourceFile } from './source-file.ts';
import { tableOf } from './table.ts';
import { Warnings } from './warnings.ts';

type LevelEntity = 'products' | 'stock';

interface Converter<E extends LevelEntity> {
  /** Looks through the files before any of their rows is handed on. */
  prepare?(found: readonly SourceFile[], signal: AbortSignal): Promise<void>;
  layout(file: string, header: readonly string[]): Layout<E>;
  changes(file: string, layout: Layout<E>, warnings: Warnings): ToChange<E>;
}

/** What one file's reading leaves behind, beside its pages. */
interface Tally {
  header: readonly string[] | undefined;
  rows: number;
  /** Rows that `where` leaves out, or that say once more what another says. */
  leftOut: number;
  cut: boolean;
}

function headerOf(file: SourceFile, row: Row): readonly string[] {
  if (row.fault !== undefined) throw badSource(file.name, `the header cannot be read: ${row.fault}.`);
  return row.cells;
}

/** Throws for a file without a header: an export that failed, never an ERP without goods. */
export function requireHeader(file: SourceFile, header: readonly string[] | undefined, end: FileEnd): void {
  if (header !== undefined) return;
  throw badSource(
    file.name,
    end.bytes === 0 ? 'is empty: not even a header line.' : 'has no header line.',
    'An ERP without records still writes the header. Export the file again.',
  );
}

async function* filePages<E extends LevelEntity>(
  session: Session,
  entity: E,
  files: AnyFiles,
  converter: Converter<E>,
  file: SourceFile,
  checkpoint: Checkpoint,
  signal: AbortSignal,
  reads: FileRead[],
  warnings: Warnings,
  copies: Copies,
): AsyncGenerator<Page<E>, void> {
  const rejected = await rejectedFileOf(session, file.name, copies);
  const batches = tableOf(entity, file, files, { signal, warnings, log: session.context.log });
  const tally: Tally = { header: undefined, rows: 0, leftOut: 0, cut: false };
  let toChange: ToChange<E> | undefined;
  let changes: Change<E>[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const batch = await batches.next();
      if (batch.done === true) {
        requireHeader(file, tally.header, batch.value);
        reads.push(judge(session, file, batch.value, tally));
        break;
      }
      bytes = batch.value.bytes;
      for (const row of batch.value.rows) {
        if (row.cut === true) tally.cut = true;
        if (toChange === undefined) {
          tally.header = headerOf(file, row);
          const layout = converter.layout(file.name, tally.header);
          toChange = converter.changes(file.name, layout, warnings);
          rejected.start(layout.header, batch.value.delimiter);
          continue;
        }
        tally.rows += 1;
        const change = toChange(row);
        if (change === undefined) {
          tally.leftOut += 1;
          continue;
        }
        if (change.op === 'reject') rejected.add(row, change);
        changes.push(change);
        if (changes.length === pageSize) {
          await rejected.flush();
          yield { changes, checkpoint, progress: file.size === 0 ? 1 : Math.min(1, bytes / file.size) };
          changes = [];
        }
      }
    }
    await rejected.finish();
    if (changes.length > 0) yield { changes, checkpoint, progress: 1 };
  } finally {
    await batches.return({ sha256: '', bytes: 0 });
    await rejected.discard();
  }
}

async function* readLevel<E extends LevelEntity>(
  session: Session,
  entity: E,
  converter: Converter<E>,
  { signal }: ReadRequest,
): AsyncGenerator<Page<E> | Manifest, void> {
  const files = filesOf(session, entity);
  const { drive, root, own } = session;
  const seen: SourceFile[] = [];
  for (const { name } of await findFiles(drive, root, files, own)) {
    signal.throwIfAborted();
    const file = await inspectFile(session, name, files, signal);
    // One part of a snapshot that is not there yet: reading the others alone would look like missing goods.
    if (file === undefined) {
      session.context.log.info({ file: name }, 'The file is not complete yet; nothing is read.');
      return;
    }
    seen.push(file);
  }
  if (seen.length === 0) return;
  await using copies = copiesOf(session);
  const found: SourceFile[] = [];
  for (const file of seen) found.push(await copies.fetch(file, signal));
  const checkpoint = { files: found.map(({ name, size, mtimeMs }) => ({ name, size, mtimeMs })) };
  const reads: FileRead[] = [];
  const warnings = new Warnings();
  await converter.prepare?.(found, signal);
  for (const file of found) {
    yield* ahead(
      filePages(session, entity, files, converter, file, checkpoint, signal, reads, warnings, copies),
      signal,
    );
  }
  const stated = reads.every((read) => read.stated);
  const rows = reads.reduce((sum, read) => sum + read.rows - read.leftOut, 0);
  const [only] = reads;
  yield {
    manifest: {
      ...summaryOf(reads),
      expectedRows: stated ? rows : undefined,
      checksum:
        reads.length === 1
          ? only?.sha256
          : createHash('sha256')
              .update(reads.map((read) => read.sha256).join())
              .digest('hex'),
      description: descriptionOf(reads),
      warnings: warnings.list(),
    },
  };
  // Asked for more: all of it is committed.
  const archive = folderOf(session, files.archive);
  if (archive !== undefined) for (const file of found) await archiveFile(drive, file.path, file, archive);
}

export async function* readProducts(session: Session, request: ReadRequest) {
  const files = filesOf(session, 'products');
  const repeats = files.duplicates === 'reject' ? new Repeats() : undefined;
  yield* readLevel(
    session,
    'products',
    {
      prepare: async (found, signal) => repeats?.find(session, files, found, signal),
      layout: (file, header) => layoutOf('products', files, file, header),
      changes: (file, layout, warnings) => {
        const toChange = productChanges(file, layout, files, session.context.timezone, warnings);
        return repeats === undefined ? toChange : (row) => repeats.judge(toChange(row));
      },
    },
    request,
  );
}

export function readStock(session: Session, request: ReadRequest) {
  return readLevel(
    session,
    'stock',
    {
      layout: (file, header) => layoutOf('stock', filesOf(session, 'stock'), file, header),
      changes: (file, layout, warnings) =>
        stockChanges(file, layout, filesOf(session, 'stock'), session.context.timezone, warnings),
    },
    request,
  );
}
