import type { Simulator } from '../../src/simulator/index.ts';

/** Orders of one piece each that are ready to be packed at RUH1. */
export function readyOrders({ staff, seed }: Simulator, orders: readonly string[]): void {
  seed({ products: [{ sku: 'A' }] });
  for (const orderId of orders) {
    staff.createOrder({ orderId, location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
    staff.readyOrder(orderId);
  }
}
