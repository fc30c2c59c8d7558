import { z } from 'zod';
import { documentKinds, secret } from '../../src/connector/index.ts';
import { jmespath } from './mapping.ts';

const meanings = {
  none: 'Nothing is sent; or all comes in one answer.',
  basic: 'User and password with every request.',
  bearer: 'A token that does not end.',
  header: 'A key in a header of its own.',
  oauth2: 'Tokens for client credentials, renewed before they end.',
  session: 'A login that gives cookies, again when they have ended.',
  offset: 'By the number of records that came before.',
  page: 'By page numbers.',
  cursor: 'By a cursor that each answer gives for the next.',
  link: 'By the `Link` header, `rel=next`.',
  next: 'By the address that each answer gives for the next, as OData does.',
} as const;

const kind = <Name extends keyof typeof meanings>(name: Name) => z.literal(name).describe(meanings[name]);

const auth = z
  .discriminatedUnion('type', [
    z.strictObject({ type: kind('none') }),
    z.strictObject({
      type: kind('basic'),
      user: z.string().min(1).describe('User.'),
      password: secret(z.string()).describe('Password.'),
    }),
    z.strictObject({
      type: kind('bearer'),
      token: secret(z.string().min(1)).describe('Token of `Authorization: Bearer`.'),
    }),
    z.strictObject({
      type: kind('header'),
      name: z.string().min(1).describe('Name of the header, such as `DOLAPIKEY`.'),
      secretValue: secret(z.string().min(1)).describe('What the header holds, such as `token KEY:SECRET`.'),
    }),
    z.strictObject({
      type: kind('oauth2'),
      grantUrl: z.url().describe('Address that gives tokens for client credentials.'),
      clientId: z.string().min(1).describe('Id of the client.'),
      clientSecret: secret(z.string().min(1)).describe('Secret of the client.'),
      scope: z.string().optional().describe('Scope that is asked for.'),
    }),
    z.strictObject({
      type: kind('session'),
      loginPath: z
        .string()
        .startsWith('/')
        .describe('Path that a login is posted to; the cookies of its answer open all others.'),
      user: z.string().min(1).describe('User.'),
      password: secret(z.string()).describe('Password.'),
      names: z
        .tuple([z.string().min(1), z.string().min(1)])
        .default(['UserName', 'Password'])
        .describe('What the login calls user and password.'),
      fields: z
        .record(z.string(), z.string())
        .default({})
        .describe('Further fields, such as `{ CompanyDB: SBODEMO }`.'),
    }),
  ])
  .default({ type: 'none' })
  .describe('How the server is signed in to.');

const total = jmespath.optional().describe('Where an answer states how many records there are in all.');
const paging = z
  .discriminatedUnion('type', [
    z.strictObject({ type: kind('none'), total }),
    z.strictObject({
      type: kind('offset'),
      offset: z.string().default('offset').describe('Parameter of the first record.'),
      limit: z.string().default('limit').describe('Parameter of the number of records.'),
      size: z.int().min(1).max(100_000).default(500).describe('Records in one answer.'),
      total,
    }),
    z.strictObject({
      type: kind('page'),
      page: z.string().default('page').describe('Parameter of the page.'),
      first: z.int().min(0).default(1).describe('Number of the first page.'),
      limit: z.string().default('limit').describe('Parameter of the number of records.'),
      size: z.int().min(1).max(100_000).default(500).describe('Records in one answer.'),
      total,
    }),
    z.strictObject({
      type: kind('cursor'),
      parameter: z.string().min(1).describe('Parameter of the cursor.'),
      next: jmespath.describe('Where an answer holds the next cursor; nothing there means the end.'),
      total,
    }),
    z.strictObject({ type: kind('link'), total }),
    z.strictObject({
      type: kind('next'),
      next: jmespath
        .default('"@odata.nextLink"')
        .describe('Where an answer holds the address of the next page; nothing there means the end.'),
      total,
    }),
  ])
  .default({ type: 'none' })
  .describe('How the answers follow each other.');

