import {
  BridgeError,
  type Change,
  connectorErrors,
  documentKey,
  documentMark,
  documentOfTexts,
  headAndLine,
  type Manifest,
  OverlapCursor,
  type Page,
  type ReadRequest,
  type TextFields,
  textFieldsOf,
} from '../../src/connector/index.ts';
import type { Row } from './connection.ts';
import { type Columns, fieldsOf, findColumns, namesIn } from './record.ts';
import { columnNames, momentOf, optionsOf, pathOf, type Session } from './session.ts';
import { bind } from './statement.ts';

export const requiredOfDocuments = ['kind', 'number', 'date', 'location', 'sku', 'quantity'];

interface Group {
  readonly key: string;
  readonly at: string;
  readonly head: TextFields;
  readonly lines: TextFields[];
}

/** Documents that are new or were changed, oldest first; each whole, since the query orders its lines together. */
export async function* readDocuments(
  session: Session,
  { since, signal }: ReadRequest,
): AsyncGenerator<Page<'documents'> | Manifest> {
  const options = optionsOf(session, 'documents');
  const { pageSize } = session.context.options;
  const cursor = new OverlapCursor(options.cursor, since);
  await using transaction = await session.database.begin('read', signal);
  const asOf = await momentOf(session, transaction);
  const columns = documentColumns(session, await columnNames(session, transaction, options.query, cursor.since));
  const texts = { nameOf: namesIn(columns), kinds: options.kinds, zones: session.zones };
  const grouping = new Grouping(session, columns, cursor);
  let changes: Change<'documents'>[] = [];
  let rowsRead = 0;
  let pages = 0;
  const page = (): Page<'documents'> => ({ changes, checkpoint: cursor.checkpoint() });
  const take = (group: Group | undefined): void => {
    if (group === undefined) return;
    const mark = documentMark(group.head, group.lines);
    if (cursor.isNew(group.key, mark)) {
      const change = documentOfTexts(group.key, group.head, group.lines, texts);
      if (change !== undefined) changes.push(change);
    }
    cursor.note(group.key, group.at, mark);
  };
  const statement = bind(options.query, session.database.dialect, { since: cursor.since });
  for await (const rows of transaction.portions(statement, pageSize, orderOf(columns, options.cursor.column))) {
    for (const row of rows) {
      const group = grouping.add(row);
      rowsRead += 1;
      take(group);
      if (group === undefined || rowsRead < pageSize) continue;
      // Only between two documents: a checkpoint in the middle of one would lose its other lines.
      rowsRead = 0;
      if (changes.length === 0) continue;
      pages += 1;
      yield page();
      signal.throwIfAborted();
      changes = [];
    }
  }
  take(grouping.end());
  if (changes.length > 0) {
    pages += 1;
    yield page();
    signal.throwIfAborted();
  }
  if (pages > 0)
    yield {
      manifest: { asOf, completeness: 'likely', description: `documents of ${session.context.options.database}` },
    };
}

/** What the documents are ordered by: their cursor, and what tells them apart. */
function orderOf(columns: Columns, cursor: string): readonly string[] {
  const identity = columns.has('id') ? ['id'] : ['company', 'kind', 'number', 'date'];
  return [...new Set([cursor, ...identity.flatMap((field) => columns.get(field) ?? [])])];
}

export function documentColumns(session: Session, names: readonly string[]): Columns {
  const { columns: named, cursor } = optionsOf(session, 'documents');
  const path = pathOf(session.context, 'documents.columns');
  if (!names.includes(cursor.column)) {
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `The column "${cursor.column}" of \`documents.cursor\` is not there. The query gives: ${names.join(', ')}.`,
      hint: 'Let the query give it, under this very name.',
      place: { path: pathOf(session.context, 'documents.cursor.column') },
    });
  }
  return findColumns(names, { fields: textFieldsOf.documents, required: requiredOfDocuments, named, path });
}

/** Puts the lines of each document together. */
class Grouping {
  readonly #session: Session;
  readonly #columns: Columns;
  readonly #cursor: OverlapCursor;
  readonly #done = new Set<string>();
  #open: Group | undefined;

  constructor(session: Session, columns: Columns, cursor: OverlapCursor) {
    this.#session = session;
    this.#columns = columns;
    this.#cursor = cursor;
  }

  /** The document before this row, once it is whole. */
  add(row: Row): Group | undefined {
    const fields = fieldsOf(row, this.#columns);
    const { cursor } = optionsOf(this.#session, 'documents');
    const at = row[cursor.column]?.trim() ?? '';
    if (!this.#cursor.fits(at))
      throw this.#unordered(`the cursor "${cursor.column}" holds "${at}", which is no ${cursor.type}`);
    const key = documentKey(fields, this.#session.zones);
    const { head, line } = headAndLine(fields);
    const open = this.#open;
    if (open?.key === key) {
      if (open.at !== at)
        throw this.#unordered(
          `lines of document "${key}" carry the cursors ${open.at} and ${at}; all have to carry one`,
        );
      open.lines.push(line);
      return undefined;
    }
    if (open !== undefined && this.#cursor.isBefore(at, open.at))
      throw this.#unordered(`document "${key}" (${at}) comes after "${open.key}" (${open.at})`);
    if (this.#done.has(key)) throw this.#unordered(`lines of document "${key}" stand apart`);
    if (open !== undefined) this.#done.add(open.key);
    this.#open = { key, at, head, lines: [line] };
    return open;
  }

  end(): Group | undefined {
    const last = this.#open;
    this.#open = undefined;
    return last;
  }

  #unordered(what: string): BridgeError {
    return new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
      message: `The documents of source \`${this.#session.context.source}\` are not in order: ${what}.`,
      hint: 'End the query with `order by` the cursor and then the document, and give each line the cursor of its document.',
      place: { path: pathOf(this.#session.context, 'documents.query') },
    });
  }
}
