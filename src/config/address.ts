import type { Config } from './schema.ts';

/** Where OTO's REST V2 is, by environment. */
export const otoAddresses = {
  production: 'https://api.tryoto.com/rest/v2/',
  staging: 'https://staging-api.tryoto.com/rest/v2/',
} as const;

/** The address of the REST V2 API, with a slash at its end, so that paths can be appended. */
export function baseUrlOf(oto: Config['oto']): string {
  const address = oto.baseUrl ?? (oto.environment === 'simulator' ? undefined : otoAddresses[oto.environment]);
  if (address === undefined) throw new TypeError('The simulator needs oto.baseUrl.');
  return address.endsWith('/') ? address : `${address}/`;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
