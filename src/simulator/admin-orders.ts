import { z } from 'zod';
import { type AdminRoute, parse } from './admin-route.ts';
import { type OrderStatus, orderStatuses } from './order-status.ts';
import { orderSeed } from './seed.ts';
import type { Staff } from './staff.ts';

const reportBody = z.strictObject({
  status: z.enum(orderStatuses as [OrderStatus, ...OrderStatus[]]),
  description: z.string().optional(),
});

/** What customers, staff and carriers do with orders. */
export function adminOrderRoutes(staff: Staff): AdminRoute[] {
  return [
    {
      method: 'POST',
      path: '/orders',
      summary: 'a customer orders {orderId?, location, items: [{sku, quantity}], status?}',
      run: ({ body }) => staff.createOrder(parse(orderSeed, body)),
    },
    {
      method: 'POST',
      path: '/orders/:id/ready',
      summary: 'the order becomes ready for packing',
      run: ({ id }) => staff.readyOrder(id),
    },
    { method: 'POST', path: '/orders/:id/pick', summary: 'staff pick it', run: ({ id }) => staff.pickOrder(id) },
    { method: 'POST', path: '/orders/:id/pack', summary: 'staff pack it', run: ({ id }) => staff.packOrder(id) },
    { method: 'POST', path: '/orders/:id/ship', summary: 'the carrier takes it', run: ({ id }) => staff.shipOrder(id) },
    { method: 'POST', path: '/orders/:id/cancel', summary: 'cancel it', run: ({ id }) => staff.cancelOrder(id) },
    {
      method: 'POST',
      path: '/orders/:id/shipment',
      summary: 'the carrier takes on a shipment that waits for it (switch shipmentOutcome)',
      run: ({ id }) => staff.completeShipment(id),
    },
    {
      method: 'POST',
      path: '/orders/:id/status',
      summary: 'the carrier reports {status, description?}: inTransit, delivered, returned, reversePickedUp, …',
      run: ({ id, body }) => {
        const { status, description } = parse(reportBody, body);
        return staff.report(id, status, description);
      },
    },
    {
      method: 'POST',
      path: '/payments/:id/pay',
      summary: 'somebody pays for credit',
      run: ({ id }) => staff.pay(parse(z.coerce.number().int(), id)),
    },
  ];
}
