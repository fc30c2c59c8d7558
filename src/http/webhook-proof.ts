import { randomBytes } from 'node:crypto';
import { sameInConstantTime } from '../lib/constant-time.ts';
import { checkWebhookSignature, type WebhookType } from '../oto/index.ts';

/** Compared with where there is no key to compare with: it takes as long, and never fits. */
const nobodys = randomBytes(32).toString('hex');

/** The header `Authorization` as OTO sends it: the key, alone or behind `Bearer`. Takes the same time whatever is wrong. */
export function bringsKey(authorization: string | undefined, key: string | undefined): boolean {
  const written = authorization ?? '';
  const wanted = key ?? nobodys;
  const isBare = sameInConstantTime(written, wanted);
  const isBearer = sameInConstantTime(written.replace(/^bearer +/i, ''), wanted);
  return key !== undefined && authorization !== undefined && (isBare || isBearer);
}

export interface SignatureKey {
  readonly secretKey: string;
  /** Types that may come without a signature. */
  readonly unsigned: readonly WebhookType[];
}

/** Whether the signature in a body fits one of the variants that OTO documents, or may be missing. */
export function isSigned(
  type: WebhookType,
  body: Readonly<Record<string, unknown>>,
  { secretKey, unsigned }: SignatureKey,
): boolean {
  const { kind } = checkWebhookSignature(type, body, secretKey);
  return kind === 'fits' || (kind === 'unsigned' && unsigned.includes(type));
}
