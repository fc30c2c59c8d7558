import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../app.ts';
import { demoLocations } from '../demo/index.ts';
import { messageOf } from '../lib/errors.ts';
import type { Simulator } from '../simulator/index.ts';
import { getFigures } from '../store/figures.ts';

/** Ready orders of one warehouse: who packs nothing does not find thousands after a weekend. */
const mostReady = 15;
const betweenMs = 15_000;
/** Each so many rounds a customer thinks better of it. */
const cancelEvery = 8;

/**
 * Customers keep ordering, and carriers fetch what is packed, until `signal` aborts. The list of orders is read right after, as it would
 * be by schedule.
 */
export async function keepSelling({ bridge }: App, { state, staff }: Simulator, signal: AbortSignal): Promise<void> {
  const shops = await Promise.all(
    demoLocations
      .filter((place) => !place.branch)
      .map(async ({ oto }) => {
        const figures = await getFigures(bridge.db, { location: oto });
        return { location: oto, skus: figures.filter((row) => (row.on_hand ?? 0) >= 20).map((row) => row.sku) };
      }),
  );
  const statusOf = (location: string, status: string) =>
    [...state.orders.values()].filter((order) => order.location === location && order.status === status);

  function round(number: number): void {
    for (const { location, skus } of shops) {
      for (const { orderId } of statusOf(location, 'packed').slice(0, 2)) staff.shipOrder(orderId);
      const ready = statusOf(location, 'assignedToWarehouse');
      const last = ready.at(-1);
      if (number % cancelEvery === 0 && ready.length > 5 && last !== undefined) staff.cancelOrder(last.orderId);
      if (ready.length >= mostReady || skus.length === 0) continue;
      const items = Array.from({ length: 1 + (number % 4) }, (_, index) => ({
        sku: skus[(number * 7 + index * 13) % skus.length] ?? '',
        quantity: 1 + ((number + index) % 3),
      }));
      const orderId = `SO-${location}-${1000 + number}`;
      staff.createOrder({ orderId, location, items: distinct(items), status: 'assignedToWarehouse' });
    }
  }

  for (let number = 1; !signal.aborted; number += 1) {
    try {
      round(number);
      await bridge.jobs.enqueueFlow('packing', 'demo', { unlessQueued: true });
    } catch (error) {
      // An order that somebody has moved on meanwhile, or a database that is away: the next round is another one.
      bridge.log.debug({ reason: messageOf(error) }, 'no new orders in this round');
    }
    await delay(betweenMs, undefined, { signal }).catch(() => undefined);
  }
}

function distinct<Item extends { readonly sku: string }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [item.sku, item])).values()];
}
