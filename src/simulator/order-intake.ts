import { createOrder, linkedItems, moveOrder, type NewOrder, reserveItems } from './customer-orders.ts';
import type { CustomerOrder } from './order-record.ts';
import { type Refusal, refusal } from './refusals.ts';
import { askBesides } from './shipments.ts';
import type { Location, SimulatedProduct, World } from './state.ts';

/** What createOrder and updateOrder say, as far as the simulator looks into it; the rest is kept as it came. */
export interface OrderInput {
  readonly orderId: string;
  readonly pickupLocationCode?: string | undefined;
  readonly destinationLocationCode?: string | undefined;
  readonly createShipment?: boolean | string | undefined;
  readonly deliveryOptionId?: string | number | undefined;
  readonly brandId?: string | number | undefined;
  readonly packageCount?: number | undefined;
  readonly packageWeight?: string | number | undefined;
  readonly items?: readonly ItemInput[] | undefined;
  readonly boxes?: readonly BoxInput[] | undefined;
}

interface ItemInput {
  readonly sku?: string | undefined;
  readonly productId?: string | number | undefined;
  readonly name?: string | undefined;
  readonly quantity: string | number;
  readonly price?: string | number | undefined;
  readonly pickupLocation?:
    | readonly { readonly pickupLocationCode: string; readonly quantity: string | number }[]
    | undefined;
}

interface BoxInput {
  readonly boxId?: string | number | undefined;
  readonly boxName?: string | undefined;
  readonly weight?: string | number | undefined;
}

/** What OTO refuses before it looks whether it has the order. */
export function refusalOf(world: World, input: OrderInput): Refusal | undefined {
  const { locations, account } = world.state;
  const { pickupLocationCode: code, destinationLocationCode: destination, brandId } = input;
  if (code !== undefined && !locations.has(code)) return refusal('pickupLocation');
  if (destination !== undefined && !locations.has(destination)) return refusal('destination');
  if (brandId !== undefined && !account.content.brands.some(({ id }) => id === Number(brandId)))
    return refusal('brand');
  const parts = (input.items ?? []).flatMap(({ pickupLocation }) => pickupLocation ?? []);
  if (parts.some((part) => !locations.has(part.pickupLocationCode))) return refusal('splitLocations');
  if (!(input.items ?? []).every(({ quantity }) => Number(quantity) > 0)) return refusal('quantity');
  return input.boxes === undefined ? undefined : refusalOfBoxes(world, input, input.boxes);
}

function refusalOfBoxes({ state }: World, input: OrderInput, boxes: readonly BoxInput[]): Refusal | undefined {
  const ids = boxes.flatMap(({ boxId }) => (boxId === undefined ? [] : [String(boxId)]));
  if (new Set(ids).size < ids.length) return refusal('boxTwice');
  const known = new Set(state.account.content.boxes.map(({ name }) => name));
  if (boxes.some(({ boxName }) => boxName !== undefined && !known.has(boxName))) return refusal('boxName');
  const weights = boxes.flatMap(({ weight }) => (weight === undefined ? [] : [Number(weight)]));
  if (weights.some((weight) => weight <= 0)) return refusal('boxWeight');
  if (input.packageCount !== undefined && input.packageCount !== boxes.length) return refusal('boxCount');
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const given = input.packageWeight === undefined ? undefined : Number(input.packageWeight);
  const differs = given !== undefined && weights.length === boxes.length && Math.abs(given - total) > 0.001;
  return differs ? refusal('boxWeights') : undefined;
}

/** Without a code OTO assigns a location: here the first one that is active, warehouses before branches. */
export function locationFor({ state }: World, code: string | undefined): Location | undefined {
  if (code !== undefined) return state.locations.get(code);
  const active = [...state.locations.values()].filter(({ status }) => status === 'active');
  return active.find(({ kind }) => kind === 'warehouse') ?? active[0];
}

export function itemsOf({ state }: World, items: readonly ItemInput[]): NewOrder['items'] {
  return items.map(({ sku, productId, name, quantity, price }) => {
    // An account may have a million products, and a line that names its SKU needs no search.
    const byId = (): SimulatedProduct | undefined =>
      productId === undefined ? undefined : state.productList.find((one) => one.productId === Number(productId));
    return {
      sku: sku ?? byId()?.sku ?? '',
      name,
      quantity: Number(quantity),
      price: Number(price ?? 0),
    };
  });
}

/** A new order, ready for packing at its location; with createShipment its shipment is asked for at once. */
export function take(world: World, input: OrderInput, location: Location, items: NewOrder['items']): CustomerOrder {
  const { orderId, items: _, ...fields } = input;
  const order = createOrder(world, { orderId, location: location.code, items, fields });
  moveOrder(world, order, 'assignedToWarehouse');
  if (String(input.createShipment) === 'true') askBesides(world, order, optionOf(input));
  return order;
}

export function optionOf({ deliveryOptionId }: Pick<OrderInput, 'deliveryOptionId'>): number | undefined {
  return deliveryOptionId === undefined ? undefined : Number(deliveryOptionId);
}

/** Changes an order whose goods are still in the warehouse. */
export function change(world: World, order: CustomerOrder, input: OrderInput): void {
  const { orderId: _, items, ...fields } = input;
  if (!order.fulfilled) reserveItems(world, order, -1, 'order-updated');
  order.fields = { ...order.fields, ...fields };
  if (input.pickupLocationCode !== undefined) order.location = input.pickupLocationCode;
  if (items !== undefined) order.items = linkedItems(world, itemsOf(world, items));
  order.modifiedAt = world.now();
  if (!order.fulfilled) reserveItems(world, order, 1, 'order-updated');
}

/** Each location's part of an order whose items name where they come from. */
export function splitOf(world: World, items: readonly ItemInput[]): Map<string, NewOrder['items'][number][]> {
  const parts = new Map<string, NewOrder['items'][number][]>();
  for (const item of items) {
    const [whole] = itemsOf(world, [item]);
    for (const { pickupLocationCode, quantity } of item.pickupLocation ?? []) {
      const part = parts.get(pickupLocationCode) ?? [];
      parts.set(pickupLocationCode, part);
      if (whole !== undefined) part.push({ ...whole, quantity: Number(quantity) });
    }
  }
  return parts;
}
