/** Events as OTO documents them. */
import { signWebhook, type WebhookType } from '../../src/oto/index.ts';

export interface EventSettings {
  readonly key?: string;
  /** Of `signedFields`; default: the first that fits. */
  readonly variant?: string;
}

/** The body with its signature. */
export function signedEvent(
  type: WebhookType,
  body: Readonly<Record<string, unknown>>,
  { key = '', variant }: EventSettings = {},
): Record<string, unknown> {
  return { ...body, signature: signWebhook(type, body, key, variant) };
}
