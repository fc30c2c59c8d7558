import type { ServerResponse } from 'node:http';
import type { Trouble } from '../../src/kit/index.ts';

const all: readonly Trouble[] = ['denied', 'busy', 'failing', 'reset', 'garbled'];

/** The troubles of a fake, each told to `begin`. */
export function troublesBy(begin: (trouble: Trouble) => void): { readonly [T in Trouble]: () => void } {
  return Object.fromEntries(all.map((trouble) => [trouble, () => begin(trouble)])) as { [T in Trouble]: () => void };
}

const page = '<!DOCTYPE html><html><body><h1>Maintenance</h1></body></html>';
const statuses = { denied: 403, busy: 429, failing: 500, garbled: 200 } as const;

/** Answers as an HTTP server in that trouble does. */
export function trouble(response: ServerResponse, kind: Trouble): void {
  if (kind === 'reset') {
    response.destroy();
    return;
  }
  const headers = { 'content-type': 'text/html', ...(kind === 'busy' ? { 'retry-after': '0' } : {}) };
  response.writeHead(statuses[kind], headers).end(page);
}
