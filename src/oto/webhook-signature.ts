import { createHmac } from 'node:crypto';
import { sameInConstantTime } from '../lib/constant-time.ts';

/** What a webhook of OTO can be registered for. */
export type WebhookType = 'orderStatus' | 'shipmentError' | 'newOrders' | 'walletTransaction';

type Body = Readonly<Record<string, unknown>>;

/**
 * What is signed, as the fields whose values are joined by colons. OTO's documents disagree about it, and none of their examples can be
 * checked: only a delivery to the account itself tells which variant is true.
 */
export const signedFields = {
  /** API pages, collections of 2025 and 2026. */
  orderStatus: { documented: ['orderId', 'status', 'timestamp'] },
  shipmentError: {
    /** Collection of 2026. */
    status: ['orderId', 'status', 'timestamp'],
    /** API pages and collection of 2025. */
    errorCode: ['orderId', 'errorCode', 'timestamp'],
    /** The same as a public client reads it: this type has no status. */
    empty: ['orderId', '', 'timestamp'],
  },
  newOrders: {
    /** The next one as a public client reads it: the fields stand inside `order`. */
    nested: ['order.incrementId', 'order.status', 'timestamp'],
    /** Collection of 2026. */
    documented: ['orderId', 'status', 'timestamp'],
  },
  /** Collection of 2026. */
  walletTransaction: { documented: ['orderId', 'transactionStatus', 'timestamp'] },
} as const satisfies Readonly<Record<WebhookType, Readonly<Record<string, readonly string[]>>>>;

/** `fits` names the variant of `signedFields` that was signed. */
export type SignatureCheck =
  | { readonly kind: 'fits'; readonly variant: string }
  /** There is no signature: OTO documents none for a webhook without secretKey, and shows none for newOrders. */
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'wrong' };

/**
 * Checks the `signature` field of a webhook's body, which is Base64(HMAC-SHA256(key, text)), in every variant of `signedFields`. Takes
 * the same time whichever fits.
 *
 * It proves three fields only. Location, items, note and tracking are not signed, and nothing keeps a delivery from being sent again:
 * read the order from OTO before acting on what a webhook says.
 * @param body the parsed JSON of the delivery; `timestamp` as it came, a number or text in the format of the registration
 * @param key the secretKey of the registration. An empty one fits nothing: anybody could sign with it.
 */
export function checkWebhookSignature(type: WebhookType, body: Body, key: string): SignatureCheck {
  const { signature } = body;
  if (signature === undefined || signature === null || signature === '') return { kind: 'unsigned' };
  if (typeof signature !== 'string' || key === '') return { kind: 'wrong' };
  const written = signature.trim();
  const fitting = variantsOf(type).filter(([, fields]) => {
    const text = signedText(body, fields);
    // Where a field is missing, the text would hold less than what is to be proven.
    const fits = sameInConstantTime(written, hmac(text ?? '', key));
    return fits && text !== undefined;
  });
  const [variant] = fitting[0] ?? [];
  return variant === undefined ? { kind: 'wrong' } : { kind: 'fits', variant };
}

/**
 * The signature of a webhook's body.
 * @param variant of `signedFields`; without it the first whose fields the body has
 * @returns undefined where the body lacks a field of it
 */
export function signWebhook(type: WebhookType, body: Body, key: string, variant?: string): string | undefined {
  const texts = variantsOf(type)
    .filter(([name]) => variant === undefined || name === variant)
    .map(([, fields]) => signedText(body, fields));
  const text = texts.find((one) => one !== undefined);
  return text === undefined ? undefined : hmac(text, key);
}

function variantsOf(type: WebhookType): [name: string, fields: readonly string[]][] {
  return Object.entries<readonly string[]>(signedFields[type]);
}

function signedText(body: Body, fields: readonly string[]): string | undefined {
  const values = fields.map((field) => (field === '' ? '' : textAt(body, field.split('.'))));
  return values.every((value) => value !== undefined) ? values.join(':') : undefined;
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return textAt((value as Body)[name], rest);
}

function hmac(text: string, key: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64');
}
