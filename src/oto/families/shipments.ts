import { z } from 'zod';
import {
  decimal,
  envelope,
  givenId,
  idText,
  looseList,
  looseText,
  optional,
  plainAnswer,
  required,
  requiredText,
  wholeQuantity,
} from '../fields.ts';
import { post, read, write } from '../row.ts';
import { customer } from './order-parts.ts';
import { namesOrder, orderIdOrOtoId } from './orders.ts';

/** Shipments and what comes back. Sources: OTO's API pages and its article on returns; (2026): its collection of July 2026 only. */

const pickingType = optional(
  z.enum(['PICKUP_BY_DC', 'BRANCH_DROP_OFF']),
  'Text. Whether the carrier collects the parcel or it is brought to a branch.',
);
const identityCards = {
  frontSideIDCard: optional(z.string(), 'Text (2026). Address of a picture.'),
  backSideIDCard: optional(z.string(), 'Text (2026). Address of a picture.'),
};
const oneOrder = z.strictObject({ orderId: required(givenId, 'Text. Unknown: OTO1002.') });

export const createShipmentRequest = z
  .strictObject({
    ...orderIdOrOtoId,
    deliveryOptionId: optional(
      givenId,
      "Whole number; the example sends text. Without it the account's rule decides, else its first carrier.",
    ),
    whoPays: optional(z.enum(['marketplacePaysDeliveryFee', 'sellerPaysDeliveryFee']), 'Text. Else: OTO1106.'),
    packageWeight: optional(decimal, 'Number, kilograms (2026).'),
    boxWidth: optional(decimal, 'Number, centimetres (2026).'),
    boxLength: optional(decimal, 'Number, centimetres (2026).'),
    boxHeight: optional(decimal, 'Number, centimetres (2026).'),
    packageCount: optional(wholeQuantity, 'Whole number (2026). Parcels.'),
    pickingType,
    ...identityCards,
  })
  .refine(namesOrder, { error: 'needs orderId or otoId' });

export const cancelShipmentRequest = z
  .strictObject({
    ...orderIdOrOtoId,
    shipmentId: required(givenId, 'Text. Missing: OTO1079.'),
  })
  .refine(namesOrder, { error: 'needs orderId or otoId' });

export const createReturnShipmentRequest = z.strictObject({
  orderId: required(givenId, 'Text. A delivered order.'),
  deliveryOptionId: optional(givenId, 'Text. Required (2025); optional (2026).'),
  pickupLocationCode: optional(requiredText, 'Text. Location that the goods go back to.'),
  items: optional(
    z.array(
      z.strictObject({
        sku: required(requiredText, 'Text.'),
        quantity: required(decimal, 'Text holding a number. Units that come back; more than were bought: OTO1179.'),
      }),
    ),
    'List. Without it the whole order.',
  ),
  pickingType,
  customer: optional(customer.partial(), 'Object (2026). Where the goods are collected.'),
  ...identityCards,
});
export const createReturnShipmentResponse = z.looseObject({
  ...envelope,
  /** The return is an order of its own since 2026: the id of the order and `-R1`, `-R2`, … */
  returnOrderId: looseText,
  message: looseText,
  /** In place of `message` (2025). */
  msg: looseText,
});

export const getReturnLinkResponse = z.looseObject({ ...envelope, returnLink: looseText });

export const getReturnDetailsResponse = z.looseObject({
  ...envelope,
  orderId: looseText,
  returnLocationCode: looseText,
  returnReason: looseText,
  status: looseText,
  items: looseList(z.looseObject({ sku: looseText, quantityOrdered: looseText })),
  returnedItems: looseList(z.looseObject({ sku: looseText, quantityToBeReturned: looseText })),
});

export const triggerReturnSmsResponse = z.looseObject({ ...envelope, otoId: idText.optional() });

// orderStatus tells whether there is a shipment, and whether it is canceled.
const change = { ...post, ...write, lostAnswer: 'resend-if-unchanged' } as const;

export const shipmentRows = {
  createShipment: {
    ...change,
    path: '/createShipment',
    family: 'shipments',
    plan: 'all',
    summary:
      'Asks for a shipment of an order. The answer says only that it was asked: failures come by the webhook shipmentError.',
    request: createShipmentRequest,
    response: plainAnswer,
  },
  cancelShipment: {
    ...change,
    path: '/cancelShipment',
    family: 'shipments',
    plan: 'all',
    summary: 'Cancels a shipment that was not picked up; some carriers do not allow it.',
    request: cancelShipmentRequest,
    response: plainAnswer,
  },
  createReturnShipment: {
    ...change,
    path: '/createReturnShipment',
    family: 'returns',
    plan: 'all',
    summary: 'Lets the goods of a delivered order be collected and brought back.',
    request: createReturnShipmentRequest,
    response: createReturnShipmentResponse,
  },
  getReturnLink: {
    ...post,
    ...read,
    path: '/getReturnLink',
    family: 'returns',
    plan: 'Starter and up',
    summary: 'Address of the page on which the customer asks for a return.',
    request: oneOrder,
    response: getReturnLinkResponse,
  },
  getReturnDetails: {
    ...post,
    ...read,
    path: '/getReturnDetails',
    family: 'returns',
    plan: 'all',
    summary: 'Reason, items and status of a return.',
    request: oneOrder,
    response: getReturnDetailsResponse,
  },
  triggerReturnSms: {
    ...post,
    ...write,
    // A second one would be a second message to the customer.
    lostAnswer: 'park',
    path: '/triggerReturnSms',
    family: 'returns',
    plan: 'Starter and up',
    summary: 'Sends the customer a text message about a return; whether it arrives stands in the SMS logs of OTO.',
    request: oneOrder,
    response: triggerReturnSmsResponse,
  },
} as const;
