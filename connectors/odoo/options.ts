import { z } from 'zod';
import { secret } from '../../src/connector/index.ts';

const name = z.string().trim().min(1, 'is empty');
const domain = z.array(z.unknown());

export const odooOptions = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('Address of Odoo, such as `https://erp.example.com`.'),
    database: name.describe('Name of the database, as the list at `/web/database/selector` shows it.'),
    apiKey: secret(z.string().min(8, 'is too short for an API key')).describe(
      'API key of the user that the bridge signs in as; on Odoo 13 and before, its password.',
    ),
    user: name
      .optional()
      .describe('Login of that user. Odoo 14–18 need it; from Odoo 19 on the API key alone says who it is.'),
    protocol: z
      .enum(['auto', 'json2', 'jsonrpc'])
      .default('auto')
      .describe(
        'How Odoo is spoken to. `auto`: `/json/2` from Odoo 19 on, `/jsonrpc` before; by what Odoo says it is.',
      ),
    companies: z
      .array(name)
      .min(1, 'lists no company')
      .optional()
      .describe('Names of the companies whose goods are read and written. Default: all that the user may see.'),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(_[A-Z0-9]+)?(@\w+)?$/, 'must be a code of Odoo such as en_US or ar_001')
      .optional()
      .describe('Language of product names, as Odoo’s code for it: `ar_001`. Default: the language of the user.'),
    sku: z
      .enum(['default_code', 'barcode'])
      .default('default_code')
      .describe('Which field of a product is its SKU: the internal reference (`default_code`) or the barcode.'),
    locations: z
      .enum(['warehouse', 'location'])
      .default('warehouse')
      .describe(
        'What `locations[].erp` names: warehouses by their short name (`WH`), each with all of its internal locations, or single internal locations by their full name (`WH/Stock/Shelf 1`).',
      ),
    pageSize: z.int().min(1).max(10_000).default(1000).describe('Records that are asked for at a time.'),
    overlapMinutes: z
      .number()
      .positive()
      .max(1440)
      .default(15)
      .describe(
        'How far each read of what has changed looks back behind the last one. Odoo stamps a change with the start of its transaction, so the longest transaction has to fit in here.',
      ),
    watch: z
      .strictObject({
        everySeconds: z
          .number()
          .min(0.1)
          .max(3600)
          .default(10)
          .describe('How often Odoo is asked whether something has changed: one small request for each watched flow.'),
      })
      .prefault({})
      .describe('For flows with `watch: true`.'),
    timeoutSeconds: z.number().positive().max(600).default(60).describe('How long one request may take.'),
    products: z
      .strictObject({
        domain: domain
          .default([])
          .describe('Which products are read, as a domain of Odoo on `product.product`: `[["sale_ok", "=", true]]`.'),
      })
      .prefault({})
      .describe('Products, and which of them have stock.'),
    stock: z
      .strictObject({
        figure: z
          .enum(['on-hand', 'available'])
          .default('on-hand')
          .describe('Which figure counts: all that lies there, or without what Odoo has reserved (`available`).'),
        kits: z
          .enum(['skip', 'compute'])
          .default('skip')
          .describe(
            'What kits (phantom bills of materials) get: no line, or as many as Odoo can make of their parts. `compute` needs `locations: warehouse`.',
          ),
      })
      .prefault({})
      .describe('Stock figures.'),
    documents: z
      .strictObject({
        from: z.iso
          .date('must be a date as YYYY-MM-DD')
          .optional()
          .describe('What Odoo booked before this day is not read. Default: everything, at the first read.'),
        vendorReturns: z
          .enum(['disposal', 'skip'])
          .default('disposal')
          .describe('What goods that go back to a vendor are.'),
      })
      .prefault({})
      .describe('Purchase receipts and disposals.'),
    packing: z
      .strictObject({
        validateAt: z
          .enum(['packed', 'picked', 'never'])
          .default('packed')
          .describe('At which status of an order its transfer is validated in Odoo. Each status is noted on it.'),
        shortage: z
          .enum(['refuse', 'backorder', 'drop', 'force'])
          .default('refuse')
          .describe(
            'What to do where Odoo has not reserved all that the order wants: refuse, ship what is there and leave the rest in a backorder, ship it and drop the rest, or ship all as OTO did, also below zero.',
          ),
      })
      .prefault({})
      .describe('Packing results.'),
  })
  .superRefine(({ locations, stock }, context) => {
    if (stock.kits === 'compute' && locations !== 'warehouse') {
      context.addIssue({ code: 'custom', path: ['stock', 'kits'], message: '`compute` needs `locations: warehouse`' });
    }
  });

export type OdooOptions = z.output<typeof odooOptions>;
