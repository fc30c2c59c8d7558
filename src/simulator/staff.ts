import { advanceOrder, cancelOrder, createOrder, type NewOrder } from './customer-orders.ts';
import {
  acceptInventoryOrder,
  processAllInventoryOrders,
  processInventoryOrder,
  rejectInventoryOrder,
} from './inventory-orders.ts';
import type { CustomerOrder } from './order-record.ts';
import { setOnHand } from './seed.ts';
import type { InventoryOrder, World } from './state.ts';

/** What people do on OTO's screens, and customers in its shops. Each throws SIMULATOR_NOT_FOUND or SIMULATOR_CONFLICT. */
export interface Staff {
  acceptInventoryOrder(otoId: number): InventoryOrder;
  processInventoryOrder(otoId: number): InventoryOrder;
  rejectInventoryOrder(otoId: number): InventoryOrder;
  /** Numbers of the inventory orders that were open. */
  processAllInventoryOrders(): number[];
  createOrder(order: NewOrder): CustomerOrder;
  readyOrder(orderId: string): CustomerOrder;
  pickOrder(orderId: string): CustomerOrder;
  packOrder(orderId: string): CustomerOrder;
  shipOrder(orderId: string): CustomerOrder;
  cancelOrder(orderId: string): CustomerOrder;
  /** A change by somebody else, past the API: an Excel import, a count. */
  setOnHand(sku: string, location: string, onHand: number): void;
}

export function createStaff(world: World): Staff {
  return {
    acceptInventoryOrder: (otoId) => acceptInventoryOrder(world, otoId),
    processInventoryOrder: (otoId) => processInventoryOrder(world, otoId),
    rejectInventoryOrder: (otoId) => rejectInventoryOrder(world, otoId),
    processAllInventoryOrders: () => processAllInventoryOrders(world),
    createOrder: (order) => createOrder(world, order),
    readyOrder: (orderId) => advanceOrder(world, orderId, 'assignedToWarehouse'),
    pickOrder: (orderId) => advanceOrder(world, orderId, 'picked'),
    packOrder: (orderId) => advanceOrder(world, orderId, 'packed'),
    shipOrder: (orderId) => advanceOrder(world, orderId, 'pickedUp'),
    cancelOrder: (orderId) => cancelOrder(world, orderId),
    setOnHand: (sku, location, onHand) => setOnHand(world, sku, location, onHand),
  };
}
