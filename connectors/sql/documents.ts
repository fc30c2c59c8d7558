import { createHash } from 'node:crypto';
import {
  BridgeError,
  type Change,
  connectorErrors,
  type DocumentKind,
  type Manifest,
  type Page,
  type ReadRequest,
  stockDocument,
} from '../../src/connector/index.ts';
import type { Row } from './connection.ts';
import { Cursor, isNoCursor } from './cursor.ts';
import { type Columns, dayOf, decimalOf, fieldsOf, findColumns, instantOf, problemOf } from './record.ts';
import { columnNames, momentOf, optionsOf, pathOf, type Session } from './session.ts';
import { bind } from './statement.ts';

const lineFields = ['sku', 'quantity', 'unit'] as const;
export const documentFields = [...Object.keys(stockDocument.shape).filter((field) => field !== 'lines'), ...lineFields];
export const requiredOfDocuments = ['kind', 'number', 'date', 'location', 'sku', 'quantity'];

type Fields = Readonly<Record<string, string>>;

interface Group {
  readonly key: string;
  readonly at: string;
  readonly head: Fields;
  readonly lines: Fields[];
}

/** Documents that are new or were changed, oldest first; each whole, since the query orders its lines together. */
export async function* readDocuments(
  session: Session,
  { since, signal }: ReadRequest,
): AsyncGenerator<Page<'documents'> | Manifest> {
  const options = optionsOf(session, 'documents');
  const { pageSize } = session.context.options;
  const cursor = new Cursor(options.cursor, since);
  await using transaction = await session.database.begin('read', signal);
  const asOf = await momentOf(session, transaction);
  const columns = documentColumns(session, await columnNames(session, transaction, options.query, cursor.since));
  const grouping = new Grouping(session, columns, cursor);
  let changes: Change<'documents'>[] = [];
  let rowsRead = 0;
  let pages = 0;
  const page = (): Page<'documents'> => ({ changes, checkpoint: cursor.checkpoint() });
  const take = (group: Group | undefined): void => {
    if (group === undefined) return;
    const mark = markOf(group);
    if (cursor.isNew(group.key, mark)) {
      const change = toDocument(session, group, columns);
      if (change !== undefined) changes.push(change);
    }
    cursor.note(group.key, group.at, mark);
  };
  const statement = bind(options.query, session.database.dialect, { since: cursor.since });
  for await (const rows of transaction.portions(statement, pageSize)) {
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
  return findColumns(names, { fields: documentFields, required: requiredOfDocuments, named, path });
}

/** Puts the lines of each document together. */
class Grouping {
  readonly #session: Session;
  readonly #columns: Columns;
  readonly #cursor: Cursor;
  readonly #done = new Set<string>();
  #open: Group | undefined;

  constructor(session: Session, columns: Columns, cursor: Cursor) {
    this.#session = session;
    this.#columns = columns;
    this.#cursor = cursor;
  }

  /** The document before this row, once it is whole. */
  add(row: Row): Group | undefined {
    const fields = fieldsOf(row, this.#columns);
    const { cursor } = optionsOf(this.#session, 'documents');
    const at = row[cursor.column]?.trim() ?? '';
    if (at === '' || isNoCursor(at, cursor.type))
      throw this.#unordered(`the cursor "${cursor.column}" holds "${at}", which is no ${cursor.type}`);
    const key = keyOf(fields, this.#session);
    const line = Object.fromEntries(lineFields.flatMap((name) => (fields[name] ? [[name, fields[name]]] : [])));
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
    this.#open = { key, at, head: fields, lines: [line] };
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

/** The ERP's own id, else what tells documents apart: company, kind, number and year. */
function keyOf({ id, company = '', kind = '', number = '', date = '' }: Fields, { zones }: Session): string {
  return id ?? [company, kind, number, dayOf(date, zones).slice(0, 4)].join('/');
}

/** The same for the same content, in whatever order the database gives the lines. */
function markOf({ head, lines }: Group): string {
  const { sku: _sku, quantity: _quantity, unit: _unit, ...fields } = head;
  const content = JSON.stringify([fields, lines.map((line) => JSON.stringify(line)).sort()]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 16);
}

function toDocument(session: Session, { key, head, lines }: Group, columns: Columns): Change<'documents'> | undefined {
  const { kinds } = optionsOf(session, 'documents');
  const { zones } = session;
  const word = head.kind ?? '';
  const kind: DocumentKind | 'ignore' | string = kinds[word] ?? word;
  if (kind === 'ignore') return undefined;
  const { date, deliveryDate, bookedAt } = head;
  const parsed = stockDocument.safeParse({
    ...head,
    kind,
    date: date === undefined ? undefined : dayOf(date, zones),
    deliveryDate: deliveryDate === undefined ? undefined : dayOf(deliveryDate, zones),
    bookedAt: bookedAt === undefined ? undefined : instantOf(bookedAt, zones),
    lines: lines.map((line) => ({
      ...line,
      quantity: line.quantity === undefined ? undefined : decimalOf(line.quantity),
    })),
  });
  if (parsed.success) return { op: 'upsert', key, value: parsed.data };
  const [issue] = parsed.error.issues;
  const line = issue?.path[0] === 'lines' ? lines[Number(issue.path[1])] : undefined;
  const { reason, ...rest } = problemOf(parsed.error, line ?? head, columns);
  return {
    op: 'reject',
    key,
    ...rest,
    reason:
      line === undefined
        ? reason
        : `line ${Number(issue?.path[1]) + 1}: ${reason}; a document counts whole or not at all`,
  };
}
