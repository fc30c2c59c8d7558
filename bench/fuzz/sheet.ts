import type { Random } from '../../src/demo/random.ts';
import type { Form } from './form.ts';

/** Writes the text of one file in its form, and knows on which line each row stands. */
export class Sheet {
  readonly #random: Random;
  readonly #form: Form;
  readonly #header: readonly string[];
  readonly #parts: string[] = [];
  #line = 0;
  #sincePage = 0;
  /** Rows as the manifest counts them. */
  rows = 0;

  constructor(random: Random, form: Form, header: readonly string[]) {
    this.#random = random;
    this.#form = form;
    this.#header = header;
    if (form.sepLine) this.#put(`sep=${form.delimiter}`);
    for (let title = 0; title < form.titles; title += 1) this.#put(this.#title());
    this.#put(this.#written(header));
  }

  #title(): string {
    const { delimiter } = this.#form;
    return this.#random.pick([
      'Stock list of 2026-11-20',
      `Branch${delimiter}Olaya`,
      '',
      `Printed by${delimiter}${delimiter}`,
    ]);
  }

  #lineEnd(): string {
    const { lineEnd } = this.#form;
    return lineEnd === 'mixed' ? this.#random.pick(['\r\n', '\n', '\r']) : lineEnd;
  }

  #put(text: string): number {
    const line = this.#line + 1;
    this.#line += 1 + (text.match(/\r\n|\n|\r/g)?.length ?? 0);
    // Before a bare line feed a carriage return would be half of its line end.
    this.#parts.push(text, text === '' && this.#form.lineEnd === 'mixed' ? '\r\n' : this.#lineEnd());
    return line;
  }

  #written(cells: readonly string[], raw?: number): string {
    return cells.map((cell, index) => (index === raw ? cell : this.#cell(cell))).join(this.#form.delimiter);
  }

  #cell(text: string): string {
    const { quoting, delimiter } = this.#form;
    if (quoting === 'never') return text;
    // As a spreadsheet writes what it is told to keep as text.
    if (quoting === 'needed' && /^="[^"]*"$/.test(text) && !text.includes(delimiter) && this.#random.chance(0.5))
      return text;
    if (quoting === 'always' || /["\r\n]/.test(text) || text.includes(delimiter))
      return `"${text.replaceAll('"', '""')}"`;
    return text;
  }

  /** Writes a row, and now and then what stands between rows. `raw`: the cell that is written as it is, without quotes. */
  row(cells: readonly string[], raw?: number): number {
    const { page, lineEnd, delimiter, totals, unicode } = this.#form;
    this.#sincePage += 1;
    if (page > 0 && this.#sincePage > page) {
      this.#sincePage = 0;
      if (totals.length > 0) this.#total();
      if (lineEnd !== 'mixed') this.#put('');
      const mark = unicode && this.#random.chance(0.2) ? '\uFEFF' : '';
      this.#put(mark + this.#written(this.#header));
    }
    if (lineEnd !== 'mixed' && this.#random.chance(0.002)) this.#put('');
    this.rows += 1;
    const text = this.#written(cells, raw);
    return this.#put(text === '' ? delimiter : text);
  }

  #total(): void {
    const { totals, delimiter } = this.#form;
    const word = this.#random.pick(totals);
    const written = this.#random.pick([word, word.toUpperCase(), `${word}:`, `${word} of the page`]);
    const blank = delimiter.repeat(this.#random.whole(0, 2));
    this.#put(`${blank}${written}${delimiter.repeat(this.#random.whole(1, 3))}${this.#random.whole(1, 9999)}`);
  }

  /** The whole text. What comes last: with its line end, without, or cut in the middle of the row `last`. */
  end(last: readonly string[]): { text: string; line: number; rows: number } {
    const { end, totals, lineEnd } = this.#form;
    if (end === 'whole') {
      const line = this.row(last);
      if (totals.length > 0) this.#total();
      if (lineEnd === 'mixed') this.#parts.splice(-1, 1, '\n');
      if (this.#random.chance(0.05)) this.#parts.push('\u001A');
      return { text: this.#parts.join(''), line, rows: this.rows };
    }
    const line = this.row(last);
    this.#parts.pop();
    const text = this.#parts.pop() ?? '';
    // Not in the middle of a pair of quotes, whose half would end the value.
    this.#parts.push(end === 'cut' ? text.slice(0, this.#random.whole(1, text.length)) : text);
    return { text: this.#parts.join(''), line, rows: this.rows };
  }
}
