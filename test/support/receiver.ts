/** A receiver of alerts: a real HTTP server that keeps what it got, and answers as a test says. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface AlertMessage {
  readonly version: number;
  readonly delivery: string;
  readonly text: string;
  readonly id: number;
  readonly state: 'raised' | 'cleared';
  readonly reminder: number;
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly hint: string | null;
  readonly count: number;
}

export interface Receiver {
  readonly url: string;
  /** What was answered with success, in order. */
  readonly taken: AlertMessage[];
  /** Every body that arrived, as text, whatever was answered. */
  readonly arrived: { readonly body: string; readonly headers: IncomingHttpHeaders; readonly path: string }[];
  /** Short: `raised run-failed stock`. */
  readonly told: string[];
  /** Undefined: it hangs. */
  status: number | undefined;
}

/** Call in a test. */
export async function openReceiver(path = '/hook'): Promise<Receiver> {
  const taken: AlertMessage[] = [];
  const arrived: Receiver['arrived'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      arrived.push({ body, headers: request.headers, path: request.url ?? '' });
      if (receiver.status === undefined) return;
      if (receiver.status < 300) taken.push(JSON.parse(body) as AlertMessage);
      response.writeHead(receiver.status, { location: '/elsewhere' }).end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    taken,
    arrived,
    get told() {
      return taken.map(({ state, reminder, kind, subject }) =>
        [reminder > 0 ? `reminder ${reminder}` : state, kind, subject].join(' '),
      );
    },
    status: 200,
  };
  return receiver;
}
