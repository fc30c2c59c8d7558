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

const heartbeatMs = 10_000;

/** Tries once: `null` when another connection holds the lock. */
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
    }, heartbeatMs);
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
    const { rows } = await client.query<{ held: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
      [key],
    );
    if (rows[0]?.held === true) return { lost: lost.signal, release, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  return null;
}
