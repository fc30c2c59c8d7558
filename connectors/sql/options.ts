import { z } from 'zod';
import { documentKinds, secret } from '../../src/connector/index.ts';
import { whyNoSelect } from './one-select.ts';
import { statementOption } from './statement.ts';

const columns = (example: string) =>
  z
    .record(z.string(), z.string())
    .default({})
    .describe(
      `Columns of the result whose name is not that of the field, such as \`${example}\`. Case and underscores do not matter: \`tax_amount\` is \`taxAmount\`.`,
    );

const products = z.strictObject({
  query: statementOption([]).describe(
    'One SELECT that gives every product: sku, name, price, and where known id, taxAmount, barcode, secondBarcode, description, category, brandId, supplier, imageUrl, hsCode, origin, active, type.',
  ),
  columns: columns('{ sku: default_code }'),
  types: z
    .record(z.string(), z.enum(['storable', 'kit', 'service']))
    .default({})
    .describe("The ERP's words for the product types, such as `{ consu: storable }`."),
});

const stock = z.strictObject({
  query: statementOption([]).describe(
    'One SELECT that gives every stock line: sku, location, quantity, and where known unit, productId. Zero lines included: what is not listed is left as it is, unless the location says `missing: zero`.',
  ),
  columns: columns('{ location: warehouse_code }'),
});

const cursor = z.strictObject({
  column: z.string().min(1).describe('Column that rises with each change of a document, the same in all of its lines.'),
  type: z.enum(['time', 'number']).default('time').describe('What the column holds.'),
  overlap: z
    .int()
    .min(0)
    .default(600)
    .describe(
      'How far before the last value each read begins again, in seconds (or in numbers): a transaction that is committed late carries an earlier time. What was read already is left out.',
    ),
});

const documents = z.strictObject({
  query: statementOption(['since']).describe(
    'One SELECT that gives the lines of finished receipts and disposals whose cursor is at or after `:since`, ordered by cursor and document: kind, number, date, location, sku, quantity, and where known id, company, deliveryDate, bookedAt, partner, waybill, note, unit.',
  ),
  columns: columns('{ number: name, sku: default_code }'),
  cursor: cursor.describe('By what the read goes on where the last one ended.'),
  kinds: z
    .record(z.string(), z.enum([...documentKinds, 'ignore']))
    .default({})
    .describe("The ERP's words for the document kinds, such as `{ GRN: purchase, WOF: disposal }`."),
});

const write = z
  .strictObject({
    appliedTable: z
      .string()
      .regex(/^[A-Za-z_][\w.]*$/, 'must be the name of a table')
      .default('oto_bridge_applied')
      .describe(
        'Table that holds the id of each command that was written, in the same transaction, so that none is written twice: `create table oto_bridge_applied (operation varchar(64) primary key, applied_at varchar(40) not null)`.',
      ),
    packing: z
      .array(statementOption(['operation', 'order', 'status', 'at', 'by', 'location']))
      .min(1)
      .optional()
      .describe(
        'Statements that store what became of an order, with :operation, :order, :status, :at, :by, :location.',
      ),
    stock: z
      .array(statementOption(['operation', 'sku', 'location', 'quantity', 'asOf']))
      .min(1)
      .optional()
      .describe('Statements that store one figure of OTO, with :operation, :sku, :location, :quantity, :asOf.'),
    note: z
      .array(statementOption(['operation', 'document', 'reference', 'text']))
      .min(1)
      .optional()
      .describe('Statements that store a note on a document, with :operation, :document, :reference, :text.'),
  })
  .describe('What is written to the ERP: each command is one transaction, and its first statement has to meet a row.');

const sqlserver = z.strictObject({
  instance: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Name of a named instance; SQL Server Browser on the host (UDP 1434) tells its port, so leave out `port`.',
    ),
  encrypt: z.boolean().default(true).describe('Whether the connection is encrypted.'),
  trustServerCertificate: z
    .boolean()
    .default(false)
    .describe(
      'Take whatever certificate the server shows: the connection is encrypted, but to whom nobody knows. Better name the authority in `ca`.',
    ),
  isolation: z
    .enum(['snapshot', 'read-committed'])
    .default('snapshot')
    .describe(
      "`snapshot`: a read sees one moment of the database, and its count proves it; the database's owner has to allow it (`alter database … set allow_snapshot_isolation on`). `read-committed`: where that cannot be; no read is then proven, and what is not listed is left as it is.",
    ),
});

