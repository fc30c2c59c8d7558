import { setStatus } from './customer-orders.ts';
import type { CustomerOrder, OrderItem } from './order-record.ts';
import { askBesides } from './shipments.ts';
import type { World } from './state.ts';

type Back = readonly { readonly sku: string; readonly quantity: number }[];

/** Units of a SKU that were bought and not yet asked back. */
export function stillOut({ items, returned = [] }: CustomerOrder, sku: string): number {
  const units = (list: Back): number =>
    list.filter((one) => one.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
  return units(items) - units(returned);
}

/**
 * Lets goods of a delivered order come back: as an order of its own, or by statuses of the order itself. The goods are out of reach
 * until then, so nothing is reserved for it.
 */
export function makeReturn(
  world: World,
  order: CustomerOrder,
  back: Back,
  wanted: { readonly location: string; readonly deliveryOptionId?: number | undefined },
): CustomerOrder {
  order.returned = [...(order.returned ?? []), ...back];
  if (world.switches.values.returnOrder === 'original') {
    setStatus(world, order, 'newReturn');
    askBesides(world, order, wanted.deliveryOptionId);
    return order;
  }
  const returns = order.returns ?? [];
  const orderId = `${order.orderId}-R${returns.length + 1}`;
  const at = world.now();
  const made: CustomerOrder = {
    id: world.state.next.order++,
    orderId,
    location: wanted.location,
    items: back.map(({ sku, quantity }) => ({
      ...(order.items.find((item) => item.sku === sku) as OrderItem),
      quantity,
    })),
    createdAt: at,
    history: [],
    status: 'newReturn',
    modifiedAt: at,
    fulfilled: true,
    fields: order.fields,
    returnOf: order.orderId,
  };
  order.returns = [...returns, orderId];
  world.state.addOrder(made);
  setStatus(world, made, 'newReturn');
  askBesides(world, made, wanted.deliveryOptionId);
  return made;
}
