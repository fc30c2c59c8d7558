import { describe, expect, test } from 'vitest';
import { listOperations } from '../../src/store/operations.ts';
import { listPauses } from '../../src/store/pauses.ts';
import { jsonOf, openSite, type SyncResult, until } from '../support/process.ts';
import { exportReceipts, landings, openOf } from '../support/receipts.ts';

describe('OTO does not let the bridge', { timeout: 90_000 }, () => {
  test('a revoked token pauses the account, uses up no tries, and the run goes on when it works again', async () => {
    const site = await openSite({ config: { push: { leaseSeconds: 1, waitMinutes: 0.5, attempts: 2 } } });
    const numbers = await exportReceipts(site, 30);
    site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 30 });
    const command = site.start('sync', 'documents');
    await until('five documents', () => site.simulator.state.inventoryOrders.size >= 5);
    site.simulator.tokens.revokeRefresh();
    site.simulator.tokens.revokeAccess();
    const pause = await until('the pause', async () => (await listPauses(site.db))[0]);
    expect(pause).toMatchObject({ scope: 'account', name: 'account', paused_by: 'OTO' });
    const waiting = await until('all others to wait', async () => {
      const open = await openOf(site);
      return open.every((operation) => operation.state === 'waiting') && open;
    });
    expect(waiting.length).toBeGreaterThan(10);
    expect(new Set(waiting.map((operation) => `${operation.waiting_for} ${operation.attempts}`))).toEqual(
      new Set(['account 0']),
    );
    // Probed and refused again: the pause stays, and still no try is used up.
    const asked = site.calls('refreshToken').length;
    await until('three probes', () => site.calls('refreshToken').length >= asked + 3);
    expect(await listPauses(site.db)).toHaveLength(1);
    expect(command.running).toBe(true);
    site.simulator.tokens.restore();
    const ended = await command.ended;
    expect(jsonOf<SyncResult>(ended)).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 30 } });
    expect(ended.code).toBe(0);
    expect([...landings(site, numbers).values()]).toEqual(numbers.map(() => 1));
    expect(await listPauses(site.db)).toEqual([]);
  });

  test('403 for one family pauses that one, and others go on', async () => {
    const site = await openSite({ config: { push: { leaseSeconds: 1, waitMinutes: 0.5, attempts: 2 } } });
    site.simulator.seed({ products: 20, stock: 100 });
    const skus = [...site.simulator.state.products.keys()];
    await site.erp.stock(skus.map((sku, index) => [sku, 'RUH-MAIN', 101 + index] as const));
    await site.erp.products([...skus, 'NEW-1', 'NEW-2']);
    site.simulator.faults.add({ id: 'write', endpoint: 'updateStockQuantity', kind: 'forbidden', after: 3 });
    const stock = site.start('sync', 'stock');
    await until('the first figures', () => site.calls('updateStockQuantity').length >= 3);
    site.simulator.faults.add({ id: 'read', endpoint: 'checkInventoryStock', kind: 'forbidden' });
    const pause = await until('the pause', async () => (await listPauses(site.db))[0]);
    expect(pause).toMatchObject({ scope: 'family', name: 'stock' });
    await until('all others to wait', async () => {
      const open = await openOf(site);
      return open.length > 0 && open.every((operation) => operation.waiting_for === 'family stock');
    });
    expect(await site.sync('products')).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 2 } });
    expect(stock.running).toBe(true);
    const tries = await listOperations(site.db, { states: ['waiting'] });
    expect(tries.length).toBeGreaterThan(0);
    expect(Math.max(...tries.map((operation) => operation.attempts))).toBe(0);
    site.simulator.faults.clear();
    expect(jsonOf<SyncResult>(await stock.ended)).toMatchObject({ status: 'done', counts: { landed: 20, parked: 0 } });
    expect(skus.map((sku) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand)).toEqual(
      skus.map((_, index) => 101 + index),
    );
  });
});
