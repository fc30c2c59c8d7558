import { z } from 'zod';
import { secret } from '../lib/secret.ts';
import { hook, http, webhooks } from './http-schema.ts';

/** The flows, in the order in which one depends on another. A new flow adds its name here and its file in `src/flows`. */
export const flowNames = ['products', 'stock', 'documents', 'packing', 'stock-back'] as const;
export type FlowName = (typeof flowNames)[number];

const share = z.number().min(0).max(1);
const cron = z.string().describe('Cron expression of five fields, in `timezone`, such as `0 2 * * *`.');

const oto = z.strictObject({
  environment: z
    .enum(['production', 'staging', 'simulator'])
    .describe('Which OTO to talk to. Tokens are good for one environment only.'),
  baseUrl: z
    .url()
    .optional()
    .describe('Address of the REST V2 API. Needed for the simulator; otherwise it follows from `environment`.'),
  refreshToken: secret(z.string().min(1, 'is empty')).describe(
    "OTO's permanent refresh token (OTO: Settings, API Integrations, Connect). Give it as ${OTO_REFRESH_TOKEN}.",
  ),
  requestsPerSecond: z
    .union([z.number().positive(), z.literal('unlimited')])
    .default(5)
    .describe(
      'Calls per second to OTO, by all workers and commands on one database together: no second holds more than this, a tenth of it and one. OTO documents no limit; ask OTO before raising it. When OTO asks for fewer calls, all of them wait, and the rate comes back step by step.',
    ),
  concurrency: z.int().min(1).max(256).default(8).describe('Calls to OTO at the same time.'),
  timeoutSeconds: z
    .number()
    .positive()
    .default(30)
    .describe('How long one call may take before its outcome counts as unknown.'),
  probeSeconds: z
    .number()
    .positive()
    .default(60)
    .describe('How often a pause (refused token, missing right) is probed.'),
  settleSeconds: z
    .number()
    .min(0)
    .default(10)
    .describe(
      'How long after a lost answer OTO is asked what became of the call: a write may not be visible at once. Shorter than that lag, a call that landed looks as if it had not and is sent again; longer only costs time.',
    ),
  skusPerRead: z.int().min(1).max(500).default(50).describe('SKUs in one stock read. OTO documents no limit.'),
  urlLimit: z.int().min(500).default(4000).describe('Longest address, in bytes, of a stock read.'),
  productPageSize: z.int().min(1).max(1000).default(100).describe('Products in one page of the product list.'),
  orderTimezone: z
    .string()
    .optional()
    .describe(
      'Time zone of the dates that OTO writes into orders, where you know it. Unset, both UTC and `timezone` are considered.',
    ),
  orderLookbackDays: z
    .int()
    .min(1)
    .default(30)
    .describe('Orders created within this many days are searched for changes since a stock figure was true.'),
});

const database = z.strictObject({
  url: secret(z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://'))
    .optional()
    .describe('PostgreSQL 15 to 18. Without it an embedded PostgreSQL runs under `dataDir`.'),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,40}$/, 'must be a lower-case PostgreSQL name')
    .default('oto_bridge')
    .describe('Schema of the bridge; the jobs live in a second one with `_jobs` appended.'),
});

const source = z.strictObject({
  connector: z.string().min(1).describe('Built-in name (`csv`), npm package, or a path starting with `./`.'),
  options: z.record(z.string(), z.unknown()).default({}).describe("The connector's own options."),
  units: z
    .record(z.string(), z.string().regex(/^\d+(\.\d+)?$/, 'must be a positive decimal number'))
    .default({})
    .describe(
      'How many base units one of each unit holds, such as `{ PCS: "1", CTN: "12" }`. A unit that is not listed rejects its row.',
    ),
  fraction: z
    .enum(['reject', 'floor'])
    .default('reject')
    .describe(
      'OTO takes whole quantities: reject a row with a fraction, or round it down. Rows that are summed are judged by their sum.',
    ),
  duplicates: z
    .enum(['sum', 'last', 'reject'])
    .default('sum')
    .describe(
      'Several stock rows of one SKU and ERP location in one snapshot: `sum` takes them for lots or bins, `last` takes the one that came last, `reject` rejects all of them and leaves the figure in OTO alone.',
    ),
});

