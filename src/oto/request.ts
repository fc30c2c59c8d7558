import type { Endpoint } from './endpoints.ts';
import type { WireRequest } from './transport.ts';

/** The request of one call, without its access token. `params` have passed the row's schema. */
export function buildRequest(endpoint: Endpoint, basePath: string, params: unknown): WireRequest {
  const headers = { accept: 'application/json' };
  const path = `${basePath}${endpoint.path}`;
  if (endpoint.params === 'body') {
    return {
      method: endpoint.method,
      path,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(params),
    };
  }
  const query = endpoint.params === 'query' ? queryOf(params as Readonly<Record<string, unknown>>) : '';
  return { method: endpoint.method, path: query === '' ? path : `${path}?${query}`, headers };
}

/** Commas stay as they are: they separate SKUs and statuses in OTO's examples. */
export function queryOf(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed()).replaceAll('%2C', ',')}`)
    .join('&');
}
