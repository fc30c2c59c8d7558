import type { Transaction } from './account.ts';
import { type Carrier, carriers, type Parcel, priceOf, reaches } from './carriers.ts';
import { isStopped, moveOrder, setStatus, stepOf } from './customer-orders.ts';
import type { CustomerOrder, Shipment } from './order-record.ts';
import { carrierMay, type OrderStatus, stageOf } from './order-status.ts';
import { type City, cities, cityNamed, distance } from './places.ts';
import type { World } from './state.ts';

/** A way to ship: a carrier at OTO's own rates, or under a contract of the account. */
export interface DeliveryOption {
  readonly id: number;
  readonly name: string;
  readonly carrier: Carrier;
  readonly own: boolean;
}

/** Every option of the account, its own contracts first. */
export function deliveryOptions({ state }: World): DeliveryOption[] {
  const contracts = state.account.content.contracts.filter(({ active }) => active);
  const own = contracts.flatMap(({ id, name, carrier: code }) => {
    const carrier = carriers.find((one) => one.code === code);
    return carrier === undefined ? [] : [{ id, name, carrier, own: true }];
  });
  return [...own, ...carriers.map((one) => ({ id: one.deliveryOptionId, name: one.name, carrier: one, own: false }))];
}

/** The shipment that is under way or done; undefined without one, and after it was canceled. */
export function activeShipment({ shipment }: CustomerOrder): Shipment | undefined {
  return shipment?.canceled === false ? shipment : undefined;
}

const fallback = cities[0] as City;

/** From the order's location to its customer, where the simulator knows their cities. */
export function parcelOf({ state }: World, order: CustomerOrder): Parcel {
  const { customer, packageWeight } = order.fields ?? {};
  const from = cityNamed(state.locations.get(order.location)?.city ?? '') ?? fallback;
  const to = cityNamed(textIn(customer, 'city')) ?? from;
  const weight = Number(packageWeight);
  return { from, to, km: distance(from, to), weight: weight > 0 ? weight : 1 };
}

