import type { buildConnector, Dispatcher } from 'undici';
import { messageOf } from '../lib/errors.ts';
import { type Network, openPool, trustOf } from '../lib/network.ts';
import type { Answer } from './answer.ts';

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** What became of a request: the difference between `not-sent` and `lost` decides whether it may be sent again. */
export type Delivery =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Not one byte of the request was handed to a socket. */
  | { readonly kind: 'not-sent'; readonly cause: 'connect' | 'fenced'; readonly message: string }
  /** It was handed to a socket, and no complete answer came. */
  | { readonly kind: 'lost'; readonly message: string; readonly status?: number | undefined };

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called in the same tick as, and right before, the write to the socket. `false` or a throw: nothing is sent. */
  readonly beforeSend?: (() => boolean | undefined) | (() => void) | undefined;
  /** On a connection of its own, closed afterwards: an idle connection may be closed by OTO in the moment it is used again. */
  readonly fresh?: boolean | undefined;
}

export interface TransportOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly connections: number;
  /** For the whole call, connecting included. */
  readonly timeoutMs: number;
  /** TLS and socket options of undici, such as `ca`. */
  readonly connect?: buildConnector.BuildOptions | undefined;
  /** Proxy and authorities. Default: neither. */
  readonly network?: Network | undefined;
}

export interface Transport {
  send(request: WireRequest, options?: SendOptions): Promise<Delivery>;
  /** For several tries of one request, which with `fresh` share one connection until it has carried a request. */
  line(fresh: boolean): Line;
  close(): Promise<void>;
}

export interface Line {
  send(request: WireRequest, options?: SendOptions): Promise<Delivery>;
  close(): Promise<void>;
}

const connectTimeoutMs = 10_000;
/** OTO's servers are not ours to know: an idle connection is given up before most load balancers do it. */
const keepAliveMs = 4_000;
const largestBody = 64 * 1024 * 1024;

export function createTransport(options: TransportOptions): Transport {
  const { origin, timeoutMs, network = {} } = options;
  const connect = { ...trustOf(network), ...options.connect, timeout: Math.min(timeoutMs, connectTimeoutMs) };

  function open(connections: number): Dispatcher {
    const pool = {
      connections,
      // More than one request on a connection would make it unknowable which of them were written.
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    };
    return openPool(origin, network, pool, connect);
  }

  const shared = open(options.connections);

  const sharedLine: Line = {
    send: (request, sendOptions = {}) => dispatch(shared, origin, request, { ...sendOptions, fresh: false }, timeoutMs),
    close: async () => {},
  };

  function line(fresh: boolean): Line {
    if (!fresh) return sharedLine;
    const own = open(1);
    return {
      send: (request, sendOptions = {}) => dispatch(own, origin, request, { ...sendOptions, fresh: true }, timeoutMs),
      close: () => own.destroy(),
    };
  }

  return {
    line,
    async send(request, sendOptions = {}) {
      const one = line(sendOptions.fresh === true);
      try {
        return await one.send(request, sendOptions);
      } finally {
        await one.close();
      }
    },
    close: () => shared.destroy(),
  };
}

function dispatch(
  pool: Dispatcher,
  origin: string,
  request: WireRequest,
  { signal, beforeSend, fresh }: SendOptions,
  timeoutMs: number,
): Promise<Delivery> {
  const { promise, resolve } = Promise.withResolvers<Delivery>();
  let controller: Dispatcher.DispatchController | undefined;
  let settled = false;
  let status: number | undefined;
  let headers: Answer['headers'] = {};
  let size = 0;
  const chunks: Buffer[] = [];

  function settle(delivery: Delivery): void {
    if (settled) return;
    settled = true;
    clearTimeout(timeout);
    signal?.removeEventListener('abort', onAbort);
    resolve(delivery);
  }

  /** `controller` exists from the moment undici takes the request to a connected socket: before it, nothing was written. */
  function fail(message: string, cause: 'connect' | 'fenced' = 'connect'): void {
    if (controller === undefined) settle({ kind: 'not-sent', cause, message });
    else settle({ kind: 'lost', message, status });
  }

  function giveUp(message: string, cause: 'connect' | 'fenced'): void {
    fail(message, cause);
    controller?.abort(new Error(message));
  }

  const onAbort = (): void => giveUp('The call was cancelled', 'fenced');
  const timeout = setTimeout(() => giveUp(`No answer within ${timeoutMs} ms`, 'connect'), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  if (settled) return promise;

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      if (settled || controller !== undefined) {
        started.abort(new Error(settled ? 'The call was given up before it was sent' : 'A request is sent only once'));
        return;
      }
      const held = heldBack(beforeSend);
      if (held !== undefined) {
        fail(held, 'fenced');
        // Not `abort`, which would close a connection that is good: the next try would wait for another.
        throw new Error(held);
      }
      controller = started;
    },
    onRequestUpgrade(_controller, statusCode, _headers, socket) {
      socket.destroy();
      status = statusCode;
      fail('OTO switched to another protocol');
    },
    onResponseStart(_controller, statusCode, responseHeaders) {
      // Interim answers (100, 103) come first; the last one counts.
      status = statusCode;
      headers = responseHeaders;
    },
    onResponseData(_controller, chunk) {
      size += chunk.length;
      if (size > largestBody) giveUp(`The answer is larger than ${largestBody} bytes`, 'connect');
      else chunks.push(chunk);
    },
    onResponseEnd() {
      if (status === undefined) fail('The connection ended without an answer');
      else settle({ kind: 'answer', answer: { status, headers, text: Buffer.concat(chunks).toString('utf8') } });
    },
    onResponseError(_controller, error) {
      fail(describe(error));
    },
  };

  try {
    pool.dispatch(
      {
        origin,
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body ?? null,
        reset: fresh === true,
      },
      handler,
    );
  } catch (error) {
    fail(describe(error));
  }
  return promise;
}

function heldBack(beforeSend: SendOptions['beforeSend']): string | undefined {
  try {
    return beforeSend?.() === false ? 'Held back right before sending' : undefined;
  } catch (error) {
    return `Held back right before sending: ${messageOf(error)}`;
  }
}

/** A failed connect to several addresses has an empty text; its code says more. */
function describe(error: Error | unknown): string {
  const code = (error as { code?: unknown }).code;
  const text = messageOf(error);
  const proxy = /Proxy response \((\d+)\)/.exec(text)?.[1];
  if (proxy !== undefined) {
    return `The proxy did not let it through (HTTP ${proxy}): ${proxy === '407' ? 'it wants another user or password' : 'nothing was sent'}. Check \`proxy\`.`;
  }
  if (typeof code !== 'string' || text.includes(code)) return text;
  return text === '' ? code : `${text} (${code})`;
}
