import { type Connector, defineConnector } from '../../src/connector/index.ts';
import { readDocuments } from './documents.ts';
import { readProducts, readStock } from './level.ts';
import { httpOptions } from './options.ts';
import { Session } from './session.ts';

export { type HttpOptions, httpOptions } from './options.ts';

/** An ERP with a REST or OData API, by its addresses and where things stand in its answers. See README.md beside this file. */
export default defineConnector({
  name: 'http',
  apiVersion: 1,
  title: 'HTTP and JSON',
  summary: 'Reads products, stock and documents of an ERP with a REST or OData API, mapped by JMESPath.',
  options: httpOptions,
  example: {
    baseUrl: 'https://erp.example.com/api',
    auth: { type: 'bearer', token: '${ERP_TOKEN}' },
    products: {
      path: '/items',
      items: 'value',
      paging: { type: 'next' },
      fields: { id: 'id', sku: 'number', name: 'displayName', price: 'unitPrice' },
    },
    stock: {
      path: '/stock',
      items: 'data',
      paging: { type: 'offset', total: 'total' },
      fields: { sku: 'item', location: 'warehouse', quantity: 'onHand' },
    },
  },
  supports: {
    read: {
      products: { mode: 'full', deletes: 'absence' },
      stock: { mode: 'full', zeros: 'listed', deletes: 'absence' },
      documents: { mode: 'incremental', deletes: 'never' },
    },
    apply: {},
  },
  checkpointVersion: 1,
  async open(context): Promise<Connector> {
    const session = new Session(context);
    return {
      check: (signal) => session.check(signal),
      read: {
        products: (request) => readProducts(session, request),
        stock: (request) => readStock(session, request),
        documents: (request) => readDocuments(session, request),
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
