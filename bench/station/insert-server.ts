/**
 * What a station's action costs at the very least: one request, one row. `node bench/station/insert-server.ts DATABASE-URL`; prints its port;
 * ends with its parent.
 */
import { fastify } from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });
await pool.query(
  'create table if not exists bare_action (id bigint generated always as identity primary key, payload jsonb not null)',
);
const app = fastify();
app.post('/', async (request) => {
  const { rows } = await pool.query({
    name: 'insert',
    text: 'insert into bare_action (payload) values ($1) returning id',
    values: [JSON.stringify(request.body)],
  });
  return { id: rows[0]?.id };
});
const address = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${new URL(address).port}\n`);
process.on('disconnect', () => process.exit());
