import { describe, expect, test } from 'vitest';
import type { FaultInput } from '../../src/simulator/index.ts';
import { openSite, until } from '../support/process.ts';
import { exportReceipts, landings, numberOf, openOf, parkedOf } from '../support/receipts.ts';

type Kind = FaultInput['kind'];

/** The bridge cannot know what became of these calls; the first four had their effect, the others had not. */
const lost: readonly (readonly [Kind, object?])[] = [
  ['resetAfter'],
  ['status500', { effect: true }],
  ['status503', { effect: true }],
  ['hangAfter'],
  ['truncatedJson'],
  ['resetBefore'],
  ['hangBefore'],
];
/** These were surely not taken. OTO's wish to wait is longer than a lease. */
const declined: readonly (readonly [Kind, object?])[] = [['status429', { retryAfterSeconds: 2 }], ['oto1143']];

/** One rule a kind, each striking twice, one after the other in the stream of calls. */
function mishaps(endpoint: FaultInput['endpoint']): FaultInput[] {
  return [...lost, ...declined].map(
    ([kind, more], index) => ({ id: kind, endpoint, kind, count: 2, after: 1 + index, ...more }) as FaultInput,
  );
}

describe('answers that get lost, and OTO away for a while', { timeout: 90_000 }, () => {
  test('documents: those with an unknown outcome are parked, exactly those, and every other one lands once', async () => {
    const site = await openSite();
    const numbers = await exportReceipts(site, 60);
    for (const fault of mishaps('createInventoryOrder')) site.simulator.faults.add(fault);
    const result = await site.sync('documents');
    const calls = site.calls('createInventoryOrder');
    const struck = (kinds: typeof lost) =>
      calls.filter((call) => call.faults?.some((id) => kinds.some(([kind]) => kind === id)));
    const unknown = struck(lost).map((call) => numberOf(call.params));
    expect(unknown).toHaveLength(lost.length * 2);
    expect(struck(declined)).toHaveLength(declined.length * 2);
    expect(result).toMatchObject({
      status: 'done',
      outcome: 'needs-person',
      code: 2,
      counts: { landed: 60 - unknown.length, parked: unknown.length },
    });
    expect((await parkedOf(site)).map((operation) => numberOf(operation.request)).sort()).toEqual(unknown.sort());
    const counts = landings(site, numbers);
    const noEffect = new Set(['resetBefore', 'hangBefore']);
    const never = calls.filter((call) => call.faults?.some((id) => noEffect.has(id)));
    for (const call of never) expect(counts.get(numberOf(call.params))).toBe(0);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(60 - never.length);
    expect(Math.max(...counts.values())).toBe(1);
  });

  test('stock and products: read back or asked again, so that nothing is left for a person', async () => {
    const site = await openSite();
    site.simulator.seed({ products: 80, stock: 100 });
    const skus = [...site.simulator.state.products.keys()];
    const fresh = Array.from({ length: 60 }, (_, index) => `NEW-${index}`);
    await site.erp.stock(skus.map((sku, index) => [sku, 'RUH-MAIN', 101 + index] as const));
    await site.erp.products([...skus, ...fresh]);
    for (const fault of [...mishaps('updateStockQuantity')]) site.simulator.faults.add(fault);
    const stock = await site.sync('stock');
    expect(stock).toMatchObject({ status: 'done', outcome: 'changed', code: 0, counts: { landed: 80, parked: 0 } });
    expect(skus.map((sku) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand)).toEqual(
      skus.map((_, index) => 101 + index),
    );
    site.simulator.faults.clear();
    for (const fault of mishaps('createProduct')) site.simulator.faults.add(fault);
    const products = await site.sync('products');
    expect(products).toMatchObject({ status: 'done', outcome: 'changed', code: 0, counts: { landed: 60, parked: 0 } });
    const created = site.calls('createProduct').filter((call) => call.effect);
    expect(created.map((call) => call.params?.sku).sort()).toEqual(fresh.sort());
    expect(await openOf(site)).toEqual([]);
  });

  test('connections refused in the middle of a run: it goes on when OTO is back', async () => {
    const site = await openSite();
    const numbers = await exportReceipts(site, 40);
    site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 30 });
    const command = site.start('sync', 'documents');
    await until('ten documents', () => site.simulator.state.inventoryOrders.size >= 10);
    await site.simulator.outage(2.5);
    const before = site.simulator.state.inventoryOrders.size;
    expect(before).toBeLessThan(40);
    const { code } = await command.ended;
    const parked = await parkedOf(site);
    // The two that were on the wire when the connections were cut.
    expect(parked.length).toBeLessThanOrEqual(2);
    expect(code).toBe(parked.length > 0 ? 2 : 0);
    const inDoubt = new Set(parked.map((operation) => numberOf(operation.request)));
    const counts = landings(site, numbers);
    for (const [number, count] of counts) {
      if (inDoubt.has(number)) expect(count, number).toBeLessThanOrEqual(1);
      else expect(count, number).toBe(1);
    }
  });
});
