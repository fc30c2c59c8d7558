import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { Agent } from 'undici';
import { onTestFinished } from 'vitest';
import http, { httpOptions } from '../../../connectors/http/index.ts';
import type { Change, Checkpoint, Connector, EntityName, Manifest } from '../../../src/connector/index.ts';

export type Answer = (request: {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly origin: string;
}) => { readonly status?: number; readonly headers?: Record<string, string | string[]>; readonly body: string };

export async function serve(answer: Answer): Promise<string> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
      const body = Buffer.concat(chunks).toString('utf8');
      const {
        status = 200,
        headers,
        body: text,
      } = answer({
        path: decodeURIComponent(url.pathname),
        query: url.searchParams,
        headers: request.headers,
        body,
        origin: url.origin,
      });
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function open(options: unknown): Promise<Connector> {
  const dispatcher = new Agent();
  onTestFinished(() => dispatcher.destroy());
  return http.open({
    options: httpOptions.parse(options),
    source: 'erp',
    baseDir: process.cwd(),
    timezone: 'Asia/Riyadh',
    log: pino({ level: 'silent' }),
    now: () => Date.now(),
    dispatcher,
  });
}

export async function read(connector: Connector, entity: EntityName, since: Checkpoint = null) {
  const changes: Change[] = [];
  let checkpoint = since;
  let manifest: Manifest['manifest'] | undefined;
  const reader = connector.read[entity];
  if (reader === undefined) throw new Error(`no reader of ${entity}`);
  for await (const item of reader({ since, signal: AbortSignal.timeout(20_000) })) {
    if ('manifest' in item) manifest = item.manifest;
    else {
      changes.push(...item.changes);
      checkpoint = item.checkpoint;
    }
  }
  const values = changes.map((change) => (change.op === 'upsert' ? change.value : change));
  return { values, checkpoint, manifest };
}
