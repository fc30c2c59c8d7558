/** A server that answers as OTO does and does nothing else: `node bench/plain-server.ts`. Prints its port; ends with its parent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

let transaction = 0;

const server = createServer({ keepAlive: true, noDelay: true, keepAliveTimeout: 120_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as { qty?: number };
    const answer = JSON.stringify(
      request.url?.endsWith('/refreshToken') === true
        ? { success: true, access_token: 'bench-access-token', token_type: 'Bearer', expires_in: '3600' }
        : {
            success: true,
            warnings: [`Stock quantity is set to ${body.qty}`],
            transactionID: ++transaction,
          },
    );
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    response.end(answer);
  });
});

server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.on('disconnect', () => process.exit());
