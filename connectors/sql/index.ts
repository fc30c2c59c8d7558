import { type Connector, defineConnector } from '../../src/connector/index.ts';
import { checkDatabase } from './check.ts';
import { openDatabase } from './database.ts';
import { readDocuments } from './documents.ts';
import { readProducts, readStock } from './level.ts';
import { sqlOptions } from './options.ts';
import { sessionOf } from './session.ts';
import { watchDatabase } from './watch.ts';
import { applyCommand } from './write.ts';

export { type SqlOptions, sqlOptions } from './options.ts';

/** An ERP that lives in a PostgreSQL, MySQL, MariaDB or SQL Server database, by queries of the configuration. See README.md beside this file. */
export default defineConnector({
  name: 'sql',
  apiVersion: 1,
  title: 'SQL database',
  summary:
    'Reads products, stock and documents by SELECTs from PostgreSQL, MySQL, MariaDB or SQL Server; writes by statements.',
  options: sqlOptions,
  example: {
    dialect: 'postgres',
    host: 'erp-db',
    database: 'erp',
    user: 'oto_reader',
    password: '${ERP_DB_PASSWORD}',
    products: { query: 'select code as sku, title as name, list_price as price from item' },
    stock: {
      query:
        'select i.code as sku, s.warehouse as location, s.on_hand as quantity from stock s join item i using (item_id)',
    },
    documents: {
      query:
        'select r.receipt_id as id, r.number, r.kind, r.posted_on as date, r.warehouse as location, l.code as sku, l.quantity, r.changed_at from receipt r join receipt_line l using (receipt_id) where r.changed_at >= :since order by r.changed_at, r.receipt_id',
      cursor: { column: 'changed_at' },
      kinds: { GRN: 'purchase' },
    },
    write: { packing: ['update sales_order set packing_status = :status where number = :order'] },
  },
  supports: {
    read: {
      products: { mode: 'full', deletes: 'absence' },
      stock: { mode: 'full', zeros: 'listed', deletes: 'absence' },
      documents: { mode: 'incremental', deletes: 'never' },
    },
    apply: {
      'set-packing-status': { idempotent: true },
      'write-stock': { idempotent: true },
      'note-document': { idempotent: true },
    },
  },
  checkpointVersion: 1,
  async open(context): Promise<Connector> {
    const session = sessionOf(context, await openDatabase(context));
    return {
      check: (signal) => checkDatabase(session, signal),
      read: {
        products: (request) => readProducts(session, request),
        stock: (request) => readStock(session, request),
        documents: (request) => readDocuments(session, request),
      },
      watch: (entities, signal) => watchDatabase(session, entities, signal),
      apply: (command, signal) => applyCommand(session, command, signal),
      async [Symbol.asyncDispose]() {},
    };
  },
});
