import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { messageOf } from '../lib/errors.ts';
import { connectFailure, isConnectionError } from './connection.ts';

/** A lock among all processes on one database. It ends with its connection, so a killed holder leaves nothing behind. */
export interface Lock {
  /** Aborts when the connection, and with it the lock, is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Locks on one database. Their connections are kept for a moment after use: a receipt takes two, and opening them took longer. */
export interface Locks {
  /** Tries once: `null` when another connection holds the lock. One whose holder is frozen is taken from it. */
  take(key: string): Promise<Lock | null>;
  /** Gives up what is still held and ends the connections. */
  close(): Promise<void>;
}

interface OpenLocks {
  readonly url: string;
  readonly applicationName: string;
  readonly log: Logger;
}

const heartbeatMs = 2_000;
/** A holder that the server has not heard of for so long is frozen (a stopped process, a machine put to sleep): others go on without it. */
const silenceMs = 10_000;
/** How long the database may take to answer a heartbeat. */
const answerMs = 10_000;
const idleMs = 10_000;
/** Far more than there are flows and sources to lock. */
const mostConnections = 100;

export function createLocks({ url, applicationName, log }: OpenLocks): Locks {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: mostConnections,
    idleTimeoutMillis: idleMs,
    connectionTimeoutMillis: 10_000,
    allowExitOnIdle: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  pool.on('error', (error) => log.debug({ reason: messageOf(error) }, 'idle connection for locks lost'));
  const used = new WeakSet<pg.PoolClient>();
  const open = new Set<Lock>();

  async function take(key: string): Promise<Lock | null> {
    for (;;) {
      const client = await pool.connect().catch((error: unknown) => {
        throw connectFailure(url, error);
      });
      const kept = used.has(client);
      used.add(client);
      const lock = hold(client, key, log, () => open.delete(lock));
      open.add(lock);
      try {
        const held =
          (await tryLock(client, key)) || ((await endFrozen(client, key, log)) && (await tryLock(client, key)));
        if (held) return lock;
      } catch (error) {
        await lock.release();
        // A connection that lay idle may have died unseen. A new one tells whether the database is there.
        if (kept && isConnectionError(error)) continue;
        throw error;
      }
      await lock.release();
      return null;
    }
  }

  return {
    take,
    close: async () => {
      if (pool.ending) return;
      await Promise.all([...open].map((lock) => lock.release()));
      await pool.end();
    },
  };
}

function hold(client: pg.PoolClient, key: string, log: Logger, onEnded: () => void): Lock {
  const lost = new AbortController();
  let over = false;
  const finish = (broken: boolean) => {
    over = true;
    clearInterval(heartbeat);
    client.off('error', onError);
    client.off('end', onClosed);
    client.release(broken);
    onEnded();
  };
  const lose = (reason: string) => {
    if (over) return;
    finish(true);
    log.warn({ key, reason }, 'lock lost: the database connection that held it is gone');
    lost.abort(new Error(`The lock "${key}" is lost: ${reason}.`));
  };
  const onError = (error: Error) => lose(messageOf(error));
  const onClosed = () => lose('the connection was closed');
  // A network that swallows packets ends a connection without a word: the server would give the lock to another process
  // while this one still believes to hold it.
  const beat = () => {
    const late = setTimeout(() => lose('the database did not answer within 10 seconds'), answerMs);
    late.unref();
    client.query('select 1').then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  };
  const heartbeat = setInterval(beat, heartbeatMs);
  heartbeat.unref();
  client.on('error', onError);
  client.on('end', onClosed);

  const release = async () => {
    if (over) return;
    over = true;
    // Unlocked by hand: the connection stays.
    const broken = await client.query('select pg_advisory_unlock_all()').then(
      () => false,
      () => true,
    );
    finish(broken);
  };
  return { lost: lost.signal, release, [Symbol.asyncDispose]: release };
}

async function tryLock(client: pg.ClientBase, key: string): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
    [key],
  );
  return rows[0]?.held === true;
}

/** Ends the connection of a holder whose heartbeat has stopped. A process that wakes up later finds its lock lost. */
async function endFrozen(client: pg.ClientBase, key: string, log: Logger): Promise<boolean> {
  const { rows } = await client.query<{ pid: number; ended: boolean }>(
    `select a.pid, pg_terminate_backend(a.pid) as ended
       from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_database where datname = current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended($1, 0)
        and a.state_change < now() - $2 * interval '1 millisecond'`,
    [key, silenceMs],
  );
  const [frozen] = rows;
  if (frozen?.ended !== true) return false;
  log.warn({ key, backend: frozen.pid }, 'a lock was taken from its holder, which has not been heard of for 10 s');
  for (let attempt = 0; attempt < 50; attempt++) {
    const left = await client.query('select from pg_stat_activity where pid = $1', [frozen.pid]);
    if (left.rowCount === 0) return true;
    await sleep(20);
  }
  return false;
}
