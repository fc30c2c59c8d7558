import { BridgeError } from '../lib/errors.ts';
import type { Payment } from './account.ts';
import { advanceOrder, cancelOrder, createOrder, type NewOrder, orderOf } from './customer-orders.ts';
import { simulatorErrors } from './errors.ts';
import {
  acceptInventoryOrder,
  processAllInventoryOrders,
  processInventoryOrder,
  rejectInventoryOrder,
} from './inventory-orders.ts';
import type { CustomerOrder } from './order-record.ts';
import type { OrderStatus } from './order-status.ts';
import { setOnHand } from './seed.ts';
import { completeShipment, report } from './shipments.ts';
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
  /** The carrier takes a shipment on that waits for it. */
  completeShipment(orderId: string): CustomerOrder;
  /** A carrier reports where the goods are, or the warehouse that they came back. */
  report(orderId: string, status: OrderStatus, description?: string): CustomerOrder;
  /** Somebody pays on the page that buyOTOCredit or buyShippingCredit named. */
  pay(paymentId: number): Payment;
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
    completeShipment: (orderId) => finish(world, orderId),
    report: (orderId, status, description) => reportOf(world, orderId, status, description),
    pay: (paymentId) => pay(world, paymentId),
    setOnHand: (sku, location, onHand) => setOnHand(world, sku, location, onHand),
  };
}

function finish(world: World, orderId: string): CustomerOrder {
  const order = orderOf(world, orderId);
  const waits = order.status === 'searchingDriver' || order.status === 'newReturn';
  if (!waits || order.shipment === undefined) {
    throw new BridgeError(simulatorErrors.SIMULATOR_CONFLICT, {
      message: `Order ${orderId} is ${order.status}: no shipment of it waits.`,
    });
  }
  completeShipment(world, order);
  return order;
}

function reportOf(world: World, orderId: string, status: OrderStatus, description?: string): CustomerOrder {
  const order = orderOf(world, orderId);
  if (report(world, order, status, description)) return order;
  throw new BridgeError(simulatorErrors.SIMULATOR_CONFLICT, {
    message: `Order ${orderId} is ${order.status} and cannot become ${status}.`,
  });
}

function pay({ state, now }: World, paymentId: number): Payment {
  const { payments, credit, transactions } = state.account.content;
  const payment = payments.find(({ id }) => id === paymentId);
  if (payment === undefined || payment.paid) {
    throw new BridgeError(payment ? simulatorErrors.SIMULATOR_CONFLICT : simulatorErrors.SIMULATOR_NOT_FOUND, {
      message: payment ? `Payment ${paymentId} is made already.` : `The simulator waits for no payment ${paymentId}.`,
    });
  }
  payment.paid = true;
  credit[payment.kind] += payment.amount;
  transactions.push({
    id: state.next.entry++,
    at: now(),
    amount: payment.amount,
    remaining: credit[payment.kind],
    kind: 'creditPurchase',
    description: `Credit bought (${payment.kind})`,
  });
  return payment;
}
