import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { startHttp } from '../../src/http/index.ts';
import { type HttpServer, openServer, type ServerOptions } from '../../src/http/server.ts';
import { createLogger } from '../../src/lib/log.ts';
import type { TestBridge } from '../support/bridge.ts';

export const tlsFolder = join(import.meta.dirname, '../support/tls');

/** A server for one test, with the lines that it logged. */
export async function serverWith(
  options: Partial<ServerOptions> & { readonly secrets?: readonly string[] } = {},
): Promise<HttpServer & { readonly origin: string; readonly lines: string[] }> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ level: 'debug', secrets: () => options.secrets ?? [], destination });
  const server = await openServer({
    host: '127.0.0.1',
    port: 0,
    trustProxy: false,
    routes: [],
    log: options.log ?? log,
    ...options,
  });
  onTestFinished(() => server.close(0));
  return { ...server, origin: `http://127.0.0.1:${server.port}`, lines };
}

export const silent = pino({ level: 'silent' });

/** Writes bytes to a port and gives all that comes back until the other side ends the connection. */
export async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8').write(text);
  let answer = '';
  // Half of the connections that the server refuses it also resets.
  socket.on('error', () => undefined);
  for await (const part of socket.iterator({ destroyOnReturn: true })) answer += part;
  return answer;
}

/** What a worker answers over HTTP, beside a bridge of one test. */
export async function httpOf(bridge: TestBridge, phase: 'working' | 'starting' = 'working') {
  const stop = new AbortController();
  const http = await startHttp({ bridge: bridge.app.bridge, baseDir: tlsFolder, version: '1.2.3', stop: stop.signal });
  if (http === undefined) throw new Error('the server is switched off');
  onTestFinished(() => http.close(0));
  http.enter(phase, phase === 'working');
  return { ...http, stop, origin: `http://127.0.0.1:${http.port}` };
}
