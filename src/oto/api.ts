import type { z } from 'zod';
import { endpoints } from './endpoints.ts';
import { brandRows } from './families/brands.ts';
import { carrierRows } from './families/carriers.ts';
import { coverageRows } from './families/coverage.ts';
import { creditRows } from './families/credit.ts';
import { driverRows } from './families/drivers.ts';
import { feeRows } from './families/fees.ts';
import { orderRows } from './families/orders.ts';
import { pickupLocationRows } from './families/pickup-locations.ts';
import { shipmentRows } from './families/shipments.ts';
import { trackingRows } from './families/tracking.ts';
import { vendorRows } from './families/vendors.ts';
import { webhookRows } from './families/webhooks.ts';
import { defineEndpoints } from './row.ts';

/**
 * Every endpoint that OTO's documentation describes, by its name in the path; where one path has several methods, the method goes
 * before (`getWebhook`). The client calls all of them; the bridge itself needs those of `endpoints`.
 */
export const otoApi = Object.freeze({
  ...endpoints,
  ...defineEndpoints(vendorRows),
  ...defineEndpoints(creditRows),
  ...defineEndpoints(orderRows),
  ...defineEndpoints(shipmentRows),
  ...defineEndpoints(trackingRows),
  ...defineEndpoints(feeRows),
  ...defineEndpoints(coverageRows),
  ...defineEndpoints(carrierRows),
  ...defineEndpoints(pickupLocationRows),
  ...defineEndpoints(brandRows),
  ...defineEndpoints(webhookRows),
  ...defineEndpoints(driverRows),
});

export type OtoApi = typeof otoApi;
export type ApiName = keyof OtoApi;
/** What a caller gives. */
export type ParamsOf<Name extends ApiName> = z.input<OtoApi[Name]['request']>;
/** What an accepted call returns. */
export type ResponseOf<Name extends ApiName> = z.output<OtoApi[Name]['response']>;
