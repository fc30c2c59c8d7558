/** One record of a file. */
export interface Row {
  /** Line on which it starts, counted from 1. */
  readonly line: number;
  /** Of a record that cannot be split, the cells before the place where it broke. */
  readonly cells: readonly string[];
  /** Why the record cannot be split into cells, or why its cells may belong to two records. */
  readonly fault?: string;
  /** The file ends inside this record, or without the line end that would show that it is whole. */
  readonly cut?: true;
}

/**
 * A record that was split. What is made for every row of a file is made by classes: V8 remembers of an object literal that all it gave
 * were still in use, as they are when memory is cleared while the first page is read, and puts whatever it gives from then on among the
 * old objects, which are cleared seldom. Over a million rows that took 100 MB more, in one process of three.
 */
export class WholeRow implements Row {
  readonly line: number;
  readonly cells: readonly string[];

  constructor(line: number, cells: readonly string[]) {
    this.line = line;
    this.cells = cells;
  }
}
