import type { buildConnector } from 'undici';
import type { Logger } from '../lib/log.ts';
import type { Network } from '../lib/network.ts';
import type { ApiName, OtoApi, ParamsOf, ResponseOf } from './api.ts';
import type { SendOptions } from './exchange.ts';
import type { Identity } from './identity.ts';
import type { Lane } from './lanes.ts';
import type { TokenSource } from './limiter.ts';
import type { NotTaken, Outcome, Paused } from './outcome.ts';
import type { ReadOptions } from './read.ts';
import type { StockReading, StockReadOptions } from './stock.ts';
import type { Timer } from './wait.ts';

/** `refreshToken` is the client's own: its answer holds the tokens, which leave the client only through `keepRefreshToken`. */
export type CallName = Exclude<ApiName, 'refreshToken'>;
export type ReadName = {
  [Name in CallName]: OtoApi[Name]['effect'] extends 'read' ? Name : never;
}[CallName];

export interface OtoClientOptions {
  /** Of the REST V2 API, such as `https://api.tryoto.com/rest/v2`. */
  readonly baseUrl: string;
  readonly refreshToken: string;
  /** Stores a refresh token that OTO gives in place of ours. */
  readonly keepRefreshToken?: ((token: string) => void | Promise<void>) | undefined;
  /** Whether the account that a new access token opens is the right one; otherwise why it is not. Then no call is made. */
  readonly admit?: ((identity: Identity) => Promise<string | undefined>) | undefined;
  readonly requestsPerSecond: number | 'unlimited';
  /** Calls at the same time. */
  readonly concurrency: number;
  /** For one call, from handing it to a connection to the end of its answer. */
  readonly timeoutMs: number;
  readonly skusPerRead: number;
  /** Longest address of a stock read, in bytes. */
  readonly urlLimit: number;
  readonly log: Logger;
  /** In place of a limiter for this process alone. */
  readonly limiter?: TokenSource | undefined;
  /** TLS and socket options, such as `ca`. */
  readonly connect?: buildConnector.BuildOptions | undefined;
  /** Proxy and authorities. */
  readonly network?: Network | undefined;
  readonly timer?: Timer | undefined;
}

export interface CallOptions extends SendOptions {
  readonly lane?: Lane | undefined;
  /** Ends the wait for a turn. Unlike `signal` it leaves a call alone that is on its way. */
  readonly patience?: AbortSignal | undefined;
}

export interface OutcomeEvent {
  readonly endpoint: ApiName;
  readonly outcome: Outcome<unknown>;
  /** From the caller's asking to the outcome, waiting included. */
  readonly ms: number;
  readonly spent: Spent;
}

/** Where the time of a call went, in milliseconds. */
export interface Spent {
  /** Until it was its turn: for a slot, the rate, and what goes before it. */
  waiting: number;
  /** Between handing it to a connection and the end of its answer; 0 where nothing was sent. */
  sending: number;
}

export interface ClientStats {
  /** Requests handed to the transport, refreshes of the token included. */
  readonly sent: number;
  readonly refreshes: number;
  readonly active: number;
  readonly waiting: number;
  readonly outcomes: Readonly<Record<string, Readonly<Partial<Record<Outcome<unknown>['kind'], number>>>>>;
}

export interface OtoClient {
  /** One call, never repeated except once with a renewed token after a 401. Never throws: what happened is in the outcome. */
  call<Name extends CallName>(
    name: Name,
    params: ParamsOf<Name>,
    options?: CallOptions,
  ): Promise<Outcome<ResponseOf<Name>>>;
  /** A read, repeated within bounds while its answer is lost. Throws a `BridgeError` of `otoErrors`. */
  read<Name extends ReadName>(name: Name, params: ParamsOf<Name>, options?: ReadOptions): Promise<ResponseOf<Name>>;
  /** Stock of the given SKUs, in batches and in order. A SKU that OTO's answer lacks is `known: false`, never 0. */
  stock(skus: Iterable<string>, options?: StockReadOptions): AsyncGenerator<readonly StockReading[], void, void>;
  /** Fetches a new access token whatever was refused before: the probe of a paused account. */
  refreshNow(): Promise<{ readonly kind: 'ok' } | Paused | NotTaken>;
  /** The tokens known now, for the log's redaction. */
  secrets(): readonly string[];
  /** Which account the token opens, as far as the token says. */
  identity(): Promise<Identity>;
  /** Calls `listener` after each call; returns its removal. */
  onOutcome(listener: (event: OutcomeEvent) => void): () => void;
  stats(): ClientStats;
  /** Holds back what waits, waits for what is under way, closes the connections. */
  close(): Promise<void>;
}
