import type { CustomerOrder } from './order-record.ts';
import type { OrderStatus } from './order-status.ts';

/** A status that an order has just got, its first one included. */
export interface OrderStatusChange {
  /** As it is now, with this status. */
  readonly order: CustomerOrder;
  readonly status: OrderStatus;
  /** Undefined for a new order. */
  readonly before: OrderStatus | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly description: string | undefined;
}

/** A shipment that could not be made after OTO had taken the request for it. */
export interface ShipmentFailure {
  readonly order: CustomerOrder;
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly deliveryCompany: string;
  readonly at: number;
}

/** Credit that a shipment took or gave back. */
export interface CreditChange {
  readonly order: CustomerOrder;
  /** SAR, negative where it was charged. */
  readonly amount: number;
  readonly at: number;
}

/** What `state.events` tells, each with one value. */
export interface AccountEvents {
  orderStatus: [OrderStatusChange];
  shipmentError: [ShipmentFailure];
  walletTransaction: [CreditChange];
}
