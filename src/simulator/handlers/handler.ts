import type { z } from 'zod';
import type { ApiName, OtoApi } from '../../oto/api.ts';
import type { Staleness } from '../figures.ts';
import type { Refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Tokens } from '../tokens.ts';

/** What a handler may use besides the parameters. */
export interface Call {
  readonly world: World;
  readonly tokens: Tokens;
  /** Set when a fault rule or the switch readLagMs makes this read answer what was true before. */
  readonly stale: Staleness | undefined;
  /** The parameters as they came, for what a schema makes equal. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A handler either does its work in full or refuses and has changed nothing. */
export type Outcome =
  | {
      readonly body: Readonly<Record<string, unknown>>;
      /** Set when the account changed. */
      readonly effect?: { readonly id: string | number } | undefined;
      readonly contentType?: string | undefined;
    }
  | { readonly refused: Refusal }
  /** An answer of the gateway in front of OTO. */
  | { readonly gateway: { readonly status: number; readonly body?: Readonly<Record<string, unknown>> | undefined } };

export type ParsedParams<Name extends ApiName> = z.output<OtoApi[Name]['request']>;
export type Handler<Name extends ApiName> = (params: ParsedParams<Name>, call: Call) => Outcome;
/** One handler for every row of the endpoints table: a row without one does not compile. */
export type Handlers = { readonly [Name in ApiName]: Handler<Name> };
