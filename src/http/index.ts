import type { Bridge } from '../engine/context.ts';
import { healthRoutes } from './health-routes.ts';
import { hookRoutes } from './hooks.ts';
import { readIdentity } from './listen.ts';
import { createMetrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { apiPage, pagePolicy } from './page.ts';
import { createReadiness, type Phase } from './readiness.ts';
import { type HttpServer, openServer, type Routes } from './server.ts';
import { stationRoutes } from './station/index.ts';
import { webhookRoutes } from './webhooks.ts';

export interface HttpOptions {
  readonly bridge: Bridge;
  /** The configuration's folder: names of files start here. */
  readonly baseDir: string;
  readonly version: string;
  /** Aborts when the worker is to stop: from then on no hints are taken. */
  readonly stop: AbortSignal;
}

export interface Http extends Pick<HttpServer, 'port' | 'routes' | 'close'> {
  /** Tells `/readyz` what the worker is at. */
  enter(phase: Phase, accountKnown: boolean): void;
}

/** Starts all that a worker answers over HTTP. Undefined where that is switched off. @throws BridgeError HTTP_PORT_TAKEN and others of httpErrors */
export async function startHttp({ bridge, baseDir, version, stop }: HttpOptions): Promise<Http | undefined> {
  const { config, db, log } = bridge;
  const { enabled, host, port, tls, trustProxy } = config.http;
  if (!enabled) return undefined;
  const identity = await readIdentity(tls, baseDir);
  const station = await stationRoutes(bridge);
  const metrics = createMetrics(bridge, version);
  const readiness = createReadiness(db, log);
  const routes = [
    healthRoutes(readiness),
    metrics.routes,
    hookRoutes(bridge, { onHint: metrics.onHint, stop }),
    webhookRoutes(bridge, { onEvent: metrics.onEvent, stop }),
    description(version),
    ...station,
  ];
  const end = () => {
    readiness.stop();
    metrics.stop();
  };
  let server: HttpServer;
  try {
    server = await openServer({ host, port, trustProxy, identity, log, routes, onAnswer: metrics.onAnswer });
  } catch (error) {
    end();
    throw error;
  }
  return {
    port: server.port,
    routes: server.routes,
    enter: readiness.enter,
    close: (graceMs) => server.close(graceMs).finally(end),
  };
}

function description(version: string): Routes {
  const [document, page] = [openApi(version), apiPage(version)];
  return (app) => {
    app.get('/openapi.json', async () => document);
    app.get('/', async (_request, reply) => {
      return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(page);
    });
  };
}
