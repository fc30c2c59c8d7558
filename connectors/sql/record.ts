import { BridgeError, connectorErrors, type NameOf } from '../../src/connector/index.ts';
import type { Row } from './connection.ts';

/** Where the fields of an entity stand in a result. */
export type Columns = ReadonlyMap<string, string>;

interface Wanted {
  readonly fields: readonly string[];
  readonly required: readonly string[];
  /** Option `columns`. */
  readonly named: Readonly<Record<string, string>>;
  /** Path of the query's options, for messages. */
  readonly path: string;
}

const plain = (name: string) => name.toLowerCase().replaceAll('_', '');

/** @throws BridgeError CONNECTOR_OPTIONS where a column is missing, doubtful, or named for a field that there is not */
export function findColumns(names: readonly string[], { fields, required, named, path }: Wanted): Columns {
  const fail = (message: string): never => {
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `${message} The query gives: ${names.join(', ')}.`,
      hint: 'Name the columns in the query (`select code as sku`), or say in `columns` which is which.',
      place: { path },
    });
  };
  const odd = Object.keys(named).find((field) => !fields.includes(field));
  if (odd !== undefined) fail(`There is no field "${odd}" that a column could be taken for.`);
  const found = new Map<string, string>();
  for (const field of fields) {
    const wanted = named[field];
    const matches = names.filter((name) => (wanted === undefined ? plain(name) === plain(field) : name === wanted));
    const [column] = matches;
    if (matches.length > 1) fail(`The columns ${matches.join(' and ')} both look like "${field}".`);
    if (column !== undefined) found.set(field, column);
    else if (wanted !== undefined) fail(`The column "${wanted}" of \`columns.${field}\` is not there.`);
    else if (required.includes(field)) fail(`A column for "${field}" is missing.`);
  }
  return found;
}

/** The fields of a row that hold something. Blanks at the ends go: columns of a fixed width are filled up with them. */
export function fieldsOf(row: Row, columns: Columns): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [field, column] of columns) {
    const value = row[column]?.trim();
    if (value !== undefined && value !== '') fields[field] = value;
  }
  return fields;
}

/** Names the column of a field. */
export function namesIn(columns: Columns): NameOf {
  return (field) => columns.get(field) ?? field;
}
