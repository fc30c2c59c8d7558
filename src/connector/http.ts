import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import { connectorErrors } from './errors.ts';

export interface HttpClientOptions {
  /** `context.dispatcher`: it carries proxy and certificates. */
  readonly dispatcher: Dispatcher;
  /** Address that all paths start from; it may hold a path of its own. */
  readonly baseUrl: string;
  /** Sent with every request. They never stand in an error. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one request may take, its body included, in milliseconds. */
  readonly timeoutMs: number;
  /** How often a read is asked for in all. Default: 3. */
  readonly attempts?: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `baseUrl`, with its query; it must hold no secret, since errors name it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * Whether asking twice is the same as asking once. Such a request is repeated after a lost connection, 429, and a 503 that says when to
   * come again. A 5xx as such is not: some ERPs answer so what they refuse.
   */
  readonly repeatable: boolean;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** In lower case, without parameters: `application/json`. */
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>;

/** Without a word from the server; the next wait is twice as long. */
const firstWaitMs = 100;
/** A server that wants more than this is away: the run ends, and is repeated by the bridge. */
const longestWaitMs = 30_000;

/**
 * Asks one server over the bridge's way out. Resolves with whatever it answers, also 4xx and 5xx: what they mean is the connector's to say.
 * Throws CONNECTOR_UNREACHABLE where no whole answer came, and the signal's reason where it was aborted.
 */
export function httpClient(options: HttpClientOptions): HttpClient {
  const { dispatcher, timeoutMs, attempts = 3 } = options;
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');

  async function once(request: HttpRequest): Promise<HttpAnswer> {
    const { method, body = null } = request;
    using ends = joinSignals(request.signal, AbortSignal.timeout(timeoutMs));
    const answer = await dispatcher.request({
      origin: base.origin,
      path: prefix + request.path,
      method,
      headers: { 'user-agent': 'oto-bridge', ...options.headers, ...request.headers },
      body,
      signal: ends.signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await answer.body.text();
    const type = answer.headers['content-type'];
    const [contentType = ''] = String(type ?? '').split(';');
    return {
      status: answer.statusCode,
      contentType: contentType.trim().toLowerCase(),
      headers: answer.headers,
      text,
    };
  }

  return async (request) => {
    const { signal, repeatable } = request;
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const more = repeatable && attempt < attempts;
      let wait = firstWaitMs * 2 ** (attempt - 1);
      try {
        const answer = await once(request);
        const asked = retryAfter(answer);
        const later = answer.status === 429 || (answer.status === 503 && asked !== undefined);
        if (!later || !more || (asked ?? 0) > longestWaitMs) return answer;
        wait = asked ?? wait;
      } catch (error) {
        signal.throwIfAborted();
        if (!more || isTimeout(error)) throw unreachable(base.origin, timeoutMs, error);
      }
      await delay(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  };
}

/** What `Retry-After` asks for, in milliseconds: it holds seconds, or a date. */
function retryAfter({ headers }: HttpAnswer): number | undefined {
  const value = String(headers['retry-after'] ?? '').trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = value === '' ? Number.NaN : Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function unreachable(origin: string, timeoutMs: number, error: unknown): BridgeError {
  // A failed attempt on several addresses says nothing itself; its parts do.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const why = isTimeout(error) ? `no whole answer within ${timeoutMs / 1000} s` : messageOf(first ?? error);
  return new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
    message: `${origin}: ${why}.`,
    hint: 'Check the address, and that the server is up and reached from here; the bridge tries again.',
    cause: error,
  });
}
