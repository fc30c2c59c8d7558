import { type Connector, defineConnector } from '../../src/connector/index.ts';
import { applyCommand } from './apply.ts';
import { check } from './check.ts';
import { readDocuments } from './documents.ts';
import { readMovements } from './movements.ts';
import { odooOptions } from './options.ts';
import { readProducts } from './products.ts';
import { Session } from './session.ts';
import { readStock } from './stock.ts';
import { watchOdoo } from './watch.ts';

export { type OdooOptions, odooOptions } from './options.ts';

/** Odoo 14–19 over its own API. See docs/odoo.md. */
export default defineConnector({
  name: 'odoo',
  apiVersion: 1,
  title: 'Odoo',
  summary: 'Reads products, stock and receipts of Odoo 14–19 over its API; writes packing results, counts and notes.',
  options: odooOptions,
  example: {
    url: 'https://erp.example.com',
    database: 'production',
    apiKey: '${ODOO_API_KEY}',
    companies: ['Example Trading'],
  },
  supports: {
    read: {
      products: { mode: 'incremental', deletes: 'never' },
      stock: { mode: 'full', zeros: 'omitted', deletes: 'absence' },
      documents: { mode: 'incremental', deletes: 'never' },
      movements: { mode: 'incremental', deletes: 'never', bySku: true },
    },
    apply: {
      'set-packing-status': { idempotent: true },
      'write-stock': { idempotent: true },
      'note-document': { idempotent: true },
    },
  },
  checkpointVersion: 1,
  async open(context): Promise<Connector> {
    const session = new Session(context);
    return {
      check: (signal) => check(session, signal),
      read: {
        products: (request) => readProducts(session, request),
        stock: (request) => readStock(session, request),
        documents: (request) => readDocuments(session, request),
        movements: (request) => readMovements(session, request),
      },
      watch: (entities, signal) => watchOdoo(session, entities, signal),
      apply: (command, signal) => applyCommand(session, command, signal),
      async [Symbol.asyncDispose]() {},
    };
  },
});
