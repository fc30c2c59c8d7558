import { z } from 'zod';
import { decimal, envelope, idText, looseText, optional, required, requiredText } from '../fields.ts';
import { post, write } from '../row.ts';

/** Writes of warehouses and branches; the read `getPickupLocationList` is in `endpoints.ts`. Sources: OTO's API pages; (2026): its collection of July 2026 only. */

const optionalFields = {
  type: optional(
    z.enum(['warehouse', 'branch']),
    'Text. Branches are for Enterprise and marketplaces (OTO1167). Required by updatePickupLocation (2026).',
  ),
  lat: optional(decimal, 'Number; the example sends text. Without it orders may not be assigned by themselves.'),
  lon: optional(decimal, 'Number; the example sends text. As lat.'),
  postcode: optional(z.string(), 'Text.'),
  district: optional(z.string(), 'Text.'),
  state: optional(z.string(), 'Text.'),
  street: optional(z.string(), 'Text.'),
  servingRadius: optional(decimal, 'Number, kilometres; else: OTO1118.'),
  brandName: optional(z.string(), 'Text.'),
  status: optional(z.enum(['active', 'inactive']), 'Text.'),
  shortAddressCode: optional(z.string(), 'Text (2026).'),
  secondaryAddressNumber: optional(z.string(), 'Text (2026).'),
  buildingNo: optional(z.string(), 'Text (2026).'),
  preparationSla: optional(decimal, 'Number, hours (2026).'),
  metadata: optional(z.unknown(), 'Anything (2026).'),
  vatNumber: optional(z.string(), 'Text (2026).'),
};

export const createPickupLocationRequest = z.strictObject({
  code: required(requiredText, 'Text, not used by another location (OTO1070).'),
  name: required(requiredText, 'Text, not used by another location (OTO1070).'),
  mobile: required(requiredText, 'Text.'),
  city: required(requiredText, 'Text.'),
  country: required(requiredText, 'Text. ISO 3166 code of two letters.'),
  address: required(requiredText, 'Text.'),
  contactName: required(requiredText, 'Text.'),
  contactEmail: required(requiredText, 'Text.'),
  ...optionalFields,
});
export const createPickupLocationResponse = z.looseObject({
  ...envelope,
  /** OTO's spelling; also the id of a branch. */
  warhouseId: idText.optional(),
  pickupLocationCode: looseText,
  /** Of a code that exists: `success: true` in 2025, a refusal (OTO1070) in 2026. */
  message: looseText,
});

export const updatePickupLocationRequest = z.strictObject({
  code: required(requiredText, 'Text. The location to change; unknown: OTO1070.'),
  mobile: required(requiredText, 'Text; missing: refused.'),
  name: optional(requiredText, 'Text.'),
  city: optional(requiredText, 'Text.'),
  country: optional(requiredText, 'Text. ISO 3166 code of two letters.'),
  address: optional(requiredText, 'Text.'),
  contactName: optional(requiredText, 'Text.'),
  contactEmail: optional(requiredText, 'Text.'),
  ...optionalFields,
  dcBranchIds: optional(z.unknown(), 'Undocumented (2026).'),
});
export const updatePickupLocationResponse = z.looseObject({
  ...envelope,
  branchId: idText.optional(),
  pickupLocationCode: looseText,
  message: looseText,
});

export const pickupLocationRows = {
  createPickupLocation: {
    ...post,
    path: '/createPickupLocation',
    ...write,
    // The same code again is answered with what is there.
    lostAnswer: 'look',
    family: 'locations',
    plan: 'all',
    summary: 'Creates a warehouse or branch.',
    request: createPickupLocationRequest,
    response: createPickupLocationResponse,
  },
  updatePickupLocation: {
    ...post,
    path: '/updatePickupLocation',
    ...write,
    lostAnswer: 'resend-if-unchanged',
    family: 'locations',
    plan: 'all',
    summary: 'Changes a warehouse or branch, found by its code.',
    request: updatePickupLocationRequest,
    response: updatePickupLocationResponse,
  },
} as const;
