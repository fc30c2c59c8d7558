import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { BridgeError } from '../lib/errors.ts';
import { type Logger, within } from '../lib/log.ts';
import { answerTo, errorBody } from './answers.ts';
import { httpErrors } from './errors.ts';
import { createListener, defaultLimits, type Identity, type Limits, listenFailure } from './listen.ts';
import { type KnownRoute, methodsAt, routeOf } from './routes.ts';

export type Routes = (app: FastifyInstance) => void;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly trustProxy: boolean | readonly string[];
  readonly identity?: Identity | undefined;
  readonly log: Logger;
  readonly limits?: Partial<Limits> | undefined;
  readonly routes: readonly Routes[];
  /** Told of every answer. `route` is the pattern, never what was asked for. */
  readonly onAnswer?: ((answer: Answered) => void) | undefined;
}

export interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface HttpServer {
  readonly port: number;
  readonly routes: readonly KnownRoute[];
  /** Takes no more connections and lets what is under way end, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Routes that somebody asks for every few seconds or more often: their lines would bury all others. So would what strangers try. */
const quietRoutes = ['/healthz', '/readyz', '/metrics', '/webhooks/oto/:type'];
const isQuiet = (route: string, status: number) => quietRoutes.includes(route) || (status >= 400 && status < 500);

const headers: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** @throws BridgeError HTTP_PORT_TAKEN, HTTP_ADDRESS */
export async function openServer(options: ServerOptions): Promise<HttpServer> {
  const { host, port, identity, log } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const known: KnownRoute[] = [];
  const app = fastify({
    logger: false,
    trustProxy: typeof options.trustProxy === 'boolean' ? options.trustProxy : [...options.trustProxy],
    bodyLimit: limits.bodyBytes,
    // Its own answer while it closes would be none of ours.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: (request) => idOf(request.headers['x-request-id']),
    serverFactory: (handler) => createListener(handler, identity, limits),
    clientErrorHandler: refuseConnection,
    // Before any of the hooks below.
    frameworkErrors: (error, request, reply) =>
      sendError(log, error, request, reply.headers({ ...headers, 'x-request-id': request.id })),
  });
  app.addHook('onRoute', ({ method, url }) => {
    known.push({ methods: [method].flat(), url });
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ ...headers, 'x-request-id': request.id });
    if (identity !== undefined) reply.header('strict-transport-security', 'max-age=31536000');
    within({ request: request.id }, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? '';
    const { method, ip } = request;
    const { statusCode: status, elapsedTime: ms } = reply;
    options.onAnswer?.({ method, route, status, seconds: ms / 1000 });
    // Neither address nor headers: what somebody takes for the place of a secret stands there.
    const line = { request: request.id, method, route: route || null, status, ms: Math.round(ms), from: ip };
    log[isQuiet(route, status) ? 'debug' : 'info'](line, 'request');
    done();
  });
  app.setErrorHandler((error, request, reply) => sendError(log, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(known, routeOf(request.url));
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    throw allowed.length > 0
      ? new BridgeError(httpErrors.HTTP_METHOD, { message: `This address takes ${allowed.join(', ')} only.` })
      : new BridgeError(httpErrors.HTTP_NOT_FOUND, {
          message: 'There is nothing at this address.',
          hint: 'GET /openapi.json lists what there is.',
        });
  });
  for (const routes of options.routes) app.register(async (scope) => routes(scope));
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenFailure(error, host, port);
  }
  const server = app.server as Server;
  let closing: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port,
    routes: known,
    close(graceMs) {
      closing ??= (async () => {
        const closed = app.close();
        await Promise.race([closed, delay(graceMs, undefined, { ref: false })]);
        // Who has not read its answer by now does not keep the worker from stopping.
        server.closeAllConnections();
        await closed;
      })();
      return closing;
    },
  };
}

/** A caller's own id is kept, so that its log and ours meet, unless it is none. */
function idOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{8,64}$/.test(header) ? header : randomUUID();
}

function sendError(log: Logger, thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, error } = answerTo(thrown);
  if (status === 500) log.error({ err: thrown, request: request.id }, 'a request met a fault of the bridge');
  if (status === 503) reply.header('retry-after', '5');
  void reply.code(status).send(errorBody(error, request.id));
}

/** What is no HTTP, or comes too slowly, never becomes a request. */
function refuseConnection(error: Error, socket: Socket): void {
  if (!socket.writable) return;
  const { status, error: answer } = answerTo(Object.assign(error, { statusCode: 400, ...timedOut(error) }));
  const body = JSON.stringify(errorBody(answer, null));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function timedOut({ code }: Error & { code?: string }): { statusCode?: number } {
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? { statusCode: 408 } : {};
}
