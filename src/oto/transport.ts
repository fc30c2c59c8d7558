import type { buildConnector } from 'undici';
import { type Network, openPool, trustOf } from '../lib/network.ts';
import { type Delivery, Exchange, type Late, type SendOptions } from './exchange.ts';
import { monotonicTimer } from './wait.ts';

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
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
  /** Milliseconds that only rise. */
  readonly now?: (() => number) | undefined;
}

/** Connections that requests go over. */
export interface Line {
  /** @param until by the clock of the options: nothing is sent later than that */
  send(request: WireRequest, options?: SendOptions, until?: number): Promise<Delivery | Late>;
  close(): Promise<void>;
}

export interface Transport extends Line {
  /** One connection for several tries of one request: it is used for no second one. */
  open(): Line;
}

const connectTimeoutMs = 10_000;
/** OTO's servers are not ours to know: an idle connection is given up before most load balancers do it. */
const keepAliveMs = 4_000;

export function createTransport(options: TransportOptions): Transport {
  const { origin, timeoutMs, network = {}, now = monotonicTimer.now } = options;
  const connect = { ...trustOf(network), ...options.connect, timeout: Math.min(timeoutMs, connectTimeoutMs) };
  const setup = { timeoutMs, now };

  function openLine(connections: number, reset: boolean): Line {
    const pool = openPool(
      origin,
      network,
      {
        connections,
        // More than one request on a connection would make it unknowable which of them were written.
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: keepAliveMs,
        keepAliveMaxTimeout: keepAliveMs,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      },
      connect,
    );
    return {
      send({ method, path, headers, body = null }, sendOptions = {}, until = Number.POSITIVE_INFINITY) {
        const exchange = new Exchange(sendOptions, until, setup);
        if (!exchange.settled) {
          try {
            pool.dispatch({ origin, method, path, headers, body, reset }, exchange);
          } catch (error) {
            exchange.fail(error);
          }
        }
        return exchange.delivery;
      },
      close: () => pool.destroy(),
    };
  }

  const shared = openLine(options.connections, false);
  const open = (): Line => openLine(1, true);

  async function sendApart(request: WireRequest, sendOptions: SendOptions, until?: number): Promise<Delivery | Late> {
    const own = open();
    try {
      return await own.send(request, sendOptions, until);
    } finally {
      await own.close();
    }
  }

  return {
    open,
    send: (request, sendOptions = {}, until) =>
      sendOptions.fresh === true ? sendApart(request, sendOptions, until) : shared.send(request, sendOptions, until),
    close: shared.close,
  };
}
