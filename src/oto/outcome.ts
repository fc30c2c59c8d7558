import type { Family } from './endpoints.ts';

/** OTO took the call: the only kind that counts as done. */
export interface Ok<T> {
  readonly kind: 'ok';
  readonly data: T;
  /** A stock `set` always carries one; only a date warning of an inventory order means trouble. */
  readonly warnings: readonly string[];
  readonly status: number;
  /** The body as it came, secrets removed. */
  readonly raw: string;
}

/** A trustworthy no: the call had no effect. `status` 0: the request itself was not fit to be sent. */
export interface Refused {
  readonly kind: 'refused';
  /** `OTOnnnn`. */
  readonly otoCode?: string | undefined;
  /** The small integer of the oldest error form; its meaning differs from endpoint to endpoint. */
  readonly legacyCode?: number | undefined;
  /** Of an ERP that refused: the code of the connector's error. */
  readonly code?: string | undefined;
  readonly message: string;
  readonly status: number;
}

/** The call certainly had no effect and may be sent again as it is. */
export interface NotTaken {
  readonly kind: 'not-taken';
  /** `fenced`: the bridge itself held it back. */
  readonly cause: 'connect' | 'rate-limit' | 'busy' | 'fenced';
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** OTO does not let us: nothing was taken, and repeating helps only after a person has acted. */
export interface Paused {
  readonly kind: 'paused';
  /** `account`: the token. `family`: the endpoints of `family`. */
  readonly scope: 'account' | 'family';
  readonly family: Family;
  readonly message: string;
  readonly otoCode?: string | undefined;
  /** 0: not asked again, because OTO refused the refresh token a moment ago. */
  readonly status: number;
}

/** No trustworthy answer: the call may have had its effect. Never to be repeated unless it is a read. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly message: string;
  readonly status?: number | undefined;
  readonly otoCode?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

export type Outcome<T> = Ok<T> | Refused | NotTaken | Paused | Unknown;
/** Everything but success. */
export type Trouble = Exclude<Outcome<never>, Ok<never>>;

/** Held back by the bridge itself. */
export function heldBack(why: string): NotTaken {
  return { kind: 'not-taken', cause: 'fenced', message: `Not sent: ${why}` };
}
