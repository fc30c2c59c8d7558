import { isBridgeError } from '../../src/connector/index.ts';
import { compile, type Expression, type ResultType } from './expressions.ts';
import { type Field, type FieldOf, type FileEntity, fields } from './fields.ts';
import { resultTypes, type Source } from './mapping.ts';
import { isRefused, type NumberReader, numberReader } from './numbers.ts';
import type { AnyFiles } from './options.ts';
import type { RecordColumn } from './record-types.ts';
import { badSource } from './source-file.ts';
import { cleanWord } from './text.ts';

/** Where a field's value comes from: a column of the file, the same text for every row, or an expression over the row. */
export type Column = { readonly index: number; readonly header: string } | { readonly value: string } | Computed;

/** An expression, and the columns that it reads. */
export interface Computed {
  readonly expression: Expression;
  readonly inputs: readonly { readonly name: string; readonly index: number }[];
  readonly header: string;
}

export interface Layout<E extends FileEntity> {
  readonly columns: { readonly [F in FieldOf<E>]?: Column };
  /** Which rows count; absent, all of them. */
  readonly where?: Computed | undefined;
  /** How many cells every row has. */
  readonly width: number;
  readonly header: readonly string[];
  readonly toNumber: NumberReader;
}

/** A header as people compare it: without regard to case, blanks and marks that nobody sees. */
function loose(name: string): string {
  return cleanWord(name, true).toLowerCase().replace(/\s+/g, '');
}

class Header {
  readonly #file: string;
  readonly names: readonly string[];

  constructor(file: string, names: readonly string[]) {
    this.#file = file;
    this.names = names;
  }

  /** The place of the column, exactly so named, or else the only one whose name differs by case and blanks alone. */
  find(name: string, exact: boolean): number | undefined {
    const index = this.names.indexOf(name);
    if (index >= 0) {
      if (this.names.indexOf(name, index + 1) < 0) return index;
      throw badSource(
        this.#file,
        `has the column "${name}" twice, so which of them is meant is in doubt.`,
        'Let the ERP name each column differently, or map it by `{ position }`.',
        name,
      );
    }
    if (exact) return undefined;
    const similar = this.names.flatMap((other, place) => (loose(other) === loose(name) ? [place] : []));
    if (similar.length <= 1) return similar[0];
    throw badSource(
      this.#file,
      `has no column "${name}", but ${similar.map((place) => `"${this.names[place]}"`).join(' and ')}.`,
      'Write the name exactly as in the file.',
      name,
    );
  }

  require(name: string, path: string): number {
    const index = this.find(name, false);
    if (index !== undefined) return index;
    throw this.missing(`no column "${name}"`, path, name);
  }

  missing(what: string, path: string, column?: string): Error {
    return badSource(
      this.#file,
      `has ${what} for \`${path}\`. Columns found: ${this.names.map((text) => `"${text}"`).join(', ')}.`,
      `Set \`${path}\` to the column's name, or check \`delimiter\`; if the file had the column before, the export changed.`,
      column,
    );
  }
}

function columnOf(header: Header, field: string, about: Field, source: Source | undefined, toNumber: NumberReader) {
  const path = `columns.${field}`;
  if (source === undefined) {
    const index = header.find(field, about.need === 'optional');
    if (index !== undefined) return { index, header: header.names[index] ?? field };
    if (about.need === 'optional') return undefined;
    throw header.missing(`no column "${field}"`, path, field);
  }
  if (typeof source === 'string') {
    const index = header.require(source, path);
    return { index, header: header.names[index] ?? source };
  }
  if (Array.isArray(source)) return firstOf(header, source, path);
  if ('value' in source) return source;
  if ('position' in source) {
    const index = source.position - 1;
    if (index < header.names.length) return { index, header: header.names[index] ?? `column ${source.position}` };
    throw header.missing(`${header.names.length} columns and so no ${source.position}th`, path);
  }
  return computedOf(header, source.expression, resultTypes(field, about), toNumber, path, field);
}

function firstOf(header: Header, names: readonly string[], path: string): Column {
  const found = new Set(names.flatMap((name) => header.find(name, false) ?? []));
  const [index] = found;
  if (index === undefined)
    throw header.missing(`none of the columns ${names.map((name) => `"${name}"`).join(', ')}`, path);
  if (found.size === 1) return { index, header: header.names[index] ?? '' };
  const both = [...found].map((place) => `"${header.names[place]}"`).join(' and ');
  throw header.missing(`${both}, so which of them is meant is in doubt,`, path);
}

