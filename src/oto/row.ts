import type { z } from 'zod';

/** What a pause caused by a missing right or plan stops: the endpoints that OTO grants together. */
export type Family =
  | 'account'
  | 'products'
  | 'stock'
  | 'documents'
  | 'packing'
  | 'locations'
  | 'orders'
  | 'vendors'
  | 'credit'
  | 'shipments'
  | 'returns'
  | 'labels'
  | 'tracking'
  | 'fees'
  | 'coverage'
  | 'carriers'
  | 'brands'
  | 'boxes'
  | 'webhooks'
  | 'drivers';

/**
 * What the caller may do when a call got no trustworthy answer.
 * `repeat`: no effect, call again. `resend-if-unchanged`: read back, compare with the state before, then send again.
 * `look`: sending again answers what happened. `park`: nothing reads it back, a person decides.
 */
export type LostAnswer = 'repeat' | 'resend-if-unchanged' | 'look' | 'park';

/** The OTO plans that include an endpoint, as its documents say it; where they disagree, both. */
export type Plan =
  | 'all'
  | 'all; Starter and up in older documents'
  | 'all except Free; all in older documents'
  | 'Starter and up'
  | 'Starter and up with the WMS module; Scale and up in older documents'
  | 'Scale and up'
  | 'Scale and up; Starter and up in older documents'
  | 'Enterprise'
  | 'marketplaces';

/** How the pages of a list are asked for and found in the answer. */
export interface Paging {
  /** The parameter that holds the page, counted from 1. */
  readonly page: string;
  /** The parameter that holds the rows of a page. */
  readonly size: string;
  /** Rows of a page where the caller names none: the most that OTO documents for it. */
  readonly rows: number;
  /** The rows of a parsed answer, and how many pages or rows there are in all where the answer says it. */
  readonly read: (answer: unknown) => {
    readonly rows: readonly unknown[];
    readonly pages?: number | undefined;
    readonly total?: number | undefined;
  };
}

export interface EndpointRow {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL. A name in braces stands for the parameter of that name. */
  readonly path: `/${string}`;
  /** Where the parameters go that are no part of the path. Several lists are reads by POST. */
  readonly params: 'body' | 'query' | 'none';
  /** Whether the access token is sent. */
  readonly auth: boolean;
  readonly effect: 'read' | 'write';
  readonly lostAnswer: LostAnswer;
  readonly family: Family;
  /** OTO plans that include it. */
  readonly plan: Plan;
  readonly summary: string;
  readonly request: z.ZodType;
  readonly response: z.ZodType;
  /** Set on a list that comes page by page. */
  readonly paging?: Paging;
  /** Set where the answer holds secrets in clear: no listener, message or log gets any of it. */
  readonly confidential?: true;
  /** Says whether the call was taken where the answer has no `success` of its own. `undefined`: it does not say. */
  readonly verdict?: (body: Readonly<Record<string, unknown>>) => boolean | undefined;
}

export type Endpoint<Row extends EndpointRow = EndpointRow, Name extends string = string> = Row & {
  readonly name: Name;
};

/** Names each row by its key, so that a row can be passed around alone. */
export function defineEndpoints<const Rows extends Readonly<Record<string, EndpointRow>>>(
  rows: Rows,
): { readonly [Name in keyof Rows & string]: Endpoint<Rows[Name], Name> } {
  const named = Object.entries(rows).map(([name, row]) => [name, Object.freeze({ name, ...row })] as const);
  return Object.freeze(Object.fromEntries(named)) as { [Name in keyof Rows & string]: Endpoint<Rows[Name], Name> };
}

/** A call without effect, whatever its method. */
export const read = { effect: 'read', lostAnswer: 'repeat', auth: true } as const;
export const write = { effect: 'write', auth: true } as const;
export const post = { method: 'POST', params: 'body' } as const;
export const get = { method: 'GET', params: 'query' } as const;
