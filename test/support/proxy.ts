/** A real HTTP proxy that makes tunnels (CONNECT), and a real TLS server with the certificates of `tls/`. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const tls = (name: string) => readFileSync(new URL(`tls/${name}`, import.meta.url), 'utf8');
/** The authority that signed the certificate of every TLS server here. */
export const authority = tls('authority.pem');
const certificate = { cert: tls('server.pem'), key: tls('server.key') };

export interface Proxy {
  readonly url: string;
  /** `CONNECT` targets, and the credentials that came with each. */
  readonly asked: { readonly target: string; readonly authorization: string | undefined }[];
  /** Requests that came as such, and not through a tunnel. */
  readonly plain: string[];
  /** Bytes that passed from the client into a tunnel. */
  passed: number;
  /** What a CONNECT is answered: 200 opens the tunnel; `hang` and `drop` give no answer. */
  answer: number | 'hang' | 'drop';
}

/** Call in a test. */
export async function openProxy({ secure = false } = {}): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const listener: RequestListener = (request, response) => {
    proxy.plain.push(`${request.method} ${request.url}`);
    response.writeHead(200).end('{"from":"the proxy"}');
  };
  const server = secure ? createTlsServer(certificate, listener) : createServer(listener);
  server.on('connection', keep);
  server.on('connect', (request: IncomingMessage, near: Socket) => {
    proxy.asked.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    if (proxy.answer === 'hang') return;
    if (proxy.answer === 'drop') return void near.destroy();
    if (proxy.answer !== 200) {
      near.end(`HTTP/1.1 ${proxy.answer} No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const far = keep(connect(Number(port), hostname));
    near.on('data', (bytes) => {
      proxy.passed += bytes.length;
    });
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('connect', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
  });
  const port = await listening(server, sockets);
  const proxy: Proxy = {
    url: secure ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    asked: [],
    plain: [],
    passed: 0,
    answer: 200,
  };
  return proxy;
}

/** A TLS server at `https://localhost:…`. Call in a test. */
export async function openTls(
  listener: RequestListener,
): Promise<{ readonly url: string; readonly ports: Set<number> }> {
  const sockets = new Set<Socket>();
  const ports = new Set<number>();
  const server = createTlsServer(certificate, (request, response) => {
    ports.add(request.socket.remotePort ?? 0);
    listener(request, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  return { url: `https://localhost:${await listening(server, sockets)}`, ports };
}

async function listening(server: ReturnType<typeof createServer | typeof createTlsServer>, sockets: Set<Socket>) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}
