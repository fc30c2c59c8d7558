import { carrierOf } from '../carriers.ts';
import type { CustomerOrder } from '../order-record.ts';
import { orderTime } from '../order-time.ts';
import { refusal } from '../refusals.ts';
import { activeShipment, asReverse, parcelOf, textIn } from '../shipments.ts';
import type { World } from '../state.ts';
import type { Handler } from './handler.ts';
import { orderNamed } from './order-writes.ts';
import { historyShown, orderSeen, statusShown } from './orders.ts';

const labelOf = (shipmentId: string): string => `https://labels.example.com/${shipmentId}.pdf`;
const trackingOf = (shipmentId: string): string => `https://tracking.example.com/${shipmentId}`;

/** Base64 of a text that stands for a file: nobody prints it. */
const file = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** The shipment's part of answers, each with its own spelling of the label and the address. */
export function shipmentShown(order: CustomerOrder): { company: string; id: string; label: string; page: string } {
  const shipment = activeShipment(order);
  if (shipment === undefined) return { company: '', id: '', label: '', page: '' };
  const { id, carrier } = shipment;
  return { company: carrier, id, label: labelOf(id), page: trackingOf(id) };
}

export const print: Handler<'print'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const reverse = String(params.printReverseShipment) === 'true';
  const returns = (order.returns ?? []).flatMap((id) => world.state.orders.get(id) ?? []);
  const printed = !reverse || asReverse(order) ? order : returns.findLast((one) => activeShipment(one) !== undefined);
  if (printed === undefined) return { refused: refusal('returnLabel') };
  const { company, id, label } = shipmentShown(printed);
  if (id === '') return { refused: refusal(reverse ? 'returnLabel' : 'labelMissing') };
  return {
    body: {
      success: true,
      printAWBURL: label,
      deliveryCompany: company,
      trackingNumber: id,
      dcTrackingNumber: id,
      ...(String(params.internationalProforma) === 'true' && { internationalProforma: file(`%PDF proforma ${id}`) }),
    },
  };
};

export const orderStatus: Handler<'orderStatus'> = (params, call) => {
  const { world } = call;
  const now = orderNamed(world, params);
  const order = now && orderSeen(now, call);
  if (order === undefined) return { refused: refusal('orderUnknown') };
  const { company, id, label, page } = shipmentShown(order);
  return {
    body: {
      success: true,
      orderId: order.orderId,
      otoId: String(order.id),
      status: statusShown(world, order),
      date: orderTime(order.modifiedAt, world.switches.values.orderTimezone),
      deliveryCompany: company,
      shipmentId: id,
      trackingUrl: page,
      dcTrackingNumber: id,
      printAWBURL: label,
      customerName: textIn(order.fields?.customer, 'name'),
      customerAddress: textIn(order.fields?.customer, 'address'),
      totalValue: Number(order.fields?.amount ?? 0),
      ...(params.labelType === 'ZPL' && { zplDataArray: id === '' ? [] : [file(`^XA^FD${id}^FS^XZ`)] }),
    },
  };
};

/** Orders that do not exist are left out. */
export const orderHistory: Handler<'orderHistory'> = (
  { orderId, orderIds = [], otoIds = [], shipmentIds = [] },
  call,
) => {
  const { state } = call.world;
  const shipped = new Set(shipmentIds.map(String));
  const byShipment = [...state.orders.values()].filter((order) => shipped.has(activeShipment(order)?.id ?? ''));
  const named = [...orderIds, ...(orderId === undefined ? [] : [orderId])].map((id) => state.orders.get(String(id)));
  const found = new Set([...named, ...otoIds.map((id) => state.ordersById.get(Number(id))), ...byShipment]);
  const items = [...found].flatMap((order) => {
    const seen = order && orderSeen(order, call);
    return seen === undefined ? [] : [historyRow(call.world, seen)];
  });
  return { body: { success: true, items } };
};

function historyRow(world: World, order: CustomerOrder): Record<string, unknown> {
  const zone = world.switches.values.orderTimezone;
  const { company, id, label, page } = shipmentShown(order);
  const {
    amount = 0,
    amount_due = 0,
    currency = 'SAR',
    payment_method = 'paid',
    packageCount = 1,
  } = order.fields ?? {};
  const { from, to } = parcelOf(world, order);
  return {
    orderId: order.orderId,
    otoId: String(order.id),
    status: statusShown(world, order),
    amount,
    amount_due,
    currency,
    payment_method,
    orderDate: orderTime(order.createdAt, zone),
    packageCount,
    deliveryCompany: company,
    shipmentId: id,
    dcTrackingNumber: id,
    trackingURL: page,
    printAwbUrl: label,
    warehouseName: world.state.locations.get(order.location)?.name,
    originCity: from.name,
    originCountry: from.country,
    destinationCity: to.name,
    destinationCountry: to.country,
    items: order.items.map(({ sku, name, quantity, price }) => ({ sku, name, quantity, price })),
    ...(order.returns !== undefined && { returnOrderIds: order.returns }),
    history: historyShown(world, order).map(({ at, status, description }) => ({
      date: orderTime(at, zone),
      status,
      description: description ?? `Order is ${status}`,
      deliveryCompany: company,
      shipmentId: id,
      currentLocation: {},
    })),
  };
}

/** No items where the number is not known to the carrier. */
export const trackShipment: Handler<'trackShipment'> = (params, { world }) => {
  const carrier = carrierOf(params.deliveryCompanyName);
  if (carrier === undefined) return { refused: { ...refusal('noOption'), old: 7 } };
  const id = String(params.trackingNumber);
  const order = [...world.state.orders.values()].find(({ shipment }) => shipment?.id === id);
  if (order?.shipment?.carrier !== carrier.code) return { body: { success: true, trackingUrl: '', items: [] } };
  const zone = world.switches.values.orderTimezone;
  const states = order.history.map(({ at, status, description }) => ({
    dcStatus: status,
    otoStatus: status,
    dcUpdateDate: orderTime(at, zone),
    dcDescription: description ?? '',
    updateStatusDate: orderTime(at, zone),
  }));
  const history = String(params.statusHistory) === 'true' ? { history: states } : {};
  const item = { shipmentId: id, success: true, ...states.at(-1), ...history };
  return { body: { success: true, trackingUrl: trackingOf(id), items: [item] } };
};
