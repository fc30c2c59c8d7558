import { hash, randomBytes } from 'node:crypto';

/**
 * Access and refresh tokens. Only hashes are kept, so no state file, answer of an admin route or log can show one.
 */
const digest = (token: string): string => hash('sha256', token);

/** OTO's access tokens are JWTs; this one carries no signature that anybody could check. */
function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.${randomBytes(24).toString('base64url')}`;
}

export interface Issued {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export class Tokens {
  /** Hash of each access token to the moment it ends. */
  readonly #access = new Map<string, number>();
  readonly #refresh: Set<string>;
  /** Hash of a rotated refresh token to its account: a new token opens the same one. */
  readonly #accounts = new Map<string, string>();
  readonly #lifetimeSeconds: number;
  readonly #now: () => number;
  #refreshRevoked = false;

  constructor(refreshTokens: readonly string[], lifetimeSeconds: number, now: () => number) {
    this.#refresh = new Set(refreshTokens.map(digest));
    this.#lifetimeSeconds = lifetimeSeconds;
    this.#now = now;
  }

  get lifetimeSeconds(): number {
    return this.#lifetimeSeconds;
  }

  /** Undefined when the refresh token is not accepted. */
  issue(refreshToken: string, how: { readonly rotate: boolean; readonly endOthers: boolean }): Issued | undefined {
    if (this.#refreshRevoked || !this.#refresh.has(digest(refreshToken))) return undefined;
    const now = this.#now();
    for (const [token, end] of this.#access) if (how.endOthers || end <= now) this.#access.delete(token);
    const account = this.#accounts.get(digest(refreshToken)) ?? digest(refreshToken).slice(0, 16);
    const accessToken = jwt({ sub: account, exp: Math.floor(now / 1000) + this.#lifetimeSeconds });
    this.#access.set(digest(accessToken), now + this.#lifetimeSeconds * 1000);
    if (!how.rotate) return { accessToken, refreshToken };
    const next = `simulated-refresh-${randomBytes(24).toString('base64url')}`;
    this.#refresh.delete(digest(refreshToken));
    this.#refresh.add(digest(next));
    this.#accounts.set(digest(next), account);
    return { accessToken, refreshToken: next };
  }

  accepts(accessToken: string): boolean {
    const end = this.#access.get(digest(accessToken));
    return end !== undefined && end > this.#now();
  }

  revokeAccess(accessToken?: string): void {
    if (accessToken === undefined) this.#access.clear();
    else this.#access.delete(digest(accessToken));
  }

  /** No refresh token works until `restore`. */
  revokeRefresh(): void {
    this.#refreshRevoked = true;
  }

  restore(): void {
    this.#refreshRevoked = false;
  }

  /** For the state file: rotated refresh tokens go on working after a restart. */
  refreshHashes(): string[] {
    return [...this.#refresh];
  }

  acceptHashes(hashes: readonly string[]): void {
    for (const one of hashes) this.#refresh.add(one);
  }

  describe(): { accessTokens: number; refreshTokenRevoked: boolean } {
    const now = this.#now();
    let alive = 0;
    for (const end of this.#access.values()) if (end > now) alive++;
    return { accessTokens: alive, refreshTokenRevoked: this.#refreshRevoked };
  }
}
