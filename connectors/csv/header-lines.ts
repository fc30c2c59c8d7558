import { stockDocument } from '../../src/connector/index.ts';
import { type Column, headerOf, type Layout, placesOf, recordColumnOf } from './columns.ts';
import type { DocumentFiles } from './options.ts';
import { type FileRows, likelyNames, type Taker } from './plain-lines.ts';
import type { RecordColumn } from './record-types.ts';
import { type Problem, schemaProblem, shapeProblem } from './reject.ts';
import type { Row } from './rows.ts';
import { plainCell } from './sheet/typed.ts';
import { badSource } from './source-file.ts';
import { cleanWord } from './text.ts';
import type { ValueReader, Values } from './values.ts';

const lineFields: readonly string[] = ['sku', 'quantity', 'unit'];
const header = stockDocument.omit({ lines: true });

/** A header record, as long as its lines follow. */
interface Open {
  readonly row: Row;
  readonly raw: Values['raw'];
  readonly block: number;
  /** True: its lines are left out without a word, because its kind is. */
  readonly ignored: boolean;
  /** True: it cannot be used, and its lines are rejected with it. */
  readonly bad: boolean;
  lines: number;
}

function partOf(layout: Layout<'documents'>, ofLines: boolean): Layout<'documents'> {
  const columns = Object.entries<Column | undefined>(layout.columns).filter(
    ([field]) => lineFields.includes(field) === ofLines,
  );
  return { ...layout, columns: Object.fromEntries(columns) };
}

/**
 * `layout: header-lines`: a header record carries the fields of a document, the line records after it carry what it moves. What
 * cannot be told apart for certain is left out: a record of no known type puts the document around it in doubt, and no line is taken
 * up again before the next header.
 */
export class HeaderLines implements FileRows {
  readonly leftOut = 0;
  readonly #file: string;
  readonly #layout: Layout<'documents'>;
  readonly #files: DocumentFiles;
  readonly #records: NonNullable<DocumentFiles['records']>;
  readonly #taker: Taker;
  readonly #headers: ValueReader<'documents'>;
  readonly #lines: ValueReader<'documents'>;
  readonly #type: Column;
  readonly #reference: Column | undefined;
  readonly #count: Column | undefined;
  /** How many cells the records of each type have: as many as the first of them. */
  readonly #widths = new Map<string, number>();
  #open: Open | undefined;
  #blocks = 0;
  #seen = { documents: 0, lines: 0, records: 0 };
  #ended: Row | undefined;

  constructor(
    file: string,
    layout: Layout<'documents'>,
    files: DocumentFiles,
    reader: (part: Layout<'documents'>) => ValueReader<'documents'>,
    taker: Taker,
  ) {
    const { records } = files;
    if (records === undefined) throw new Error('`records` is required with `layout: header-lines`');
    this.#file = file;
    this.#layout = layout;
    this.#files = files;
    this.#records = records;
    this.#taker = taker;
    this.#headers = reader(partOf(layout, false));
    this.#lines = reader(partOf(layout, true));
    const column = (name: string, source: RecordColumn) => recordColumnOf(file, layout, `records.${name}`, source);
    this.#type = column('type', records.type);
    this.#reference = records.reference === undefined ? undefined : column('reference', records.reference);
    this.#count = records.trailer === undefined ? undefined : column('trailer.count', records.trailer.count);
  }

