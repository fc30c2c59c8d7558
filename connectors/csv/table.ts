import type { Logger } from 'pino';
import { type Column, layoutOf } from './columns.ts';
import { headLines } from './dialect.ts';
import { type Field, type FileEntity, fields } from './fields.ts';
import type { AnyFiles } from './options.ts';
import { type Batch, type FileEnd, type Reading, type Row, rowsOf } from './rows.ts';
import { isWorkbook, sheetRowsOf } from './sheet/rows.ts';
import { badSource, type SourceFile } from './source-file.ts';
import { cleanWord } from './text.ts';
import { Trailer } from './trailer.ts';
import type { Warnings } from './warnings.ts';

/** What stands in a file beside its rows. */
interface Skipped {
  titles: number;
  headers: number;
  totals: number;
}

const digit = /\p{Nd}/u;

/** Knows the header of one file, and tells its rows from all else that stands in it. */
class Shape<E extends FileEntity> {
  readonly #entity: E;
  readonly #file: string;
  readonly #files: AnyFiles;
  #header: readonly string[] = [];
  /** Text of the header that no row holds in any place. */
  #probe: string | undefined;
  #required: { index: number; number: boolean }[] = [];
  /** Where the type of a record stands, and which there are: files of header and line records. */
  #types: { index: number; names: readonly string[] } | undefined;

  constructor(entity: E, file: string, files: AnyFiles) {
    this.#entity = entity;
    this.#file = file;
    this.#files = files;
  }

  /** The columns by place, or undefined where these cells are no header. */
  #columns(cells: readonly string[]): [string, number][] | undefined {
    try {
      const { columns } = layoutOf(this.#entity, this.#files, this.#file, cells);
      return Object.entries<Column | undefined>(columns).flatMap(([field, column]) =>
        column !== undefined && 'index' in column ? [[field, column.index] as [string, number]] : [],
      );
    } catch {
      return undefined;
    }
  }

  isHeader = (cells: readonly string[]): boolean => {
    const columns = this.#columns(cells);
    return columns?.every(([, index]) => cells[index]?.trim() !== '') ?? false;
  };

