import { CsvError, type Options, parse } from 'csv-parse/sync';
import { longestRecord } from './blocks.ts';
import { lineEnd, lineSize, linesIn, linesOf } from './lines.ts';
import { type Row, WholeRow } from './row.ts';
import { badSource } from './source-file.ts';

/** Beyond this many broken quotes the file is not written the way the configuration says. */
const mostFaults = 1000;

const newline = 10;
const carriageReturn = 13;

export interface Dialect {
  readonly delimiter: string;
  readonly quote: string | false;
  readonly escape: string;
}

/** What the rows of a file are like, once its header is known. */
export interface Table {
  /** How many cells a row has; undefined where rows of several types differ. */
  readonly width: number | undefined;
  /** Whether cells could be a row: as many as the header has, and none missing that a row needs. */
  readonly isRow: (cells: readonly string[]) => boolean;
}

/** Thrown inside csv-parse to take a record back. */
class Swallowed extends Error {}
class Ragged extends Error {}

const texts = {
  size: `a quote is opened here and not closed within ${longestRecord} bytes`,
  quote: 'a quote stands inside a value without being escaped, or text follows a closing quote',
  ragged: 'a quote is opened here and closed in a later line, which makes no row of the two',
  open: 'a quote is opened here and never closed',
  after: 'follows a quote that is never closed',
  swallowed: 'a quoted value with line breaks looks like several rows: a quote may be missing',
  zero: 'holds a NUL character: part of the file is damaged',
  long: `is longer than ${longestRecord} bytes`,
};

/**
 * Splits blocks of whole lines into records. Lines without quotes are split right here; blocks that hold quotes are given to csv-parse.
 * A broken quote costs only the line on which its record starts: splitting starts anew on the next one. (csv-parse alone would go on to
 * the next quote, over any number of lines.)
 */
export class Splitter {
  readonly #name: string;
  readonly #dialect: Dialect;
  readonly #quote: Buffer | undefined;
  readonly #options: Options;
  #rows: Row[] = [];
  /** A record whose closing quote has not been read yet. */
  #rest: Buffer = Buffer.alloc(0);
  /** Lines before the next byte. */
  #line: number;
  #faults = 0;
  #openLine: number | undefined;
  /** Until it is known, a value with line breaks is never suspect. */
  table: Table | undefined;

