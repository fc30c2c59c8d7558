import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Health {
  /** Whether the worker can do its work just now: the database answers. */
  ready(): Promise<boolean>;
}

/** `/healthz` answers while the process lives, `/readyz` while it can work. */
export async function startHealth(
  address: { host: string; port: number },
  health: Health,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    };
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET') answer(405, { error: 'only GET' });
    else if (pathname === '/healthz') answer(200, { status: 'ok' });
    else if (pathname === '/readyz') {
      health.ready().then(
        (ready) => answer(ready ? 200 : 503, { ready }),
        () => answer(503, { ready: false }),
      );
    } else answer(404, { error: 'not found' });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
