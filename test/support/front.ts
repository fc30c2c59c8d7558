/** A real HTTP server in front of the simulator: passes calls on, keeps every byte of them, and answers some itself. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Passed {
  /** Last part of the path, such as `updateStockQuantity`. */
  readonly endpoint: string;
  readonly query: URLSearchParams;
  /** The body as it came. */
  readonly body: string;
}

/** `after`: OTO gets the call all the same. */
export type Instead =
  | {
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly after?: boolean;
    }
  | { readonly reset: true; readonly after?: boolean }
  | { readonly hang: true; readonly after?: boolean };

export interface Front {
  /** For `oto.baseUrl`. */
  readonly baseUrl: string;
  readonly passed: Passed[];
  /** Where calls go: `url` of a simulator. */
  target: string;
  /** What a call is answered in OTO's place. */
  instead: (call: Passed) => Instead | undefined;
}

/** Call in a test. */
export async function openFront(): Promise<Front> {
  const server: Server = createServer((request, response) => {
    // A call that OTO resets is reset here as well.
    answer(request, response).catch(() => request.socket.resetAndDestroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://front');
    const body = Buffer.concat(chunks);
    const call = {
      endpoint: url.pathname.split('/').at(-1) ?? '',
      query: url.searchParams,
      body: body.toString('utf8'),
    };
    front.passed.push(call);
    const instead = front.instead(call);
    if (instead === undefined || instead.after === true) {
      const { authorization } = request.headers;
      const given = await fetch(new URL(request.url ?? '/', front.target), {
        method: request.method ?? 'GET',
        headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
        ...(body.length === 0 ? {} : { body }),
      });
      const text = await given.text();
      if (instead === undefined) {
        response.writeHead(given.status, { 'content-type': 'application/json' }).end(text);
        return;
      }
    }
    if ('reset' in instead) request.socket.resetAndDestroy();
    else if ('status' in instead) {
      const { status, headers, body: text } = instead;
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const front: Front = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rest/v2/`,
    passed: [],
    target: '',
    instead: () => undefined,
  };
  return front;
}
