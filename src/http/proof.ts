import { createHmac, randomBytes } from 'node:crypto';
import { sameInConstantTime } from '../lib/constant-time.ts';

/** What a caller brings to prove that it knows a secret. */
export interface Proof {
  readonly authorization?: string | undefined;
  /** `sha256=` and the HMAC-SHA256 of the raw body in hexadecimal digits. */
  readonly signature?: string | undefined;
  readonly body: Buffer;
}

/** Compared with where there is no secret to compare with: it takes as long, and never fits. */
const nobodys = randomBytes(32).toString('hex');

/**
 * Whether the caller knows the secret: by token or by signature, and where it brings both, by both. Takes the same time whatever is wrong,
 * also where `secret` is undefined.
 */
export function proves({ authorization, signature, body }: Proof, secret: string | undefined): boolean {
  const key = secret ?? nobodys;
  const signed = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
  const tokenFits = sameInConstantTime(tokenOf(authorization ?? ''), key);
  const signatureFits = sameInConstantTime((signature ?? '').toLowerCase(), signed);
  const given = authorization !== undefined || signature !== undefined;
  const right = (authorization === undefined || tokenFits) && (signature === undefined || signatureFits);
  return secret !== undefined && given && right;
}

/** A bearer token, or the password of a client that can only call `https://user:password@host/…`. */
function tokenOf(authorization: string): string {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(.+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}
