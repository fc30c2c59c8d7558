/** A connector whose ERP leaves out stock lines of zero, in two JSON files: named by its path in a configuration. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { defineConnector, type Product, type StockLevel, stockKey } from '../../src/connector/index.ts';

export default defineConnector({
  name: 'omitting',
  apiVersion: 1,
  title: 'Omitting',
  summary: 'Leaves out zeros.',
  options: z.strictObject({ file: z.string().describe('JSON with products and stock.') }),
  example: { file: 'erp.json' },
  supports: {
    read: {
      products: { mode: 'full', deletes: 'absence' },
      stock: { mode: 'full', zeros: 'omitted', deletes: 'absence' },
    },
    apply: {},
  },
  checkpointVersion: 1,
  async open({ options, baseDir }) {
    const read = async () =>
      JSON.parse(await readFile(resolve(baseDir, options.file), 'utf8')) as {
        products: Product[];
        stock: StockLevel[];
      };
    const manifest = (expectedRows: number) => ({
      manifest: { asOf: new Date().toISOString(), expectedRows, completeness: 'proven' as const },
    });
    return {
      check: async () => void (await read()),
      read: {
        async *products() {
          const { products } = await read();
          yield {
            changes: products.map((value) => ({ op: 'upsert' as const, key: value.sku, value })),
            checkpoint: null,
          };
          yield manifest(products.length);
        },
        async *stock() {
          const { stock } = await read();
          const changes = stock.map((value) => ({
            op: 'upsert' as const,
            key: stockKey(value.sku, value.location),
            value,
          }));
          yield { changes, checkpoint: null };
          yield manifest(stock.length);
        },
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