function computedOf(
  header: Header,
  text: string,
  types: readonly ResultType[],
  toNumber: NumberReader,
  path: string,
  label: string,
): Computed {
  const expression = compile(text, types, toNumber);
  // The options were checked with the same code, so this is a defect and no fault of the file.
  if (isRefused(expression)) throw new Error(`${path}: ${expression.refused}`);
  const inputs = expression.columns.map((name) => ({ name, index: header.require(name, `${path}.expression`) }));
  const [only] = inputs;
  return { expression, inputs, header: inputs.length === 1 && only !== undefined ? only.name : label };
}

/**
 * Finds each field's column in the header; with `header: false`, by position alone. Throws CONNECTOR_BAD_SOURCE that names the
 * column and those that are there. `first` is the header, or else the first record.
 */
export function layoutOf<E extends FileEntity>(
  entity: E,
  files: AnyFiles,
  file: string,
  first: readonly string[],
): Layout<E> {
  const toNumber = numberReader(files);
  const names = first.map((name) => cleanWord(name, true));
  for (let place = names.length + 1; place <= placesNamed(files); place += 1) names.push(`column ${place}`);
  const header = new Header(file, names);
  const mapped = files.columns as Record<string, Source | undefined>;
  const columns: Record<string, Column> = {};
  for (const [field, about] of Object.entries<Field>(fields[entity])) {
    const column = columnOf(header, field, about, mapped[field], toNumber);
    if (column !== undefined) columns[field] = column;
  }
  const where =
    files.where === undefined
      ? undefined
      : computedOf(header, files.where.expression, ['bool'], toNumber, 'where', 'where');
  return {
    columns: columns as Layout<E>['columns'],
    where,
    width: header.names.length,
    header: header.names,
    toNumber,
  };
}

/** A column of records, outside the fields. Errors as of `layoutOf`. */
export function recordColumnOf(file: string, layout: Layout<'documents'>, path: string, source: RecordColumn): Column {
  const header = new Header(file, layout.header);
  const index = typeof source === 'string' ? header.require(source, path) : source.position - 1;
  if (index < header.names.length) return { index, header: header.names[index] ?? '' };
  throw header.missing(`${header.names.length} columns and so no ${index + 1}th`, path);
}

/** Without a header, records of one type may have more columns than the first record of the file: as many as are asked for. */
function placesNamed(files: AnyFiles): number {
  return 'layout' in files && files.layout !== 'lines' && files.headerLine === 'none' ? highestPlace(files) : 0;
}

/** The last column that the options name by its place; 0 where they name none so. */
export function highestPlace(files: AnyFiles): number {
  const text = JSON.stringify([files.columns, 'records' in files ? files.records : undefined]);
  return Math.max(
    0,
    ...Array.from(text.matchAll(/"position":(\d+)|\bcolumn (\d+)/g), (match) => Number(match[1] ?? match[2])),
  );
}

/** Whether cells are the header that the columns of an entity ask for. */
export function isHeaderOf(entity: FileEntity, files: AnyFiles, file: string, cells: readonly string[]): boolean {
  try {
    layoutOf(entity, files, file, cells);
    return true;
  } catch (error) {
    if (isBridgeError(error)) return false;
    throw error;
  }
}

/** The text of a cell, without blanks at its ends where `trim` says so; `undefined` where it is blank or unmapped. */
export function textOf(column: Column | undefined, cells: readonly string[], trim: boolean): string | undefined {
  if (column === undefined) return undefined;
  if ('value' in column) return column.value;
  if ('expression' in column) return undefined;
  const cell = cells[column.index];
  if (cell === undefined) return undefined;
  const text = trim ? cell.trim() : cell;
  return text === '' ? undefined : text;
}

/** What a rejection calls a field: the file's own word for it where there is one. */
export function headerOf(column: Column | undefined, field: string): string {
  return column !== undefined && 'header' in column ? column.header : field;
}

/** The places of the cells that a column reads. */
export function placesOf(column: Column | undefined): readonly number[] {
  if (column === undefined || 'value' in column) return [];
  return 'index' in column ? [column.index] : column.inputs.map((input) => input.index);
}
