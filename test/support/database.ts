/** A database of its own for each test file: a clone of the migrated template. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { type Database, openDatabase } from '../../src/store/db.ts';
import { schema, templateName, urlOf } from './database-names.ts';

export interface TestDatabase {
  /** For `beforeAll`, hooks and tests: before them there is no database yet. */
  readonly url: string;
  readonly schema: string;
  /** Opened for this file, and closed after it. */
  readonly db: Database;
  /** The server itself, to look at pg_stat_activity or to end a connection. */
  readonly serverUrl: string;
}

/**
 * Call once, at the top level of a test file. The database is dropped after the file, or kept and named when a test of it
 * failed. A connection that the file leaves open fails it.
 */
export function testDatabase(): TestDatabase {
  let state: { name: string; url: string; db: Database } | undefined;
  let failed = false;
  const serverUrl = inject('databaseServer');

  beforeAll(async () => {
    const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
    await onServer(serverUrl, (client) => clone(client, name));
    const url = urlOf(serverUrl, name);
    const db = await openDatabase({ url, schema, applicationName: 'test', log: pino({ level: 'silent' }) });
    state = { name, url, db };
  });

  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });

  afterAll(async () => {
    if (state === undefined) return;
    const { name, db } = state;
    await db.close();
    const left = await onServer(serverUrl, async (client) => {
      const open = await openConnections(client, name);
      if (!failed && open.length === 0) await client.query(`drop database ${name} with (force)`);
      return open;
    });
    if (failed || left.length > 0) console.error(`Database of the failed tests: ${name}`);
    if (left.length > 0) throw new Error(`The file left ${left.length} database connections open: ${left.join('; ')}`);
  });

  const started = () => {
    if (state === undefined) throw new Error('The test database is there from beforeAll on, not while the file loads.');
    return state;
  };
  return {
    schema,
    serverUrl,
    get url() {
      return started().url;
    },
    get db() {
      return started().db;
    },
  };
}

/** A connection that was closed stays in the list for some milliseconds, so this looks until none is left, 3 s at most. */
async function openConnections(client: pg.Client, database: string): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const { rows } = await client.query<{ connection: string }>(
      `select format('%s: %s', application_name, left(query, 100)) as connection
         from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0 || attempt >= 60) return rows.map(({ connection }) => connection);
    await sleep(50);
  }
}

/** One more clone of the template, for a test that needs a database to itself. Dropped when `drop` is called. */
export async function cloneDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await onServer(serverUrl, (client) => clone(client, name));
  return {
    url: urlOf(serverUrl, name),
    drop: () =>
      onServer(serverUrl, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/** Cloning waits while another connection is still leaving the template. */
async function clone(client: pg.Client, name: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await client.query(`create database ${name} template ${templateName}`);
      return;
    } catch (error) {
      if (attempt >= 100 || !(error instanceof pg.DatabaseError) || error.code !== '55006') throw error;
      await sleep(50);
    }
  }
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'test support' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
