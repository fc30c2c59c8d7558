import { Registry } from 'prom-client';
import { flowNames } from '../config/schema.ts';
import type { Bridge } from '../engine/context.ts';
import { BridgeError } from '../lib/errors.ts';
import { httpErrors } from './errors.ts';
import { type ProcessMetrics, processMetrics } from './metrics-process.ts';
import { workMetrics } from './metrics-work.ts';
import { proves } from './proof.ts';
import type { Routes } from './server.ts';

export interface Metrics extends ProcessMetrics {
  readonly routes: Routes;
  stop(): void;
}

/** `/metrics`, in the text form of Prometheus. docs/http.md lists them. No label names a SKU, an order or a person. */
export function createMetrics({ config, db, log, oto }: Bridge, version: string): Metrics {
  const registry = new Registry();
  const flows = flowNames.filter((flow) => config.flows[flow]?.enabled === true);
  const own = processMetrics(registry, { db, version, flows });
  const refresh = workMetrics(registry, { db, log, flows });
  const forget = oto.onOutcome(own.onOutcome);
  const { metricsToken } = config.http;
  return {
    ...own,
    routes: (app) => {
      app.get('/metrics', async (request, reply) => {
        const { authorization = '' } = request.headers;
        if (metricsToken !== undefined && !proves({ authorization, body: Buffer.alloc(0) }, metricsToken)) {
          throw new BridgeError(httpErrors.HTTP_UNAUTHORIZED, {
            message: 'The figures are for those who know http.metricsToken.',
            hint: 'Send it as `Authorization: Bearer …`.',
          });
        }
        await refresh();
        return reply.type(registry.contentType).send(await registry.metrics());
      });
    },
    stop() {
      forget();
      registry.clear();
    },
  };
}
