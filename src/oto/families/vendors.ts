import { z } from 'zod';
import { secret } from '../../lib/secret.ts';
import {
  envelope,
  figure,
  flag,
  looseSecret,
  looseText,
  optional,
  required,
  requiredText,
  yesOrNo,
} from '../fields.ts';
import { get, post, read, write } from '../row.ts';

/**
 * Accounts of a marketplace's vendors. They need a token that OTO gives to marketplaces; an ordinary refresh token does not work here.
 * Sources: OTO's API pages; fields marked (2026) stand in its collection of July 2026 only, fields marked (2025) are missing there.
 */

const key = secret(z.string().max(255));

export const registerRequest = z
  .strictObject({
    email: required(requiredText, 'Text. E-mail of the vendor.'),
    mobileNumber: required(requiredText, 'Text. Mobile number of the vendor with country code, such as 966559665498.'),
    companyName: optional(
      requiredText,
      'Text. Company of the vendor. Required (2025); required of who pays VAT (2026).',
    ),
    fullName: optional(
      requiredText,
      'Text (2025). Full name of the vendor; this or firstName and lastName is required.',
    ),
    firstName: optional(requiredText, 'Text (2026).'),
    lastName: optional(requiredText.max(30), 'Text of at most 30 characters (2026).'),
    country: optional(requiredText, 'Text (2026, required there). ISO 3166 code of two letters.'),
    city: optional(requiredText, 'Text (2026, required there).'),
    isVatRegistered: optional(flag, 'Yes or no (2026, required there).'),
    crNumber: optional(z.string(), 'Text. Commercial registration.'),
    CRNumber: optional(z.string(), 'Text. Commercial registration as the collection of 2026 spells it.'),
    vatNumber: optional(z.string(), 'Text. VAT number.'),
    billingAddress: optional(z.string(), 'Text. Required (2026).'),
    companyLogoURL: optional(z.string(), 'Text. Address of the logo.'),
    webhookURL: optional(z.string(), 'Text. Address that gets the webhooks of this vendor.'),
    webhookMethod: optional(z.string(), 'Text: `POST` or `PUT`. Seen in a capture.'),
    webhookSecretKey: secret(optional(key, 'Text of at most 255 characters. Seen in a capture.')),
    currency: optional(z.string(), 'Text. ISO 4217 code. Seen in a capture.'),
    district: optional(z.string(), 'Text (2026).'),
    zipCode: optional(z.string(), 'Text (2026).'),
    buildingNo: optional(z.string(), 'Text (2026).'),
    streetName: optional(z.string(), 'Text (2026).'),
    secondaryNumber: optional(z.string(), 'Text (2026).'),
    shortCode: optional(z.string(), 'Text (2026). Saudi national address, four letters and four digits.'),
    nationalID: optional(z.string(), 'Text (2026).'),
    taxOffice: optional(z.string(), 'Text (2026).'),
    dateOfBirth: optional(z.string(), 'Text (2026).'),
    invoiceCompanyName: optional(z.string(), 'Text (2026).'),
  })
  .refine((vendor) => vendor.fullName !== undefined || vendor.firstName !== undefined, {
    error: 'needs fullName, or firstName and lastName',
  });
export const registerResponse = z.looseObject({
  ...envelope,
  activationLink: looseSecret,
  refreshToken: looseSecret,
});

export const postClientInfoRequest = z.strictObject({
  email: required(requiredText, 'Text. E-mail with which the vendor was registered.'),
});
export const postClientInfoResponse = z.looseObject({
  ...envelope,
  /** Written as text. */
  userActivated: yesOrNo,
  remainingOTOCredit: figure,
  remainingShippingCredit: figure,
  /** Stands for both kinds of credit since 2026. */
  remainingCredit: figure,
  validityDate: looseText,
  refreshToken: looseSecret,
});

export const getClientInfoResponse = z.looseObject({
  ...envelope,
  name: looseText,
  email: looseText,
  phone: looseText,
  /** `dd-MM-yyyy`. */
  validityDate: looseText,
  remainingShippingCredit: figure,
  remainingOTOCredit: figure,
  remainingCredit: figure,
  packageType: looseText,
  refreshToken: looseSecret,
});

const vendors = { family: 'vendors', plan: 'marketplaces', confidential: true } as const;

export const vendorRows = {
  register: {
    ...post,
    path: '/register',
    ...write,
    // OTO1089 says that the company exists.
    lostAnswer: 'look',
    ...vendors,
    summary: "Opens an OTO account for a marketplace's vendor and gives its refresh token.",
    request: registerRequest,
    response: registerResponse,
  },
  postClientInfo: {
    ...post,
    path: '/clientInfo',
    ...read,
    ...vendors,
    summary: 'State and credit of a vendor that was registered, found by e-mail.',
    request: postClientInfoRequest,
    response: postClientInfoResponse,
  },
  getClientInfo: {
    ...get,
    path: '/clientInfo',
    ...read,
    ...vendors,
    summary: 'Name, contact, credit and validity of the account that the token opens.',
    request: z.strictObject({}),
    response: getClientInfoResponse,
  },
} as const;
