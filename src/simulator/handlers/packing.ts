import { isStopped, moveOrder, stepBack, stepOf } from '../customer-orders.ts';
import { orderSteps } from '../order-status.ts';
import { refusal } from '../refusals.ts';
import type { Handler } from './handler.ts';
import { orderSeen } from './orders.ts';

export const getPackingOrders: Handler<'getPackingOrders'> = ({ warehouseCode }, call) => {
  const { world } = call;
  const { state, switches } = world;
  const { unknownWarehouse, packingOfBranch, packingListStarts } = switches.values;
  const location = state.locations.get(warehouseCode);
  const refusesBranch = location?.kind === 'branch' && packingOfBranch === 'refuse';
  if (location === undefined || refusesBranch) {
    if (unknownWarehouse !== 'empty' || refusesBranch) {
      return { refused: refusal(unknownWarehouse === 'OTO1070' ? 'pickupLocation' : 'location') };
    }
  }
  const listed = new Set<string>(['assignedToWarehouse']);
  if (packingListStarts === 'new') listed.add('new');
  if (switches.values.pickedStaysInPackingList) listed.add('picked');
  if (switches.values.packedStaysInPackingList) listed.add('packed');
  const hidden = location?.kind === 'branch' && packingOfBranch === 'empty';
  const orders = [];
  for (const now of hidden ? [] : state.orders.values()) {
    const order = orderSeen(now, call);
    if (order === undefined) continue;
    if (isStopped(order) || order.returnOf !== undefined) continue;
    if (!listed.has(stepOf(order)) || order.location !== warehouseCode) continue;
    const items = order.items.map(({ productId, name, quantity, sku }) => ({ productId, name, quantity, sku }));
    orders.push({ orderId: order.orderId, items });
  }
  return { body: { success: true, count: orders.length, orders } };
};

export const updatePackingStatus: Handler<'updatePackingStatus'> = ({ orderId, packingStatus }, { world }) => {
  const order = world.state.orders.get(orderId);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const step = stepOf(order);
  const steps = world.switches.values.packingSteps;
  const closed = isStopped(order) || order.returnOf !== undefined;
  if (closed || step === 'new' || step === 'pickedUp') return { refused: refusal('orderStatus') };
  const ahead = orderSteps.indexOf(packingStatus) - orderSteps.indexOf(step);
  if ((ahead < 0 && steps !== 'free') || (steps === 'inOrder' && ahead !== 1))
    return { refused: refusal('orderStatus') };
  const moved = ahead < 0 ? stepBack(world, order, packingStatus) : moveOrder(world, order, packingStatus);
  const body = { success: true, message: 'Packing status has been updated' };
  return moved ? { body, effect: { id: orderId } } : { body };
};