const location = z.strictObject({
  oto: z.string().min(1).describe('OTO pickup location code. Each appears once.'),
  source: z.string().min(1).describe('Name of the source that knows this location.'),
  erp: z
    .preprocess((codes) => (typeof codes === 'string' ? [codes] : codes), z.array(z.string().min(1)).min(1))
    .describe("The ERP's location codes, summed; `*` matches any text. One ERP code belongs to one OTO location."),
  stock: z
    .enum(['erp', 'oto', 'off'])
    .default('erp')
    .describe('Who owns the stock figure: `erp` is pushed to OTO, `oto` flows back to the ERP, `off` is left alone.'),
  receipts: z
    .enum(['order', 'stock', 'off'])
    .default('order')
    .describe('What makes received goods appear in OTO: an inventory order, the stock figure, or nothing.'),
  disposals: z.enum(['order', 'stock', 'off']).default('stock').describe('The same for goods that leave for good.'),
  missing: z
    .enum(['keep', 'zero'])
    .default('keep')
    .describe('A SKU that a proven complete snapshot does not list: keep its figure in OTO, or set it to zero.'),
  negative: z
    .enum(['clamp', 'reject'])
    .default('clamp')
    .describe('A negative figure: send 0 and say so, or reject it.'),
  moved: z
    .enum(['hold', 'overwrite'])
    .default('hold')
    .describe(
      'A figure that somebody else moved in OTO after it was read for the plan: hold a figure that would raise it until the next run, because it could give back what was sold, or overwrite it. A figure that lowers it is sent in any case. The run says how many, where.',
    ),
  buffer: z.int().min(0).default(0).describe('Units held back from sale, taken off every figure.'),
});

const schedule = {
  schedule: cron.optional(),
  enabled: z.boolean().default(true).describe('Off: the flow neither runs nor can be run.'),
};
const watch = z.boolean().default(false).describe('Read as soon as the source says that there is something new.');
const from = z.string().min(1).describe('Name of the source that is read.');
const to = z.string().min(1).describe('Name of the source that results are written to.');

const flows = z.strictObject({
  products: z
    .strictObject({ from, ...schedule, watch })
    .optional()
    .describe('Products of the ERP are created in OTO.'),
  stock: z
    .strictObject({
      from,
      ...schedule,
      watch,
      types: z
        .array(z.enum(['storable', 'kit', 'service']))
        .min(1)
        .default(['storable'])
        .describe(
          'Types of products whose stock rows count. What a kit is worth follows from its parts, and a service has none: their rows are left out, and what OTO shows of them is left alone.',
        ),
      bookingHours: z
        .number()
        .min(0)
        .default(0)
        .describe(
          'How long the ERP may take to book what left OTO, such as an order that is shipped in parts and booked as a whole. For so long after a change of an order its SKUs are not raised, or the ERP would give back what was sold. 0: a figure knows of all that left before its time.',
        ),
    })
    .optional()
    .describe('Stock figures of the ERP are set in OTO.'),
  documents: z
    .strictObject({
      from,
      ...schedule,
      watch,
      startFrom: z.iso.date().describe('Documents dated earlier are never sent.'),
      onChange: z
        .enum(['report', 'send-increase'])
        .default('report')
        .describe('A document that changed after it was sent: report it, or send what was added as `<reference>/2`.'),
      note: z
        .boolean()
        .default(false)
        .describe("Write a note with OTO's reference on each document in the ERP, once OTO has it."),
      pendingMaxDays: z
        .int()
        .min(1)
        .default(7)
        .describe('An inventory order that stays unprocessed for longer raises an alarm.'),
    })
    .optional()
    .describe('Purchase receipts and disposals become inventory orders in OTO.'),
  packing: z
    .strictObject({
      to: to.optional(),
      ...schedule,
      orderField: z
        .enum(['orderId', 'otoId', 'ref1', 'ref2', 'ref3'])
        .default('orderId')
        .describe(
          "What of OTO's order the ERP knows it by. All but `orderId` are read from the order's details before OTO is told; an order that has none is listed by `oto-bridge packing unmatched`.",
        ),
      orderPrefix: z
        .string()
        .default('')
        .describe("Text that stands before the ERP's order number there; it is taken off where it does."),
      claimMinutes: z
        .number()
        .min(0.01)
        .max(1440)
        .default(15)
        .describe(
          'An order that somebody at the station has taken is free again when they have done nothing with it for so long.',
        ),
      undoSeconds: z
        .number()
        .min(0)
        .max(300)
        .default(5)
        .describe(
          'For so long a pick or a pack at the station waits before OTO is told, so that it can be taken back. 0: OTO is told at once.',
        ),
    })
    .optional()
    .describe('Orders ready for packing are read from OTO; results are written to the ERP.'),
  'stock-back': z
    .strictObject({ to, ...schedule })
    .optional()
    .describe("OTO's figures of locations that OTO owns are written to the ERP."),
});

