import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { webhookTypes } from '../config/http-schema.ts';
import type { Bridge } from '../engine/context.ts';
import { type EventBody, orderOf, parseEvent, timeOf } from '../engine/webhook-body.ts';
import { webhookIntake } from '../engine/webhook-intake.ts';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { sha256 } from '../lib/hash.ts';
import type { WebhookType } from '../oto/index.ts';
import type { ArrivedEvent, StoredArrival } from '../store/webhooks.ts';
import { httpErrors } from './errors.ts';
import { outOfTime, sometimes } from './hooks.ts';
import type { Routes } from './server.ts';
import { bringsKey, isSigned } from './webhook-proof.ts';

export const webhookPath = '/webhooks/oto/:type';

export const webhookAnswer = z.object({
  status: z.literal('stored'),
  again: z.boolean().describe('The same event was stored before.'),
  late: z.boolean().describe('A newer event of its order was stored before, or it is older than `webhooks.lateDays`.'),
});

export type WebhookResult = 'taken' | 'again' | 'late' | 'refused' | 'invalid' | 'failed';

export interface WebhookOptions {
  readonly onEvent: (type: WebhookType | 'unknown', result: WebhookResult) => void;
  /** When it is aborted, events are no longer taken. */
  readonly stop: AbortSignal;
}

/**
 * `POST` and `PUT /webhooks/oto/:type`: OTO says that something has happened. Once it is proven to be OTO, the event is stored as it came,
 * and answered when the database has it for good. What it says has no effect: it names an order, which is looked up.
 */
export function webhookRoutes(bridge: Bridge, { onEvent, stop }: WebhookOptions): Routes {
  const { log, now } = bridge;
  const settings = bridge.config.webhooks;
  const intake = webhookIntake(bridge);
  const refused = sometimes((count) =>
    log.warn({ count }, 'events were refused: without the right key, or with a signature that does not fit'),
  );

  const lost = sometimes((count) => log.warn({ count }, 'events could not be stored; OTO was told so'));

  function refuse(type: WebhookType | 'unknown'): never {
    onEvent(type, 'refused');
    refused();
    throw new BridgeError(httpErrors.HTTP_UNAUTHORIZED, {
      message: 'This is not proven to come from OTO.',
      hint: 'Key and signature are those of `webhooks` in the configuration; `oto-bridge webhooks register` gives them to OTO.',
    });
  }

  function accepted(type: WebhookType, body: Buffer): EventBody {
    const parsed = parseEvent(body);
    if (parsed === undefined) {
      onEvent(type, 'invalid');
      throw new BridgeError(httpErrors.HTTP_REQUEST_INVALID, { message: 'The body is no JSON object.' });
    }
    if (settings === undefined || !isSigned(type, parsed, settings)) refuse(type);
    return parsed;
  }

  async function keep(event: ArrivedEvent): Promise<StoredArrival> {
    try {
      stop.throwIfAborted();
      return await Promise.race([intake.store(event), outOfTime()]);
    } catch (error) {
      onEvent(event.type, 'failed');
      log.debug({ type: event.type, reason: messageOf(error) }, 'an event could not be stored');
      lost();
      throw new BridgeError(httpErrors.HTTP_UNAVAILABLE, {
        message: 'The event could not be stored: the database does not answer, or this worker is stopping.',
        hint: 'Send it again.',
      });
    }
  }

  return (app) => {
    // Its bytes are what is stored.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

    app.route<{ Params: { type: string } }>({
      method: ['POST', 'PUT'],
      url: webhookPath,
      async handler(request) {
        const type = typeOf(request.params.type);
        // A stranger hears the same whatever there is.
        if (!bringsKey(request.headers.authorization, settings?.authorizationKey)) refuse(type ?? 'unknown');
        if (type === undefined) {
          onEvent('unknown', 'invalid');
          throw new BridgeError(httpErrors.HTTP_NOT_FOUND, {
            message: 'OTO has no webhook of this type.',
            hint: `There are: ${webhookTypes.join(', ')}.`,
          });
        }
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const parsed = accepted(type, body);
        const { again, late } = await keep({
          fingerprint: sha256(Buffer.concat([Buffer.from(`${type}\n`), body])),
          type,
          body,
          headers: evidenceOf(request),
          eventAt: timeOf(parsed, now()),
          orderId: orderOf(type, parsed),
        });
        onEvent(type, again ? 'again' : late ? 'late' : 'taken');
        return { status: 'stored', again, late };
      },
    });
  };
}

/** OTO's documents spell one of them in two ways. */
function typeOf(name: string): WebhookType | undefined {
  const wanted = name === 'walletTransactions' ? 'walletTransaction' : name;
  return webhookTypes.find((type) => type === wanted);
}

/** Headers whose values are kept. Of all others the names are: nobody says what OTO sends, and a value may be a secret. */
const shown = new Set(['content-type', 'content-length', 'user-agent', 'date']);

function evidenceOf({ headers, method, ip }: FastifyRequest): ArrivedEvent['headers'] {
  const kept = Object.entries(headers).map(([name, value]): [string, string | null] => [
    name.slice(0, 100),
    shown.has(name) ? String(value).slice(0, 200) : null,
  ]);
  return Object.fromEntries([...kept.slice(0, 50), ['(method)', method], ['(from)', ip]]);
}
