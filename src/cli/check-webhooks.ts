import type { LoadedConfig } from '../config/load.ts';
import { readWebhooks, registration } from '../engine/webhook-registry.ts';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import type { OtoClient } from '../oto/index.ts';

interface Found {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string | undefined;
}

/** Whether OTO tells of all that the configuration wants to be told of. */
export async function checkWebhooks({ config: { webhooks } }: LoadedConfig, oto: OtoClient): Promise<Found[]> {
  if (webhooks === undefined) return [];
  const what = 'webhooks';
  try {
    const steps = registration(await readWebhooks(oto), webhooks);
    const text = (action: string) => steps.filter((step) => step.action === action);
    const missing = text('create').map(({ type }) => type);
    const other = text('update').map(({ type, why }) => `${type} (${why.join(', ')})`);
    const told = text('none').map(({ type }) => type);
    return [
      {
        what,
        ok: missing.length + other.length === 0,
        detail: [
          ...(missing.length > 0 ? [`not registered: ${missing.join(', ')}`] : []),
          ...(other.length > 0 ? [`registered otherwise: ${other.join(', ')}`] : []),
          ...(told.length > 0 ? [`registered: ${told.join(', ')}`] : []),
        ].join('; '),
        hint: '`oto-bridge webhooks register` mends it. Until then the bridge finds out by schedule.',
      },
    ];
  } catch (error) {
    return [{ what, ok: false, detail: messageOf(error), hint: isBridgeError(error) ? error.hint : undefined }];
  }
}
