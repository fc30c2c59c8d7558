import { isRefused, numberReader } from './numbers.ts';
import type { AnyFiles } from './options.ts';
import type { Row } from './row.ts';
import { badSource } from './source-file.ts';
import { cleanWord } from './text.ts';

/** Finds the last line of a file that states how many rows there are, and whether it holds. Option `trailer`. */
export class Trailer {
  readonly #file: string;
  readonly #files: AnyFiles;
  readonly #option: Extract<AnyFiles, { trailer?: unknown }>['trailer'];
  #row: Row | undefined;

  constructor(file: string, files: AnyFiles) {
    this.#file = file;
    this.#files = files;
    this.#option = 'trailer' in files ? files.trailer : undefined;
  }

  get wanted(): boolean {
    return this.#option !== undefined;
  }

  /**
   * The row again, or nothing where it is the trailer as far as can be seen. What looks like a row as well is one after all when more
   * follows, and then comes too. Throws where rows follow what can be nothing but a trailer.
   */
  pass(row: Row, isRow: (cells: readonly string[]) => boolean): Row[] {
    const option = this.#option;
    if (option === undefined) return [row];
    const before = this.#row;
    if (before !== undefined && !isRow(before.cells)) {
      throw badSource(
        this.#file,
        `goes on in line ${row.line}, after its trailer in line ${before.line}: two exports were joined. Nothing of it counts.`,
        'Export the file again.',
      );
    }
    const may = row.fault === undefined && cleanWord(row.cells[0] ?? '', true) === option.type;
    this.#row = may ? row : undefined;
    return [before, may ? undefined : row].filter((one) => one !== undefined);
  }

  /** How many rows it states. Throws where it is not there, or states another number than `rows`; `headers`: lines of headers. */
  end(rows: number, headers: number): number | undefined {
    const option = this.#option;
    if (option === undefined) return undefined;
    if (this.#row === undefined) {
      throw badSource(
        this.#file,
        `has no trailer "${option.type}" in its last line: it was cut short. Nothing of it counts.`,
        'Export the file again, or take `trailer` out where this ERP writes none.',
      );
    }
    const stated = numberReader(this.#files)(this.#row.cells[option.count.position - 1] ?? '');
    const counted = option.counts === 'rows' ? rows : rows + headers + 1;
    if (!isRefused(stated) && Number(stated) === counted) return rows;
    throw badSource(
      this.#file,
      `has ${counted} ${option.counts} where its trailer in line ${this.#row.line} states ${isRefused(stated) ? 'no number' : stated}: it was cut short. Nothing of it counts.`,
      'Export the file again; check `trailer.counts`.',
    );
  }
}
