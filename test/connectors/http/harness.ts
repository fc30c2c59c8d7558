import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import http, { httpOptions } from '../../../connectors/http/index.ts';
import type { Checkpoint, Connector, EntityName } from '../../../src/connector/index.ts';
import { openConnector, readAll } from '../../support/connector.ts';

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

export const open = (options: unknown): Promise<Connector> => openConnector(http, httpOptions.parse(options));

export async function read(connector: Connector, entity: EntityName, since: Checkpoint = null) {
  const { changes, checkpoint, manifest } = await readAll(connector, entity, since);
  const values = changes.map((change) => (change.op === 'upsert' ? change.value : change));
  return { values, checkpoint, manifest };
}
