import { z } from 'zod';
import { secret } from '../../lib/secret.ts';
import { envelope, flag, givenId, idText, looseList, looseText, optional, required, requiredText } from '../fields.ts';
import { get, post, read, write } from '../row.ts';

/** Delivery companies (DC) and the account's contracts with them. Sources: OTO's API pages; answers from its collection of March 2025. */

export const dcListResponse = z.looseObject({
  ...envelope,
  data: z.array(z.looseObject({ Name: looseText, code: looseText })),
});

const code = required(requiredText, 'Text. `code` of dcList.');

export const dcConfigRequest = z.strictObject({ code });
export const dcConfigResponse = z.looseObject({
  ...envelope,
  settings: looseList(
    z.looseObject({
      fieldName: looseText,
      parentJson: looseText,
      fieldType: looseText,
      enumValues: z.unknown().optional(),
    }),
  ),
  /** What dcActivation wants as `settings`. */
  exampleJSON: z.unknown().optional(),
});

export const dcActivationRequest = z.strictObject({
  code,
  deliveryOptionName: required(requiredText, 'Text. Name of this contract in the account.'),
  settings: secret(
    required(
      z.record(z.string(), z.unknown()),
      'Object with the credentials at the carrier, in the form that dcConfig shows.',
    ),
  ),
  brandId: optional(givenId, 'Whole number. Id of a brand, as the API pages spell it.'),
  brandID: optional(givenId, 'Whole number. Id of a brand, as the collections spell it.'),
  active: optional(flag, 'Yes or no (2026).'),
});
export const dcActivationResponse = z.looseObject({
  ...envelope,
  deliveryOptionId: idText.optional(),
  message: looseText,
});

export const getDeliveryOptionsRequest = z
  .strictObject({
    city: optional(requiredText, 'Text. Contracts that reach this city.'),
    orderId: optional(givenId, 'Text. Contracts that reach the place of this order.'),
    id: optional(givenId, 'Text. Seen in examples only.'),
  })
  .refine(({ city, orderId }) => city === undefined || orderId === undefined, {
    error: 'takes city or orderId, not both: OTO refuses that',
  });
export const getDeliveryOptionsResponse = z.looseObject({
  ...envelope,
  options: z.array(
    z.looseObject({
      name: looseText,
      deliveryOptionId: looseText,
      integrationName: looseText,
      dcName: looseText,
      webhookUrl: looseText,
    }),
  ),
});

export const carrierRows = {
  dcList: {
    // The older examples use GET; the pages and all collections name POST.
    ...post,
    path: '/dcList',
    ...read,
    family: 'carriers',
    plan: 'all; Starter and up in older documents',
    summary: 'Carriers that OTO works with, each with its code.',
    request: z.strictObject({}),
    response: dcListResponse,
  },
  dcConfig: {
    ...post,
    path: '/dcConfig',
    ...read,
    family: 'carriers',
    plan: 'all except Free; all in older documents',
    summary: 'Credentials that a contract with a carrier needs, with an example.',
    request: dcConfigRequest,
    response: dcConfigResponse,
  },
  dcActivation: {
    ...post,
    path: '/dcActivation',
    ...write,
    // getDeliveryOptions lists the contract by its name.
    lostAnswer: 'resend-if-unchanged',
    family: 'carriers',
    plan: 'all except Free; all in older documents',
    summary: 'Connects a contract with a carrier. The plan limits how many (OTO1165).',
    request: dcActivationRequest,
    response: dcActivationResponse,
  },
  getDeliveryOptions: {
    ...get,
    path: '/getDeliveryOptions',
    ...read,
    family: 'carriers',
    plan: 'Starter and up',
    summary: "The account's active contracts, those that reach a city or an order.",
    request: getDeliveryOptionsRequest,
    response: getDeliveryOptionsResponse,
  },
} as const;
