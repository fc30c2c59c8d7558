/** For each kind of operation: something to be sent, how often OTO or the ERP was called for it, and what has to be true in the end. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { App } from '../../src/app.ts';
import type { Flow, RunContext } from '../../src/engine/context.ts';
import { markPacking } from '../../src/engine/pack.ts';
import { runFlow } from '../../src/engine/run.ts';
import { flows } from '../../src/flows/index.ts';
import type { OperationKind } from '../../src/model/index.ts';
import { createOperations, type NewOperation } from '../../src/store/operation-steps.ts';
import { planItems } from '../../src/store/plans.ts';
import type { Site } from '../support/process.ts';
import { erpFiles, renamed } from '../support/site-config.ts';

/** One thing that is to be sent once. */
export interface Target {
  readonly name: string;
  /** Writes the operation and its job, as a run or a person would. `waiting`: one that waits for a pause that is over. */
  create(waiting: boolean): Promise<number>;
  /** Calls that were made for it. */
  calls(): Promise<number>;
  /** What it brought about is there, and only once. */
  expectDone(): Promise<void>;
}

export interface Scene {
  /** Where a lost answer is found out without the call being made again. */
  readonly readBack: boolean;
  targets(count: number): Promise<readonly Target[]>;
}

export const sceneConfig = {
  oto: { timeoutSeconds: 10 },
  // Nothing lapses by itself: the test lets time pass.
  push: { leaseSeconds: 60, waitMinutes: 0.5, compareWithinSeconds: 0 },
  sources: erpFiles({ documents: renamed.documents, write: { packing: 'results' } }),
  flows: {
    products: { from: 'erp' },
    stock: { from: 'erp' },
    documents: { from: 'erp', startFrom: '2020-01-01' },
    packing: { to: 'erp' },
  },
} as const;

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `CR-${String(index + 1).padStart(2, '0')}`);
const signal = () => AbortSignal.timeout(60_000);

async function create(app: App, operation: NewOperation, waiting: boolean, also?: Planned): Promise<number> {
  const { db, jobs } = app.bridge;
  return db.tx(async (tx) => {
    const wish = { ...operation, waitingFor: waiting ? 'account' : null };
    const [id] = await createOperations(tx, [wish], 'planner');
    if (id === undefined) throw new Error(`${operation.key} was left out`);
    await also?.(tx);
    if (!waiting) await jobs.enqueue(tx, [{ id, lane: operation.lane }]);
    return id;
  });
}

type Planned = (tx: Parameters<NonNullable<Flow['planned']>>[2]) => Promise<void>;

/** Plans a flow without sending, and gives each of its items as something that may be sent by itself. */
async function planned(app: App, flow: Flow): Promise<Map<string, (waiting: boolean) => Promise<number>>> {
  const { run, plan } = await runFlow(app.bridge, flow, {
    mode: 'plan',
    trigger: 'test',
    filter: {},
    signal: signal(),
  });
  const context = { ...app.bridge, run } as unknown as RunContext;
  const items = (await Array.fromAsync(planItems(app.bridge.db, plan?.id ?? 0))).flat();
  return new Map(
    items.map((item) => [
      item.sku ?? String(item.detail.number),
      async (waiting) =>
        create(app, await flow.operation(item, context), waiting, async (tx) => flow.planned?.([item], context, tx)),
    ]),
  );
}

function from(items: ReadonlyMap<string, (waiting: boolean) => Promise<number>>, name: string): Target['create'] {
  const one = items.get(name);
  if (one === undefined) throw new Error(`nothing is planned for ${name}`);
  return one;
}

const results = (site: Site) => join(site.erp.dir, 'results');

