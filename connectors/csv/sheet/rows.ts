import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { highestPlace } from '../columns.ts';
import type { AnyFiles } from '../options.ts';
import { type Row, WholeRow } from '../row.ts';
import { type Batch, chunksOf, type FileEnd, type Reading, requireSame } from '../rows.ts';
import { badSource, type SourceFile, unreachable } from '../source-file.ts';
import { SheetCells, type SheetRow } from './cells.ts';
import { mostBytes, Parts } from './parts.ts';
import { plainCell } from './typed.ts';
import { type Sheet, type Workbook, workbookOf } from './workbook.ts';

const excel = /\.xls[xm]?$/i;

/** Whether a file is read as a workbook: as `format` says, else by its name. */
export function isWorkbook(name: string, files: AnyFiles): boolean {
  return files.format === 'auto' ? excel.test(name) : files.format === 'xlsx';
}

async function checksumOf(handle: FileHandle, file: SourceFile, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(handle, file)) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}

async function* rowsIn(
  parts: Parts,
  book: Workbook,
  sheet: Sheet,
  comma: boolean,
): AsyncGenerator<{ rows: SheetRow[]; share: number }, void> {
  const cells = new SheetCells(book, comma);
  for await (const share of parts.read(sheet.part, cells, mostBytes.sheet)) {
    const rows = cells.take();
    if (rows.length > 0) yield { rows, share };
  }
}

async function hasRows(parts: Parts, book: Workbook, sheet: Sheet): Promise<boolean> {
  for await (const _rows of rowsIn(parts, book, sheet, false)) return true;
  return false;
}

const listed = (sheets: readonly Sheet[]) => sheets.map(({ name }) => `"${name}"`).join(', ');

/** The sheet that `sheet` names; without it the only one that people see and that holds anything. */
async function sheetOf(
  file: string,
  parts: Parts,
  book: Workbook,
  wanted: string | number | undefined,
): Promise<Sheet> {
  const { sheets } = book;
  if (wanted !== undefined) {
    const same = (sheet: Sheet) => sheet.name.trim().toLowerCase() === String(wanted).trim().toLowerCase();
    const sheet =
      typeof wanted === 'number'
        ? sheets[wanted - 1]
        : (sheets.find(({ name }) => name === wanted) ?? sheets.find(same));
    if (sheet !== undefined) return sheet;
    throw badSource(
      file,
      `has no sheet ${typeof wanted === 'number' ? wanted : `"${wanted}"`}. Sheets found: ${listed(sheets)}.`,
      'Set `sheet`.',
    );
  }
  const seen = sheets.filter((sheet) => !sheet.hidden);
  if (seen.length === 1 && seen[0] !== undefined) return seen[0];
  const filled: Sheet[] = [];
  for (const sheet of seen) if (await hasRows(parts, book, sheet)) filled.push(sheet);
  const [first = seen[0], second] = filled;
  if (first === undefined) throw badSource(file, 'has no sheet that is not hidden.', 'Set `sheet`.');
  if (second === undefined) return first;
  throw badSource(file, `has several sheets: ${listed(filled)}. Which of them counts is in doubt.`, 'Set `sheet`.');
}

/** As many cells as the header has: cells have addresses, so that a note beside the table shifts nothing. */
function fitted(cells: string[], width: number | undefined): string[] {
  if (width === undefined || cells.length === width) return cells;
  if (cells.length > width) return cells.slice(0, width);
  while (cells.length < width) cells.push('');
  return cells;
}

/**
 * The rows of one sheet of a workbook in batches, as `rowsOf` gives those of a text file: `line` is the row of the sheet. Throws
 * CONNECTOR_BAD_SOURCE where the workbook is damaged, cut short, too large, or changed while it was read.
 */
export async function* sheetRowsOf(
  file: SourceFile,
  files: AnyFiles,
  reading: Reading,
): AsyncGenerator<Batch, FileEnd> {
  const { signal, warnings } = reading;
  const handle = await open(file.at, 'r').catch((error: unknown) => {
    throw unreachable(file.path, error);
  });
  try {
    const sha256 = await checksumOf(handle, file, signal);
    const parts = await Parts.open(file.name, file.path, handle, file.size);
    const book = await workbookOf(file.name, parts, signal);
    const sheet = await sheetOf(file.name, parts, book, files.sheet);
    const places = files.headerLine === 'none' ? highestPlace(files) : undefined;
    const hiddenNote = `Rows that are hidden in the sheet "${sheet.name}" are ${files.hiddenRows === 'skip' ? 'left out' : 'read too'}`;
    let width: number | undefined;
    for await (const { rows, share } of rowsIn(parts, book, sheet, files.decimalSeparator === ',')) {
      signal.throwIfAborted();
      const bytes = Math.round(file.size * share);
      let batch: Row[] = [];
      for (const row of rows) {
        if (row.hidden) warnings.add(hiddenNote, `${file.name} row ${row.line}`);
        if (row.hidden && files.hiddenRows === 'skip') continue;
        if (places !== undefined) width ??= Math.max(places, row.cells.length);
        const cells = fitted(row.cells, reading.table?.width ?? width);
        const above = reading.table === undefined && places === undefined;
        batch.push(new WholeRow(row.line, above ? cells.map(plainCell) : cells));
        if (reading.table !== undefined) continue;
        // Row by row up to the header: from then on it is known how wide the table is.
        yield { rows: batch, bytes, delimiter: '' };
        batch = [];
      }
      if (batch.length > 0) yield { rows: batch, bytes, delimiter: '' };
    }
    signal.throwIfAborted();
    await requireSame(file, sha256, signal);
    return { sha256, bytes: file.size };
  } finally {
    await handle.close();
  }
}
