/** Brings the schema of the bridge to the layout that this release needs. */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Logger } from 'pino';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { checkServer, connect, connectFailure, isConnectionError, safeUrl } from './connection.ts';
import { storeErrors } from './errors.ts';
import { one, type Queryable } from './queryable.ts';

const table = 'migration';

export interface Migrate {
  readonly url: string;
  readonly schema: string;
  readonly log: Logger;
  /** Folder of the `001_name.sql` files; the bridge's own unless a test says otherwise. */
  readonly folder?: string;
}

/**
 * Creates the schema if need be and applies what is missing, all of it in one transaction. Processes that start together
 * take turns.
 * @throws BridgeError STORE_NEWER, STORE_MIGRATION, and those of a refused connection
 */
export async function migrate({ url, schema, log, folder = ownFolder }: Migrate): Promise<{ applied: string[] }> {
  const client = await connect(url, 'oto-bridge migrate');
  let gone: Error | undefined;
  client.on('error', (error) => {
    gone = error;
  });
  try {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`oto-bridge:migrate:${schema}`]);
    await checkServer(client, url, schema);
    await refuseNewer(client, { url, schema, folder });
    const applied = await runner({
      dbClient: client,
      dir: folder,
      // Whatever is not a numbered SQL file is none of the migrations: a source map beside them, an editor's backup.
      ignorePattern: '(?!\\d+_[^/]*\\.sql$).*',
      direction: 'up',
      schema,
      createSchema: true,
      migrationsTable: table,
      singleTransaction: true,
      // It is held already: the look at the names above has to stand under the same lock.
      noLock: true,
      logger: quiet(log),
    });
    return { applied: applied.map(({ name }) => name) };
  } catch (error) {
    if (error instanceof BridgeError) throw error;
    // The library hides the cause of some of its errors.
    if (gone !== undefined || isConnectionError(error)) throw connectFailure(url, gone ?? error);
    throw new BridgeError(storeErrors.STORE_MIGRATION, {
      message: `The schema "${schema}" of ${safeUrl(url)} could not be brought to this release: ${messageOf(error)}${detailOf(error)}.`,
      hint: 'Nothing was changed. Run it again with `log.level: debug` and report what it says.',
      place: { path: 'database.schema' },
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Which changes of the layout a database still lacks, and which it has that this release does not know. Looks only.
 * Without a schema, all are missing.
 */
export async function schemaState(
  db: Queryable,
  schema: string,
  folder: string = ownFolder,
): Promise<{ missing: string[]; unknown: string[] }> {
  const known = (await readdir(folder))
    .filter((file) => /^\d+_.*\.sql$/.test(file))
    .map((file) => file.replace(/\.sql$/, ''));
  const name = `${pg.escapeIdentifier(schema)}.${table}`;
  const { found } = await one<{ found: string | null }>(db, 'select to_regclass($1)::text as found', [name]);
  const rows = found === null ? [] : await db.query<{ name: string }>(`select name from ${name} order by id`);
  const stored = rows.map((row) => row.name);
  return {
    missing: known.filter((one) => !stored.includes(one)).sort(),
    unknown: stored.filter((one) => !known.includes(one)),
  };
}

/** Changes of the layout that a newer release has made since this one started. Cheap: it is asked before work is taken. */
export async function newerChanges(db: Queryable, known: ReadonlySet<string>): Promise<string[]> {
  const rows = await db.query<{ name: string }>(`select name from ${table} order by id`);
  return rows.map((row) => row.name).filter((name) => !known.has(name));
}

/** Names of the changes that this release knows. */
export async function knownChanges(folder: string = ownFolder): Promise<Set<string>> {
  const files = (await readdir(folder)).filter((file) => /^\d+_.*\.sql$/.test(file));
  return new Set(files.map((file) => file.replace(/\.sql$/, '')));
}

/** `build` copies the SQL files next to the compiled module. */
const ownFolder = fileURLToPath(new URL('./migrations', import.meta.url));

async function refuseNewer(
  client: pg.Client,
  { url, schema, folder }: { url: string; schema: string; folder: string },
): Promise<void> {
  const { rows } = await client.query<{ found: string | null }>('select to_regclass($1)::text as found', [
    `${pg.escapeIdentifier(schema)}.${table}`,
  ]);
  if ((rows[0]?.found ?? null) === null) return;
  const known = new Set((await readdir(folder)).map((file) => file.replace(/\.sql$/, '')));
  const stored = await client.query<{ name: string }>(
    `select name from ${pg.escapeIdentifier(schema)}.${table} order by id`,
  );
  const unknown = stored.rows.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new BridgeError(storeErrors.STORE_NEWER, {
    message: `The schema "${schema}" of ${safeUrl(url)} was changed by a newer release: it has ${unknown.join(', ')}, which this one does not know.`,
    hint: 'Install the newer release again, or restore the backup made before the upgrade.',
    place: { path: 'database.schema' },
    data: { unknown },
  });
}

/** The rest of what the server said, which its message alone leaves out. */
function detailOf(error: unknown): string {
  const { detail, where } = Object(error) as { detail?: string; where?: string };
  return [detail, where].map((text) => (text === undefined ? '' : ` (${text})`)).join('');
}

/** The library prints each statement that fails; our own error says it once. */
function quiet(log: Logger) {
  const debug = (text: string) => log.debug({ migrate: text }, 'migrating');
  return { debug, info: debug, warn: debug, error: debug };
}
