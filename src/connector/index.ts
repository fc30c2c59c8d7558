/**
 * The door: everything that a connector may import. Built-in connectors import this file by its relative path, connectors
 * from npm import `oto-bridge/connector`; nothing else of the bridge is reachable for either.
 */
export * from '../lib/errors.ts';
export { secret } from '../lib/secret.ts';
export * from '../model/index.ts';
export { connectorErrors } from './errors.ts';
export * from './http.ts';
export * from './overlap.ts';
export * from './paginate.ts';
export * from './text-records.ts';
export * from './types.ts';
