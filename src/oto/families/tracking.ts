import { z } from 'zod';
import { envelope, figure, flag, givenId, looseList, looseText, optional, required, requiredText } from '../fields.ts';
import { get, post, read } from '../row.ts';
import { namesOrder, orderIdOrOtoId } from './orders.ts';

/** Where an order or shipment is, and its label. Sources: OTO's API pages; answers from its collections of 2025 and 2026. */

export const printRequest = z.strictObject({
  orderId: required(
    // A client or proxy takes these for the folder itself and the one above.
    givenId.refine((id) => id !== '.' && id !== '..', 'cannot stand in an address'),
    'Text, part of the path.',
  ),
  printReverseShipment: optional(flag, 'Yes or no (2026). The label of the return; none there: OTO1213.'),
  internationalProforma: optional(flag, 'Yes or no (2026). Adds the proforma invoice.'),
});
export const printResponse = z.looseObject({
  ...envelope,
  printAWBURL: looseText,
  deliveryCompany: looseText,
  trackingNumber: looseText,
  dcTrackingNumber: looseText,
  /** A PDF in Base64. */
  internationalProforma: looseText,
});

export const orderStatusRequest = z
  .strictObject({
    ...orderIdOrOtoId,
    labelType: optional(z.literal('ZPL'), 'Text (2026). Adds the label in ZPL.'),
  })
  .refine(namesOrder, { error: 'needs orderId or otoId' });
export const orderStatusResponse = z.looseObject({
  ...envelope,
  orderId: looseText,
  otoId: looseText,
  status: looseText,
  /** `yyyy-MM-dd HH:mm:ss`, in 2020 `dd/MM/yyyy HH:mm:ss`; without a zone. */
  date: looseText,
  deliveryCompany: looseText,
  shipmentId: looseText,
  trackingUrl: looseText,
  dcTrackingNumber: looseText,
  printAWBURL: looseText,
  customerName: looseText,
  customerAddress: looseText,
  totalValue: figure,
  note: looseText,
  deliverySlotDate: looseText,
  /** Labels in Base64. */
  zplDataArray: z.array(z.string()).nullish(),
});

const ids = z.array(givenId).min(1);
export const orderHistoryRequest = z
  .strictObject({
    orderId: optional(givenId, 'Text. Named by the table; the example sends orderIds.'),
    orderIds: optional(
      ids,
      'List of order ids of the shop. Too many: OTO1112; how many are too many is written nowhere.',
    ),
    otoIds: optional(ids, 'List of order ids of OTO (2026).'),
    shipmentIds: optional(ids, 'List of shipment ids (2026).'),
  })
  .refine((by) => Object.values(by).some((given) => given !== undefined), {
    error: 'needs one of orderIds, otoIds, shipmentIds, orderId',
  });
export const orderHistoryResponse = z.looseObject({
  ...envelope,
  items: z.array(
    z.looseObject({
      orderId: looseText,
      otoId: looseText,
      status: looseText,
      amount: figure,
      amount_due: figure,
      currency: looseText,
      payment_method: looseText,
      orderDate: looseText,
      packageCount: figure,
      deliveryCompany: looseText,
      shipmentId: looseText,
      dcTrackingNumber: looseText,
      trackingURL: looseText,
      printAwbUrl: looseText,
      warehouseName: looseText,
      items: looseList(z.looseObject({ sku: looseText, name: looseText, quantity: figure })),
      returnOrderIds: looseList(looseText),
      history: looseList(
        z.looseObject({
          date: looseText,
          status: looseText,
          description: looseText,
          deliveryCompany: looseText,
          shipmentId: looseText,
        }),
      ),
    }),
  ),
});

export const trackShipmentRequest = z.strictObject({
  trackingNumber: required(givenId, 'Text.'),
  deliveryCompanyName: required(requiredText, 'Text. `code` of dcList.'),
  statusHistory: optional(flag, 'Yes or no. Required (2025); optional (2026).'),
  brandName: optional(z.string(), 'Text.'),
});
const trackingState = {
  dcStatus: looseText,
  otoStatus: looseText,
  dcUpdateDate: looseText,
  dcDescription: looseText,
  updateStatusDate: looseText,
};
/** No items: nothing was found under that number. */
export const trackShipmentResponse = z.looseObject({
  ...envelope,
  trackingUrl: looseText,
  items: z.array(
    z.looseObject({ shipmentId: looseText, ...trackingState, history: looseList(z.looseObject(trackingState)) }),
  ),
});

export const trackingRows = {
  print: {
    ...get,
    path: '/print/{orderId}',
    ...read,
    family: 'labels',
    plan: 'all',
    summary: 'Address of the label (AWB) of an order that has a shipment.',
    request: printRequest,
    response: printResponse,
  },
  orderStatus: {
    ...post,
    path: '/orderStatus',
    ...read,
    family: 'tracking',
    plan: 'all',
    summary: 'Status, carrier and label of one order.',
    request: orderStatusRequest,
    response: orderStatusResponse,
  },
  orderHistory: {
    ...post,
    path: '/orderHistory',
    ...read,
    family: 'tracking',
    plan: 'all',
    summary: 'Every status that orders had, with the time of each.',
    request: orderHistoryRequest,
    response: orderHistoryResponse,
  },
  trackShipment: {
    ...post,
    path: '/trackShipment',
    ...read,
    family: 'tracking',
    plan: 'Enterprise',
    summary: "A shipment's status by its carrier's number; older documents include marketplaces.",
    request: trackShipmentRequest,
    response: trackShipmentResponse,
  },
} as const;
