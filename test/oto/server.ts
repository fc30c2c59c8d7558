import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createLogger } from '../../src/lib/log.ts';
import { createOtoClient, type OtoClient, type OtoClientOptions } from '../../src/oto/index.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly socket: Socket;
}

export type Handler = (received: Received, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server that answers what the test says and remembers what it was asked. */
export async function startServer(handler: Handler): Promise<{
  readonly url: string;
  readonly received: Received[];
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://server');
    const entry: Received = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
      socket: request.socket,
    };
    received.push(entry);
    await handler(entry, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers refreshToken with `access-token-1`, `access-token-2`, …; everything else goes to `handler`. */
export function withTokens(handler: Handler, life = '3600'): Handler {
  let issued = 0;
  return async (received, response) => {
    if (!received.path.endsWith('/refreshToken')) return handler(received, response);
    issued += 1;
    const refresh = (received.body as { refresh_token: string }).refresh_token;
    response.writeHead(200, { 'content-type': 'text/plain;charset=iso-8859-1' }).end(
      JSON.stringify({
        success: true,
        access_token: `access-token-${issued}`,
        refresh_token: refresh,
        expires_in: life,
      }),
    );
  };
}

export const refreshToken = 'refresh-token-of-the-account';

export function lines(): { readonly text: string[]; readonly log: OtoClientOptions['log'] } {
  const text: string[] = [];
  const log = createLogger({ level: 'trace', secrets: () => [], destination: { write: (line) => text.push(line) } });
  return { text, log };
}

export function clientFor(url: string, options: Partial<OtoClientOptions> = {}): OtoClient {
  return createOtoClient({
    baseUrl: `${url}/rest/v2/`,
    refreshToken,
    requestsPerSecond: 'unlimited',
    concurrency: 8,
    timeoutMs: 5_000,
    skusPerRead: 50,
    urlLimit: 4_000,
    log: lines().log,
    ...options,
  });
}

export interface Opened extends AsyncDisposable {
  readonly client: OtoClient;
  /** The calls that came, those for a token left out. */
  readonly asked: () => Received[];
  /** What the client logged. */
  readonly text: readonly string[];
}

/** A server that grants tokens and answers all else as the test says, and a client of it. */
export async function openOto(handler: Handler): Promise<Opened> {
  const server = await startServer(withTokens(handler));
  const { text, log } = lines();
  const client = clientFor(server.url, { log });
  return {
    client,
    asked: () => server.received.filter(({ path }) => !path.endsWith('/refreshToken')),
    text,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
