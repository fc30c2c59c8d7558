import { isStopped } from '../customer-orders.ts';
import { optionOf } from '../order-intake.ts';
import { refusal } from '../refusals.ts';
import { activeShipment, askForShipment, asReverse, cancelShipment as cancel } from '../shipments.ts';
import type { Handler } from './handler.ts';
import { orderNamed } from './order-writes.ts';

const ended = new Set(['delivered', 'returned', 'lostOrDamaged', 'destroyed', 'reverseReturned']);

export const createShipment: Handler<'createShipment'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderMissing') };
  if (activeShipment(order) !== undefined) return { refused: refusal('shipmentExists') };
  if (isStopped(order) || ended.has(order.status)) return { refused: refusal('orderStatus') };
  const { fields } = order;
  const { packageWeight } = params;
  if (packageWeight !== undefined) order.fields = { ...fields, packageWeight };
  if (askForShipment(world, order, optionOf(params)) === 'credit') {
    order.fields = fields;
    return { refused: refusal('credit') };
  }
  return { body: { success: true, message: 'Shipment request is received' }, effect: { id: order.orderId } };
};

/** Until the carrier has the goods. */
export const cancelShipment: Handler<'cancelShipment'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const shipment = activeShipment(order);
  if (shipment?.id !== String(params.shipmentId)) return { refused: refusal('shipmentMissing') };
  const taken = order.history.some(({ status }) => status === (asReverse(order) ? 'reversePickedUp' : 'pickedUp'));
  if (taken) return { refused: refusal('shipmentLate') };
  cancel(world, order, shipment);
  return { body: { success: true }, effect: { id: order.orderId } };
};
