import pg from 'pg';
import { urlOf } from '../support/database-names.ts';
import { type ErpDatabase, randomName } from './sql-erp.ts';

/** A schema of its own, and a user that finds nothing but it. */
export async function openPostgresErp(serverUrl: string): Promise<ErpDatabase> {
  const name = randomName('erp');
  const password = randomName('secret');
  const client = new pg.Client({
    connectionString: urlOf(serverUrl, 'postgres'),
    types: { getTypeParser: () => (value: string) => value } as never,
  });
  await client.connect();
  await client.query(`create role ${name} login password '${password}'; create schema ${name} authorization ${name}`);
  await client.query(`alter role ${name} set search_path = ${name}`);
  await client.query(`set role ${name}; set search_path = ${name}`);
  const { hostname, port } = new URL(serverUrl);
  return {
    dialect: 'postgres',
    host: hostname,
    port: Number(port),
    database: 'postgres',
    user: name,
    password,
    channel: name,
    async run(text, values = []) {
      const { rows } = await client.query(
        text.split('?').reduce((before, after, place) => `${before}$${place}${after}`),
        [...values],
      );
      return rows;
    },
    async drop() {
      await client.query(`reset role; drop schema ${name} cascade; drop role ${name}`);
      await client.end();
    },
  };
}
