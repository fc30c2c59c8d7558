import { badSource } from './files.ts';
import { type AnyFiles, type FieldOf, type FileEntity, fields } from './options.ts';

/** Where a field's value comes from: a column of the file, or the same text for every row. */
export type Column = { readonly index: number; readonly header: string } | { readonly value: string };

export interface Layout<E extends FileEntity> {
  readonly columns: { readonly [F in FieldOf<E>]?: Column };
  /** How many cells every row has. */
  readonly width: number;
  readonly header: readonly string[];
}

/** Finds each field's column in the header. Throws CONNECTOR_BAD_SOURCE that names the column and those that are there. */
export function layoutOf<E extends FileEntity>(
  entity: E,
  files: AnyFiles,
  file: string,
  header: readonly string[],
): Layout<E> {
  const names = header.map((name) => name.trim());
  const mapped = files.columns as Record<string, string | { value: string } | undefined>;
  const columns: Record<string, Column> = {};
  for (const [field, need] of Object.entries(fields[entity])) {
    const source = mapped[field];
    if (typeof source === 'object') {
      columns[field] = source;
      continue;
    }
    const name = source ?? field;
    const index = names.indexOf(name);
    if (index < 0) {
      if (source === undefined && need === 'optional') continue;
      throw badSource(
        file,
        `has no column "${name}" for \`${field}\`. Columns found: ${names.map((text) => `"${text}"`).join(', ')}.`,
        `Set \`columns.${field}\` to the column's name, or check \`delimiter\`; if the file had the column before, the export changed.`,
        name,
      );
    }
    if (names.indexOf(name, index + 1) >= 0) {
      throw badSource(file, `has the column "${name}" twice, so \`${field}\` is in doubt.`, undefined, name);
    }
    columns[field] = { index, header: name };
  }
  return { columns: columns as Layout<E>['columns'], width: names.length, header: names };
}

/** The text of a field in a row, without blanks at its ends where `trim` says so; `undefined` where it is blank or unmapped. */
export function textOf(column: Column | undefined, cells: readonly string[], trim: boolean): string | undefined {
  if (column === undefined) return undefined;
  if ('value' in column) return column.value;
  const cell = cells[column.index];
  if (cell === undefined) return undefined;
  const text = trim ? cell.trim() : cell;
  return text === '' ? undefined : text;
}

/** What a rejection calls a field: the file's own word for it where there is one. */
export function headerOf(column: Column | undefined, field: string): string {
  return column !== undefined && 'header' in column ? column.header : field;
}

/** `1234,50` as `1234.50`. What does not look like that stays as it is, and fails the number's check. */
export function decimal(text: string | undefined, separator: '.' | ','): string | undefined {
  if (text === undefined || separator === '.') return text;
  return text.includes('.') ? text.replace('.', ' ') : text.replace(',', '.');
}
