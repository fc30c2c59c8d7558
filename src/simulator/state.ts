import { EventEmitter } from 'node:events';
import { BridgeError } from '../lib/errors.ts';
import { Account } from './account.ts';
import { simulatorErrors } from './errors.ts';
import type { AccountEvents } from './events.ts';
import { Figures } from './figures.ts';
import type { CustomerOrder } from './order-record.ts';
import type { Switches } from './switches.ts';
import { WebhookBook } from './webhook-book.ts';

export type LocationKind = 'warehouse' | 'branch';

export interface Location {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly kind: LocationKind;
  readonly status: 'active' | 'inactive';
  readonly city: string;
  readonly bins: readonly string[];
  readonly createdAt: number;
  /** The fields of createPickupLocation that are only kept and shown. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** A location as it is given to the simulator; what is left out is filled in. */
export interface LocationInput {
  readonly code: string;
  readonly name?: string | undefined;
  readonly kind?: LocationKind | undefined;
  readonly status?: 'active' | 'inactive' | undefined;
  readonly city?: string | undefined;
  readonly bins?: readonly string[] | undefined;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

export interface SimulatedProduct {
  readonly productId: number;
  readonly sku: string;
  readonly name: string;
  readonly barcode?: string | undefined;
  readonly productImage?: string | undefined;
  /** Epoch milliseconds; undefined for one that was there from the start. */
  readonly addedAt?: number | undefined;
  /** The other fields of createProduct as they came; no call of OTO reads them back. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type InventoryOrderStatus = 'new' | 'accepted' | 'processed' | 'rejected';

export interface InventoryOrder {
  readonly otoId: number;
  readonly action: 'inbound' | 'outbound';
  readonly locationCode: string;
  readonly binLocationName?: string | undefined;
  /** DD/MM/YYYY; undefined when the call gave none or one that is no date. */
  readonly orderDate?: string | undefined;
  readonly deliveryDate?: string | undefined;
  readonly waybillNumber?: string | undefined;
  readonly description?: string | undefined;
  readonly type?: string | undefined;
  readonly items: readonly { readonly sku: string; readonly qty: number }[];
  /** SKUs of items that were no products when it was created: they have no stock to move, not even when they become ones. */
  readonly unlinked: readonly string[];
  readonly createdAt: number;
  status: InventoryOrderStatus;
  modifiedAt: number;
  /** Whether on hand has moved for it: told once, whatever the switch says afterwards. */
  moved: boolean;
}

/** The numbers given out next. Inventory orders have a sequence of their own, far below that of customer orders. */
export interface Sequences {
  product: number;
  transaction: number;
  inventoryOrder: number;
  order: number;
  location: number;
  shipment: number;
  brand: number;
  box: number;
  contract: number;
  /** Of credit. */
  entry: number;
  payment: number;
}

export const firstNumbers: Readonly<Sequences> = {
  product: 10_001,
  transaction: 700_001,
  inventoryOrder: 4_026,
  order: 31_000_001,
  location: 501,
  shipment: 2_302_416_029,
  brand: 1_193,
  box: 301,
  contract: 1_233,
  entry: 80_001,
  payment: 60_001,
};

/** Everything that the simulated account holds. Changed only by the functions that keep its sums right. */
export class State {
  readonly products = new Map<string, SimulatedProduct>();
  /** In the order of creation, for paging. */
  readonly productList: SimulatedProduct[] = [];
  readonly figures: Figures;
  readonly inventoryOrders = new Map<number, InventoryOrder>();
  /** Each waybill number to the first inventory order that carries it. */
  readonly waybills = new Map<string, number>();
  readonly orders = new Map<string, CustomerOrder>();
  readonly ordersById = new Map<number, CustomerOrder>();
  readonly locations = new Map<string, Location>();
  readonly account = new Account();
  readonly next: Sequences = { ...firstNumbers };
  /** What happens to the account, as it happens. Listeners outlive `clear`, are called in the middle of a call and must not throw. */
  readonly events = new EventEmitter<AccountEvents>();
  readonly webhooks = new WebhookBook();

  constructor(now: () => number) {
    this.figures = new Figures(now);
  }

  clear(): void {
    this.products.clear();
    this.productList.length = 0;
    this.figures.clear();
    this.inventoryOrders.clear();
    this.waybills.clear();
    this.orders.clear();
    this.ordersById.clear();
    this.locations.clear();
    this.account.clear();
    Object.assign(this.next, firstNumbers);
    this.webhooks.clear();
  }

  addProduct(product: SimulatedProduct): void {
    this.products.set(product.sku, product);
    this.productList.push(product);
  }

  addInventoryOrder(order: InventoryOrder): void {
    this.inventoryOrders.set(order.otoId, order);
    const { waybillNumber, otoId } = order;
    if (waybillNumber !== undefined && !this.waybills.has(waybillNumber)) this.waybills.set(waybillNumber, otoId);
  }

  addOrder(order: CustomerOrder): void {
    this.orders.set(order.orderId, order);
    this.ordersById.set(order.id, order);
  }

  addLocation(input: LocationInput, now: number): Location {
    const { fields } = input;
    const location: Location = {
      id: this.locations.get(input.code)?.id ?? this.next.location++,
      code: input.code,
      name: input.name ?? input.code,
      kind: input.kind ?? 'warehouse',
      status: input.status ?? 'active',
      city: input.city ?? 'Riyadh',
      bins: input.bins ?? [],
      createdAt: now,
      ...(fields !== undefined && { fields }),
    };
    this.locations.set(location.code, location);
    return location;
  }
}

/** What every rule of the simulated account needs. */
export interface World {
  readonly state: State;
  readonly switches: Switches;
  /** Epoch milliseconds, with a fraction. */
  readonly now: () => number;
  /** Of what is made up: prices. */
  readonly seed: number;
}

export function locationOf(world: World, code: string): Location {
  const location = world.state.locations.get(code);
  if (location !== undefined) return location;
  throw new BridgeError(simulatorErrors.SIMULATOR_NOT_FOUND, {
    message: `The simulator has no location ${code}.`,
    hint: `It has ${[...world.state.locations.keys()].join(', ') || 'none'}; more come with POST /_simulator/seed.`,
  });
}
