import type { Endpoint } from './endpoints.ts';
import type { WireRequest } from './transport.ts';

const readable = { accept: 'application/json' };
const written = { ...readable, 'content-type': 'application/json' };

/** The request of one call, without its access token. `params` have passed the row's schema. */
export function buildRequest(endpoint: Endpoint, basePath: string, params: unknown): WireRequest {
  const { method } = endpoint;
  const { path: below, rest } = fillPath(endpoint.path, params as Readonly<Record<string, unknown>>);
  const path = `${basePath}${below}`;
  if (endpoint.params === 'body') return { method, path, headers: written, body: JSON.stringify(rest) };
  const query = endpoint.params === 'query' ? queryOf(rest) : '';
  return { method, path: query === '' ? path : `${path}?${query}`, headers: readable };
}

export function authorized({ method, path, headers, body }: WireRequest, token: string): WireRequest {
  return { method, path, headers: { ...headers, authorization: `Bearer ${token}` }, body };
}

/** Puts parameters into the path; the others are left for the query or the body. */
function fillPath(path: string, params: Readonly<Record<string, unknown>>) {
  if (!path.includes('{')) return { path, rest: params };
  const rest = { ...params };
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    delete rest[name];
    return encodeURIComponent(String(params[name]).toWellFormed());
  });
  return { path: filled, rest };
}

/** Commas stay as they are: they separate SKUs and statuses in OTO's examples. */
export function queryOf(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed()).replaceAll('%2C', ',')}`)
    .join('&');
}
