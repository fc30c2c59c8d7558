import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { FlowName } from '../config/schema.ts';
import type { Bridge } from '../engine/context.ts';
import { type Wakers, wakersOf } from '../engine/wake.ts';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { httpErrors } from './errors.ts';
import { proves } from './proof.ts';
import type { Routes } from './server.ts';

export const hintAnswer = z.object({
  flows: z.array(z.string()).describe('Flows of which a read was asked for, or is waiting already.'),
  request: z.string(),
});

export type HintResult = 'taken' | 'refused' | 'invalid' | 'failed';

export interface HookOptions {
  /** `source` is one of the configuration; `unknown` for all others. */
  readonly onHint: (source: string, result: HintResult) => void;
  /** When it is aborted, hints are no longer taken. */
  readonly stop: AbortSignal;
}

/** How long a caller waits for a database that hangs. */
const patienceMs = 5_000;
const sayEveryMs = 60_000;

/**
 * `POST /hooks/:source`: an ERP says that it has something new. The body is proof of the caller and nothing else: what there is, the read
 * finds out. Answered once the read is asked for in the database, so what was answered with 202 survives every crash.
 */
export function hookRoutes(bridge: Bridge, { onHint, stop }: HookOptions): Routes {
  const { config, log } = bridge;
  const hooks = new Map(
    Object.entries(config.hooks).map(([source, { secret, everySeconds }]) => {
      return [source, { secret, wakers: wakersOf(bridge, source, everySeconds, stop) }] as const;
    }),
  );
  const refused = sometimes((count) =>
    log.warn({ count }, 'hints were refused: of an unknown source, or without its secret'),
  );

  return (app) => {
    // Whatever it is, its bytes are signed, and nobody reads it.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

    app.post<{ Params: { source: string } }>('/hooks/:source', async (request, reply) => {
      const hook = hooks.get(request.params.source);
      const source = hook === undefined ? 'unknown' : request.params.source;
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { authorization, 'x-hub-signature-256': signature } = request.headers;
      const known = proves({ authorization, signature: [signature].flat()[0], body }, hook?.secret);
      if (hook === undefined || !known) {
        onHint(source, 'refused');
        refused();
        throw new BridgeError(httpErrors.HTTP_UNAUTHORIZED, {
          message: 'This source and secret are not known.',
          hint: 'Send its secret as `Authorization: Bearer …` or as a password, or sign the body (X-Hub-Signature-256). The source stands under `hooks` in the configuration.',
        });
      }
      const flows = wantedFlows(request.query, hook.wakers, () => onHint(source, 'invalid'));
      try {
        const asked = Promise.all(flows.map((flow) => hook.wakers.get(flow)?.()));
        await Promise.race([asked, outOfTime()]);
      } catch (error) {
        onHint(source, 'failed');
        log.warn({ source, flows, reason: messageOf(error) }, 'a hint could not be stored; its sender was told so');
        throw new BridgeError(httpErrors.HTTP_UNAVAILABLE, {
          message: 'The hint could not be stored: the database does not answer, or this worker is stopping.',
          hint: 'Send it again.',
        });
      }
      onHint(source, 'taken');
      return reply.code(202).send({ flows, request: request.id });
    });
  };
}

/** @throws BridgeError HTTP_REQUEST_INVALID */
function wantedFlows(query: unknown, wakers: Wakers, onInvalid: () => void): FlowName[] {
  const { flow } = (query ?? {}) as { flow?: string | string[] };
  const all = [...wakers.keys()];
  if (flow === undefined) return all;
  const names = [flow].flat().flatMap((part) => part.split(','));
  const wanted = all.filter((one) => names.includes(one));
  if (wanted.length === new Set(names).size) return wanted;
  onInvalid();
  throw new BridgeError(httpErrors.HTTP_REQUEST_INVALID, {
    message: '?flow= names a flow that does not read from this source.',
    hint: `It may name: ${all.join(', ') || 'none, all of them are switched off'}. Without it all of them are meant.`,
  });
}

/** What nobody waits for any longer. */
export async function outOfTime(): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw new Error(`the database has not answered for ${patienceMs} ms`);
}

/** Says at once what happens first, and what follows as a number, once a minute: an attack must not fill the log. */
export function sometimes(say: (count: number) => void): () => void {
  let count = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  return () => {
    count += 1;
    if (performance.now() - saidAt < sayEveryMs) return;
    say(count);
    saidAt = performance.now();
    count = 0;
  };
}
