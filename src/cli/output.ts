import { isBridgeError, messageOf } from '../lib/errors.ts';

/** Prints the one JSON document of a command, or its text. */
export function print(json: boolean, data: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${text().replace(/\n*$/, '')}\n`);
}

export function printError(json: boolean, error: unknown): void {
  if (json) {
    const body = isBridgeError(error) ? error.toJSON() : { code: 'INTERNAL', message: messageOf(error) };
    process.stdout.write(`${JSON.stringify({ error: body }, null, 2)}\n`);
    return;
  }
  process.stderr.write(`${errorText(error)}\n`);
}

export function errorText(error: unknown): string {
  if (!isBridgeError(error)) return `Error: ${messageOf(error)}`;
  const lines = [`Error ${error.code}: ${error.message}`];
  if (error.place !== undefined) {
    const { path, file, line, column, value } = error.place;
    const place = [
      path === undefined ? '' : `at ${path}`,
      file === undefined ? '' : `in ${file}${line === undefined ? '' : `:${line}`}`,
      column === undefined ? '' : `column ${column}`,
      value === undefined ? '' : `value "${value}"`,
    ].filter((part) => part !== '');
    if (place.length > 0) lines.push(`  ${place.join(', ')}`);
  }
  if (error.hint !== undefined) lines.push(`  ${error.hint}`);
  return lines.join('\n');
}

export type Cell = string | number | null | undefined;

/** A plain table, aligned by display width; numbers to the right. */
export function table(headers: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))));
  const widths = headers.map((header, column) =>
    Math.max(width(header), ...cells.map((row) => width(row[column] ?? ''))),
  );
  const line = (row: readonly string[], numeric: readonly boolean[]) =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
        return numeric[column] ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd();
  const isNumber = headers.map((_, column) =>
    rows.every((row) => typeof row[column] === 'number' || row[column] == null),
  );
  return [line(headers, isNumber), ...cells.map((row) => line(row, isNumber))].join('\n');
}

/** Columns that a text takes on a terminal, near enough: combining marks take none. */
function width(text: string): number {
  return [...text.replace(/\p{M}/gu, '')].length;
}

/** A moment for a person: local to the merchant, to the second. */
export function moment(date: Date | null | undefined, timezone: string): string {
  if (date === null || date === undefined) return '';
  return new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' }).format(date);
}
