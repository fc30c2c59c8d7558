/** Events as OTO sends them, for the tests of whoever takes them. */
import { type EventSettings, signedEvent } from '../../bench/webhooks/events.ts';

export { signedEvent };

export const keys = { authorizationKey: 'authorization-key-of-tests', secretKey: 'secret-key-of-tests' } as const;

export const withWebhooks = {
  http: { port: 0 },
  webhooks: { url: 'http://127.0.0.1:1', ...keys },
} as const;

export interface Sent {
  readonly status: number;
  readonly body: { readonly again?: boolean; readonly late?: boolean; readonly error?: { readonly code: string } };
}

/** Sends an event, and gives what was answered. */
export async function send(
  origin: string,
  type: string,
  body: unknown,
  init: { readonly authorization?: string | undefined; readonly method?: string } = {},
): Promise<Sent> {
  const { authorization = keys.authorizationKey, method = 'POST' } = init;
  const response = await fetch(`${origin}/webhooks/oto/${type}`, {
    method,
    headers: { 'content-type': 'application/json', ...(authorization === '' ? {} : { authorization }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Sent['body'] };
}

export const statusEvent = (orderId: string, status: string, timestamp = Date.now(), more: EventSettings = {}) =>
  signedEvent('orderStatus', { orderId, status, timestamp: String(timestamp) }, { key: keys.secretKey, ...more });
