import {
  type Change,
  type Manifest,
  type NameOf,
  type Page,
  type Paged,
  productOfTexts,
  type ReadRequest,
  stockKey,
  stockOfTexts,
  type TextFields,
} from '../../src/connector/index.ts';
import { readList } from './list.ts';
import { findFields, findList, findText, type Json } from './mapping.ts';
import type { Session } from './session.ts';

type Level = 'products' | 'stock';

async function* pagesOf<E extends Level>(
  session: Session,
  entity: E,
  list: Paged<Json>,
  asOf: string,
  signal: AbortSignal,
  changesOf: (record: Json) => Change<E>[],
): AsyncGenerator<Page<E> | Manifest> {
  let records = 0;
  let rows = 0;
  for await (const portion of list.portions) {
    const changes = portion.flatMap(changesOf);
    records += portion.length;
    rows += changes.length;
    if (changes.length > 0) yield { changes, checkpoint: null };
  }
  signal.throwIfAborted();
  const { completeness, expectedRows, doubt } = list.end();
  const { path } = session.optionsOf(entity);
  yield {
    manifest: {
      asOf,
      completeness,
      // What the server counts are records; of one there may be several rows.
      ...(expectedRows === undefined || rows !== records ? {} : { expectedRows }),
      description: `${session.context.options.baseUrl}${path}`,
      ...(doubt === undefined ? {} : { warnings: [`The ${entity} may be incomplete: ${doubt}.`] }),
    },
  };
}

/** Our clock before the first request: what changes while we read belongs to the next read. */
export function momentBefore({ context }: Session): string {
  return new Date(context.now()).toISOString();
}

export async function* readProducts(
  session: Session,
  { signal }: ReadRequest,
): AsyncGenerator<Page<'products'> | Manifest> {
  const { fields: expressions, key, types } = session.optionsOf('products');
  const nameOf = namesIn(expressions);
  const fieldsOf = (record: Json) => findFields(record, expressions);
  const keyOf = (record: Json) => {
    const { id, sku = '' } = fieldsOf(record);
    return key === undefined ? (id ?? sku) : (findText(record, key) ?? '');
  };
  const ownerOf = new Map<string, string>();
  const list = readList(session, 'products', keyOf, signal);
  yield* pagesOf(session, 'products', list, momentBefore(session), signal, (record) => {
    const fields = fieldsOf(record);
    const { id, sku = '' } = fields;
    const mine = id ?? sku;
    const owner = ownerOf.get(sku) ?? mine;
    ownerOf.set(sku, owner);
    if (owner === mine) return [productOfTexts(fields, { nameOf, types })];
    const reason = `sku stands in several records; ${owner} came first`;
    return [{ op: 'reject', key: mine, column: nameOf('sku'), value: sku, reason }];
  });
}

export async function* readStock(session: Session, { signal }: ReadRequest): AsyncGenerator<Page<'stock'> | Manifest> {
  const { fields: expressions, lines, lineFields, key } = session.optionsOf('stock');
  const nameOf = namesIn({ ...expressions, ...lineFields });
  const rowsOf = (record: Json): TextFields[] => {
    const fields = findFields(record, expressions);
    if (lines === undefined) return [fields];
    return (findList(record, lines) ?? []).map((line) => ({ ...fields, ...findFields(line, lineFields) }));
  };
  // Lots and bins of one figure are records of their own: without a key nothing but their place tells them apart.
  let place = 0;
  const keyOf = (record: Json) => {
    if (key !== undefined) return findText(record, key) ?? '';
    place += 1;
    const [first] = rowsOf(record);
    return `${stockKey(first?.sku ?? '', first?.location ?? '')}\t${place}`;
  };
  const list = readList(session, 'stock', keyOf, signal);
  yield* pagesOf(session, 'stock', list, momentBefore(session), signal, (record) =>
    rowsOf(record).map((fields) => stockOfTexts(fields, nameOf)),
  );
}

/** Names where a field stands in the answer. */
export function namesIn(expressions: Readonly<Record<string, string>>): NameOf {
  return (field) => expressions[field] ?? field;
}
