import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/simulator/random.ts';
import { listDocuments } from '../../src/store/documents.ts';
import type { Operation } from '../../src/store/operations.ts';
import { openSite, type Site, until } from '../support/process.ts';
import { exportReceipts, landings, numberOf, openOf, parkedOf } from '../support/receipts.ts';

const endpoints = {
  documents: 'createInventoryOrder',
  stock: 'updateStockQuantity',
  products: 'createProduct',
} as const;

/**
 * Runs a flow and kills it with -9 again and again: each time once the simulator has received some more calls, and a random moment
 * later. The last run is left alone.
 */
async function syncUnderFire(site: Site, flow: keyof typeof endpoints, kills: number, seed: number) {
  const random = seededRandom(seed);
  const calls = () => site.calls(endpoints[flow]).length;
  let killed = 0;
  for (let round = 0; round < kills; round += 1) {
    const from = calls();
    const enough = from + 1 + Math.floor(random() * 4);
    const command = site.start('sync', flow);
    await until(`${enough} calls or the end`, () => calls() >= enough || !command.running);
    await sleep(random() * 40);
    if (!command.running) break;
    await command.kill();
    killed += 1;
  }
  return { killed, last: await site.sync(flow) };
}

/** What a person does who looks each parked document up in OTO. */
async function resolveParked(site: Site, parked: readonly Operation[]) {
  for (const operation of parked) {
    const order = [...site.simulator.state.inventoryOrders.values()].find(
      ({ waybillNumber }) => waybillNumber === operation.request.waybillNumber,
    );
    const decision = order === undefined ? ['--resend'] : ['--landed', '--oto-id', String(order.otoId)];
    const ended = await site.run('operations', 'resolve', String(operation.id), ...decision);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
  }
}

describe('kill -9 in the middle of sending', { timeout: 90_000 }, () => {
  test('documents: none twice, none lost; what is in doubt is parked with its evidence', async () => {
    const site = await openSite();
    const numbers = await exportReceipts(site, 64);
    site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 40 });
    const { killed, last } = await syncUnderFire(site, 'documents', 10, 20261121);
    expect(killed).toBe(10);
    expect(last).toMatchObject({ status: 'done' });

    const counts = landings(site, numbers);
    expect(Math.max(...counts.values())).toBe(1);
    const parked = await parkedOf(site);
    expect(parked.length).toBeLessThanOrEqual(killed * 2);
    const inDoubt = new Set(parked.map((operation) => numberOf(operation.request)));
    const missing = [...counts].filter(([number, count]) => count === 0 && !inDoubt.has(number));
    expect(missing).toEqual([]);
    const evidence = await site.db.query<{ operation_id: number; detail: { lines: { sku: string }[] } }>(
      `select operation_id, detail from operation_event where "to" = 'parked'`,
    );
    expect(evidence.map((row) => row.operation_id).sort()).toEqual(parked.map((operation) => operation.id).sort());
    for (const { detail } of evidence) expect(detail.lines).toHaveLength(2);

    await resolveParked(site, parked);
    const end = await site.sync('documents');
    expect(end).toMatchObject({ status: 'done' });
    expect([...landings(site, numbers).values()]).toEqual(numbers.map(() => 1));
    expect(await openOf(site)).toEqual([]);
    const documents = await listDocuments(site.db, { states: ['pending'] });
    expect(documents.map(({ number }) => number).sort()).toEqual(numbers);
  });

  test('stock: in the end every figure is right, and none was set to anything else on the way', async () => {
    const site = await openSite();
    site.simulator.seed({ products: 300, stock: 100 });
    const figures = [...site.simulator.state.products.keys()].map(
      (sku, index) => [sku, 'RUH-MAIN', 101 + index] as const,
    );
    await site.erp.stock(figures);
    site.simulator.faults.add({ endpoint: 'updateStockQuantity', kind: 'latency', ms: 100 });
    const { killed, last } = await syncUnderFire(site, 'stock', 5, 20261122);
    expect(killed).toBe(5);
    expect(last).toMatchObject({ status: 'done', counts: { parked: 0, refused: 0 } });
    for (const [sku, , quantity] of figures) {
      const row = site.simulator.state.figures.find(sku, 'RUH1');
      expect(row?.now.onHand, sku).toBe(quantity);
      expect([...new Set(row?.past.map((figure) => figure.onHand))], sku).toEqual([100]);
    }
    expect(await openOf(site)).toEqual([]);
    expect(await site.sync('stock')).toMatchObject({ status: 'done', counts: { sent: 0 } });
  });

  test('products: each once', async () => {
    const site = await openSite();
    const wanted = Array.from({ length: 200 }, (_, index) => `P-${index}`);
    await site.erp.products(wanted);
    site.simulator.faults.add({ endpoint: 'createProduct', kind: 'latency', ms: 100 });
    const { killed, last } = await syncUnderFire(site, 'products', 5, 20261123);
    expect(killed).toBe(5);
    expect(last).toMatchObject({ status: 'done', counts: { parked: 0, refused: 0 } });
    const created = site.calls('createProduct').filter((call) => call.effect);
    expect(created.map((call) => call.params?.sku).sort()).toEqual([...wanted].sort());
    expect(await openOf(site)).toEqual([]);
  });
});