const connected = z.strictObject({
  dialect: z
    .enum(['postgres', 'mysql', 'sqlserver'])
    .describe('`postgres`, `mysql` for MySQL and MariaDB, or `sqlserver`.'),
  host: z.string().min(1).describe('Name or address of the database server.'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Port; by default 5432, 3306 for `mysql`, 1433 for `sqlserver`.'),
  database: z.string().min(1).describe('Name of the database.'),
  user: z
    .string()
    .min(1)
    .describe(
      'User of the database itself (SQL Server: a SQL login, none of Windows); give it one that may only read what is read, and write what is written.',
    ),
  password: secret(z.string()).describe('Password of the user.'),
  ca: z
    .string()
    .optional()
    .describe(
      "PEM file of the authority that signed the server's certificate. With it the connection is encrypted, and the server checked. (SQL Server: encrypted anyway, and checked against the authorities of the system where this is not set.)",
    ),
  sqlserver: sqlserver.optional().describe('SQL Server: how to connect, and how to read.'),
  statementTimeoutSeconds: z.int().min(1).max(3600).default(300).describe('Longest time for one statement.'),
  pageSize: z.int().min(1).max(10_000).default(2000).describe('Rows that are fetched together.'),
  timestamps: z
    .enum(['local', 'utc'])
    .default('local')
    .describe("What times without a zone mean: the merchant's time zone, or UTC."),
  products: products.optional().describe('Products.'),
  stock: stock.optional().describe('Stock.'),
  documents: documents.optional().describe('Purchase receipts and disposals.'),
  watch: z
    .strictObject({
      channel: z
        .string()
        .regex(/^[A-Za-z_]\w*$/, 'must be the name of a channel')
        .optional()
        .describe(
          'PostgreSQL: channel of NOTIFY. A payload names what to read (`stock`, `documents`, `products`); without one everything is.',
        ),
      everySeconds: z.int().min(1).default(60).describe('How often it is looked anyway: notifications can be lost.'),
    })
    .default({ everySeconds: 60 })
    .describe('For flows with `watch: true`.'),
  write: write.optional(),
});

export const sqlOptions = connected.superRefine((options, issues) => {
  const { dialect, sqlserver: own, watch } = options;
  const refuse = (message: string, ...path: string[]) => issues.addIssue({ code: 'custom', message, path });
  for (const entity of ['products', 'stock', 'documents'] as const) {
    const query = options[entity]?.query;
    const why = query === undefined ? undefined : whyNoSelect(query, dialect);
    if (why !== undefined) refuse(why, entity, 'query');
  }
  if (dialect !== 'postgres' && watch.channel !== undefined)
    refuse('is for PostgreSQL alone: other databases notify nobody', 'watch', 'channel');
  if (own === undefined) return;
  if (dialect !== 'sqlserver') refuse('is for `dialect: sqlserver` alone', 'sqlserver');
  if (own.instance !== undefined && options.port !== undefined)
    refuse('leave it out: the port of a named instance is found by its name', 'port');
  if (!own.encrypt && (own.trustServerCertificate || options.ca !== undefined))
    refuse(
      'without encryption no certificate is shown: leave out `trustServerCertificate` and `ca`',
      'sqlserver',
      'encrypt',
    );
  if (own.trustServerCertificate && options.ca !== undefined)
    refuse('the server is checked by `ca`: leave this out', 'sqlserver', 'trustServerCertificate');
});

export type SqlOptions = z.output<typeof sqlOptions>;
export type SqlServerOptions = z.output<typeof sqlserver>;

export function sqlServerOptions({ sqlserver: own }: SqlOptions): SqlServerOptions {
  return own ?? sqlserver.parse({});
}
