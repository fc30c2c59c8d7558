import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { httpErrors } from './errors.ts';

/** What one caller may take of the server, in milliseconds and bytes: somebody who sends a byte a second must not hold its connections. */
export interface Limits {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly bodyBytes: number;
  readonly connections: number;
}

export const defaultLimits: Limits = {
  headersMs: 10_000,
  requestMs: 20_000,
  keepAliveMs: 5_000,
  // All connections together must fit into memory: bodies are read before it is known whose they are.
  bodyBytes: 262_144,
  connections: 1000,
};

export interface Identity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws BridgeError HTTP_TLS */
export async function readIdentity(tls: Config['http']['tls'], baseDir: string): Promise<Identity | undefined> {
  if (tls === undefined) return undefined;
  const [cert, key] = await Promise.all([readPem('cert', tls.cert, baseDir), readPem('key', tls.key, baseDir)]);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new BridgeError(httpErrors.HTTP_TLS, {
      message: `The certificate ${tls.cert} and the key ${tls.key} cannot be used together: ${messageOf(error)}.`,
      hint: 'Both must be PEM, and the key must be the one that the certificate was made for.',
      place: { path: 'http.tls' },
    });
  }
  return { cert, key };
}

async function readPem(name: string, file: string, baseDir: string): Promise<Buffer> {
  try {
    return await readFile(resolve(baseDir, file));
  } catch (error) {
    throw new BridgeError(httpErrors.HTTP_TLS, {
      message: `${file} cannot be read: ${messageOf(error)}.`,
      hint: 'Name a file that is there, relative to the configuration, and that this user may read.',
      place: { path: `http.tls.${name}` },
    });
  }
}

export function createListener(handler: RequestListener, identity: Identity | undefined, limits: Limits): Server {
  const options = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    // How often the two above are looked after.
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
  };
  const server =
    identity === undefined
      ? createServer(options, handler)
      : createTlsServer(
          { ...options, ...identity, minVersion: 'TLSv1.2', handshakeTimeout: limits.headersMs },
          handler,
        );
  server.maxConnections = limits.connections;
  return server;
}

/** What it means that the server could not listen. */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === 'EADDRINUSE') {
    return new BridgeError(httpErrors.HTTP_PORT_TAKEN, {
      message: `Another program listens on ${host} port ${port}.`,
      hint: 'Give http.port another number (0 takes a free one), or stop the other program. Several workers on one machine need a port each.',
      place: { path: 'http.port' },
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new BridgeError(httpErrors.HTTP_ADDRESS, {
      message: `This user may not listen on port ${port}.`,
      hint: 'Give http.port a number from 1024 on, and let a proxy take the lower one.',
      place: { path: 'http.port' },
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EINVAL') {
    return new BridgeError(httpErrors.HTTP_ADDRESS, {
      message: `This machine has no address "${host}".`,
      hint: 'Give http.host an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for all of its own.',
      place: { path: 'http.host' },
      cause: error,
    });
  }
  return error;
}
