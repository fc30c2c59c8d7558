import {
  BridgeError,
  type Change,
  connectorErrors,
  type EntityName,
  type Manifest,
  type Page,
  productOfTexts,
  type ReadRequest,
  stockOfTexts,
  type TextFields,
  textFieldsOf,
} from '../../src/connector/index.ts';
import type { Row, Transaction } from './connection.ts';
import { grammars } from './grammar.ts';
import { type Columns, fieldsOf, findColumns, namesIn } from './record.ts';
import { around, columnNames, firstText, momentOf, optionsOf, pathOf, type Session } from './session.ts';
import { bind } from './statement.ts';

type Level = 'products' | 'stock';
type ToChange<E extends EntityName> = (row: Row) => Change<E>;

const required = { products: ['sku', 'name', 'price'], stock: ['sku', 'location', 'quantity'] } as const;

/** Where the fields stand in what a query gives; reads no row. @throws BridgeError CONNECTOR_OPTIONS */
export async function levelColumns(session: Session, transaction: Transaction, entity: Level): Promise<Columns> {
  const { query, columns: named } = optionsOf(session, entity);
  return findColumns(await columnNames(session, transaction, query), {
    fields: textFieldsOf[entity],
    required: required[entity],
    named,
    path: pathOf(session.context, `${entity}.columns`),
  });
}

/** Everything at once; where one snapshot of the database also counts it, what is read is proven to be whole. */
async function* readLevel<E extends Level>(
  session: Session,
  entity: E,
  { signal }: ReadRequest,
  prepare: (transaction: Transaction) => Promise<ToChange<E>>,
): AsyncGenerator<Page<E> | Manifest> {
  const { query } = optionsOf(session, entity);
  await using transaction = await session.database.begin('read', signal);
  // Its clock before the first query: the snapshot is taken with that.
  const asOf = await momentOf(session, transaction);
  const expectedRows = Number(
    await firstText(transaction, around(session, 'select count(*) as count from', query, '')),
  );
  const toChange = await prepare(transaction);
  let read = 0;
  const { options } = session.context;
  for await (const rows of transaction.portions(bind(query, session.database.dialect, {}), options.pageSize)) {
    read += rows.length;
    yield {
      changes: rows.map(toChange),
      checkpoint: null,
      ...(expectedRows === 0 ? {} : { progress: Math.min(1, read / expectedRows) }),
    };
    signal.throwIfAborted();
  }
  const description = `${entity} of ${options.database}`;
  // A count of another moment proves nothing, and may differ where nothing is wrong.
  yield session.database.oneMoment
    ? { manifest: { asOf, expectedRows, completeness: 'proven', description } }
    : { manifest: { asOf, completeness: 'likely', description } };
}

export function readStock(session: Session, request: ReadRequest): AsyncGenerator<Page<'stock'> | Manifest> {
  return readLevel(session, 'stock', request, async (transaction) => {
    const columns = await levelColumns(session, transaction, 'stock');
    const nameOf = namesIn(columns);
    return (row) => stockOfTexts(fieldsOf(row, columns), nameOf);
  });
}

export function readProducts(session: Session, request: ReadRequest): AsyncGenerator<Page<'products'> | Manifest> {
  const { query, types } = optionsOf(session, 'products');
  return readLevel(session, 'products', request, async (transaction) => {
    const columns = await levelColumns(session, transaction, 'products');
    const twice = {
      sku: await repeated(session, transaction, query, columns.get('sku')),
      id: await repeated(session, transaction, query, columns.get('id')),
    };
    const nameOf = namesIn(columns);
    return (row) => {
      const fields = fieldsOf(row, columns);
      const field = repeatedIn(fields, twice);
      if (field === undefined) return productOfTexts(fields, { nameOf, types });
      const key = fields.id ?? fields.sku;
      return {
        op: 'reject',
        key,
        column: nameOf(field),
        value: fields[field],
        reason: `${field} stands in several rows`,
      };
    };
  });
}

interface Repeated {
  readonly sku: ReadonlySet<string>;
  readonly id: ReadonlySet<string>;
}

const mostRepeated = 100_000;

/** Values that stand in several rows: which of them is right nobody knows, so none of them counts. */
async function repeated(
  session: Session,
  transaction: Transaction,
  query: string,
  column: string | undefined,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (column === undefined) return found;
  const name = grammars[session.database.dialect].quoted(column);
  const statement = around(
    session,
    `select ${name} as value from`,
    query,
    `where ${name} is not null group by ${name} having count(*) > 1`,
  );
  for await (const rows of transaction.portions(statement, 1000)) {
    for (const row of rows) if (row.value) found.add(row.value.trim());
    if (found.size > mostRepeated) {
      throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
        message: `More than ${mostRepeated} values of "${column}" stand in several rows of the products.`,
        hint: 'A join multiplies the rows: let the query give each product once.',
        place: { path: pathOf(session.context, 'products.query') },
      });
    }
  }
  return found;
}

function repeatedIn(fields: TextFields, twice: Repeated): 'id' | 'sku' | undefined {
  return (['id', 'sku'] as const).find((field) => twice[field].has(fields[field] ?? ''));
}
