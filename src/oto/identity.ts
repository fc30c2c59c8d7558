import { z } from 'zod';

/** What an access token says of the account it opens. */
export type Identity =
  | { readonly kind: 'account'; readonly id: string }
  /** The token says nothing: it is no JWT, or one without a subject. */
  | { readonly kind: 'opaque' }
  /** There is no token: OTO is away, or refuses the refresh token. */
  | { readonly kind: 'unavailable'; readonly reason: string };

const claims = z.looseObject({ sub: z.string().min(1) });

/**
 * The subject of a JWT. OTO's access tokens are JWTs (an expired one is answered with `Jwt is expired`); which claims they carry is
 * written nowhere, so a token without a subject is no fault. The signature is not checked: the token came from OTO itself.
 */
export function identityOf(accessToken: string): Identity {
  const parts = accessToken.split('.');
  if (parts.length !== 3 || parts[1] === undefined) return { kind: 'opaque' };
  try {
    const parsed = claims.safeParse(JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8')));
    return parsed.success ? { kind: 'account', id: parsed.data.sub } : { kind: 'opaque' };
  } catch {
    return { kind: 'opaque' };
  }
}
