import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The network between a bridge and its database, which can be cut. */
export interface Network {
  readonly url: string;
  /** Cuts every connection; new ones are cut as soon as they come. */
  cut(): void;
  /** Cuts at the `count`th message from now on, before it arrives. */
  cutAt(count: number): void;
  mend(): void;
  close(): Promise<void>;
}

export async function openNetwork(databaseUrl: string): Promise<Network> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let open = true;
  let left = Number.POSITIVE_INFINITY;
  const server = createServer((near) => {
    if (!open) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
    }
    near.on('data', (chunk) => {
      left -= 1;
      if (left <= 0) cut();
      else far.write(chunk);
    });
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cut,
    cutAt: (count) => {
      left = count;
    },
    mend: () => {
      open = true;
      left = Number.POSITIVE_INFINITY;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
