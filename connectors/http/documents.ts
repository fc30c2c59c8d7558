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
  type Zones,
} from '../../src/connector/index.ts';
import { momentBefore, namesIn } from './level.ts';
import { readList } from './list.ts';
import { findFields, findList, findText, type Json } from './mapping.ts';
import type { Session } from './session.ts';

interface Group {
  readonly head: TextFields;
  readonly lines: TextFields[];
  at: string;
}

/**
 * Documents that are new or were changed. The list is read to its end first: in whatever order it comes, and however often its pages overlap, a
 * document is put together from all of its records.
 */
export async function* readDocuments(
  session: Session,
  { since, signal }: ReadRequest,
): AsyncGenerator<Page<'documents'> | Manifest> {
  const options = session.optionsOf('documents');
  const { timezone, options: all } = session.context;
  const zones: Zones = { merchant: timezone, naive: all.timestamps === 'utc' ? 'utc' : timezone };
  const asOf = momentBefore(session);
  const cursor = new OverlapCursor(options.since, since);
  const groups = new Map<string, Group>();
  let record = 0;
  const keyOf = (one: Json) => {
    record += 1;
    return options.key === undefined ? String(record) : (findText(one, options.key) ?? '');
  };
  const list = readList(session, 'documents', keyOf, signal, cursor.since);
  for await (const portion of list.portions) for (const one of portion) gather(session, cursor, zones, groups, one);

  const { completeness, doubt } = list.end();
  const texts = { nameOf: namesIn({ ...options.fields, ...options.lineFields }), kinds: options.kinds, zones };
  const inOrder = [...groups].sort(([, a], [, b]) =>
    cursor.isBefore(a.at, b.at) ? -1 : cursor.isBefore(b.at, a.at) ? 1 : 0,
  );
  let changes: Change<'documents'>[] = [];
  let pages = 0;
  for (const [key, group] of inOrder) {
    const mark = documentMark(group.head, group.lines);
    if (cursor.isNew(key, mark)) {
      const change = documentOfTexts(key, group.head, group.lines, texts);
      if (change !== undefined) changes.push(change);
    }
    cursor.note(key, group.at, mark);
    if (changes.length < options.pageSize) continue;
    pages += 1;
    yield { changes, checkpoint: cursor.checkpoint() };
    signal.throwIfAborted();
    changes = [];
  }
  if (changes.length > 0) {
    pages += 1;
    yield { changes, checkpoint: cursor.checkpoint() };
    signal.throwIfAborted();
  }
  if (pages === 0) return;
  yield {
    manifest: {
      asOf,
      completeness: completeness === 'proven' ? 'likely' : completeness,
      description: `${all.baseUrl}${options.path}`,
      ...(doubt === undefined ? {} : { warnings: [`The documents may be incomplete: ${doubt}.`] }),
    },
  };
}

function gather(session: Session, cursor: OverlapCursor, zones: Zones, groups: Map<string, Group>, record: Json): void {
  const { fields: expressions, lines: linesAt, lineFields, since, kind } = session.optionsOf('documents');
  const at = findText(record, since.field) ?? '';
  if (!cursor.fits(at)) {
    throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
      message: `A document's \`${since.field}\` holds "${at}", which is no ${since.type}.`,
      hint: 'Say in `documents.since` where a record says when it was changed, and what stands there.',
      place: { path: session.pathOf('documents.since') },
    });
  }
  const found: TextFields = { ...(kind === undefined ? {} : { kind }), ...findFields(record, expressions) };
  const { head, line } = headAndLine(found);
  const lines =
    linesAt === undefined ? [line] : (findList(record, linesAt) ?? []).map((one) => findFields(one, lineFields));
  const key = documentKey(head, zones);
  const group = groups.get(key);
  // A nested document that comes twice was changed between two pages: the later one counts.
  if (group === undefined || linesAt !== undefined) groups.set(key, { head, lines, at });
  else {
    group.lines.push(...lines);
    if (cursor.isBefore(group.at, at)) group.at = at;
  }
}
