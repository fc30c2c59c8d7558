import { BridgeError } from '../lib/errors.ts';
import { simulatorErrors } from './errors.ts';
import type { Cause, Move } from './figures.ts';
import type { InventoryOrder, InventoryOrderStatus, World } from './state.ts';

/**
 * The life of an inventory order: new, accepted by the staff of the location, then processed or rejected. Creating one moves only
 * what is expected (incoming, outgoing); on hand moves with the processing, or earlier where the switch inventoryOrderStock says so.
 */
export type NewInventoryOrder = Omit<InventoryOrder, 'otoId' | 'createdAt' | 'status' | 'modifiedAt' | 'moved'>;

export function createInventoryOrder(world: World, input: NewInventoryOrder): InventoryOrder {
  const { state } = world;
  const at = world.now();
  const order: InventoryOrder = {
    ...input,
    otoId: state.next.inventoryOrder++,
    createdAt: at,
    modifiedAt: at,
    status: 'new',
    moved: false,
  };
  state.addInventoryOrder(order);
  expect(world, order, 1, 'inventory-order-created');
  moveIfDue(world, order);
  return order;
}

function moveEach(world: World, order: InventoryOrder, by: (quantity: number) => Move, cause: Cause, stocked: boolean) {
  for (const { sku, qty } of order.items) {
    if (order.unlinked.includes(sku)) continue;
    world.state.figures.move(sku, order.locationCode, by(qty), cause, order.otoId, stocked);
  }
}

function expect(world: World, order: InventoryOrder, sign: 1 | -1, cause: Cause): void {
  const by = (quantity: number): Move =>
    order.action === 'inbound' ? { incoming: sign * quantity } : { outgoing: sign * quantity };
  moveEach(world, order, by, cause, false);
}

const dueAt = {
  created: ['new', 'accepted', 'processed'],
  accepted: ['accepted', 'processed'],
  processed: ['processed'],
};

/** What was expected becomes on hand, once: at the status that the switch inventoryOrderStock names. */
function moveIfDue(world: World, order: InventoryOrder): void {
  if (order.moved || !dueAt[world.switches.values.inventoryOrderStock].includes(order.status)) return;
  order.moved = true;
  const by = (quantity: number): Move =>
    order.action === 'inbound' ? { onHand: quantity, incoming: -quantity } : { onHand: -quantity, outgoing: -quantity };
  moveEach(world, order, by, 'inventory-order-processed', true);
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
  moveIfDue(world, order);
  return order;
}

/** Staff process the order in full; a new one is accepted on the way. */
export function processInventoryOrder(world: World, otoId: number): InventoryOrder {
  const order = orderIn(world, otoId, ['new', 'accepted'], 'processed');
  order.status = 'processed';
  order.modifiedAt = world.now();
  moveIfDue(world, order);
  return order;
}

export function rejectInventoryOrder(world: World, otoId: number): InventoryOrder {
  const order = orderIn(world, otoId, ['new', 'accepted'], 'rejected');
  order.status = 'rejected';
  order.modifiedAt = world.now();
  if (!order.moved) {
    expect(world, order, -1, 'inventory-order-rejected');
    return order;
  }
  const back = (quantity: number): Move => ({ onHand: order.action === 'inbound' ? -quantity : quantity });
  moveEach(world, order, back, 'inventory-order-rejected', true);
  return order;
}

/** Processes every open inventory order; gives their numbers. */
export function processAllInventoryOrders(world: World): number[] {
  const open = [...world.state.inventoryOrders.values()].filter(
    (order) => order.status === 'new' || order.status === 'accepted',
  );
  return open.map((order) => processInventoryOrder(world, order.otoId).otoId);
}
