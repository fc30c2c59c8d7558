import { hash, randomBytes } from 'node:crypto';

/** What an account of the simulator takes where none was named. */
export const defaultRefreshToken = 'simulator-refresh-token';

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

export interface HowToIssue {
  readonly rotate: boolean;
  readonly endOthers: boolean;
  /** What comes of a call within a second of the one before. */
  readonly again: 'each' | 'same' | 'refuse';
}

const soonMs = 1000;

export class Tokens {
  /** Hash of each access token to the moment it ends. */
  readonly #access = new Map<string, number>();
  readonly #refresh: Set<string>;
  /** Hash of every refresh token, replaced ones included, to its account: a new token opens the same one. */
  readonly #accounts = new Map<string, string>();
  readonly #lifetimeSeconds: number;
  readonly #now: () => number;
  #refreshRevoked = false;
  /** What each account was given last, and when: never shown, forgotten with the process. */
  readonly #last = new Map<string, { readonly issued: Issued; readonly at: number }>();

  constructor(refreshTokens: readonly string[], lifetimeSeconds: number, now: () => number) {
    this.#refresh = new Set(refreshTokens.map(digest));
    for (const one of this.#refresh) this.#accounts.set(one, one.slice(0, 16));
    this.#lifetimeSeconds = lifetimeSeconds;
    this.#now = now;
  }

  get lifetimeSeconds(): number {
    return this.#lifetimeSeconds;
  }

  issue(refreshToken: string, how: HowToIssue): Issued | 'not accepted' | 'too soon' {
    if (this.#refreshRevoked || !this.#accounts.has(digest(refreshToken))) return 'not accepted';
    const account = this.#accounts.get(digest(refreshToken)) ?? '';
    const now = this.#now();
    const last = this.#last.get(account);
    const soon = last !== undefined && now - last.at < soonMs && this.accepts(last.issued.accessToken);
    // The same again also where the refresh token was changed in between: both calls were on their way.
    if (soon && how.again === 'same') return last.issued;
    if (soon && how.again === 'refuse') return 'too soon';
    if (!this.#refresh.has(digest(refreshToken))) return 'not accepted';
    for (const [token, end] of this.#access) if (how.endOthers || end <= now) this.#access.delete(token);
    const accessToken = jwt({ sub: account, exp: Math.floor(now / 1000) + this.#lifetimeSeconds });
    this.#access.set(digest(accessToken), now + this.#lifetimeSeconds * 1000);
    if (!how.rotate) return this.#remember(account, { accessToken, refreshToken });
    const next = `simulated-refresh-${randomBytes(24).toString('base64url')}`;
    this.#refresh.delete(digest(refreshToken));
    this.#refresh.add(digest(next));
    this.#accounts.set(digest(next), account);
    return this.#remember(account, { accessToken, refreshToken: next });
  }

  #remember(account: string, issued: Issued): Issued {
    this.#last.set(account, { issued, at: this.#now() });
    return issued;
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
    for (const one of hashes) {
      this.#refresh.add(one);
      if (!this.#accounts.has(one)) this.#accounts.set(one, one.slice(0, 16));
    }
  }

  describe(): { accessTokens: number; refreshTokenRevoked: boolean } {
    const now = this.#now();
    let alive = 0;
    for (const end of this.#access.values()) if (end > now) alive++;
    return { accessTokens: alive, refreshTokenRevoked: this.#refreshRevoked };
  }
}
