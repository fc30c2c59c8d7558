import { type Connector, defineConnector } from '../../src/connector/index.ts';
import { checkFolders } from './check.ts';
import { readDocuments } from './documents.ts';
import { RemoteDrive } from './drive/remote.ts';
import { readProducts, readStock } from './level.ts';
import { csvOptions } from './options.ts';
import { sessionOf } from './session.ts';
import { watchFiles } from './watch.ts';
import { applyCommand, pruneLedgers } from './write.ts';

export { type CsvOptions, csvOptions } from './options.ts';

/** Files that an ERP drops into a folder, and result files for it. See README.md beside this file. */
export default defineConnector({
  name: 'csv',
  apiVersion: 1,
  title: 'CSV and Excel files',
  summary:
    'Reads products, stock and documents from CSV files and Excel workbooks in a folder, here or on an SFTP or FTP server; writes packing results and stock figures.',
  options: csvOptions,
  example: {
    dir: './erp',
    products: { files: 'products.csv', columns: { sku: 'Item No.', name: 'Description', price: 'Unit Price' } },
    stock: {
      files: 'stock.csv',
      columns: { sku: 'Item No.', location: 'Location Code', quantity: 'Qty on Hand', unit: { value: 'PCS' } },
    },
    documents: { files: 'receipts-*.csv', kinds: { GRN: 'purchase', WOF: 'disposal' } },
    write: { packing: 'out/packing', stock: 'out/stock' },
  },
  supports: {
    read: {
      products: { mode: 'full', deletes: 'absence' },
      stock: { mode: 'full', zeros: 'listed', deletes: 'absence' },
      documents: { mode: 'incremental', deletes: 'never' },
    },
    apply: { 'set-packing-status': { idempotent: true }, 'write-stock': { idempotent: true } },
  },
  checkpointVersion: 1,
  async open(context): Promise<Connector> {
    const session = sessionOf(context);
    const { drive } = session;
    // On a server that is done once something was written: opening asks nothing of it.
    let pruned = !drive.remote;
    if (pruned) await pruneLedgers(session);
    return {
      check: (signal) => checkFolders(session, signal),
      read: {
        products: (request) => readProducts(session, request),
        stock: (request) => readStock(session, request),
        documents: (request) => readDocuments(session, request),
      },
      watch: (entities, signal) => watchFiles(session, entities, signal),
      apply: async (command, signal) => {
        const result = await applyCommand(session, command, signal);
        if (!pruned) await pruneLedgers(session).catch(() => {});
        pruned = true;
        return result;
      },
      async [Symbol.asyncDispose]() {
        if (drive instanceof RemoteDrive) drive.close();
      },
    };
  },
});
