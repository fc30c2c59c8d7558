import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { messageOf } from '../lib/errors.ts';
import { connect } from './connection.ts';

/** A lock among all processes on one database. It ends with its connection, so a killed holder leaves nothing behind. */
export interface Lock {
  /** Aborts when the connection, and with it the lock, is lost. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface TakeLock {
  readonly url: string;
  readonly applicationName: string;
  readonly key: string;
  readonly log: Logger;
}

const heartbeatMs = 2_000;
/** A holder that the server has not heard of for so long is frozen (a stopped process, a machine put to sleep): others go on without it. */
const silenceMs = 10_000;
/** How long the database may take to answer a heartbeat. */
const answerMs = 10_000;

/** Tries once: `null` when another connection holds the lock. One whose holder is frozen is taken from it. */
export async function takeLock({ url, applicationName, key, log }: TakeLock): Promise<Lock | null> {
  const client = await connect(url, applicationName);
  const lost = new AbortController();
  let released = false;
  const lose = (reason: string) => {
    clearInterval(heartbeat);
    if (released || lost.signal.aborted) return;
    log.warn({ key, reason }, 'lock lost: the database connection that held it is gone');
    lost.abort(new Error(`The lock "${key}" is lost: ${reason}.`));
  };
  // A network that swallows packets ends a connection without a word: the server would give the lock to another process
  // while this one still believes to hold it.
  const beat = () => {
    const late = setTimeout(() => {
      client.removeAllListeners('end');
      lose('the database did not answer within 10 seconds');
      void client.end().catch(() => undefined);
    }, answerMs);
    late.unref();
    client.query('select 1').then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  };
  const heartbeat = setInterval(beat, heartbeatMs);
  heartbeat.unref();
  client.on('error', (error) => lose(messageOf(error)));
  client.on('end', () => lose('the connection was closed'));

  const release = async () => {
    released = true;
    clearInterval(heartbeat);
    // Unlocked by hand first: the server may notice the closed connection only after another process has asked in vain.
    await client.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await client.end().catch(() => undefined);
  };
  try {
    const held = (await tryLock(client, key)) || ((await endFrozen(client, key, log)) && (await tryLock(client, key)));
    if (held) return { lost: lost.signal, release, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  return null;
}

async function tryLock(client: pg.Client, key: string): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
    [key],
  );
  return rows[0]?.held === true;
}

/** Ends the connection of a holder whose heartbeat has stopped. A process that wakes up later finds its lock lost. */
async function endFrozen(client: pg.Client, key: string, log: Logger): Promise<boolean> {
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
