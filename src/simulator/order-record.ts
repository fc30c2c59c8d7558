import type { OrderStatus } from './order-status.ts';

/** A shipment that a carrier has taken on, or has been asked for. */
export interface Shipment {
  /** What OTO calls shipmentId, and the carrier its tracking number. */
  readonly id: string;
  readonly carrier: string;
  readonly deliveryOptionId: number;
  readonly createdAt: number;
  /** What OTO charged for it. */
  readonly fee: number;
  /** Kilograms. */
  readonly weight: number;
  canceled: boolean;
}

export interface OrderItem {
  readonly sku: string;
  readonly quantity: number;
  readonly name: string;
  readonly price: number;
  /** Linked when the order comes in. An item that is no product then has no stock to reserve, not even when it becomes one. */
  readonly productId?: number | undefined;
}

export interface StatusEntry {
  readonly at: number;
  readonly status: OrderStatus;
  readonly description?: string | undefined;
}

export interface CustomerOrder {
  readonly id: number;
  readonly orderId: string;
  readonly createdAt: number;
  readonly history: StatusEntry[];
  location: string;
  items: readonly OrderItem[];
  status: OrderStatus;
  modifiedAt: number;
  /** Whether its goods are out of reach: on hand has fallen for it, told once, whatever the switch says afterwards. */
  fulfilled: boolean;
  /** The fields of createOrder that the simulator only keeps and shows, as they came. */
  fields?: Readonly<Record<string, unknown>> | undefined;
  /** The last one, also when it is canceled. */
  shipment?: Shipment | undefined;
  /** The order whose goods come back with this one. */
  readonly returnOf?: string | undefined;
  /** Orders of the goods that come back, oldest first. */
  returns?: readonly string[] | undefined;
  /** What was asked back of this order so far. */
  returned?: readonly { readonly sku: string; readonly quantity: number }[] | undefined;
  /** Driver of OTO Flex. */
  driverId?: number | undefined;
}
