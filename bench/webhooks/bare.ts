/**
 * The least that takes events: `node bench/webhooks/bare.ts DATABASE-URL` answers each once it stands in a table. Prints its port; ends with
 * its parent.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });
await pool.query(
  'drop table if exists bare_event; create table bare_event (fingerprint bytea primary key, body bytea not null)',
);

const app = fastify({ logger: false });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.post('/webhooks/oto/:type', async (request) => {
  const body = request.body as Buffer;
  const fingerprint = createHash('sha256').update(body).digest();
  await pool.query({
    name: 'store',
    text: 'insert into bare_event (fingerprint, body) values ($1, $2) on conflict do nothing',
    values: [fingerprint, body],
  });
  return { status: 'stored' };
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${(app.server.address() as AddressInfo).port}\n`);
process.on('disconnect', () => process.exit());
