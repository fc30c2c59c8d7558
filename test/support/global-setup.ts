/** Starts one embedded PostgreSQL for the whole run, with a template database that each test file clones. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Logger, pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { isAlive } from '../../src/lib/process.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { schema, templateName, urlOf } from './database-names.ts';
import { prepareTemplate } from './template.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The embedded server of this run; its path names the maintenance database. */
    databaseServer: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = pino({ level: 'silent' });
  await sweep(log);
  const dataDir = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(join(dataDir, ownerFile), String(process.pid));
  // Run as root, the server belongs to another user, who has to get in.
  await chmod(dataDir, 0o755);
  // The data live as long as this run: no test survives a power cut.
  // Tests that stand side by side have several processes each, and each of those a dozen connections.
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300' };
  const server = await startEmbedded({ dataDir, log, settings });
  const stop = async () => {
    const kept = await keptDatabases(server.url);
    await server.stop();
    if (kept.length > 0 && process.env.KEEP_TEST_DATABASES === '1') {
      await rm(join(dataDir, ownerFile));
      console.error(`Kept ${kept.join(', ')} in ${dataDir}. Look with: node test/support/serve.ts ${dataDir}`);
      return;
    }
    if (kept.length > 0) console.error('KEEP_TEST_DATABASES=1 keeps the databases of failed test files.');
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await createTemplate(server.url);
    await migrate({ url: urlOf(server.url, templateName), schema, log });
    await prepareTemplate(urlOf(server.url, templateName), schema);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('databaseServer', server.url);
  return stop;
}

const prefix = 'oto-bridge-test-';
/** Holds the process id of the run that a folder belongs to. A folder without it is kept. */
const ownerFile = 'owner.pid';

/** Stops and removes what a killed run left behind. */
async function sweep(log: Logger): Promise<void> {
  const folders = (await readdir(tmpdir()))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(tmpdir(), name));
  for (const dataDir of folders) {
    const owner = Number(await readFile(join(dataDir, ownerFile), 'utf8').catch(() => 0));
    if (owner === 0 || isAlive(owner)) continue;
    // Two runs that sweep at the same time share the server and then the removal.
    await startEmbedded({ dataDir, log })
      .then((server) => server.stop())
      .catch(() => undefined);
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

async function createTemplate(url: string): Promise<void> {
  await onServer(url, (client) => client.query(`create database ${templateName}`));
}

/** Databases that `testDatabase` left behind, because a test in their file failed. */
async function keptDatabases(url: string): Promise<string[]> {
  return onServer(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      "select datname from pg_database where datname like 'test\\_%' order by datname",
    );
    return rows.map(({ datname }) => datname);
  });
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
