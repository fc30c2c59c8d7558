import { optionOf } from '../order-intake.ts';
import { refusal } from '../refusals.ts';
import { makeReturn, stillOut } from '../returns.ts';
import type { Handler } from './handler.ts';
import { orderNamed } from './order-writes.ts';
import { statusShown } from './orders.ts';

export const createReturnShipment: Handler<'createReturnShipment'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const { pickupLocationCode, items } = params;
  if (pickupLocationCode !== undefined && !world.state.locations.has(pickupLocationCode)) {
    return { refused: refusal('pickupLocation') };
  }
  if (order.status !== 'delivered' && order.returned === undefined) return { refused: refusal('returnStatus') };
  const asked = items?.map(({ sku, quantity }) => ({ sku, quantity: Number(quantity) }));
  const skus = [...new Set(order.items.map(({ sku }) => sku))];
  const rest = skus.map((sku) => ({ sku, quantity: stillOut(order, sku) })).filter(({ quantity }) => quantity > 0);
  if (rest.length === 0) return { refused: refusal('returnTwice') };
  const back = asked ?? rest;
  if (back.some(({ quantity }) => !(quantity > 0))) return { refused: refusal('quantity') };
  if (back.some(({ sku }) => !skus.includes(sku))) return { refused: refusal('items') };
  if (back.some(({ sku }) => stillOut(order, sku) === 0)) return { refused: refusal('returnTwice') };
  const units = (sku: string): number =>
    back.filter((one) => one.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
  if (back.some(({ sku }) => units(sku) > stillOut(order, sku))) return { refused: refusal('returnTooMuch') };
  const made = makeReturn(world, order, back, {
    location: pickupLocationCode ?? order.location,
    deliveryOptionId: optionOf(params),
  });
  const effect = { id: made.orderId };
  if (made === order) return { body: { success: true, msg: 'Return shipment request is received' }, effect };
  const message = 'Return shipment request is received';
  return { body: { success: true, returnOrderId: made.orderId, message }, effect };
};

export const getReturnLink: Handler<'getReturnLink'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: { ...refusal('orderMissing'), old: 4 } };
  return { body: { success: true, returnLink: `https://returns.example.com/${order.id}` } };
};

/** Of the order that comes back; of the original one where a return is no order of its own. */
export const getReturnDetails: Handler<'getReturnDetails'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  if (order.returnOf === undefined && order.returned === undefined) return { refused: refusal('returnStatus') };
  const back = order.returned ?? order.items;
  return {
    body: {
      orderId: order.orderId,
      returnLocationCode: order.location,
      returnReason: null,
      status: statusShown(world, order),
      items: order.items.map(({ sku, quantity }) => ({ sku, quantityOrdered: quantity })),
      returnedItems: back.map(({ sku, quantity }) => ({ sku, quantityToBeReturned: quantity })),
    },
  };
};

export const triggerReturnSms: Handler<'triggerReturnSms'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: { ...refusal('orderUnknown'), old: 4 } };
  return { body: { success: true, otoId: order.id }, effect: { id: order.orderId } };
};
