import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';

const header = (kind: number, status: number, length: number) =>
  Buffer.from([kind, status, length >> 8, length & 255, 0, 0, 1, 0]);
const longest = 4088;

/** One message in as many packets as it takes; without `ends` more of it follows. */
export function packets(kind: number, body: Buffer, ends = true): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < body.length; at += longest) {
    const part = body.subarray(at, at + longest);
    parts.push(header(kind, ends && at + longest >= body.length ? 1 : 0, part.length + 8), part);
  }
  return Buffer.concat(parts);
}

/** Whole messages, put together from their packets. */
export async function* messagesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<{ kind: number; body: Buffer }> {
  let rest = Buffer.alloc(0);
  let body: Buffer[] = [];
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8 && rest.length >= rest.readUInt16BE(2)) {
      const [kind = 0, status = 0] = rest;
      const length = rest.readUInt16BE(2);
      body.push(rest.subarray(8, length));
      rest = rest.subarray(length);
      if ((status & 1) === 0) continue;
      yield { kind, body: Buffer.concat(body) };
      body = [];
    }
  }
}

/** TLS over a connection on which the handshake, both ways, travels in prelogin packets, and all that follows does not. */
export function secured(socket: Socket, { cert, key }: { readonly cert: string; readonly key: string }): TLSSocket {
  let shaking = true;
  const flight: Buffer[] = [];
  const encrypted = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, written) {
      if (!shaking) {
        socket.write(chunk, () => written());
        return;
      }
      flight.push(chunk);
      // One message for a whole flight: the client waits for exactly one.
      if (flight.length === 1) setImmediate(() => socket.write(packets(18, Buffer.concat(flight.splice(0)))));
      written();
    },
  });
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (shaking && rest[0] === 18 && rest.length >= 8 && rest.length >= rest.readUInt16BE(2)) {
      const length = rest.readUInt16BE(2);
      encrypted.push(rest.subarray(8, length));
      rest = rest.subarray(length);
    }
    if (rest.length === 0 || (shaking && rest[0] === 18)) return;
    shaking = false;
    encrypted.push(rest);
    rest = Buffer.alloc(0);
  });
  socket.on('close', () => encrypted.destroy());
  return new TLSSocket(encrypted, { isServer: true, secureContext: createSecureContext({ cert, key }) });
}
