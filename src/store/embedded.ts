/**
 * The PostgreSQL that the bridge brings along, for machines without one.
 *
 * All bridges of one folder share one server. Whoever comes first starts it, the others join, the last one out stops it. Each
 * holds one connection for as long as it takes part: these connections are the list of members, so a bridge that is killed
 * leaves the list by itself, and the server it leaves behind is joined by the next. Starting, joining and leaving happen under
 * one lock, so no starter meets a stopping server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import { prepareBinaries } from './embedded-binaries.ts';
import {
  type Cluster,
  ensureCluster,
  ensureRunning,
  owner,
  type Settings,
  startFailure,
  stopServer,
} from './embedded-cluster.ts';
import { prepareHome, prepareLockFile, preparePlace, readPassword } from './embedded-place.ts';
import { withFileLock } from './file-lock.ts';

export interface StartEmbedded {
  readonly dataDir: string;
  readonly log: Logger;
  /** Further settings of the server (postgresql.conf). They take effect when this call starts it. */
  readonly settings?: Settings;
}

export interface EmbeddedServer {
  /** Address with password. Stays the same over restarts unless another program takes the port in between. */
  readonly url: string;
  /** The server ran already. */
  readonly joined: boolean;
  /** Leaves; the last one out stops the server in good order. To be called after the own connections are closed. */
  stop(): Promise<void>;
}

/** pg has these two and does not declare them. */
type Holding = pg.Client & { ref(): void; unref(): void };

const member = 'oto-bridge member';
const leaving = 'oto-bridge leaving';

/** @throws BridgeError EMBEDDED_… with the remedy */
export async function startEmbedded({ dataDir, log, settings = {} }: StartEmbedded): Promise<EmbeddedServer> {
  const home = await prepareHome(dataDir);
  const lockFile = await prepareLockFile(home);
  const cluster = await withFileLock(lockFile, () => prepareCluster(home, settings, log));
  let current = await enter();
  let left = false;
  let returning: Promise<void> = Promise.resolve();
  watch(current.client);
  log.debug({ folder: cluster.place.root, joined: current.joined }, 'embedded PostgreSQL is up');
  const { url, joined } = current;

  /** Under the lock: finds or starts the server and becomes a member of it. */
  async function enter() {
    return withFileLock(lockFile, async () => {
      await ensureCluster(cluster);
      const found = await ensureRunning(cluster, member);
      await ensureDatabase(found.client);
      // It must not keep a process alive that has nothing else to do.
      (found.client as Holding).unref();
      return found;
    });
  }

  /** A server that was killed is brought back for those who still use it. */
  function watch(client: pg.Client): void {
    client.once('end', () => {
      if (!left && client === current.client) returning = comeBack();
    });
  }

  async function comeBack(): Promise<void> {
    log.warn('the embedded PostgreSQL went away; starting it again');
    for (let attempt = 0; attempt < 10 && !left; attempt++) {
      try {
        current = await enter();
        watch(current.client);
        if (current.url !== url) log.error('the embedded PostgreSQL had to change its port: restart the bridge');
        return;
      } catch (error) {
        log.error({ reason: messageOf(error) }, 'the embedded PostgreSQL does not come back');
        await sleep(Math.min(10_000, 200 * 2 ** attempt), undefined, { ref: false });
      }
    }
  }

  async function leave(): Promise<void> {
    await returning;
    await withFileLock(lockFile, async () => {
      const { client } = current;
      (client as Holding).ref();
      const others = await countOthers(client).catch(() => undefined);
      await client.end().catch(() => undefined);
      // Without an answer there is no server to stop.
      if (others === 0) await stopServer(cluster);
      log.debug({ others }, 'left the embedded PostgreSQL');
    });
  }

  let stopping: Promise<void> | undefined;
  return {
    url,
    joined,
    stop: () => {
      left = true;
      stopping ??= leave();
      return stopping;
    },
  };
}

async function prepareCluster(home: string, settings: Settings, log: Logger): Promise<Cluster> {
  try {
    const place = await preparePlace(home, log);
    const binaries = await prepareBinaries(place.root, place.user);
    return { place, binaries, password: await readPassword(place), settings };
  } catch (error) {
    throw isBridgeError(error) ? error : await startFailure({ root: home }, messageOf(error), error);
  }
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [owner]);
  if (rowCount === 0) await client.query(`create database ${owner}`);
}

/** A closed connection stays in the list for some milliseconds: renamed first, it no longer counts for the next who leaves. */
async function countOthers(client: pg.Client): Promise<number> {
  await client.query(`set application_name to '${leaving}'`);
  const { rows } = await client.query<{ others: number }>(
    'select count(*)::int as others from pg_stat_activity where application_name = $1',
    [member],
  );
  return rows[0]?.others ?? 0;
}
