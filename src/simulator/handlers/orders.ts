import type { CustomerOrder } from '../order-record.ts';
import { orderTime } from '../order-time.ts';
import { refusal } from '../refusals.ts';
import { activeShipment, asReverse, textIn } from '../shipments.ts';
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
  const { fields = {}, shipment } = order;
  const amount = fields.amount ?? order.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
  const packingStatus = world.switches.values.packingHistory === 'shown' ? packingStatusOf(order) : undefined;
  const active = activeShipment(order);
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
    paymentMethod: fields.payment_method ?? 'paid',
    amount,
    grandTotal: amount,
    totalDue: fields.amount_due ?? 0,
    currency: fields.currency ?? 'SAR',
    packageCount: fields.packageCount ?? 1,
    ...(active !== undefined && {
      shipmentNumber: active.id,
      deliveryName: active.carrier,
      shipmentCreationDate: orderTime(active.createdAt, zone),
    }),
    ...shownFields(fields),
    reverseShipment: shipment !== undefined && asReverse(order) ? 'true' : 'false',
    isReturnShipment: order.returnOf === undefined ? 'no' : 'yes',
  };
}

/** What createOrder was given and answers show under another name. */
function shownFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { customer, onHoldReason, ref1, packageWeight } = fields;
  return {
    ...(customer !== undefined && {
      customer,
      customerName: textIn(customer, 'name'),
      customerPhone: textIn(customer, 'mobile'),
      customerAddress: textIn(customer, 'address'),
      destinationCity: textIn(customer, 'city'),
      destinationCountry: textIn(customer, 'country'),
    }),
    ...(onHoldReason !== undefined && { onHoldReason }),
    ...(ref1 !== undefined && { ref1 }),
    ...(packageWeight !== undefined && { weight: packageWeight }),
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
  const { perPage, page, minDate, maxDate, status, modifiedDate, pickupLocationCode, customerPhone } = params;
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
    if (customerPhone !== undefined && textIn(order.fields?.customer, 'mobile') !== customerPhone) return false;
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

export const orderDetails: Handler<'orderDetails'> = ({ orderId, otoId, ref1 }, call) => {
  const { world } = call;
  const { state, switches } = world;
  const byId = orderId === undefined ? state.ordersById.get(Number(otoId)) : state.orders.get(orderId);
  const now =
    byId ?? (ref1 === undefined ? undefined : [...state.orders.values()].find((one) => one.fields?.ref1 === ref1));
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
      statusHistory: historyShown(world, order).map(({ at, status, description }, index) => ({
        id: index + 1,
        date: orderTime(at, zone).replace(' ', 'T'),
        status,
        description: description ?? `Order is ${status}`,
      })),
      ...(order.shipment !== undefined && { shipmentId: order.shipment.id, dcName: order.shipment.carrier }),
      ...(order.returns !== undefined && { returnOrderIds: order.returns }),
      ...(switches.values.packingHistory === 'shown' && { packingStatusHistory: packingHistory(order, zone) }),
      success: true,
    },
  };
};

/** The steps that the order's own status went through. */
export function historyShown(world: World, order: CustomerOrder): CustomerOrder['history'] {
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
