import { BridgeError } from '../lib/errors.ts';
import { simulatorErrors } from './errors.ts';
import type { CustomerOrder } from './order-record.ts';
import { type OrderStatus, type OrderStep, orderSteps } from './order-status.ts';
import { locationOf, type World } from './state.ts';

/**
 * The life of a customer order: it reserves stock when it comes in and gives the reservation up when its goods leave on hand
 * (at the status that the switch onHandFallsAt names) or when it is canceled.
 */
export interface NewOrder {
  readonly orderId?: string | undefined;
  readonly location: string;
  readonly items: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly name?: string | undefined;
    readonly price?: number | undefined;
  }[];
  /** Where the order stands already; it passes through every step before. Default: new. */
  readonly status?: OrderStep | undefined;
  readonly otoId?: number | undefined;
  /** What is only kept and shown. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

const fallSteps = { picked: 'picked', packed: 'packed', shipped: 'pickedUp' } as const;

export function createOrder(world: World, input: NewOrder): CustomerOrder {
  const { state } = world;
  const location = locationOf(world, input.location).code;
  const id = input.otoId ?? state.next.order;
  const orderId = input.orderId ?? `ORD-${id}`;
  if (state.orders.has(orderId) || state.ordersById.has(id)) {
    throw new BridgeError(simulatorErrors.SIMULATOR_CONFLICT, {
      message: `The simulator has an order ${orderId} already.`,
    });
  }
  if (input.otoId === undefined) state.next.order++;
  const at = world.now();
  const order: CustomerOrder = {
    id,
    orderId,
    location,
    items: linkedItems(world, input.items),
    createdAt: at,
    history: [],
    status: 'new',
    modifiedAt: at,
    fulfilled: false,
    ...(input.fields !== undefined && { fields: input.fields }),
  };
  state.addOrder(order);
  reserveItems(world, order, 1, 'order-created');
  setStatus(world, order, 'new');
  if (input.status !== undefined && input.status !== 'new') moveOrder(world, order, input.status);
  return order;
}

/** Items with the product that each one is. */
export function linkedItems({ state }: World, items: NewOrder['items']): CustomerOrder['items'] {
  return items.map(({ sku, quantity, name, price }) => {
    const product = state.products.get(sku);
    return { sku, quantity, name: name ?? product?.name ?? sku, price: price ?? 10, productId: product?.productId };
  });
}

/** The one place where an order gets a status. */
export function setStatus(world: World, order: CustomerOrder, status: OrderStatus, description?: string): void {
  const before = order.history.at(-1)?.status;
  const at = world.now();
  order.status = status;
  order.modifiedAt = at;
  order.history.push({ at, status, ...(description !== undefined && { description }) });
  world.state.events.emit('orderStatus', { order, status, before, at, description });
}

/** How far the goods have come in the warehouse, whatever the carrier reports besides. */
export function stepOf({ history }: Pick<CustomerOrder, 'history'>): OrderStep {
  const last = history.findLast(({ status }) => (orderSteps as readonly string[]).includes(status));
  return (last?.status ?? 'new') as OrderStep;
}

/** Canceled or on hold: nobody picks or packs it. */
export function isStopped({ status }: Pick<CustomerOrder, 'status'>): boolean {
  return status === 'canceled' || status === 'deleted' || status === 'shipmentOnHoldWarehouse';
}

/** Takes the goods of an order out of what is available, or gives them back. */
export function reserveItems(
  world: World,
  order: CustomerOrder,
  sign: 1 | -1,
  cause: 'order-created' | 'order-updated' | 'order-canceled',
): void {
  for (const { sku, quantity, productId } of order.items) {
    if (productId === undefined) continue;
    world.state.figures.move(sku, order.location, { reserved: sign * quantity }, cause, order.orderId, false);
  }
}

export function orderOf(world: World, orderId: string): CustomerOrder {
  const order = world.state.orders.get(orderId);
  if (order !== undefined) return order;
  throw new BridgeError(simulatorErrors.SIMULATOR_NOT_FOUND, {
    message: `The simulator has no order ${orderId}.`,
    hint: 'GET /_simulator/state lists the orders.',
  });
}

/** Moves an order forward to a step, through every step between; false when it stands there or beyond already, or is stopped. */
export function moveOrder(world: World, order: CustomerOrder, target: OrderStep): boolean {
  if (isStopped(order) || order.returnOf !== undefined) return false;
  const from = orderSteps.indexOf(stepOf(order));
  const steps = orderSteps.slice(from + 1, orderSteps.indexOf(target) + 1);
  for (const step of steps) {
    setStatus(world, order, step);
    const falls = orderSteps.indexOf(fallSteps[world.switches.values.onHandFallsAt]);
    if (!order.fulfilled && orderSteps.indexOf(step) >= falls) fulfil(world, order);
  }
  return steps.length > 0;
}

/** Back from packed to picked. What has left on hand is not put back: the goods are still out of their place. */
export function stepBack(world: World, order: CustomerOrder, target: OrderStep): boolean {
  setStatus(world, order, target);
  return true;
}

function fulfil(world: World, order: CustomerOrder): void {
  order.fulfilled = true;
  for (const { sku, quantity, productId } of order.items) {
    if (productId === undefined) continue;
    const by = { onHand: -quantity, reserved: -quantity };
    world.state.figures.move(sku, order.location, by, 'order-fulfilled', order.orderId);
  }
}

/** A staff action on the screen; unlike the API it may leave steps out, and then passes through them. */
export function advanceOrder(world: World, orderId: string, target: OrderStep): CustomerOrder {
  const order = orderOf(world, orderId);
  if (!moveOrder(world, order, target)) {
    throw new BridgeError(simulatorErrors.SIMULATOR_CONFLICT, {
      message: `Order ${orderId} is ${order.status} and cannot become ${target}.`,
      hint: `The steps are ${orderSteps.join(', ')}.`,
    });
  }
  return order;
}

/** Gives the reservation up; goods that have left on hand but not the building are put back. */
export function cancelOrder(world: World, orderId: string): CustomerOrder {
  const order = orderOf(world, orderId);
  // A return's goods are with the customer: its end brings nothing back to the shelves.
  if (order.status === 'canceled' || stepOf(order) === 'pickedUp' || order.returnOf !== undefined) {
    throw new BridgeError(simulatorErrors.SIMULATOR_CONFLICT, {
      message: `Order ${orderId} is ${order.status} and cannot be canceled.`,
    });
  }
  setStatus(world, order, 'canceled');
  if (!order.fulfilled) {
    reserveItems(world, order, -1, 'order-canceled');
    return order;
  }
  for (const { sku, quantity, productId } of order.items) {
    if (productId === undefined) continue;
    world.state.figures.move(sku, order.location, { onHand: quantity }, 'order-canceled', orderId);
  }
  return order;
}
