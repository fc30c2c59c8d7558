/** Purchase receipts for chaos tests: many small ones, each to be found again in OTO by its number. */
import { listOperations, type Operation } from '../../src/store/operations.ts';
import type { Site } from './process.ts';

const skus = Array.from({ length: 8 }, (_, index) => `SKU-${String(index + 1).padStart(6, '0')}`);

/** Exports so many receipts of two lines each and gives their numbers. */
export async function exportReceipts(site: Site, count: number, prefix = 'GRN'): Promise<string[]> {
  site.simulator.seed({ products: skus.length, stock: 100 });
  const numbers = Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(3, '0')}`);
  await site.erp.documents(
    prefix,
    numbers.map((number, index) => ({
      number,
      date: new Date().toISOString().slice(0, 10),
      lines: { [skus[index % skus.length] ?? '']: 1 + (index % 5), [skus[(index + 3) % skus.length] ?? '']: 2 },
    })),
  );
  return numbers;
}

/** The ERP's number in what we sent: `GRN-001` of `GRN-001-4F2A9C`. */
export function numberOf(params: { readonly waybillNumber?: unknown } | undefined): string {
  return String(params?.waybillNumber).replace(/-[0-9A-F]{6}$/, '');
}

/** How often each receipt stands in OTO, found as a person would: by the reference. */
export function landings(site: Site, numbers: readonly string[]): Map<string, number> {
  const found = new Map(numbers.map((number) => [number, 0]));
  for (const order of site.simulator.state.inventoryOrders.values())
    found.set(numberOf(order), (found.get(numberOf(order)) ?? 0) + 1);
  return found;
}

export async function parkedOf(site: Site): Promise<Operation[]> {
  return listOperations(site.db, { states: ['parked'], limit: 1000 });
}

/** Operations that somebody or something still has to do something about. */
export async function openOf(site: Site): Promise<Operation[]> {
  return listOperations(site.db, { states: ['ready', 'waiting', 'sending', 'unknown', 'parked'], limit: 1000 });
}
