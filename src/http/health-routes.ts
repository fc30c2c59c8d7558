import { z } from 'zod';
import type { Readiness } from './readiness.ts';
import type { Routes } from './server.ts';

const check = z.object({
  ok: z.boolean(),
  state: z.string().describe('In one word, such as `ok`, `away`, `starting`, `refused`.'),
  since: z.iso.datetime().describe('Since when, as far as this worker has seen.'),
  reason: z.string().nullable().describe('Why it is not ok.'),
});

export const aliveAnswer = z.object({ status: z.literal('ok') });
export const readyAnswer = z.object({
  ready: z.boolean(),
  checks: z.object({
    database: check.describe('It answers.'),
    jobs: check.describe('This worker takes jobs.'),
    token: check.describe('OTO lets the bridge in.'),
  }),
});

/** `/healthz` answers while the process lives, `/readyz` with 200 while it can work. */
export function healthRoutes(readiness: Readiness): Routes {
  return (app) => {
    app.get('/healthz', async () => ({ status: 'ok' }));
    app.get('/readyz', async (_request, reply) => {
      const standing = await readiness.look();
      return reply.code(standing.ready ? 200 : 503).send(standing);
    });
  };
}