  add(row: Row): void {
    const { header, line, trailer, ignore } = this.#records;
    if (this.#ended !== undefined) {
      throw badSource(
        this.#file,
        `has records after the trailer of line ${this.#ended.line}.`,
        'Export the file again.',
      );
    }
    const type = this.#text(this.#type, row);
    const problem = this.#shape(row, type);
    // Headers and trailers that are broken close the document too: the lines that follow are not for certain of any.
    if (problem !== undefined) this.#doubt(row, problem);
    else if (ignore.includes(type)) return;
    else if (header.includes(type)) this.#header(row);
    else if (line.includes(type)) this.#line(row);
    else if (trailer?.type === type) this.#trailer(row);
    else {
      const types = [...header, ...line, ...(trailer === undefined ? [] : [trailer.type])].join(', ');
      this.#doubt(row, {
        column: headerOf(this.#type, 'records.type'),
        value: type,
        reason: `is no type of record; there are ${types}`,
      });
    }
  }

  end(): void {
    this.#close();
    const { trailer } = this.#records;
    if (trailer?.of === 'file' && this.#ended === undefined) {
      throw badSource(
        this.#file,
        `has no trailer record of type "${trailer.type}": it was cut short. Nothing of it counts.`,
        'Export the file again, or take `records.trailer` out where this ERP writes none.',
      );
    }
  }

  /** The last block that was begun; -1 before the first. */
  get #last(): number {
    return this.#blocks === 0 ? -1 : this.#blocks;
  }

  #text(column: Column | undefined, row: Row): string {
    const [place = -1] = placesOf(column);
    return cleanWord(plainCell(row.cells[place] ?? ''), true);
  }

  #shape(row: Row, type: string): Problem | undefined {
    const named = this.#files.headerLine !== 'none';
    const width = named ? this.#layout.width : (this.#widths.get(type) ?? row.cells.length);
    if (!named && row.fault === undefined) this.#widths.set(type, width);
    const problem = shapeProblem(row, width);
    if (problem === undefined || named || row.cells.length === width) return problem;
    const reason = `has ${row.cells.length} columns where the first record of its type has ${width}`;
    return { ...problem, reason };
  }

  /** Leaves out the document around a record, and takes up no line before the next header. */
  #doubt(row: Row, problem: Problem): void {
    this.#taker.spoil(row, problem, likelyNames(row.cells, this.#layout), { block: this.#last });
    this.#open = undefined;
  }

  #header(row: Row): void {
    this.#close();
    this.#blocks += 1;
    this.#seen.documents += 1;
    this.#seen.records += 1;
    const { raw, problem } = this.#headers.read(row, row.cells.length);
    const kind = this.#files.kinds[raw.kind ?? ''] ?? raw.kind;
    const ignored = problem === undefined && kind === 'ignore';
    const result = header.safeParse({ ...raw, kind });
    const bad = problem !== undefined || !(result.success || ignored);
    if (bad) {
      const names = [raw.id, raw.number].filter((name) => name !== undefined);
      this.#taker.spoil(row, problem ?? schemaProblem(result.error?.issues[0], raw, this.#layout), names, {
        block: this.#blocks,
      });
    }
    this.#open = { row, raw, block: this.#blocks, ignored, bad, lines: 0 };
  }

  #line(row: Row): void {
    const open = this.#open;
    this.#seen.lines += 1;
    this.#seen.records += 1;
    if (open === undefined) {
      this.#orphan(row, 'no header record stands before this line');
      return;
    }
    open.lines += 1;
    if (open.ignored) return;
    const { raw, problem } = this.#lines.read(row, row.cells.length);
    const reference = this.#text(this.#reference, row);
    if (open.bad) {
      this.#taker.spoil(row, { reason: `its header record in line ${open.row.line} cannot be used` }, [], {
        block: open.block,
      });
    } else if (this.#reference !== undefined && reference !== open.raw.number && reference !== open.raw.id) {
      const column = headerOf(this.#reference, 'records.reference');
      const reason = `names another document than the header record in line ${open.row.line}, "${open.raw.number}"`;
      this.#doubt(row, { column, value: reference, reason });
    } else {
      this.#taker.take(row, { raw: { ...open.raw, ...raw }, problem }, open.block, open.row);
    }
  }

  /** A record between documents may be what the one before it lacks, or what was counted for it in the stead of another. */
  #orphan(row: Row, reason: string): void {
    this.#taker.spoil(row, { reason }, [], { block: this.#last });
  }

  #trailer(row: Row): void {
    const { trailer } = this.#records;
    const open = this.#open;
    const stated = this.#layout.toNumber(this.#text(this.#count, row));
    const column = headerOf(this.#count, 'records.trailer.count');
    if (trailer?.of === 'file') {
      this.#close();
      this.#ended = row;
      const counted = this.#seen[trailer.counts];
      if (Number(stated) === counted) return;
      throw badSource(
        this.#file,
        `has ${counted} ${trailer.counts} where its trailer in line ${row.line} states ${typeof stated === 'string' ? stated : 'no number'}. Nothing of it counts.`,
        'Export the file again; check `records.trailer.counts`.',
        column,
      );
    }
    if (open === undefined) {
      this.#orphan(row, 'no header record stands before this trailer');
      return;
    }
    if (Number(stated) !== open.lines && !open.bad) {
      const reason = `is not the number of lines of the document, which has ${open.lines}`;
      this.#taker.spoil(row, { column, value: this.#text(this.#count, row), reason }, [], { block: open.block });
    }
    if (open.lines === 0) this.#empty(open);
    this.#open = undefined;
  }

  /** The lines of a header record have ended without a trailer of theirs. */
  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || open.ignored || open.bad) return;
    if (open.lines === 0) this.#empty(open);
    else if (this.#records.trailer?.of === 'document') {
      this.#taker.spoil(open.row, { reason: 'has no trailer record: lines may be missing' }, [], { block: open.block });
    }
  }

  #empty({ row, block, ignored, bad }: Open): void {
    if (!ignored && !bad) this.#taker.spoil(row, { reason: 'has no lines' }, [], { block });
  }
}
