import type { Reject } from '../../src/connector/index.ts';
import { type Column, headerOf, type Layout, placesOf } from './columns.ts';
import type { FileEntity } from './options.ts';
import type { Row } from './rows.ts';
import { plainCell, typedOf } from './sheet/typed.ts';

const longestValue = 200;

export interface Problem {
  readonly column?: string | undefined;
  readonly value?: string | undefined;
  readonly reason: string;
}

/** Of a cell of a workbook. */
export const errorReason = 'is an error of the spreadsheet and no value; it never counts as zero';

/** Why a record cannot be taken apart at all: cut off, a broken quote, or too few or too many cells. */
export function shapeProblem(row: Row, width: number): Problem | undefined {
  if (row.cut === true) {
    const why = row.fault === undefined ? 'the file ends without a line end after this record' : row.fault;
    return { reason: `${why}: it may have been cut short` };
  }
  if (row.fault !== undefined) return { reason: row.fault };
  if (row.cells.length === width) return undefined;
  return {
    value: row.cells.map(plainCell).join(' | '),
    reason: `has ${row.cells.length} columns where the header has ${width}; a value may hold the delimiter without being quoted`,
  };
}

/** A character that no table can hold (NUL), or that stands for bytes that are not of the file's character set. */
export function textProblem<E extends FileEntity>(row: Row, layout: Layout<E>): Problem | undefined {
  for (const [field, column] of Object.entries<Column | undefined>(layout.columns)) {
    for (const place of placesOf(column)) {
      const value = row.cells[place] ?? '';
      if (value.includes('\u0000')) {
        const typed = typedOf(value);
        if (typed === undefined) return { column: headerOf(column, field), value, reason: 'holds a NUL character' };
        if (typed.kind === 'error') return { column: headerOf(column, field), value: typed.text, reason: errorReason };
      }
      if (value.includes('\uFFFD')) {
        return {
          column: headerOf(column, field),
          value,
          reason: 'holds bytes that mean nothing in the character set of the file',
        };
      }
    }
  }
  return undefined;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
}

/** The first issue of a zod schema, told in the file's words. */
export function schemaProblem<E extends FileEntity>(
  issue: Issue | undefined,
  raw: Readonly<Record<string, string | undefined>>,
  layout: Layout<E>,
): Problem {
  const field = String(issue?.path.at(-1) ?? '');
  const column = headerOf((layout.columns as Record<string, Column | undefined>)[field], field);
  const value = raw[field];
  return { column, value, reason: value === undefined ? 'is empty' : (issue?.message ?? 'cannot be used') };
}

/** A class for the same reason as `WholeRow`: where a column is read wrongly, every row is rejected. */
class RowReject implements Reject {
  readonly op = 'reject';
  readonly key: string | undefined;
  readonly file: string;
  readonly line: number;
  readonly column: string | undefined;
  readonly value: string | undefined;
  readonly reason: string;

  constructor(file: string, line: number, { column, value, reason }: Problem, key: string | undefined) {
    this.key = key;
    this.file = file;
    this.line = line;
    this.column = column;
    this.value = value !== undefined && value.length > longestValue ? `${value.slice(0, longestValue)}…` : value;
    this.reason = reason;
  }
}

export function rejectOf(file: string, line: number, problem: Problem, key?: string): Reject {
  return new RowReject(file, line, problem, key);
}