  /** Takes the header; the reader that follows finds its columns again and says what is wrong with it. */
  start(cells: readonly string[]): void {
    this.#header = cells;
    const about: Readonly<Record<string, Field>> = fields[this.#entity];
    const columns = this.#columns(cells) ?? [];
    const [first] = columns;
    this.#probe = first === undefined ? undefined : cells[first[1]];
    // What one type of record needs, another leaves blank.
    if (this.knowTypes(cells)) return;
    this.#required = columns
      .filter(([field]) => about[field]?.need === 'required')
      .map(([field, index]) => ({ index, number: about[field]?.kind === 'number' }));
  }

  /** Whether the file has header and line records. */
  knowTypes(cells: readonly string[]): boolean {
    if (!('layout' in this.#files) || this.#files.records === undefined) return false;
    const { type, header, line, ignore, trailer } = this.#files.records;
    const names = [header, line, ignore, trailer?.type ?? []].flat();
    const index =
      typeof type === 'string' ? cells.findIndex((cell) => cleanWord(cell, true) === type) : type.position - 1;
    this.#types = { index, names };
    return true;
  }

  /** How many cells every row has. Records of several types differ where there is no header. */
  get width(): number | undefined {
    return this.#types !== undefined && this.#files.headerLine === 'none' ? undefined : this.#header.length;
  }

  /** Whether the cells could be a row: as many as the header has, and none missing that a row needs; or a record of a known type. */
  isRow = (cells: readonly string[]): boolean =>
    (this.width === undefined || cells.length === this.width) &&
    (this.#types?.names.includes(cleanWord(cells[this.#types.index] ?? '', true)) ?? true) &&
    this.#required.every(({ index, number }) => {
      const text = cells[index] ?? '';
      return text.trim() !== '' && (!number || digit.test(text));
    });

  /** The header once more: pages of a report, or files that were joined. Throws where it is another header. */
  isRepeated({ cells, line }: Row): boolean {
    if (this.#probe === undefined || !cells.includes(this.#probe)) return false;
    if (cells.length === this.#header.length && cells.every((cell, index) => cell === this.#header[index])) return true;
    if (!this.isHeader(cells)) return false;
    throw badSource(
      this.#file,
      `has another header in line ${line}: two files with different columns were joined.`,
      'Let the ERP write them as files of their own.',
    );
  }

  /** A line of sums. A row that merely starts with such a word stays a row. */
  isTotal(row: Row): boolean {
    const { totals } = this.#files;
    if (totals.length === 0) return false;
    const first = cleanWord(row.cells.find((cell) => cell.trim() !== '') ?? '', true).toLowerCase();
    const bare = first.replace(/[\s:.=*-]+$/u, '');
    return totals.some((text) => {
      const total = text.toLowerCase();
      // Of a line that may have been cut, the word itself must be whole.
      if (bare === total) return row.cut !== true || row.cells.length > 1;
      return first.startsWith(total) && row.cut !== true && !this.isRow(row.cells);
    });
  }
}

/** Where no line is a header: the one that looks most like one, so that its reader can say what is missing. */
function likeliest(leading: readonly Row[]): Row | undefined {
  return leading.find((row) => row.cells.length > 1) ?? leading[0];
}

/**
 * The header of a file, and then its rows: without the lines above the header, its repetitions, and lines of totals. Where no line is
 * a header, the likeliest one comes first. Errors as of `rowsOf`.
 */
export async function* tableOf<E extends FileEntity>(
  entity: E,
  file: SourceFile,
  files: AnyFiles,
  { signal, warnings, log }: { signal: AbortSignal; warnings: Warnings; log: Logger },
): AsyncGenerator<Batch, FileEnd> {
  const shape = new Shape(entity, file.name, files);
  const reading: Reading = { signal, warnings, isHeader: shape.isHeader };
  if (files.headerLine === 'none' && shape.knowTypes([])) reading.table = { width: undefined, isRow: shape.isRow };
  const batches = (isWorkbook(file.name, files) ? sheetRowsOf : rowsOf)(file, files, reading);
  const skipped: Skipped = { titles: 0, headers: 0, totals: 0 };
  const leading: Row[] = [];
  const trailer = new Trailer(file.name, files);
  let found = false;
  let broken = 0;
  let kept = 0;
  const begin = (header: Row | undefined) => {
    if (header === undefined) return [];
    found = true;
    shape.start(header.cells);
    reading.table = { width: shape.width, isRow: shape.isRow };
    const lost = leading.find((row) => row !== header && row.line < header.line && shape.isRow(row.cells));
    if (lost !== undefined) {
      throw badSource(
        file.name,
        `has its header in line ${header.line}, but line ${lost.line} above it looks like a row.`,
        'Set `headerLine` where the file is right as it is.',
      );
    }
    skipped.titles = leading.filter((row) => row !== header && row.line < header.line).length;
    return [header];
  };
  const keep = (row: Row): Row[] => {
    const rows = trailer.pass(row, shape.isRow).filter(isNoOther);
    kept += rows.length;
    return rows;
  };
  const isNoOther = (row: Row): boolean => {
    if (row.fault !== undefined) {
      broken += 1;
      return true;
    }
    const { width } = shape;
    if (shape.isRepeated(row)) skipped.headers += 1;
    else if (shape.isTotal(row)) skipped.totals += 1;
    else {
      if (width !== undefined && row.cells.length !== width) broken += 1;
      return true;
    }
    return false;
  };
  const take = (row: Row): Row[] => {
    if (found) return keep(row);
    if (files.headerLine === 'none') {
      // A record that cannot be split says nothing of the columns.
      if (row.fault !== undefined && leading.push(row) > 0) return [];
      // Places take the stead of names, so that a rejection can say where.
      const places = row.cells.map((_cell, index) => `column ${index + 1}`);
      return [...begin({ line: 0, cells: places }), ...leading, ...keep(row)];
    }
    if (files.headerLine !== 'auto') return row.line < files.headerLine ? [] : begin(row);
    leading.push(row);
    if (row.fault === undefined && shape.isHeader(row.cells)) return begin(row);
    return leading.length < headLines ? [] : begin(likeliest(leading));
  };
  try {
    for (;;) {
      const batch = await batches.next();
      if (batch.done === true) {
        if (!found) yield { rows: begin(likeliest(leading)), bytes: batch.value.bytes, delimiter: '' };
        if (Object.values(skipped).some((count) => count > 0)) {
          log.info({ file: file.name, ...skipped }, 'Lines that are no rows were left out.');
        }
        const headers = files.headerLine === 'none' ? 0 : 1 + skipped.headers;
        return { ...batch.value, broken, stated: found ? trailer.end(kept, headers) : undefined };
      }
      const { rows, bytes, delimiter } = batch.value;
      yield {
        rows: !found ? rows.flatMap(take) : trailer.wanted ? rows.flatMap(keep) : rows.filter(isNoOther),
        bytes,
        delimiter,
      };
    }
  } finally {
    await batches.return({ sha256: '', bytes: 0 });
  }
}