/** The rows that the ERP was given for an order. */
async function written(site: Site, orderId: string): Promise<string[]> {
  const files = (await readdir(results(site)).catch(() => [])).filter((file) => file.endsWith('.csv'));
  const texts = await Promise.all(files.map((file) => readFile(join(results(site), file), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line.startsWith(`${orderId},`)));
}

async function packingOrders(site: Site, app: App, count: number): Promise<string[]> {
  site.simulator.seed({ products: 1, stock: 100 });
  const [sku = ''] = site.simulator.state.products.keys();
  for (const orderId of names(count))
    site.simulator.staff.createOrder({
      orderId,
      location: 'RUH1',
      items: [{ sku, quantity: 1 }],
      status: 'assignedToWarehouse',
    });
  await runFlow(app.bridge, flows.packing, { mode: 'sync', trigger: 'test', filter: {}, signal: signal() });
  return names(count);
}

export const scenes: Readonly<Record<OperationKind, (site: Site, app: App) => Scene>> = {
  'stock-set': (site, app) => ({
    readBack: true,
    async targets(count) {
      site.simulator.seed({ products: count, stock: 100 });
      const skus = [...site.simulator.state.products.keys()];
      await site.erp.stock(skus.map((sku, index) => [sku, 'RUH-MAIN', 101 + index] as const));
      const items = await planned(app, flows.stock);
      return skus.map((sku, index) => ({
        name: sku,
        create: from(items, sku),
        calls: async () => site.calls('updateStockQuantity').filter(({ params }) => params?.sku === sku).length,
        async expectDone() {
          const row = site.simulator.state.figures.find(sku, 'RUH1');
          expect([...(row?.past ?? []), row?.now].map((figure) => figure?.onHand)).toEqual([100, 101 + index]);
        },
      }));
    },
  }),

  'product-create': (site, app) => ({
    readBack: false,
    async targets(count) {
      await site.erp.products(names(count));
      const items = await planned(app, flows.products);
      return names(count).map((sku) => ({
        name: sku,
        create: from(items, sku),
        calls: async () => site.calls('createProduct').filter(({ params }) => params?.sku === sku).length,
        async expectDone() {
          expect(site.simulator.state.productList.filter((product) => product.sku === sku)).toHaveLength(1);
        },
      }));
    },
  }),

  'inventory-order': (site, app) => ({
    readBack: false,
    async targets(count) {
      site.simulator.seed({ products: 2, stock: 100 });
      const [first = '', second = ''] = site.simulator.state.products.keys();
      const date = new Date().toISOString().slice(0, 10);
      await site.erp.documents(
        'CR',
        names(count).map((number) => ({ number, date, lines: { [first]: 3, [second]: 2 } })),
      );
      const items = await planned(app, flows.documents);
      return names(count).map((number) => {
        const isOurs = ({ waybillNumber }: { waybillNumber?: unknown }) =>
          String(waybillNumber).startsWith(`${number}-`);
        return {
          name: number,
          create: from(items, number),
          calls: async () => site.calls('createInventoryOrder').filter(({ params }) => isOurs(params ?? {})).length,
          async expectDone() {
            expect([...site.simulator.state.inventoryOrders.values()].filter(isOurs)).toHaveLength(1);
          },
        };
      });
    },
  }),

  'packing-status': (site, app) => ({
    readBack: true,
    async targets(count) {
      const orders = await packingOrders(site, app, count);
      return orders.map((orderId) => ({
        name: orderId,
        create: (waiting) =>
          waiting
            ? create(
                app,
                {
                  kind: 'packing-status',
                  flow: 'packing',
                  key: `${orderId}\tpicked`,
                  lane: 'packing',
                  location: 'RUH1',
                  orderId,
                  request: { orderId, packingStatus: 'picked' },
                  precondition: { packingStatus: null, by: 'Aisha' },
                },
                true,
              )
            : markPacking(app.bridge, { orderId, status: 'picked', by: 'Aisha' }),
        calls: async () => site.calls('updatePackingStatus').filter(({ params }) => params?.orderId === orderId).length,
        async expectDone() {
          const order = site.simulator.state.orders.get(orderId);
          expect(order?.history.filter(({ status }) => status === 'picked')).toHaveLength(1);
          // The ERP was told, once.
          expect(await written(site, orderId)).toHaveLength(1);
        },
      }));
    },
  }),

  'erp-command': (site, app) => ({
    readBack: false,
    async targets(count) {
      return names(count).map((orderId) => ({
        name: orderId,
        create: (waiting) =>
          create(
            app,
            {
              kind: 'erp-command',
              flow: 'packing',
              key: `set-packing-status/${orderId}/packed`,
              lane: 'erp',
              location: 'RUH1',
              orderId,
              request: {
                source: 'erp',
                command: {
                  name: 'set-packing-status',
                  orderId,
                  status: 'packed',
                  at: new Date().toISOString(),
                  location: 'RUH-MAIN',
                },
              },
            },
            waiting,
          ),
        calls: async () => (await written(site, orderId)).length,
        async expectDone() {
          expect(await written(site, orderId)).toHaveLength(1);
        },
      }));
    },
  }),
};