export function textIn(value: unknown, field: string): string {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

/** SAR. OTO's own rates are a tenth above those of a contract. */
export function priceOfOption({ seed }: World, { own, carrier }: DeliveryOption, parcel: Parcel): number {
  const price = priceOf(carrier, parcel, seed);
  return own ? price : Math.round(price * 110) / 100;
}

export type Asked = 'asked' | 'credit';

/**
 * Asks for a shipment. What becomes of it shows later, as in OTO: the order gets its status, or `shipmentError` is told.
 * `credit`: there is not enough of it, and nothing was asked.
 */
export function askForShipment(world: World, order: CustomerOrder, deliveryOptionId: number | undefined): Asked {
  const options = deliveryOptions(world);
  const parcel = parcelOf(world, order);
  const fitting = options.filter(({ carrier }) => reaches(carrier, parcel));
  const option = deliveryOptionId === undefined ? fitting[0] : options.find(({ id }) => id === deliveryOptionId);
  const { shipmentOutcome } = world.switches.values;
  const unreachable = option === undefined || !reaches(option.carrier, parcel);
  if (unreachable || shipmentOutcome === 'fails') {
    const why = option === undefined ? 'there is no such delivery option' : 'the carrier does not take it';
    fail(world, order, option?.carrier.code ?? '', why);
    return 'asked';
  }
  // Under an own contract the carrier sends its bill itself.
  const fee = option.own ? 0 : priceOfOption(world, option, parcel);
  if (fee > world.state.account.content.credit.shipping) return 'credit';
  order.shipment = {
    id: String(world.state.next.shipment++),
    carrier: option.carrier.code,
    deliveryOptionId: option.id,
    createdAt: world.now(),
    fee,
    weight: parcel.weight,
    canceled: false,
  };
  charge(world, order, -fee, 'charge');
  if (shipmentOutcome === 'waits') setStatus(world, order, asReverse(order) ? 'newReturn' : 'searchingDriver');
  else completeShipment(world, order);
  return 'asked';
}

/** The same beside something else that was asked, which stands whatever becomes of the shipment: a lack of credit is told as well. */
export function askBesides(world: World, order: CustomerOrder, deliveryOptionId: number | undefined): void {
  if (askForShipment(world, order, deliveryOptionId) === 'credit') fail(world, order, '', 'there is not enough credit');
}

/** Goods that come back go by statuses of their own. */
export function asReverse({ returnOf, status }: CustomerOrder): boolean {
  return returnOf !== undefined || stageOf(status).startsWith('reverse');
}

/** The carrier has taken the shipment on. */
export function completeShipment(world: World, order: CustomerOrder): void {
  setStatus(world, order, asReverse(order) ? 'reverseShipmentCreated' : 'shipmentCreated');
}

function fail({ state, now }: World, order: CustomerOrder, carrier: string, why: string): void {
  state.events.emit('shipmentError', {
    order,
    errorCode: 'deliveryCompanyError',
    errorMessage: `delivery company not allow to create shipment: ${why}`,
    deliveryCompany: carrier,
    at: now(),
  });
}

export function cancelShipment(world: World, order: CustomerOrder, shipment: Shipment): void {
  shipment.canceled = true;
  charge(world, order, shipment.fee, 'refund');
  setStatus(world, order, asReverse(order) ? 'reverseShipmentCanceled' : 'shipmentCanceled');
}

function charge({ state, now }: World, order: CustomerOrder, amount: number, kind: Transaction['kind']): void {
  const { credit, transactions } = state.account.content;
  const { shipment } = order;
  if (amount === 0 || shipment === undefined) return;
  credit.shipping = Math.round((credit.shipping + amount) * 100) / 100;
  const at = now();
  state.events.emit('walletTransaction', { order, amount, at });
  transactions.push({
    id: state.next.entry++,
    at,
    orderId: order.orderId,
    otoId: order.id,
    shipmentId: shipment.id,
    carrier: shipment.carrier,
    deliveryOptionId: shipment.deliveryOptionId,
    amount,
    remaining: credit.shipping,
    kind,
    shipmentType: asReverse(order) ? 'reverse' : 'forward',
    description: kind === 'charge' ? 'Shipment' : 'Shipment canceled',
  });
}

/** Back in the warehouse, and looked at there. */
const confirmations: Partial<Record<OrderStatus, OrderStatus>> = {
  returned: 'confirmedReturn',
  reverseReturned: 'reverseConfirmReturn',
};

/**
 * What a carrier reports of the goods, or the warehouse of what came back. Goods that go out pass through the warehouse's steps first.
 * False where the order's status does not allow it.
 */
export function report(world: World, order: CustomerOrder, target: OrderStatus, description?: string): boolean {
  if (confirmations[order.status] === target) {
    setStatus(world, order, target, description);
    takeBack(world, order);
    return true;
  }
  if (isStopped(order)) return false;
  const forward = ['pickup', 'transit', 'delivery', 'returned', 'failed'].includes(stageOf(target));
  const waits = !asReverse(order) && stepOf(order) !== 'pickedUp';
  if (forward && waits) {
    moveOrder(world, order, 'pickedUp');
    if (target !== 'pickedUp') setStatus(world, order, target, description);
    return true;
  }
  if (!carrierMay(order.status, target)) return false;
  setStatus(world, order, target, description);
  return true;
}

/** What the switch returnedGoods says becomes of goods that came back. */
function takeBack(world: World, order: CustomerOrder): void {
  if (world.switches.values.returnedGoods === 'apart') return;
  const back = order.returnOf === undefined && order.returned !== undefined ? order.returned : order.items;
  for (const { sku, quantity } of back) {
    if (!world.state.products.has(sku)) continue;
    world.state.figures.move(sku, order.location, { onHand: quantity }, 'order-returned', order.orderId);
  }
}
