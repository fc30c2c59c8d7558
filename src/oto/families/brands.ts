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
import { get, post, read, write } from '../row.ts';

/** Brands (OTO also calls them client stores) and boxes. Sources: OTO's API pages; answers from its collection of March 2025. */

export const getBrandListResponse = z.looseObject({
  ...envelope,
  clientStores: z.array(
    z.looseObject({
      ID: looseText,
      storeName: looseText,
      companyId: looseText,
      wareHouseName: looseText,
      brandLogo: looseText,
      defaultWarehouseId: looseText,
    }),
  ),
});

export const createBrandRequest = z.strictObject({
  storeName: required(requiredText, 'Text. Name of the brand; used already: OTO1095.'),
  logo: optional(z.string(), 'Text. Address of the logo.'),
  defaultWarehouseID: optional(givenId, 'Whole number. Id of a pickup location.'),
  stores: optional(
    z.array(
      z.strictObject({
        storeName: optional(z.string(), 'Text.'),
        salesChannelCredentialsID: optional(givenId, 'Whole number.'),
      }),
    ),
    'List. Sales channels of the brand.',
  ),
});
export const createBrandResponse = z.looseObject({
  ...envelope,
  /** In OTO's collections. */
  clientStoreId: idText.optional(),
  /** In OTO's API pages. */
  storeId: idText.optional(),
});

export const boxRequest = z.strictObject({
  name: required(requiredText, 'Text. Names one box of the account.'),
  length: required(decimal, 'Number, centimetres.'),
  width: required(decimal, 'Number, centimetres.'),
  height: required(decimal, 'Number, centimetres.'),
});
export const getBoxRequest = z.strictObject({ name: optional(requiredText, 'Text. One box; without it all.') });
export const getBoxResponse = z.looseObject({
  ...envelope,
  boxes: z.array(
    z.looseObject({
      id: looseText,
      boxName: looseText,
      /** Centimetres, as text or number. */
      length: looseText,
      width: looseText,
      height: looseText,
    }),
  ),
});

export const brandRows = {
  getBrandList: {
    ...get,
    path: '/getBrandList',
    ...read,
    family: 'brands',
    plan: 'Starter and up',
    summary: 'Brands of the account.',
    request: z.strictObject({}),
    response: getBrandListResponse,
  },
  createBrand: {
    ...post,
    path: '/createBrand',
    ...write,
    // OTO1095 says that the brand exists.
    lostAnswer: 'look',
    family: 'brands',
    plan: 'Starter and up',
    summary: 'Creates a brand.',
    request: createBrandRequest,
    response: createBrandResponse,
  },
  addBox: {
    ...post,
    path: '/addBox',
    ...write,
    // OTO1147 says that the box exists.
    lostAnswer: 'look',
    family: 'boxes',
    plan: 'all',
    summary: 'Creates a box with its measures.',
    request: boxRequest,
    response: plainAnswer,
  },
  updateBox: {
    ...post,
    path: '/updateBox',
    ...write,
    lostAnswer: 'resend-if-unchanged',
    family: 'boxes',
    plan: 'all',
    summary: 'Changes the measures of a box, found by its name; unknown: OTO1149.',
    request: boxRequest,
    response: plainAnswer,
  },
  getBox: {
    ...get,
    path: '/getBox',
    ...read,
    family: 'boxes',
    plan: 'all',
    summary: 'Boxes with their measures; one that is not there: OTO1149.',
    request: getBoxRequest,
    response: getBoxResponse,
  },
} as const;