const expressions = (fields: string) =>
  z.record(z.string(), jmespath).describe(`Where each field stands in a record: JMESPath by field. ${fields}`);

const common = {
  path: z.string().startsWith('/').describe('Path of the list, from `baseUrl`.'),
  query: z
    .record(z.string(), z.string())
    .default({})
    .describe('Parameters. `{since}` in one is replaced by where the read begins (documents).'),
  paging,
  detail: z
    .string()
    .startsWith('/')
    .optional()
    .describe(
      'Path that is asked for each record, where the list says too little; `{…}` holds JMESPath. Its answer stands in the record as `detail`. One request for each record.',
    ),
  items: jmespath.default('@').describe('Where the list stands in an answer, such as `value` or `data`.'),
  key: jmespath
    .optional()
    .describe('What tells records apart and never changes; by default `id`, else `sku` (stock: SKU and location).'),
};

const products = z.strictObject({
  ...common,
  fields: expressions(
    'sku, name, price, and where known id, taxAmount, barcode, secondBarcode, description, category, brandId, supplier, imageUrl, hsCode, origin, active, type.',
  ),
  types: z
    .record(z.string(), z.enum(['storable', 'kit', 'service']))
    .default({})
    .describe("The ERP's words for the product types, such as `{ Inventory: storable, Service: service }`."),
});

const nested = (what: string) => jmespath.optional().describe(`Where ${what} stand in a record.`);

const stock = z.strictObject({
  ...common,
  fields: expressions('sku, location, quantity, and where known unit, productId.'),
  lines: nested('the figures of the locations'),
  lineFields: expressions('Fields that stand in the lines.').default({}),
});

const documents = z.strictObject({
  ...common,
  fields: expressions(
    'kind, number, date, location, and where known id, company, deliveryDate, bookedAt, partner, waybill, note; without `lines` also sku, quantity, unit.',
  ),
  lines: nested('the lines of a document').describe(
    'Where the lines of a document stand in its record. Without it each record is one line, and those of one document are put together.',
  ),
  lineFields: expressions('sku, quantity, unit.').default({}),
  since: z
    .strictObject({
      field: jmespath.describe('Where a record says when it was changed, or its rising number.'),
      type: z.enum(['time', 'number']).default('time').describe('What stands there.'),
      beginning: z
        .string()
        .optional()
        .describe('What `{since}` is at the first read, as the ERP writes such values. Default: 1970, or 0.'),
      overlap: z
        .int()
        .min(0)
        .default(600)
        .describe(
          'How far before the last value each read begins again, in seconds (or in numbers): what is committed late carries an earlier time. What was read already is left out.',
        ),
    })
    .describe('By what the read goes on where the last one ended.'),
  pageSize: z.int().min(1).max(10_000).default(500).describe('Documents that are stored together.'),
  kinds: z
    .record(z.string(), z.enum([...documentKinds, 'ignore']))
    .default({})
    .describe("The ERP's words for the document kinds."),
  kind: z.enum(documentKinds).optional().describe('The kind of all documents, where the list holds one only.'),
});

export const httpOptions = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }).describe('Address of the API, such as https://erp.example.com/api.'),
  auth,
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Further headers of every request. No secrets: those belong into `auth`.'),
  timeoutSeconds: z.int().min(1).max(600).default(60).describe('Longest time for one answer.'),
  timestamps: z
    .enum(['local', 'utc'])
    .default('local')
    .describe("What times without a zone mean: the merchant's time zone, or UTC. Numbers are seconds since 1970."),
  check: z
    .string()
    .startsWith('/')
    .optional()
    .describe('Path that `check` asks for; by default it only signs in and connects.'),
  products: products.optional().describe('Products.'),
  stock: stock.optional().describe('Stock.'),
  documents: documents.optional().describe('Purchase receipts and disposals.'),
});

export type HttpOptions = z.output<typeof httpOptions>;
export type Auth = HttpOptions['auth'];
export type Paging = NonNullable<HttpOptions['products']>['paging'];
