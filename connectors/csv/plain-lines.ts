import { type Layout, textOf } from './columns.ts';
import { type Problem, shapeProblem } from './reject.ts';
import type { Row } from './rows.ts';
import { cleanWord } from './text.ts';
import type { ValueReader, Values } from './values.ts';

/** Takes the rows of one documents file. */
export interface FileRows {
  /** Rows that `where` leaves out. */
  readonly leftOut: number;
  add(row: Row): void;
  /** All rows have come. Throws CONNECTOR_BAD_SOURCE where they cannot be all that was written. */
  end(): void;
}

/** Where rows go once it is known what they say. */
export interface Taker {
  /** A line of a document. `block` ties it to its header record `head`; 0: none. */
  take(row: Row, values: Values, block: number, head?: Row): void;
  /** A row that cannot be used. `names`: what it says it belongs to. `broken`: the rows around it are in doubt too. */
  spoil(row: Row, problem: Problem, names: readonly string[], about: { broken?: boolean; block?: number }): void;
}

/** Of a row whose cells may be shifted: what stands where the names belong, and any text too long to be a quantity. */
export function likelyNames(cells: readonly string[], { columns }: Layout<'documents'>): string[] {
  const own = [columns.id, columns.number].flatMap((column) => textOf(column, cells, true) ?? []);
  return [...own, ...cells.filter((cell) => cell.trim().length >= 4)].map((name) => cleanWord(name, true));
}

/** `layout: lines`: every row repeats the fields of its document. */
export class PlainLines implements FileRows {
  readonly #layout: Layout<'documents'>;
  readonly #reader: ValueReader<'documents'>;
  readonly #taker: Taker;
  leftOut = 0;

  constructor(layout: Layout<'documents'>, reader: ValueReader<'documents'>, taker: Taker) {
    this.#layout = layout;
    this.#reader = reader;
    this.#taker = taker;
  }

  add(row: Row): void {
    const shape = shapeProblem(row, this.#layout.width);
    if (shape !== undefined) {
      this.#taker.spoil(row, shape, likelyNames(row.cells, this.#layout), { broken: true });
      return;
    }
    const left = this.#reader.leavesOut(row);
    if (left === true) {
      this.leftOut += 1;
      return;
    }
    const values = this.#reader.read(row);
    this.#taker.take(row, left === false ? values : { raw: values.raw, problem: left }, 0);
  }

  end(): void {}
}
