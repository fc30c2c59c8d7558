import { BridgeError } from '../lib/errors.ts';
import { simulatorErrors } from './errors.ts';
import type { InventoryOrder, InventoryOrderStatus, World } from './state.ts';

/**
 * The life of an inventory order: new, accepted by the staff of the location, then processed or rejected. Creating one moves only
 * what is expected (incoming, outgoing); processing alone moves on hand.
 */
export type NewInventoryOrder = Omit<InventoryOrder, 'otoId' | 'createdAt' | 'status' | 'modifiedAt'>;

export function createInventoryOrder(world: World, input: NewInventoryOrder): InventoryOrder {
  const { state } = world;
  const at = world.now();
  const order: InventoryOrder = {
    ...input,
    otoId: state.next.inventoryOrder++,
    createdAt: at,
    modifiedAt: at,
    status: 'new',
  };
  state.addInventoryOrder(order);
  expect(world, order, 1, 'inventory-order-created');
  return order;
}

function expect(
  world: World,
  order: InventoryOrder,
  sign: 1 | -1,
  cause: 'inventory-order-created' | 'inventory-order-rejected',
): void {
  for (const { sku, qty } of order.items) {
    const by = order.action === 'inbound' ? { incoming: sign * qty } : { outgoing: sign * qty };
    world.state.figures.move(sku, order.locationCode, by, cause, order.otoId, false);
  }
}

function orderIn(
  world: World,
  otoId: number,
  allowed: readonly InventoryOrderStatus[],
  action: string,
): InventoryOrder {
  const order = world.state.inventoryOrders.get(otoId);
  if (order === undefined) {
    throw new BridgeError(simulatorErrors.SIMULATOR_NOT_FOUND, {
      message: `The simulator has no inventory order ${otoId}.`,
      hint: 'GET /_simulator/state lists the inventory orders.',
    });
  }
  if (!allowed.includes(order.status)) {
    throw new BridgeError(simulatorErrors.SIMULATOR_CONFLICT, {
      message: `Inventory order ${otoId} is ${order.status} and cannot be ${action}.`,
      hint: `Only one that is ${allowed.join(' or ')} can be ${action}.`,
    });
  }
  return order;
}

export function acceptInventoryOrder(world: World, otoId: number): InventoryOrder {
  const order = orderIn(world, otoId, ['new'], 'accepted');
  order.status = 'accepted';
  order.modifiedAt = world.now();
  return order;
}

/** Staff process the order in full; a new one is accepted on the way. */
export function processInventoryOrder(world: World, otoId: number): InventoryOrder {
  const order = orderIn(world, otoId, ['new', 'accepted'], 'processed');
  order.status = 'processed';
  order.modifiedAt = world.now();
  for (const { sku, qty } of order.items) {
    const by = order.action === 'inbound' ? { onHand: qty, incoming: -qty } : { onHand: -qty, outgoing: -qty };
    world.state.figures.move(sku, order.locationCode, by, 'inventory-order-processed', otoId);
  }
  return order;
}

export function rejectInventoryOrder(world: World, otoId: number): InventoryOrder {
  const order = orderIn(world, otoId, ['new', 'accepted'], 'rejected');
  order.status = 'rejected';
  order.modifiedAt = world.now();
  expect(world, order, -1, 'inventory-order-rejected');
  return order;
}

/** Processes every open inventory order; gives their numbers. */
export function processAllInventoryOrders(world: World): number[] {
  const open = [...world.state.inventoryOrders.values()].filter(
    (order) => order.status === 'new' || order.status === 'accepted',
  );
  return open.map((order) => processInventoryOrder(world, order.otoId).otoId);
}
