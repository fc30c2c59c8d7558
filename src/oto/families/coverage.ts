import { z } from 'zod';
import {
  count,
  decimal,
  envelope,
  figure,
  flag,
  looseList,
  looseText,
  optional,
  required,
  requiredText,
  yesOrNo,
} from '../fields.ts';
import { type Paging, post, read } from '../row.ts';

/** Where carriers go, and when. Sources: OTO's API pages; answers from its collection of March 2025; (2026): July 2026 only. */

export const checkCoverageRequest = z.strictObject({
  city: required(requiredText, 'Text.'),
  lat: required(decimal, 'Number; the example sends text. Latitude in degrees; else: OTO1098.'),
  lon: required(decimal, 'Number; the example sends text. Longitude in degrees; else: OTO1098.'),
  packageSize: optional(z.string(), 'Text: small, medium, large, simcard, iphone13, …'),
  pickupLocation: optional(z.string(), 'Text (2026).'),
  pickupLocationCode: optional(z.string(), 'Text (2026).'),
  checkAvailability: optional(flag, 'Yes or no (2026).'),
});
export const checkCoverageResponse = z.looseObject({
  ...envelope,
  branchCoverage: yesOrNo,
  courierDelivery: yesOrNo,
  bulletDelivery: yesOrNo,
});

export const availableCitiesRequest = z.strictObject({
  page: optional(count, 'Whole number from 1, which is the default.'),
  limit: optional(count, 'Whole number; 100 by default. Rows of a page.'),
});
export const availableCitiesResponse = z.looseObject({
  ...envelope,
  page: figure,
  limit: figure,
  /** The cities: OTO calls the list so. */
  orders: z.array(z.looseObject({ city: looseText, city_ar: looseText })),
});

export const availableTimeslotsRequest = z.strictObject({
  serviceType: required(z.enum(['bullet', 'courier']), 'Text.'),
  lat: optional(decimal, 'Number as text. Latitude in degrees.'),
  lon: optional(decimal, 'Number as text. Longitude in degrees.'),
  packageSize: optional(z.string(), 'Text.'),
});
export const availableTimeslotsResponse = z.looseObject({
  ...envelope,
  /** `day` as `dd/MM/yyyy`. */
  availableSlots: z.array(z.looseObject({ day: looseText, times: looseList(z.string()) })),
});

export const getCitiesRequest = z.strictObject({
  country: required(requiredText, 'Text. ISO 3166 code of two letters; missing: refused with 409.'),
  perPage: optional(
    count.refine((rows) => rows <= 500, 'must be at most 500'),
    'Whole number from 1 to 500; 100 by default. Rows of a page.',
  ),
  page: optional(count, 'Whole number from 1.'),
});
export const getCitiesResponse = z.looseObject({
  ...envelope,
  getCities: z.looseObject({
    totalCount: figure,
    perPage: figure,
    Cities: z.array(z.looseObject({ name: looseText })),
  }),
});

const coveredCities: Paging = {
  page: 'page',
  size: 'limit',
  rows: 100,
  read: (answer) => ({ rows: (answer as z.output<typeof availableCitiesResponse>).orders }),
};
const allCities: Paging = {
  page: 'page',
  size: 'perPage',
  rows: 500,
  // OTO's example gives a `totalCount` of 1 for all cities of a country: it ends nothing.
  read: (answer) => ({ rows: (answer as z.output<typeof getCitiesResponse>).getCities.Cities }),
};

const coverage = { ...post, ...read, family: 'coverage' } as const;

export const coverageRows = {
  checkCoverage: {
    ...coverage,
    path: '/checkCoverage',
    plan: 'Starter and up',
    summary: "Whether branches and carriers of the account's settings reach a place.",
    request: checkCoverageRequest,
    response: checkCoverageResponse,
  },
  availableCities: {
    ...coverage,
    path: '/availableCities',
    plan: 'all; Starter and up in older documents',
    summary: 'Cities that the carriers with an active contract reach, page by page.',
    request: availableCitiesRequest,
    response: availableCitiesResponse,
    paging: coveredCities,
  },
  availableTimeslots: {
    ...coverage,
    path: '/availableTimeslots',
    plan: 'Starter and up',
    summary: 'Times at which carriers deliver.',
    request: availableTimeslotsRequest,
    response: availableTimeslotsResponse,
  },
  getCities: {
    ...coverage,
    path: '/getCities',
    plan: 'all',
    summary: 'Cities of a country as OTO spells them, page by page.',
    request: getCitiesRequest,
    response: getCitiesResponse,
    paging: allCities,
  },
} as const;
