import { moveOrder } from '../customer-orders.ts';
import { refusal } from '../refusals.ts';
import { orderSteps } from '../state.ts';
import type { Handler } from './handler.ts';

export const getPackingOrders: Handler<'getPackingOrders'> = ({ warehouseCode }, { world }) => {
  const { state, switches } = world;
  if (!state.locations.has(warehouseCode)) return { refused: refusal('location') };
  const pickedStays = switches.values.pickedStaysInPackingList;
  const orders = [];
  for (const order of state.orders.values()) {
    const waits = order.status === 'assignedToWarehouse' || (pickedStays && order.status === 'picked');
    if (!waits || order.location !== warehouseCode) continue;
    const items = order.items.map(({ productId, name, quantity, sku }) => ({ productId, name, quantity, sku }));
    orders.push({ orderId: order.orderId, items });
  }
  return { body: { success: true, count: orders.length, orders } };
};

export const updatePackingStatus: Handler<'updatePackingStatus'> = ({ orderId, packingStatus }, { world }) => {
  const order = world.state.orders.get(orderId);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const { status } = order;
  const inOrder = world.switches.values.packingSteps === 'inOrder';
  if (status === 'new' || status === 'pickedUp' || status === 'canceled') return { refused: refusal('orderStatus') };
  const ahead = orderSteps.indexOf(packingStatus) - orderSteps.indexOf(status);
  if (ahead < 0 || (inOrder && ahead !== 1)) return { refused: refusal('orderStatus') };
  const moved = moveOrder(world, order, packingStatus);
  const body = { success: true, message: 'Packing status has been updated' };
  return moved ? { body, effect: { id: orderId } } : { body };
};
