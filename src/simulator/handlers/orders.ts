import type { CustomerOrder } from '../order-record.ts';
import { orderTime } from '../order-time.ts';
import { refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Call, Handler } from './handler.ts';

const packingSteps: Readonly<Record<string, string>> = { picked: 'picked', packed: 'packed', pickedUp: 'shipped' };

function packingStatusOf(order: CustomerOrder): string | undefined {
  const step = order.history.findLast(({ status }) => status in packingSteps);
  return step === undefined ? undefined : packingSteps[step.status];
}

/** The order's status as answers show it. */
export function statusShown(world: World, { status, history }: CustomerOrder): string {
  if (world.switches.values.orderStatusFollowsPacking) return status;
  return history.findLast((entry) => entry.status !== 'picked' && entry.status !== 'packed')?.status ?? status;
}

function orderRow(world: World, order: CustomerOrder, zone: string): Record<string, unknown> {
  const amount = order.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
  const packingStatus = world.switches.values.packingHistory === 'shown' ? packingStatusOf(order) : undefined;
  return {
    id: String(order.id),
    orderId: order.orderId,
    status: statusShown(world, order),
    pickupLocationCode: order.location,
    pickupLocation: world.state.locations.get(order.location)?.name,
    ...(packingStatus !== undefined && { packingStatus }),
    items: order.items,
    skus: order.items.map(({ sku }) => sku).join(','),
    quantities: order.items.map(({ quantity }) => quantity).join(','),
    orderDate: orderTime(order.createdAt, zone),
    modifiedDate: orderTime(order.modifiedAt, zone),
    paymentMethod: 'paid',
    amount,
    grandTotal: amount,
    totalDue: 0,
    currency: 'SAR',
    packageCount: 1,
    reverseShipment: 'false',
    isReturnShipment: 'no',
  };
}

/** The order as a read shows it that looks back; undefined when there was none yet. */
export function orderSeen(
  order: CustomerOrder,
  { world, stale }: Pick<Call, 'world' | 'stale'>,
): CustomerOrder | undefined {
  if (stale?.ms === undefined) return order;
  const until = world.now() - stale.ms;
  const history = order.history.filter(({ at }) => at <= until);
  const last = history.at(-1);
  return last === undefined ? undefined : { ...order, history, status: last.status, modifiedAt: last.at };
}

export const orders: Handler<'orders'> = (params, call) => {
  const { world } = call;
  const { perPage, page, minDate, maxDate, status, modifiedDate, pickupLocationCode } = params;
  const zone = world.switches.values.orderTimezone;
  if (modifiedDate !== undefined && !/^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(modifiedDate)) {
    return { refused: refusal('modifiedDate') };
  }
  const statuses = status === undefined ? undefined : new Set(status.split(',').map((one) => one.trim()));
  const onDay = world.switches.values.modifiedDate === 'day';
  const seen = [...world.state.orders.values()].flatMap((order) => orderSeen(order, call) ?? []);
  const found = seen.filter((order) => {
    if (statuses !== undefined && !statuses.has(statusShown(world, order))) return false;
    if (pickupLocationCode !== undefined && order.location !== pickupLocationCode) return false;
    if (minDate !== undefined || maxDate !== undefined) {
      const day = orderTime(order.createdAt, zone).slice(0, 10);
      if ((minDate !== undefined && day < minDate) || (maxDate !== undefined && day > maxDate)) return false;
    }
    if (modifiedDate === undefined) return true;
    const modified = orderTime(order.modifiedAt, zone);
    return onDay ? modified.slice(0, 10) === modifiedDate.slice(0, 10) : modified >= modifiedDate;
  });
  // Newest first, as a screen would show them. A new order shifts the pages, as OTO's own paging must.
  const rows = found
    .reverse()
    .slice((page - 1) * perPage, page * perPage)
    .map((order) => orderRow(world, order, zone));
  if (world.switches.values.orderRows === 'sparse') {
    const sparse = rows.map(({ id, orderId, status, orderDate, amount, currency }) => ({
      id,
      orderId,
      status,
      orderDate,
      amount,
      currency,
    }));
    return { body: { success: true, orders: sparse } };
  }
  return {
    body: {
      success: true,
      perPage,
      currentPage: page,
      totalPage: Math.ceil(found.length / perPage),
      totalCount: found.length,
      orders: rows,
    },
  };
};

export const orderDetails: Handler<'orderDetails'> = ({ orderId, otoId }, call) => {
  const { world } = call;
  const { state, switches } = world;
  const now = orderId === undefined ? state.ordersById.get(Number(otoId)) : state.orders.get(orderId);
  const order = now === undefined ? undefined : orderSeen(now, call);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const zone = switches.values.orderTimezone;
  const { id, pickupLocationCode, packingStatus, skus, quantities, modifiedDate, ...shown } = orderRow(
    world,
    order,
    zone,
  );
  return {
    body: {
      ...shown,
      id: Number(id),
      statusHistory: historyShown(world, order).map(({ at, status }, index) => ({
        id: index + 1,
        date: orderTime(at, zone).replace(' ', 'T'),
        status,
        description: `Order is ${status}`,
      })),
      ...(switches.values.packingHistory === 'shown' && { packingStatusHistory: packingHistory(order, zone) }),
      success: true,
    },
  };
};

/** The steps that the order's own status went through. */
function historyShown(world: World, order: CustomerOrder): CustomerOrder['history'] {
  if (world.switches.values.orderStatusFollowsPacking) return order.history;
  return order.history.filter(({ status }) => status !== 'picked' && status !== 'packed');
}

function packingHistory(order: CustomerOrder, zone: string): unknown[] {
  return order.history
    .filter(({ status }) => status in packingSteps)
    .map(({ at, status }) => ({
      date: orderTime(at, zone),
      description: status === 'pickedUp' ? 'shipped within a dispatching unit' : `Order is ${packingSteps[status]}`,
      packingStatus: packingSteps[status],
    }));
}