const guards = z.strictObject({
  zeroShare: share
    .default(0.2)
    .describe("Share of a location's stocked SKUs, of those that the snapshot lists, that one run may set to zero."),
  erosionShare: share
    .default(0.4)
    .describe(
      'The same share over several days: what this bridge has set to zero within `erosionDays` counts with it.',
    ),
  erosionDays: z.int().min(1).max(60).default(7).describe('How many days `erosionShare` looks back.'),
  changeShare: share
    .default(0.5)
    .describe("Share of a location's known SKUs, of those that the snapshot lists, that one run may change."),
  minimumKnownShare: share.default(0.2).describe('Share of the SKUs known at a location that a snapshot has to list.'),
  shareMinimum: z
    .int()
    .min(1)
    .default(10)
    .describe('The shares of a location are judged only where at least this many SKUs are concerned.'),
  groups: z
    .array(z.enum(['category', 'brand', 'supplier']))
    .default(['category', 'brand', 'supplier'])
    .describe(
      'Fields of a product by which its figures are judged as a group, at each location. Only products that the products flow has read have any.',
    ),
  groupZeroShare: share
    .default(0.5)
    .describe("Share of a product group's stocked SKUs at a location that one run may set to zero."),
  groupChangeShare: share
    .default(1)
    .describe("Share of a product group's stocked SKUs at a location that one run may change; 1: all of them."),
  groupMinimum: z
    .int()
    .min(2)
    .default(5)
    .describe('A product group is judged only where at least this many of its SKUs are stocked.'),
  strayZeroFrom: z
    .int()
    .min(1)
    .default(100)
    .describe(
      'A step from this figure or more to 0 that nothing explains is held until a second snapshot says 0; so is a location whose SKUs all fall to 0 at once, where they have this many units together.',
    ),
  unitJump: z
    .boolean()
    .default(true)
    .describe(
      'Hold a change by exactly ×12, ×24, ×1000 or their inverse, and changes of which more than half at one location or in one product group are about one factor: a unit was mistaken.',
    ),
  maxFigure: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe('A raise above this figure is held: a price or a barcode may have been read as a quantity.'),
  maxCreates: z.int().min(0).default(500).describe('Products that one run may create; the surplus waits for approval.'),
  maxDocuments: z
    .int()
    .min(0)
    .default(200)
    .describe('Documents that one run may send; the surplus waits for approval.'),
  maxDocumentAgeDays: z.int().min(0).default(14).describe('Documents older than this wait for approval.'),
});

const webAddress = z.url({ protocol: /^https?$/, error: 'must be an address that begins with https:// or http://' });

const alerts = z.strictObject({
  name: z
    .string()
    .min(1)
    .optional()
    .describe('What this bridge is called in alerts. Default: the name of `database.schema`.'),
  webhook: z
    .strictObject({
      url: secret(webAddress).describe(
        'Address that every alarm is posted to, as JSON, when it is raised and when it is over. Kept secret, because it often holds a token.',
      ),
      headers: z
        .record(z.string().regex(/^[\w-]+$/, 'must be the name of a header'), secret(z.string()))
        .default({})
        .describe('Headers that are sent along, such as `{ authorization: "Bearer ${ALERT_TOKEN}" }`.'),
      timeoutSeconds: z.number().positive().default(10).describe('How long one delivery may take.'),
    })
    .optional()
    .describe('Receiver of alarms. Without it they are shown by `oto-bridge status` only.'),
  repeatHours: z
    .number()
    .positive()
    .optional()
    .describe('Tell the receiver again after so many hours, as long as the alarm lasts. Default: never.'),
});

const days = z.number().positive();

const retention = z.strictObject({
  runDays: days.default(90).describe('Runs, with what they read, noted and rejected.'),
  planDays: days.default(30).describe('Plans that were applied, went stale or were rejected.'),
  operationDays: days.default(90).describe('Operations that have ended. Those that wait for a person stay.'),
  eventDays: days.default(30).describe('The single steps of operations that have ended.'),
  quarantineDays: days.default(90).describe('What was held back and has been decided.'),
  alarmDays: days.default(90).describe('Alarms whose cause is gone.'),
  packingDays: days.default(30).describe("Packing orders that are packed or have left OTO's list."),
  webhookDays: days.default(30).describe("What OTO's webhooks brought. What waits for a look stays."),
  staffEventDays: days
    .default(365)
    .describe('Who signed in to the station and who tried, and what became of accounts.'),
  jobDays: days.default(1).describe('Finished jobs of the queue.'),
  stockSnapshots: z
    .int()
    .min(2)
    .default(2)
    .describe('Stock snapshots of each source whose rows are kept; the newest is compared with the one before.'),
  everyMinutes: z.number().positive().default(60).describe('How often one of the workers deletes what is older.'),
});

