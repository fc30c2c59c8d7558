import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { ResponseOf } from './api.ts';
import type { NotTaken, Outcome, Paused } from './outcome.ts';

export interface AuthOptions {
  readonly refreshToken: string;
  /** One call of `refreshToken`, with its own time limit. */
  readonly fetch: (refreshToken: string) => Promise<Outcome<ResponseOf<'refreshToken'>>>;
  /** Whether a new access token may be used; otherwise why not. No call is made with one that may not. */
  readonly admit?: ((accessToken: string) => Promise<string | undefined>) | undefined;
  /** Stores a refresh token that OTO gave in place of ours. */
  readonly keepRefreshToken?: ((token: string) => void | Promise<void>) | undefined;
  /** Milliseconds that only rise. */
  readonly now: () => number;
  readonly log: Logger;
}

export type TokenResult = { readonly kind: 'token'; readonly token: string } | Paused | NotTaken;

export interface Auth {
  /** The access token, fetched or renewed when needed: once for all who ask at the same time. */
  token(): Promise<TokenResult>;
  /** The access token if it is still good. */
  current(): string | undefined;
  /** OTO answered 401 to this token. A newer one stays: many calls can fail with the old one at once. */
  rejected(token: string): void;
  /** Fetches a new token even where OTO refused a moment ago: for the probe of a pause. */
  refreshNow(): Promise<TokenResult>;
  /** Tokens that must not be printed, the replaced ones included: a late answer may still quote them. */
  secrets(): readonly string[];
  /** How many times a token was asked for. */
  readonly refreshes: number;
}

/** The shortest life that any of OTO's documents names, for an answer without `expires_in`. */
const assumedLifeMs = 30 * 60_000;
/** Renewed this share of its life early, and at most `longestMarginMs`: a call that is under way must not meet the end. */
const marginShare = 0.1;
const longestMarginMs = 5 * 60_000;
/** A refused refresh token is not tried again by ordinary calls for this long; each of them would only be refused too. */
const refusalMs = 30_000;
const rememberedTokens = 8;

export function createAuth(options: AuthOptions): Auth {
  const { now, log } = options;
  let refreshToken = options.refreshToken;
  let access: { readonly token: string; readonly renewAt: number } | undefined;
  let refusal: { readonly paused: Paused; readonly until: number } | undefined;
  let pending: Promise<TokenResult> | undefined;
  let refreshes = 0;
  const seen: string[] = [];

  function remember(token: string): void {
    if (seen.includes(token)) return;
    seen.push(token);
    if (seen.length > rememberedTokens) seen.shift();
  }

  async function refresh(): Promise<TokenResult> {
    refreshes += 1;
    // Counted from before the call: the life of the token began no earlier than that.
    const asked = now();
    const outcome = await options.fetch(refreshToken);
    if (outcome.kind === 'ok') {
      refusal = undefined;
      const { access_token: token, expires_in: seconds } = outcome.data;
      remember(token);
      await keep(outcome.data.refresh_token ?? undefined);
      const refused = await refusalOf(token);
      if (refused !== undefined) return refused;
      const lifeMs = seconds !== undefined && seconds > 0 ? seconds * 1000 : assumedLifeMs;
      access = { token, renewAt: asked + lifeMs - Math.min(lifeMs * marginShare, longestMarginMs) };
      return { kind: 'token', token };
    }
    if (outcome.kind === 'not-taken') return outcome;
    if (outcome.kind === 'unknown') {
      const { message, retryAfterMs } = outcome;
      return { kind: 'not-taken', cause: 'connect', message: `No access token: ${message}`, retryAfterMs };
    }
    return refuse({
      message: `OTO refused the refresh token: ${outcome.message}`,
      otoCode: outcome.otoCode,
      status: outcome.status,
    });
  }

  function refuse(reason: Pick<Paused, 'message' | 'otoCode' | 'status'>): Paused {
    access = undefined;
    const paused: Paused = { kind: 'paused', scope: 'account', family: 'account', ...reason };
    refusal = { paused, until: now() + refusalMs };
    return paused;
  }

  async function refusalOf(token: string): Promise<TokenResult | undefined> {
    try {
      const why = await options.admit?.(token);
      return why === undefined ? undefined : refuse({ message: why, status: 0 });
    } catch (error) {
      return { kind: 'not-taken', cause: 'connect', message: `The account cannot be checked: ${messageOf(error)}` };
    }
  }

  async function keep(token: string | undefined): Promise<void> {
    if (token === undefined || token === '' || token === refreshToken) return;
    remember(refreshToken);
    refreshToken = token;
    log.warn('OTO gave a new refresh token in place of the configured one; the bridge keeps it.');
    try {
      await options.keepRefreshToken?.(token);
    } catch (error) {
      // The access token is good all the same: the calls that wait for it must not fail.
      log.error(
        { error: messageOf(error) },
        "OTO's new refresh token could not be stored; it is lost when the bridge stops.",
      );
    }
  }

  function refreshNow(): Promise<TokenResult> {
    pending ??= refresh().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  function current(): string | undefined {
    return access !== undefined && now() < access.renewAt ? access.token : undefined;
  }

  return {
    current,
    refreshNow,
    get refreshes() {
      return refreshes;
    },
    async token() {
      const token = current();
      if (token !== undefined) return { kind: 'token', token };
      if (pending === undefined && refusal !== undefined && now() < refusal.until)
        return { ...refusal.paused, status: 0 };
      return refreshNow();
    },
    rejected(token) {
      if (access?.token === token) access = undefined;
    },
    secrets: () => [refreshToken, ...seen],
  };
}
