import type { ReadOptions, ResponseOf } from '../oto/index.ts';
import type { Bridge } from './context.ts';

/** Order statuses that say as much as a packing status, should OTO keep no history of packing. */
const ofOrderStatus: Readonly<Record<string, string>> = { picked: 'picked', packed: 'packed', pickedUp: 'shipped' };

const steps: readonly (string | null | undefined)[] = ['partiallyPicked', 'picked', 'packed', 'shipped'];

export interface PackingShown {
  /** The furthest of its history and of its own status; null where neither names one. */
  readonly status: string | null;
  /** Whether `null` says that no step was taken. Without a history it does not: an order's own status may not follow its packing. */
  readonly telling: boolean;
  /** The order's own status, as OTO names it. */
  readonly orderStatus: string | null;
  /** What OTO says of that status, for people. */
  readonly description: string | null;
  /** What else OTO, and perhaps the ERP, knows it by. */
  readonly refs: Readonly<Partial<Record<OrderField, string>>>;
}

const fields = ['otoId', 'ref1', 'ref2', 'ref3'] as const;
type OrderField = (typeof fields)[number];

/** What OTO shows of an order's packing. @throws BridgeError when OTO cannot be read, or refuses to show the order */
export async function readPacking(bridge: Bridge, orderId: string, options: ReadOptions): Promise<PackingShown> {
  return packingShown(await bridge.oto.read('orderDetails', { orderId }, options));
}

/** The same of an order that was read. */
export function packingShown(order: ResponseOf<'orderDetails'>): PackingShown {
  const { packingStatusHistory: history } = order;
  // The order of the entries is not documented: the furthest step counts, and OTO's steps only go forward.
  const status = (history ?? []).reduce<string | null>(
    (best, entry) => (isBeyond(entry.packingStatus, best) ? (entry.packingStatus ?? null) : best),
    ofOrderStatus[order.status ?? ''] ?? null,
  );
  const named = { ...order, otoId: order.id } as Readonly<Record<string, unknown>>;
  const refs = fields.flatMap((field) => {
    const value = named[field];
    return (typeof value === 'string' && value !== '') || typeof value === 'number'
      ? [[field, String(value)] as const]
      : [];
  });
  return {
    status,
    telling: status !== null || history !== undefined,
    orderStatus: order.status ?? null,
    description: order.statusHistory.findLast((entry) => entry.status === order.status)?.description ?? null,
    refs: Object.fromEntries(refs),
  };
}

/** Whether an order that shows `status` has gone further than `than`: a call that says `than` would be a step back. */
export function isBeyond(status: string | null | undefined, than: string | null | undefined): boolean {
  return steps.indexOf(status) > steps.indexOf(than);
}

/** Why nobody is to pick or pack an order any more, by its own status; null where that says nothing of the kind. */
export function whyGone(orderStatus: string | null): string | null {
  if (orderStatus === 'canceled') return 'cancelled in OTO';
  return orderStatus === 'deleted' ? 'deleted in OTO' : null;
}

const troubles = new Set([
  'missingData',
  'notAvailableBR',
  'notAvailableWH',
  'shipmentOnHoldWarehouse',
  'shipmentOnHoldToCancel',
  'shipmentCanceled',
]);

/** What is wrong with its shipment, for people, by the order's own status. */
export function troubleOf({ orderStatus, description }: PackingShown): string | null {
  if (orderStatus === null || !troubles.has(orderStatus)) return null;
  return description === null ? orderStatus : `${orderStatus}: ${description}`;
}

/** A carrier has the order, or is to fetch it: what was wrong with its shipment is mended. */
export function isShipped({ orderStatus, status }: Pick<PackingShown, 'orderStatus' | 'status'>): boolean {
  return status === 'shipped' || (orderStatus !== null && carried.has(orderStatus));
}

const carried = new Set([
  'searchingDriver',
  'shipmentCreated',
  'goingToPickup',
  'arrivedPickup',
  'pickedUp',
  'inTransit',
  'outForDelivery',
  'delivered',
]);
