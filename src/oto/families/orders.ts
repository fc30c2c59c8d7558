import { z } from 'zod';
import {
  decimal,
  envelope,
  givenId,
  idText,
  looseText,
  optional,
  plainAnswer,
  required,
  requiredText,
} from '../fields.ts';
import { post, write } from '../row.ts';
import { verdictOf } from '../verdict.ts';
import { orderFields } from './order-parts.ts';

/** Writes of customer orders; the reads `orders` and `orderDetails` are in `endpoints.ts`. Sources: OTO's API pages and its articles. */

export const orderIdOrOtoId = {
  orderId: optional(givenId, 'Text. Id of the order in the shop; this or otoId.'),
  otoId: optional(givenId, 'Whole number. Id of the order at OTO (2026); this or orderId.'),
};
export const namesOrder = (by: { orderId?: unknown; otoId?: unknown }): boolean =>
  by.orderId !== undefined || by.otoId !== undefined;

export const createOrderRequest = z
  .strictObject({
    orderId: required(
      requiredText,
      'Text. Id of the order in the shop. The same again is an update while its status allows it.',
    ),
    ...orderFields,
    amount: required(decimal, 'Number, required. Value of the order in its currency.'),
    amount_due: required(decimal, 'Number, required. What is left to pay: 0 when paid, else amount.'),
    currency: required(requiredText, 'Text, required. ISO 4217 code.'),
  })
  .refine(
    ({ customer, destinationLocationCode }) => (customer === undefined) !== (destinationLocationCode === undefined),
    {
      error: 'needs customer, or destinationLocationCode in its place',
    },
  )
  .refine(({ items, item_description }) => items !== undefined || item_description !== undefined, {
    error: 'needs items or item_description',
  })
  .refine(({ serviceType, pickupLocationCode }) => serviceType === undefined || pickupLocationCode !== undefined, {
    error: 'needs pickupLocationCode with serviceType pickupFromStore',
  });
/** A repeat of an order whose status allows no update says success and an error at once: an unknown outcome. */
export const createOrderResponse = z.looseObject({
  ...envelope,
  otoId: idText.optional(),
  /** Of an order that was split over locations. */
  otoIds: z.array(idText).optional(),
  /** Of a repeat, which was an update. */
  message: looseText,
});

export const updateOrderRequest = z.strictObject({
  orderId: required(requiredText, 'Text. Id of the order in the shop.'),
  ...orderFields,
});

export const updateOrderStatusRequest = z.strictObject({
  orderIds: required(
    z.union([z.array(givenId).min(1), givenId]),
    'List of order ids. Table: text; examples: a list of the ids at OTO.',
  ),
  status: required(z.enum(['delivered', 'returned', 'pickedUp']), 'Text.'),
  description: optional(z.string(), 'Text. Shown in the history.'),
  date: optional(z.string(), 'Moment in ISO 8601, such as 2024-08-06T21:00:00.000Z.'),
});
export const updateOrderStatusResponse = z.looseObject({
  ...envelope,
  result: z.array(z.looseObject({ success: z.boolean().optional(), orderIds: z.array(idText).optional() })).optional(),
});

export const cancelOrderRequest = z
  .strictObject(orderIdOrOtoId)
  .refine(namesOrder, { error: 'needs orderId or otoId' });

export const holdOrderRequest = z.strictObject({
  orderId: required(givenId, 'Text.'),
  onHoldReason: required(requiredText, 'Text; missing: OTO1110.'),
  onHoldReasonLang: required(z.enum(['eng', 'en', 'tr', 'ar']), 'Text. Table: eng, tr, ar; examples: en.'),
  onHoldComment: optional(z.string(), 'Text (2026).'),
});

export const unHoldOrderRequest = z.strictObject({ orderId: required(givenId, 'Text.') });

// orderDetails tells whether a write that got no answer was taken.
const change = { ...post, ...write, lostAnswer: 'resend-if-unchanged', family: 'orders' } as const;

export const orderRows = {
  createOrder: {
    ...change,
    path: '/createOrder',
    plan: 'all',
    summary: 'Creates a customer order, with createShipment its shipment too; the same orderId again updates it.',
    request: createOrderRequest,
    response: createOrderResponse,
  },
  updateOrder: {
    ...change,
    path: '/updateOrder',
    plan: 'all',
    summary: 'Changes an order that has no shipment yet.',
    request: updateOrderRequest,
    response: plainAnswer,
  },
  updateOrderStatus: {
    ...change,
    path: '/updateOrderStatus',
    plan: 'Scale and up; Starter and up in older documents',
    summary: 'Marks orders without a shipment of OTO as picked up, delivered or returned.',
    request: updateOrderStatusRequest,
    response: updateOrderStatusResponse,
    verdict: ({ result }: Readonly<Record<string, unknown>>) => (Array.isArray(result) ? verdictOf(result) : undefined),
  },
  cancelOrder: {
    ...change,
    path: '/cancelOrder',
    plan: 'all',
    summary: 'Cancels an order that has no shipment.',
    request: cancelOrderRequest,
    response: plainAnswer,
  },
  holdOrder: {
    ...change,
    path: '/holdOrder',
    plan: 'all',
    summary: 'Stops the processing of an order until it is released.',
    request: holdOrderRequest,
    response: plainAnswer,
  },
  unHoldOrder: {
    ...change,
    path: '/unHoldOrder',
    plan: 'all',
    summary: 'Releases an order that was on hold.',
    request: unHoldOrderRequest,
    response: plainAnswer,
  },
} as const;
