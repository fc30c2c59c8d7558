import { numberCell } from './numbers.ts';
import { SharedText, unescaped } from './texts.ts';
import { type Typed, typedCell } from './typed.ts';
import type { Workbook } from './workbook.ts';
import type { Attributes, Handlers } from './xml.ts';

/** What a sheet may have, as Excel says. */
const most = { rows: 1_048_576, columns: 16_384 };

const unworked = 'a formula that has not been worked out: open the file in Excel and save it';

/** One row of a sheet: its number, and its cells as texts (see typed.ts), without blank ones at the end. */
export interface SheetRow {
  readonly line: number;
  readonly cells: string[];
  readonly hidden: boolean;
}

/** The column of a reference such as `AB12`, counted from 1. */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of reference) {
    const value = letter.charCodeAt(0) - 64;
    if (value < 1 || value > 26) break;
    column = column * 26 + value;
  }
  return column;
}

/** An ISO date of a `d` cell, without a time of day that is none. */
function isoDate(text: string): Typed {
  const date = text.replace(/(?:\.0+)?Z?$/, '');
  return { kind: 'date', text: date.endsWith('T00:00:00') ? date.slice(0, 10) : date };
}

/** Takes the XML of a sheet and gives its rows. Throws an Error with a sentence where no spreadsheet would write so. */
export class SheetCells implements Handlers {
  readonly #book: Workbook;
  readonly #comma: boolean;
  readonly #inline = new SharedText();
  #rows: SheetRow[] = [];
  #inData = false;
  #line = 0;
  #hidden = false;
  #cells: string[] = [];
  #column = 0;
  #type = 'n';
  #style = 0;
  #value = '';
  #inValue = false;
  #formula = false;

  /** `comma`: the texts of the file write numbers with a decimal comma. */
  constructor(book: Workbook, comma: boolean) {
    this.#book = book;
    this.#comma = comma;
  }

  /** The rows since the last call that hold anything. */
  take(): SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  open(tag: string, attributes: Attributes): void {
    if (tag === 'sheetData') this.#inData = true;
    if (!this.#inData) return;
    if (tag === 'c') this.#startCell(attributes);
    else if (tag === 'row') this.#startRow(attributes);
    else if (tag === 'v') this.#inValue = true;
    else if (tag === 'f') this.#formula = true;
    else this.#inline.open(tag);
  }

  text(piece: string): void {
    if (!this.#inValue) {
      this.#inline.add(piece);
      return;
    }
    this.#value += piece;
    if (this.#value.length > 128_000) throw new Error(`a cell of row ${this.#line} is too long`);
  }

  close(tag: string): void {
    if (tag === 'sheetData') this.#inData = false;
    else if (tag === 'v') this.#inValue = false;
    else if (tag === 'c') this.#endCell();
    else if (tag === 'row') {
      if (this.#cells.length > 0) this.#rows.push({ line: this.#line, cells: this.#cells, hidden: this.#hidden });
    } else this.#inline.close(tag);
  }

  #startRow({ r, hidden }: Attributes): void {
    const line = r === undefined ? this.#line + 1 : Number(r);
    if (!Number.isInteger(line) || line <= this.#line || line > most.rows) {
      throw new Error(`the row "${r}" follows the row ${this.#line}`);
    }
    this.#line = line;
    this.#hidden = hidden === '1' || hidden === 'true';
    this.#cells = [];
    this.#column = 0;
  }

  #startCell({ r, t = 'n', s = '0' }: Attributes): void {
    const column = r === undefined ? this.#column + 1 : columnOf(r);
    if (column <= this.#column || column > most.columns) throw new Error(`the cell "${r}" is out of place`);
    this.#column = column;
    this.#type = t;
    this.#style = Number(s);
    this.#value = '';
    this.#formula = false;
    this.#inline.start();
  }

  #endCell(): void {
    const content = this.#content();
    if (content === '') return;
    while (this.#cells.length < this.#column - 1) this.#cells.push('');
    this.#cells.push(typeof content === 'string' ? content : typedCell(content));
  }

  #content(): string | Typed {
    const value = this.#value;
    // Some programs write formulas with a zero for now, and leave it to Excel to work them out.
    if (this.#formula && this.#book.unworked) return { kind: 'error', text: unworked };
    switch (this.#type) {
      case 's': {
        const text = this.#book.texts[Number(value)];
        if (value === '' || text === undefined) throw new Error(`row ${this.#line} refers to a text that is not there`);
        return text;
      }
      case 'inlineStr':
        return this.#inline.take();
      case 'str':
        return unescaped(value);
      case 'b':
        return value === '' ? '' : value === '1' || value === 'true' ? 'TRUE' : 'FALSE';
      case 'e':
        return { kind: 'error', text: value === '' ? '#N/A' : value };
      case 'd':
        return value === '' ? '' : isoDate(value);
      case 'n': {
        if (value.trim() !== '') return this.#number(value);
        return this.#formula ? { kind: 'error', text: unworked } : '';
      }
      default:
        throw new Error(`row ${this.#line} has a cell of the unknown type "${this.#type}"`);
    }
  }

  #number(value: string): string | Typed {
    const format = this.#book.formats[this.#style] ?? { kind: 'plain' };
    return numberCell(value, format, { from1904: this.#book.from1904, comma: this.#comma });
  }
}
