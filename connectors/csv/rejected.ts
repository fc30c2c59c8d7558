import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { Problem } from './reject.ts';
import type { Row } from './rows.ts';
import { plainCell } from './sheet/typed.ts';
import { makeFolderOf, unreachable } from './source-file.ts';

/** A spreadsheet runs text that starts with one of these; a plain number such as -5 is harmless. */
export function defuse(text: string): string {
  return /^[=@\t\r+-]/.test(text) && !/^[+-]?\d+([.,]\d+)?$/.test(text) ? `'${text}` : text;
}

/** Puts the finished file where it belongs, or takes the old one away where `path` is undefined. */
export type Publish = (path: string | undefined, name: string) => Promise<void>;

/** The rows of one file that could not be used, written as they are found, seen only when the file has been read to its end. */
export class RejectedFile {
  readonly #path: string | undefined;
  readonly #publish: Publish | undefined;
  #delimiter = ',';
  #handle: FileHandle | undefined;
  #header: readonly string[] = [];
  #rows: string[][] = [];

  /** `folder` undefined: nothing is written. `name` is the data file's, relative to `dir`. */
  constructor(folder: string | undefined, name: string, publish?: Publish) {
    const base = name.replaceAll('/', '_').replace(/\.csv$/i, '');
    this.#path = folder === undefined ? undefined : join(folder, `${base}.rejected.csv`);
    this.#publish = publish;
  }

  /** `delimiter`: what parts the values of the data file, and so of this one. */
  start(header: readonly string[], delimiter: string): void {
    this.#header = header;
    if (delimiter !== '') this.#delimiter = delimiter;
  }

  add(row: Row, problem: Problem): void {
    if (this.#path === undefined) return;
    // Ragged rows keep their cells; padding puts `line` and `reason` under their own headers.
    const cells = [...row.cells];
    while (cells.length < this.#header.length) cells.push('');
    const reason = problem.column === undefined ? problem.reason : `${problem.column} ${problem.reason}`;
    this.#rows.push([...cells.map((cell) => defuse(plainCell(cell))), String(row.line), defuse(reason)]);
  }

  /** Writes what has been added. To be called once a page, so that a file of a million bad rows does not sit in memory. */
  async flush(): Promise<void> {
    if (this.#path === undefined || this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    if (this.#handle === undefined) {
      await makeFolderOf(this.#path);
      this.#handle = await open(`${this.#path}.tmp`, 'w').catch((error: unknown) => {
        throw unreachable(`${this.#path}.tmp`, error);
      });
      // The mark makes a spreadsheet read Arabic as UTF-8.
      await this.#handle.write('\uFEFF');
      rows.unshift([...this.#header, 'line', 'reason']);
    }
    await this.#handle.write(stringify(rows, { delimiter: this.#delimiter }));
  }

  /** Puts the file in its place, or takes away the one of an earlier read where now all is well. */
  async finish(): Promise<void> {
    if (this.#path === undefined) return;
    await this.flush();
    if (this.#handle === undefined) {
      await rm(this.#path, { force: true });
      await this.#publish?.(undefined, basename(this.#path));
      return;
    }
    await this.#handle.close();
    this.#handle = undefined;
    await rename(`${this.#path}.tmp`, this.#path);
    await this.#publish?.(this.#path, basename(this.#path));
  }

  /** After a read that failed: leaves nothing half written. */
  async discard(): Promise<void> {
    if (this.#handle === undefined) return;
    await this.#handle.close();
    this.#handle = undefined;
    await rm(`${this.#path}.tmp`, { force: true });
  }
}
