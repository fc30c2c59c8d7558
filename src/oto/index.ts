export { type Answer, parseAnswer } from './answer.ts';
export * from './api.ts';
export { type BatchLimits, type ReadBatch, readBatches, type UnreadableSku } from './batch.ts';
export { createOtoClient } from './client.ts';
export * from './client-types.ts';
export {
  codeRow,
  normaliseCode,
  otoCodes,
  repeatHelps,
  saysOrderExists,
  saysProductExists,
  saysProductUnknown,
  saysSkuUnknown,
} from './codes.ts';
export * from './endpoints.ts';
export { otoErrors } from './errors.ts';
export type { SendOptions } from './exchange.ts';
export type { Identity } from './identity.ts';
export { type Lane, laneShares } from './lanes.ts';
export {
  anytime,
  createLimiter,
  type Limiter,
  type LimiterOptions,
  type TokenSource,
  type Turn,
  unlimitedSlowedTo,
  type Wanted,
} from './limiter.ts';
export type { NotTaken, Ok, Outcome, Paused, Refused, Trouble, Unknown } from './outcome.ts';
export { type PagedName, type PagedParams, type PagesOptions, readPages } from './pages.ts';
export { type ReadOptions, readError } from './read.ts';
export type { StockEntry, StockReading, StockReadOptions } from './stock.ts';
export { monotonicTimer, type Timer } from './wait.ts';
export {
  checkWebhookSignature,
  type SignatureCheck,
  signedFields,
  signWebhook,
  type WebhookType,
} from './webhook-signature.ts';