/** The whole configuration. Unknown keys are errors. */
export const configSchema = z.strictObject({
  timezone: z
    .string()
    .refine(
      (zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC',
      'is no IANA time zone such as Asia/Riyadh',
    )
    .describe('IANA time zone of the merchant: schedules and document dates use it.'),
  oto: oto.describe('The OTO account.'),
  database: database.prefault({}).describe('Where the bridge keeps its state.'),
  dataDir: z
    .string()
    .min(1)
    .default('./.oto-bridge')
    .describe('Folder of the embedded PostgreSQL and of temporary files, relative to this file.'),
  sources: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be kebab-case'), source)
    .describe('The ERPs, by a name of your choice.'),
  locations: z.array(location).min(1, 'lists no location').describe('Every warehouse and branch that takes part.'),
  ignoreLocations: z
    .array(
      z.strictObject({
        source: z.string().min(1).describe('Name of the source.'),
        erp: z.array(z.string().min(1)).describe('ERP location codes; `*` matches any text.'),
      }),
    )
    .default([])
    .describe('ERP locations that are left out on purpose. Any other unmapped location rejects its rows.'),
  flows: flows.describe('What runs, and when.'),
  transfers: z
    .literal('off')
    .default('off')
    .describe(
      'Transfers between mapped locations are never purchases or disposals: they are left to OTO and the stock figures.',
    ),
  guards: guards.prefault({}).describe('What is held back for a person. The rest goes on.'),
  plans: z
    .strictObject({ maxAgeMinutes: z.number().positive().default(60).describe('A plan older than this is stale.') })
    .prefault({})
    .describe('Stored plans.'),
  push: z
    .strictObject({
      leaseSeconds: z
        .number()
        .min(0.2)
        .default(60)
        .describe(
          'How long one worker holds an operation before another may look after it. Must exceed `oto.timeoutSeconds`.',
        ),
      attempts: z.int().min(1).default(8).describe('Tries of an operation that OTO did not take; then it is parked.'),
      figureMaxAgeMinutes: z
        .number()
        .positive()
        .default(120)
        .describe('A stock figure that could not be sent for longer is dropped; the next run makes a fresh one.'),
      compareBeforeSet: z
        .boolean()
        .default(true)
        .describe(
          "Read OTO's figures again before stock figures are sent: what is right already costs no call, and what somebody else moved is treated as the location's `moved` says. Zeros are sent without it.",
        ),
      compareWithinSeconds: z
        .number()
        .min(0)
        .default(30)
        .describe(
          'A figure of OTO that was read within this time is not read again. Less means a smaller window in which a change in OTO goes unseen, and more reads.',
        ),
      waitMinutes: z
        .number()
        .min(0)
        .default(15)
        .describe('How long `sync` waits for its operations during a pause or an outage.'),
    })
    .prefault({})
    .describe('How operations are sent.'),
  retention: retention
    .prefault({})
    .describe(
      'How long the records of finished work are kept. Documents, and what happened to them, are kept for good.',
    ),
  http: http
    .prefault({})
    .describe('Health, figures for Prometheus, and what an ERP may call. docs/http.md describes it.'),
  hooks: z
    .record(z.string(), hook)
    .default({})
    .describe(
      'By the name of a source: who may call `POST /hooks/<name>` to say that it has something new. The flows that read from it then read at once.',
    ),
  webhooks: webhooks
    .optional()
    .describe('What OTO tells by itself. Without it the bridge finds out by schedule. docs/webhooks.md describes it.'),
  alerts: alerts.prefault({}).describe('Where alarms go. docs/alerts.md says what is posted.'),
  proxy: secret(webAddress)
    .optional()
    .describe(
      'HTTP or HTTPS proxy for OTO, alerts and those ERPs that are read over HTTP, such as `http://proxy.example.com:3128`; with user and password if it wants them.',
    ),
  noProxy: z
    .array(z.string().min(1))
    .default(['localhost', '127.0.0.1', '[::1]'])
    .describe('Hosts that are reached without the proxy; `*.example.com` means all below it.'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'PEM file with certificates of authorities to trust besides the well-known ones: of a proxy that looks inside, or of an ERP. Relative to this file.',
    ),
  log: z
    .strictObject({
      level: z
        .enum(['silent', 'error', 'warn', 'info', 'debug', 'trace'])
        .default('info')
        .describe('Least important lines that are written.'),
    })
    .prefault({})
    .describe('Logs, as JSON lines on standard error.'),
});

export type Config = z.output<typeof configSchema>;
export type LocationConfig = Config['locations'][number];
export type SourceConfig = Config['sources'][string];
