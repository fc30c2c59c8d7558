import { z } from 'zod';
import { decimal, envelope, figure, flag, givenId, looseText, optional, required, requiredText } from '../fields.ts';
import { post, read } from '../row.ts';

/** What a delivery costs and how long it takes. Sources: OTO's API pages; answers from its collection of March 2025; (2026): July 2026 only. */

const route = {
  originCity: required(requiredText, 'Text. City of pickup.'),
  destinationCity: required(requiredText, 'Text. City of delivery.'),
  weight: required(decimal, 'Number, kilograms; examples send text. The larger of real and volumetric weight.'),
  originLat: optional(decimal, 'Number. Latitude; required for bullet deliveries.'),
  originLon: optional(decimal, 'Number. Longitude; required for bullet deliveries.'),
  destinationLat: optional(decimal, 'Number. Latitude; required for bullet deliveries.'),
  destinationLon: optional(decimal, 'Number. Longitude; required for bullet deliveries.'),
  totalDue: optional(decimal, 'Number. Cash to collect.'),
  length: optional(decimal, 'Number, centimetres.'),
  width: optional(decimal, 'Number, centimetres.'),
  height: optional(decimal, 'Number, centimetres.'),
  includeEstimatedDates: optional(flag, 'Yes or no (2026).'),
  checkShippingRule: optional(flag, 'Yes or no (2026).'),
};

export const checkOTODeliveryFeeRequest = z.strictObject({
  ...route,
  forReverseShipment: optional(flag, 'Yes or no. Only carriers that bring goods back.'),
  currency: optional(requiredText, 'Text. ISO 4217 code.'),
  packageCount: optional(decimal, 'Whole number. Parcels.'),
  serviceType: optional(
    z.enum(['express', 'sameDay', 'fastDelivery', 'coldDelivery', 'heavyAndBulky', 'electronicAndHeavy']),
    'Text.',
  ),
  deliveryType: optional(
    z.enum(['toCustomerDoorstep', 'pickupByCustomer', 'toCustomerDoorstepOrPickupByCustomer']),
    'Text.',
  ),
  boxes: optional(
    z.array(
      z.strictObject({
        width: optional(decimal, 'Number, centimetres.'),
        length: optional(decimal, 'Number, centimetres.'),
        height: optional(decimal, 'Number, centimetres.'),
        weight: optional(decimal, 'Number, kilograms.'),
        boxName: optional(requiredText, 'Text. Name of a box made with addBox.'),
      }),
    ),
    'List (2026), in place of the sizes.',
  ),
});

export const checkDeliveryFeeRequest = z.strictObject({
  ...route,
  deliveryType: optional(z.enum(['bullet', 'courier']), 'Text.'),
});

export const getDeliveryFeeRequest = z.strictObject({
  orderId: required(givenId, 'Text.'),
  deliveryCompanySettingsId: optional(givenId, 'Text. One contract only.'),
});

/** Amounts are in `currency`. */
export const deliveryFeeResponse = z.looseObject({
  ...envelope,
  traceId: looseText,
  deliveryCompany: z.array(
    z.looseObject({
      deliveryOptionId: looseText,
      deliveryOptionName: looseText,
      deliveryCompanyName: looseText,
      serviceType: looseText,
      deliveryType: looseText,
      price: figure,
      returnFee: figure,
      codCharge: figure,
      maxCODValue: figure,
      maxOrderValue: figure,
      /** Kilograms. */
      maxFreeWeight: figure,
      extraWeightPerKg: figure,
      currency: looseText,
      avgDeliveryTime: looseText,
      pickupCutOffTime: looseText,
      pickupDropoff: looseText,
      trackingType: looseText,
      logo: looseText,
      estimatedPickupDate: looseText,
      estimatedDeliveryDate: looseText,
    }),
  ),
});

const place = z.strictObject({
  city: required(requiredText, 'Text.'),
  country: required(requiredText, 'Text. ISO 3166 code of two letters.'),
  lat: optional(decimal, 'Number. Latitude; required for bullet deliveries.'),
  lon: optional(decimal, 'Number. Longitude; required for bullet deliveries.'),
  district: optional(
    z.union([z.string(), z.number()]),
    'Required for agreements by district. Table: number; example: text.',
  ),
});
export const getDeliveryEstimationRequest = z.strictObject({
  calculationData: required(z.strictObject({ originAddress: place, destinationAddress: place }), 'Object.'),
  deliveryCompanySettingsId: optional(givenId, 'Whole number. One contract only.'),
  slaMethodType: optional(
    z.enum(['BULLET_KM', 'CITY_BASED', 'DISTRICT_BASED', 'KM_BASED', 'TIER_BASED']),
    'Text. Only contracts whose times are agreed this way.',
  ),
});
/** No result: no contract has times for this way. */
export const getDeliveryEstimationResponse = z.looseObject({
  ...envelope,
  result: z.array(
    z.looseObject({
      estimatedPickupDate: looseText,
      estimatedDeliveryDate: looseText,
      estimatedTransferDuration: looseText,
      estimatedTransferCompletionDate: looseText,
      shipmentCreateDate: looseText,
      shippingContract: z.looseObject({ id: looseText, name: looseText, slaMethodType: looseText }).nullish(),
    }),
  ),
});

const fee = { ...post, ...read, family: 'fees' } as const;

export const feeRows = {
  checkOTODeliveryFee: {
    ...fee,
    path: '/checkOTODeliveryFee',
    plan: 'all',
    summary: "Prices of OTO's own rates between two cities.",
    request: checkOTODeliveryFeeRequest,
    response: deliveryFeeResponse,
  },
  checkDeliveryFee: {
    ...fee,
    path: '/checkDeliveryFee',
    plan: 'all except Free; all in older documents',
    summary: "Prices of the account's own contracts between two cities.",
    request: checkDeliveryFeeRequest,
    response: deliveryFeeResponse,
  },
  getDeliveryFee: {
    ...fee,
    path: '/getDeliveryFee',
    plan: 'all',
    summary: 'Prices for the delivery of one order.',
    request: getDeliveryFeeRequest,
    response: deliveryFeeResponse,
  },
  getDeliveryEstimation: {
    ...fee,
    path: '/getDeliveryEstimation',
    plan: 'Scale and up',
    summary: 'Days of pickup and delivery by the times agreed with the carriers.',
    request: getDeliveryEstimationRequest,
    response: getDeliveryEstimationResponse,
  },
} as const;