  /** `line`: how many lines of the file come before the first block. */
  constructor(name: string, dialect: Dialect, line = 0) {
    this.#name = name;
    this.#dialect = dialect;
    this.#line = line;
    this.#options = {
      ...dialect,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      max_record_size: longestRecord,
      skip_empty_lines: true,
    };
    this.#quote = dialect.quote === false ? undefined : Buffer.from(dialect.quote);
  }

  /** After `end`: the line whose quote is never closed. */
  get openLine(): number | undefined {
    return this.#openLine;
  }

  feed(block: Buffer): Row[] {
    return this.#split(block, false);
  }

  /** The last block, which may lack its line end. */
  end(block: Buffer): Row[] {
    return this.#split(block, true);
  }

  #drain(block: Buffer): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    if (!block.includes(0)) return rows;
    // A hole in a file may join the halves of two rows: no cell of such a row can be trusted.
    return rows.map((row) => {
      const hole = row.cells.findIndex((cell) => cell.includes('\u0000'));
      return hole < 0 ? row : { ...row, cells: row.cells.slice(0, hole), fault: texts.zero };
    });
  }

  #split(block: Buffer, last: boolean): Row[] {
    const whole = this.#rest.length === 0 ? block : Buffer.concat([this.#rest, block]);
    if (this.#quote === undefined || (this.#rest.length === 0 && !block.includes(this.#quote))) this.#plain(whole);
    else this.#quoted(this.#unwrapped(whole), last);
    return this.#drain(whole);
  }

  /** Records without quotes: a line each. */
  #plain(block: Buffer): void {
    const { delimiter } = this.#dialect;
    const mayReturn = block.includes(carriageReturn);
    for (let start = 0; start < block.length; ) {
      const found = block.indexOf(newline, start);
      const end = found < 0 ? block.length : found;
      // Each line is a string of its own: a part of a string keeps the whole of it in memory.
      let text = block.toString('utf8', start, end);
      start = end + 1;
      if (mayReturn) {
        if (found >= 0 && text.endsWith('\r')) text = text.slice(0, -1);
        if (text.includes('\r')) {
          const lines = text.split('\r');
          // The file ended with a carriage return: there is no further line.
          if (found < 0 && lines.at(-1) === '') lines.pop();
          for (const line of lines) this.#take(line, delimiter);
          continue;
        }
      }
      this.#take(text, delimiter);
    }
  }

  #take(text: string, delimiter: string): void {
    this.#line += 1;
    if (text.length > longestRecord) this.#rows.push({ line: this.#line, cells: [], fault: texts.long });
    else if (text !== '') this.#rows.push(new WholeRow(this.#line, text.split(delimiter)));
  }

  /** `="00123"`, by which a spreadsheet is made to keep a code as it is, is no broken quote: it is quoted as a whole. */
  #unwrapped(block: Buffer): Buffer {
    const { delimiter } = this.#dialect;
    if (this.#dialect.quote !== '"' || this.#dialect.escape !== '"' || !block.includes('="')) return block;
    const text = block.toString('latin1');
    const cell = new RegExp(`(?<=^|[${delimiter}\\r\\n])="([^"${delimiter}\\r\\n]+)"(?=[${delimiter}\\r\\n]|$)`, 'g');
    return Buffer.from(text.replace(cell, '"=""$1"""'), 'latin1');
  }

  #quoted(block: Buffer, last: boolean): void {
    let rest = block;
    this.#rest = Buffer.alloc(0);
    while (rest.length > 0) {
      const { end, fault } = this.#parse(rest);
      rest = rest.subarray(end);
      // What follows the last record is nothing but empty lines, up to the line that cannot be split.
      const blank = rest.findIndex((byte) => byte !== newline && byte !== carriageReturn);
      const skipped = rest.subarray(0, blank < 0 ? rest.length : blank);
      this.#line += linesOf(skipped);
      rest = rest.subarray(skipped.length);
      if (fault === undefined || rest.length === 0) return;
      const open = fault instanceof CsvError && fault.code === 'CSV_QUOTE_NOT_CLOSED';
      if (open && !last) {
        this.#rest = Buffer.from(rest);
        return;
      }
      if (open) {
        this.#never(rest);
        return;
      }
      rest = fault instanceof Swallowed ? this.#takeBack(rest) : this.#giveUp(rest, fault);
    }
  }

  /** Splits as far as it goes. `end`: where the last whole record ends. */
  #parse(block: Buffer): { end: number; fault: Error | undefined } {
    let end = 0;
    let lines = 0;
    const base = this.#line;
    let doubled = 0;
    let fault: Error | undefined;
    try {
      parse(block, {
        ...this.#options,
        on_record: (cells: string[], info) => {
          let inside = 0;
          let pairs = 0;
          if (info.lines !== lines + 1) {
            // Empty lines before the record, or line breaks inside its quotes; csv-parse counts a quoted CRLF as two.
            for (const cell of cells) {
              inside += cell.match(/[\r\n]/g)?.length ?? 0;
              pairs += cell.match(/\r\n/g)?.length ?? 0;
            }
            // A stray quote reached up to the next one, and what stands between is no value.
            const width = this.table?.width;
            if (inside > 0 && width !== undefined && cells.length !== width) throw new Ragged();
            if (inside > 0 && this.#looksLikeRows(cells)) throw new Swallowed();
          }
          // A copy: csv-parse makes its arrays by literals.
          this.#rows.push(new WholeRow(base + info.lines - inside - doubled, cells.slice()));
          doubled += pairs;
          lines = info.lines;
          end = info.bytes;
          return null;
        },
      });
    } catch (error) {
      if (!(error instanceof CsvError || error instanceof Swallowed || error instanceof Ragged)) throw error;
      fault = error;
    }
    this.#line = base + lines - doubled;
    return { end, fault };
  }

  /** Whether a value with line breaks is rather the end of one row, whole rows, and the start of another one. */
  #looksLikeRows(cells: readonly string[]): boolean {
    const { table } = this;
    if (table === undefined || !table.isRow(cells)) return false;
    const { delimiter } = this.#dialect;
    return cells.some((cell, index) => {
      const lines = cell.split(lineEnd);
      if (lines.length < 2) return false;
      const rows = lines.map((line) => line.split(delimiter));
      rows[0] = [...cells.slice(0, index), ...(rows[0] ?? [])];
      rows[rows.length - 1] = [...(rows.at(-1) ?? []), ...cells.slice(index + 1)];
      return rows.every((row) => table.isRow(row));
    });
  }

  /** Every line of a record that may be several rows is left out: whether its value is text or rows cannot be told. */
  #takeBack(rest: Buffer): Buffer {
    let size = 0;
    parse(rest, {
      ...this.#options,
      to: 1,
      on_record: (_cells: string[], info) => {
        size = info.bytes;
        return null;
      },
    });
    for (const line of linesIn(rest.subarray(0, size))) this.#fault(line, texts.swallowed);
    return rest.subarray(size);
  }

  /** Gives up the line with the broken quote. */
  #giveUp(rest: Buffer, fault: Error): Buffer {
    this.#faults += 1;
    if (this.#faults > mostFaults) {
      throw badSource(
        this.#name,
        `more than ${mostFaults} lines have broken quotes.`,
        'Check `delimiter`, `quote` and `escape`; where the ERP never quotes, set `quote: false`.',
      );
    }
    const size = lineSize(rest);
    const tooLong = fault instanceof CsvError && fault.code === 'CSV_MAX_RECORD_SIZE';
    this.#fault(
      rest.toString('utf8', 0, size),
      tooLong ? texts.size : fault instanceof Ragged ? texts.ragged : texts.quote,
    );
    return rest.subarray(size);
  }

  /** Either a stray quote or the place where the file was cut: all that follows is in doubt. */
  #never(rest: Buffer): void {
    this.#openLine = this.#line + 1;
    for (const [index, line] of linesIn(rest).entries())
      this.#fault(line, index === 0 ? texts.open : texts.after, true);
  }

  #fault(text: string, fault: string, cut = false): void {
    this.#line += 1;
    const line = text.replace(/[\r\n]+$/, '');
    if (line === '') return;
    // A line that is as long as this is binary rather than text.
    const cells = line.slice(0, 10_000).split(this.#dialect.delimiter);
    const broken = cells.findIndex((cell) => this.#dialect.quote !== false && cell.includes(this.#dialect.quote));
    const row = { line: this.#line, cells: broken < 0 ? cells : cells.slice(0, broken), fault };
    this.#rows.push(cut ? { ...row, cut } : row);
  }
}
