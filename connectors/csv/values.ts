import { type Column, type Computed, headerOf, type Layout, textOf } from './columns.ts';
import { type DateReader, dateReader } from './dates.ts';
import { longestOperand } from './expressions.ts';
import { type Field, type FieldKind, type FileEntity, fields } from './fields.ts';
import { isRefused, type Refused } from './numbers.ts';
import type { AnyFiles } from './options.ts';
import { errorReason, type Problem, shapeProblem, textProblem } from './reject.ts';
import type { Row } from './rows.ts';
import { plainCell, type Typed, typedOf } from './sheet/typed.ts';
import { asciiDigits, cleanText, cleanWord, hasMarks, unwrap } from './text.ts';
import type { Warnings } from './warnings.ts';

/** What a spreadsheet makes of a long code of digits: `6.28E+12`. Excel, LibreOffice, R and pandas all write the sign. */
const eaten = /^\d(?:[.,\u066B]\d+)?[eE][+-]\d{2,3}$/;

/** The texts of one row by field, each as its kind is read: numbers and dates plain, codes without invisible marks. */
export interface Values {
  readonly raw: Readonly<Record<string, string | undefined>>;
  /** The first value that cannot be used. */
  readonly problem: Problem | undefined;
}

interface Reading {
  readonly field: string;
  readonly kind: FieldKind;
  readonly column: Column;
}

/** Reads the values of rows, and gathers what is to be said about them. */
export class ValueReader<E extends FileEntity> {
  readonly #file: string;
  readonly #layout: Layout<E>;
  readonly #files: AnyFiles;
  readonly #dates: DateReader;
  readonly #isoDates: DateReader;
  readonly #warnings: Warnings;
  readonly #readings: readonly Reading[];

  constructor(entity: E, file: string, layout: Layout<E>, files: AnyFiles, timezone: string, warnings: Warnings) {
    this.#file = file;
    this.#layout = layout;
    this.#files = files;
    this.#dates = dateReader('dateFormat' in files ? [files.dateFormat].flat() : ['YYYY-MM-DD'], timezone);
    this.#isoDates = dateReader(['YYYY-MM-DD'], timezone);
    this.#warnings = warnings;
    const about: Readonly<Record<string, Field>> = fields[entity];
    this.#readings = Object.entries<Column | undefined>(layout.columns).flatMap(([field, column]) => {
      const kind = about[field]?.kind;
      return column === undefined || kind === undefined ? [] : [{ field, kind, column }];
    });
  }

  /** Whether `where` leaves the row out. Rows that cannot be taken apart are never left out: they are rejected. */
  leavesOut(row: Row): boolean | Problem {
    const { where, width } = this.#layout;
    if (where === undefined || shapeProblem(row, width) !== undefined) return false;
    const counts = this.#compute(where, row.cells);
    return isRefused(counts) ? { column: 'where', reason: counts.refused } : counts === 'false';
  }

  /** `width`: how many cells the row should have. */
  read(row: Row, width = this.#layout.width): Values {
    const raw: Record<string, string | undefined> = {};
    let problem = shapeProblem(row, width) ?? textProblem(row, this.#layout);
    for (const { field, kind, column } of this.#readings) {
      const cell = 'expression' in column ? this.#compute(column, row.cells) : textOf(column, row.cells, false);
      // What an expression worked out is a plain number already, unless it gives text.
      const done = 'expression' in column && column.expression.type !== 'string';
      const value = cell === undefined || isRefused(cell) || done ? cell : this.#read(kind, cell, column, field, row);
      if (!isRefused(value)) {
        raw[field] = value;
        continue;
      }
      raw[field] = isRefused(cell) || cell === undefined ? undefined : plainCell(cell);
      problem ??= { column: headerOf(column, field), value: raw[field], reason: value.refused };
    }
    return { raw, problem };
  }

  /** A cell of a workbook that is more than its text. */
  #readTyped(kind: FieldKind, cell: Typed, column: Column, field: string, row: Row): string | undefined | Refused {
    if (cell.kind === 'error') return undefined;
    if (cell.kind === 'number') return kind === 'number' ? cell.text : this.#read(kind, cell.shown, column, field, row);
    if (kind === 'date') return this.#isoDates.date(cell.text);
    if (kind === 'time') return this.#isoDates.time(cell.text);
    if (kind !== 'code' && kind !== 'number') return cell.text;
    return {
      refused:
        'is a date in the sheet: a spreadsheet made it of what was there before. Export without a spreadsheet, or format the column as text before anything is typed',
    };
  }

  #read(kind: FieldKind, cell: string, column: Column, field: string, row: Row): string | undefined | Refused {
    const typed = typedOf(cell);
    if (typed !== undefined) return this.#readTyped(kind, typed, column, field, row);
    const { trim } = this.#files;
    const bare = unwrap(trim ? cell.trim() : cell);
    const keep = kind === 'code' && this.#files.invisibleMarks === 'keep';
    const text = keep ? bare : kind === 'text' ? cleanText(bare, trim) : cleanWord(bare, trim);
    if (text === '') return undefined;
    switch (kind) {
      case 'text':
      case 'word':
        return text;
      case 'code':
        return this.#code(text, cell, headerOf(column, field), row);
      case 'number':
        return this.#number(text, headerOf(column, field), row);
      case 'date':
        return this.#dates.date(text);
      case 'time':
        return this.#dates.time(text);
    }
  }

  #code(text: string, cell: string, header: string, row: Row): string | Refused {
    if (text !== cell && hasMarks(cell)) {
      this.#warn(`Codes in the column "${header}" hold marks that nobody sees; they are read without them`, row, text);
    }
    if (this.#files.exponentCodes === 'keep' || !eaten.test(asciiDigits(text))) return text;
    this.#warn(`Codes in the column "${header}" were shortened by a spreadsheet; their rows are rejected`, row, text);
    return {
      refused:
        'is what a spreadsheet makes of a long number, so the code is lost. Export without a spreadsheet; where this is a real code, set `exponentCodes: keep`',
    };
  }

  #number(text: string, header: string, row: Row): string | Refused {
    const number = this.#layout.toNumber(text);
    if (/\de/i.test(text) && (!isRefused(number) || number.refused.includes('exponent'))) {
      const what = isRefused(number) ? 'their rows are rejected' : 'digits may be lost';
      this.#warn(`Numbers in the column "${header}" are written with an exponent; ${what}`, row, text);
    }
    return number;
  }

  #compute({ expression, inputs }: Computed, cells: readonly string[]): string | undefined | Refused {
    const row: Record<string, string> = Object.create(null);
    for (const { name, index } of inputs) {
      const cell = cells[index]?.trim() ?? '';
      const typed = typedOf(cell);
      if (typed?.kind === 'error') return { refused: `cannot be worked out: "${name}" ${errorReason}` };
      const text = cleanWord(unwrap(typed === undefined ? cell : plainCell(cell)), true);
      if (text.length > longestOperand) {
        return { refused: `cannot be worked out: "${name}" is longer than ${longestOperand} characters` };
      }
      row[name] = text;
    }
    const result = expression.evaluate(row);
    if (isRefused(result)) return result;
    return result === '' ? undefined : String(result);
  }

  #warn(what: string, row: Row, text: string): void {
    this.#warnings.add(what, `${this.#file} line ${row.line} "${text.slice(0, 40)}"`);
  }
}
