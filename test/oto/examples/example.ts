import type { ApiName } from '../../../src/oto/index.ts';

export interface Example {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: `/${string}`;
  /** As OTO's documentation prints them; in a query everything is text. */
  readonly requests: readonly [Readonly<Record<string, unknown>>, ...Readonly<Record<string, unknown>>[]];
  /** As OTO's documentation shows or describes them. */
  readonly answers: readonly [Readonly<Record<string, unknown>>, ...Readonly<Record<string, unknown>>[]];
}

export type Examples = { readonly [Name in ApiName]?: Example };
