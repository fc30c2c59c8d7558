import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';

/** How the bridge gets out: through a proxy or not, and whom it trusts. */
export interface Network {
  /** Address of an HTTP or HTTPS proxy, with user and password if it wants them. */
  readonly proxy?: string | undefined;
  /** Hosts that are reached without it; `*.example.com` means all below it. */
  readonly noProxy?: readonly string[] | undefined;
  /** Certificates in PEM form of authorities to trust besides the well-known ones. */
  readonly ca?: string | undefined;
}

/** Options for connections in `undici`'s words. Made once: it takes milliseconds, and documents use a new connection each. */
export function trustOf({ ca }: Network): { readonly secureContext?: SecureContext } {
  if (ca === undefined) return {};
  return { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca] }) };
}

/** The proxy that leads to `origin`, if one does. */
export function proxyFor(origin: string | URL, { proxy, noProxy = [] }: Network): string | undefined {
  if (proxy === undefined) return undefined;
  const host = new URL(origin).hostname.toLowerCase();
  const direct = noProxy.some((entry) => {
    const name = entry.toLowerCase();
    return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
  });
  return direct ? undefined : proxy;
}

export type PoolOptions = Omit<Pool.Options, 'connect'>;

/**
 * Connections to one origin. Through a proxy they are always a tunnel (CONNECT), also for http: what answers is then never the proxy
 * in the other's name, and a proxy that refuses has not passed on one byte.
 */
export function openPool(
  origin: string,
  network: Network,
  options: PoolOptions,
  connect: { readonly timeout: number; readonly [option: string]: unknown },
): Dispatcher {
  const proxy = proxyFor(origin, network);
  if (proxy === undefined) return new Pool(origin, { ...options, connect });
  return new ProxyAgent({
    ...options,
    uri: proxy,
    proxyTunnel: true,
    requestTls: connect,
    proxyTls: connect,
    connectTimeout: connect.timeout,
  });
}

/** A dispatcher for any origin, for those who are not OTO: connectors and alerts. */
export function openDispatcher(network: Network, options: Agent.Options, timeout: number): Dispatcher {
  const connect = { ...trustOf(network), timeout };
  return new Agent({
    ...options,
    connect,
    factory: (origin, poolOptions) => openPool(String(origin), network, poolOptions as PoolOptions, connect),
  });
}
