import { describe, expect, test } from 'vitest';
import { listOperations } from '../../src/store/operations.ts';
import { expectLedger } from '../support/ledger.ts';
import { jsonOf, openSite, type Site, type SyncResult, startCommand } from '../support/process.ts';
import { exportReceipts, landings, openOf, parkedOf } from '../support/receipts.ts';
import { sceneConfig } from './scenes.ts';

/** A command that dies at a point. */
async function die(site: Site, point: string, ...args: string[]): Promise<void> {
  const command = startCommand([...args, '--config', site.configFile, '--json'], { OTO_BRIDGE_CRASH: point });
  const ended = await command.ended;
  expect(ended, `${args.join(' ')} at ${point}: ${ended.stderr}`).toMatchObject({ signal: 'SIGKILL' });
}

const kinds = async (site: Site) => (await listOperations(site.db, {})).map(({ kind, state }) => `${kind} ${state}`);

/** One thing to do for each flow, and how often it has been done. */
const work = {
  stock: {
    kind: 'stock-set',
    async prepare(site: Site) {
      site.simulator.seed({ products: 1, stock: 100 });
      const [sku = ''] = site.simulator.state.products.keys();
      await site.erp.stock([[sku, 'RUH-MAIN', 101]]);
      return () => site.calls('updateStockQuantity');
    },
  },
  products: {
    kind: 'product-create',
    async prepare(site: Site) {
      await site.erp.products(['CR-01']);
      return () => site.calls('createProduct');
    },
  },
  documents: {
    kind: 'inventory-order',
    async prepare(site: Site) {
      await exportReceipts(site, 1);
      return () => site.calls('createInventoryOrder');
    },
  },
} as const;

describe.concurrent('a command dies', { timeout: 300_000 }, () => {
  test.for(['stock', 'products', 'documents'] as const)(
    'sync %s, while its plan becomes operations: all of them or none',
    async (flow, { onTestFinished }) => {
      const site = await openSite({ config: sceneConfig, onEnd: onTestFinished });
      const { kind, prepare } = work[flow];
      const calls = await prepare(site);
      for (const point of ['apply:created', 'apply:queued']) {
        await die(site, point, 'sync', flow);
        expect(await kinds(site)).toEqual([]);
      }
      await die(site, 'apply:committed', 'sync', flow);
      expect(await kinds(site)).toEqual([`${kind} ready`]);
      expect(calls()).toEqual([]);
      expect(await site.sync(flow)).toMatchObject({ status: 'done', counts: { parked: 0, refused: 0 } });
      expect(calls().map(({ effect }) => effect)).toEqual([true]);
      expect(await openOf(site)).toEqual([]);
      await expectLedger(site.db);
    },
  );

  test('packing pick, before and after the intent is stored', async ({ onTestFinished }) => {
    const site = await openSite({ config: sceneConfig, onEnd: onTestFinished });
    site.simulator.seed({ products: 1, stock: 100 });
    const [sku = ''] = site.simulator.state.products.keys();
    const items = [{ sku, quantity: 1 }];
    site.simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items, status: 'assignedToWarehouse' });
    await site.run('pull', 'packing');
    await die(site, 'mark:created', 'packing', 'pick', 'SO-1');
    expect(await kinds(site)).toEqual([]);
    await die(site, 'mark:committed', 'packing', 'pick', 'SO-1');
    expect(await kinds(site)).toEqual(['packing-status ready']);
    const ended = await site.run('packing', 'pick', 'SO-1');
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(site.calls('updatePackingStatus').map(({ effect }) => effect)).toEqual([true]);
    await expectLedger(site.db);
  });

  test('operations resolve, before and after the decision is stored', async ({ onTestFinished }) => {
    const site = await openSite({ config: sceneConfig, onEnd: onTestFinished });
    const numbers = await exportReceipts(site, 1);
    site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'resetAfter', count: 1 });
    expect(jsonOf<SyncResult>(await site.run('sync', 'documents'))).toMatchObject({ counts: { parked: 1 } });
    const [parked] = await parkedOf(site);
    const resolve = ['operations', 'resolve', String(parked?.id), '--landed', '--note', 'seen in OTO'];
    await die(site, 'decide:moved', ...resolve);
    expect(await kinds(site)).toEqual(['inventory-order parked']);
    await die(site, 'decide:committed', ...resolve);
    expect(await kinds(site)).toEqual(['inventory-order landed']);
    expect([...landings(site, numbers).values()]).toEqual([1]);
    expect(site.calls('createInventoryOrder')).toHaveLength(1);
    await expectLedger(site.db);
  });
});
