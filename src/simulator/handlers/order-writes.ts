import { cancelOrder as cancel, isStopped, setStatus, stepOf } from '../customer-orders.ts';
import { change, itemsOf, locationFor, type OrderInput, refusalOf, splitOf, take } from '../order-intake.ts';
import type { CustomerOrder } from '../order-record.ts';
import type { OrderStatus } from '../order-status.ts';
import { refusal } from '../refusals.ts';
import { activeShipment, report } from '../shipments.ts';
import type { World } from '../state.ts';
import type { Handler, Outcome } from './handler.ts';

const done = { body: { success: true } };

export function orderNamed({ state }: World, by: { orderId?: unknown; otoId?: unknown }): CustomerOrder | undefined {
  const found = by.orderId === undefined ? undefined : state.orders.get(String(by.orderId));
  return found ?? (by.otoId === undefined ? undefined : state.ordersById.get(Number(by.otoId)));
}

/** Goods that have left, and orders that ended, are not changed any more. */
function isClosed(order: CustomerOrder): boolean {
  return order.status === 'canceled' || stepOf(order) === 'pickedUp' || order.returnOf !== undefined;
}

export const createOrder: Handler<'createOrder'> = (params, { world }) => {
  const input = params as OrderInput;
  const refused = refusalOf(world, input);
  if (refused !== undefined) return { refused };
  const there = world.state.orders.get(params.orderId);
  if (there !== undefined) return repeat(world, there, input);
  const items = input.items ?? [];
  if (items.some(({ pickupLocation }) => (pickupLocation ?? []).length > 0)) return split(world, input);
  const location = locationFor(world, params.pickupLocationCode);
  if (location === undefined) return { refused: refusal('pickupLocation') };
  const order = take(world, input, location, itemsOf(world, items));
  return { body: { success: true, otoId: order.id }, effect: { id: order.orderId } };
};

function repeat(world: World, order: CustomerOrder, input: OrderInput): Outcome {
  const { repeatedOrder, lateRepeat } = world.switches.values;
  if (repeatedOrder === 'refuse') return { refused: refusal('orderExists') };
  if (!isClosed(order) && activeShipment(order) === undefined) {
    change(world, order, input);
    const warnings = ['This order already exists'];
    return { body: { success: true, warnings, message: 'Order is updated' }, effect: { id: order.orderId } };
  }
  if (lateRepeat === 'refuse') return { refused: refusal('orderFinal') };
  const references = Object.entries(input).filter(([name]) => /^ref\d$/.test(name));
  order.fields = { ...order.fields, ...Object.fromEntries(references) };
  const errorMsg = 'The status of the order does not allow an update';
  const effect = references.length > 0 ? { effect: { id: order.orderId } } : {};
  return { body: { success: true, errorCode: 5, errorMsg, message: 'Only the references are updated' }, ...effect };
}

function split(world: World, input: OrderInput): Outcome {
  const parts = [...splitOf(world, input.items ?? [])];
  const ids = parts.map((_, index) => `${input.orderId}-${index + 1}`);
  if (ids.some((id) => world.state.orders.has(id))) return { refused: refusal('splitExists') };
  const otoIds = parts.flatMap(([code, items], index) => {
    const location = world.state.locations.get(code);
    const part = { ...input, orderId: ids[index] ?? '', parentOrderId: input.orderId };
    return location === undefined ? [] : [take(world, part, location, items).id];
  });
  const warnings = ['The order is split over its pickup locations'];
  return { body: { success: true, warnings, otoIds }, effect: { id: input.orderId } };
}

export const updateOrder: Handler<'updateOrder'> = (params, { world }) => {
  const input = params as OrderInput;
  const order = world.state.orders.get(params.orderId);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const refused = refusalOf(world, input);
  if (refused !== undefined) return { refused };
  if (activeShipment(order) !== undefined) return { refused: refusal('orderShipped') };
  if (isClosed(order)) return { refused: refusal('orderFinal') };
  change(world, order, input);
  return { body: { success: true, message: 'Order is updated' }, effect: { id: order.orderId } };
};

export const cancelOrder: Handler<'cancelOrder'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  if (activeShipment(order) !== undefined || isClosed(order)) return { refused: refusal('orderStatus') };
  cancel(world, order.orderId);
  return { ...done, effect: { id: order.orderId } };
};

export const holdOrder: Handler<'holdOrder'> = ({ onHoldReason, onHoldComment, ...params }, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  if (isStopped(order) || isClosed(order)) return { refused: refusal('statusConflict') };
  order.fields = { ...order.fields, onHoldReason, onHoldComment };
  setStatus(world, order, 'shipmentOnHoldWarehouse', onHoldReason);
  return { ...done, effect: { id: order.orderId } };
};

/** The order goes on where it was stopped. */
export const unHoldOrder: Handler<'unHoldOrder'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  if (order.status !== 'shipmentOnHoldWarehouse') return { refused: refusal('statusConflict') };
  const { onHoldReason: _, onHoldComment: __, ...fields } = order.fields ?? {};
  order.fields = fields;
  const before = order.history.findLast(({ status }) => status !== 'shipmentOnHoldWarehouse');
  setStatus(world, order, before?.status ?? 'new');
  return { ...done, effect: { id: order.orderId } };
};

export const updateOrderStatus: Handler<'updateOrderStatus'> = (params, { world }) => {
  const ids = Array.isArray(params.orderIds) ? params.orderIds : [params.orderIds];
  const failed: Record<string, string> = Object.create(null);
  const taken: string[] = [];
  for (const id of ids) {
    const order = orderNamed(world, { orderId: id, otoId: id });
    const why = order === undefined ? 'orderId does not exist' : mark(world, order, params.status, params.description);
    if (why === undefined) taken.push(String(id));
    else failed[String(id)] = why;
  }
  if (taken.length === 0) {
    const known = ids.some((id) => orderNamed(world, { orderId: id, otoId: id }) !== undefined);
    return { refused: refusal(known ? 'orderStatus' : 'orderUnknown') };
  }
  return { body: { result: [failed, { success: true, orderIds: taken }] }, effect: { id: taken.join(',') } };
};

/** Undefined when it was taken, else why not. */
function mark(world: World, order: CustomerOrder, status: OrderStatus, description?: string): string | undefined {
  const shipped = activeShipment(order) !== undefined;
  const needs = status === 'pickedUp' && world.switches.values.pickedUpNeedsShipment;
  if (needs ? !shipped : shipped) return needs ? 'there is no shipment' : 'the shipment is tracked by OTO';
  return report(world, order, status, description) ? undefined : `the order is ${order.status}`;
}
