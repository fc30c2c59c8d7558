import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BridgeError, messageOf } from '../lib/errors.ts';
import type { Api, Reply } from './api.ts';
import { simulatorErrors } from './errors.ts';

const apiPrefix = '/rest/v2';
const adminPrefix = '/_simulator';
const apiBodyLimit = 10_000_000;
const adminBodyLimit = 200_000_000;

/** Answers an admin call; `after` runs when the answer has gone out. */
export interface AdminReply {
  readonly status: number;
  readonly body: unknown;
  readonly after?: (() => void) | undefined;
}

export interface Admin {
  handle(method: string, path: string, query: URLSearchParams, body: string): AdminReply | Promise<AdminReply>;
}

export interface Listener {
  readonly port: number;
  /** Closes the port, so that connections are refused, and listens on it again after so many seconds. */
  outage(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export async function listen(options: { host: string; port: number; api: Api; admin: Admin }): Promise<Listener> {
  const { host, api, admin } = options;
  // Idle connections stay open for longer than a client's pause: whether a call is cut is for the fault rules to say.
  const server = createServer({ keepAlive: true, noDelay: true, keepAliveTimeout: 120_000 }, (request, response) => {
    serve(request, response, api, admin).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, 'application/json', JSON.stringify({ error: messageOf(error) }));
    });
  });
  await open(server, host, options.port);
  const { port } = server.address() as AddressInfo;
  let closed = false;
  let end: (() => void) | undefined;
  let running: Promise<void> | undefined;

  async function outage(seconds: number): Promise<void> {
    running ??= outageOnce(seconds).finally(() => {
      running = undefined;
    });
    await running;
  }

  async function outageOnce(seconds: number): Promise<void> {
    await shut(server);
    if (closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (!closed) await reopen(server, host, port);
  }

  return {
    port,
    outage,
    close: async () => {
      closed = true;
      end?.();
      await running;
      await shut(server);
    },
  };
}

async function open(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new BridgeError(simulatorErrors.SIMULATOR_PORT, {
      message: `The simulator cannot listen on ${host}:${port}: ${messageOf(error)}.`,
      hint: 'Choose another port, or 0 for a free one.',
      cause: error,
    });
  }
}

/** Another process may hold the port for a moment: a client's own port can be the same number. */
async function reopen(server: Server, host: string, port: number): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      return await open(server, host, port);
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function shut(server: Server): Promise<void> {
  if (!server.listening) return;
  const closing = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closing;
}

async function serve(request: IncomingMessage, response: ServerResponse, api: Api, admin: Admin): Promise<void> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  const method = request.method ?? 'GET';
  const isAdmin = path === adminPrefix || path.startsWith(`${adminPrefix}/`);
  const body = await read(request, isAdmin ? adminBodyLimit : apiBodyLimit);
  if (body === undefined) return send(response, 413, undefined, '');
  if (isAdmin) {
    const reply = await admin.handle(method, path.slice(adminPrefix.length), new URLSearchParams(query), body);
    if (reply.after !== undefined) response.once('close', reply.after);
    return send(response, reply.status, 'application/json', JSON.stringify(reply.body));
  }
  const below = path.startsWith(`${apiPrefix}/`) ? path.slice(apiPrefix.length) : '';
  const { authorization } = request.headers;
  const pending = api.handle({ method, path: below, query, body, authorization });
  finish(response, pending instanceof Promise ? await pending : pending);
}

function finish(response: ServerResponse, reply: Reply): void {
  if (reply.kind === 'hang') return;
  if (reply.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  send(response, reply.status, reply.contentType, reply.body, reply.headers);
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string | undefined,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = contentType === undefined ? {} : { 'content-type': contentType };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(body), ...headers }).end(body);
}

/** Undefined when the body is longer than the limit. */
async function read(request: IncomingMessage, limit: number): Promise<string | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD') {
    request.resume();
    return '';
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)).toString('utf8');
}
