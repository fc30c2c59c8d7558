import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { BridgeError } from '../lib/errors.ts';
import { storeErrors } from './errors.ts';

const sqliteBusy = 5;

/**
 * Runs `work` while no other process on this machine is in here with the same file. SQLite's lock on a file is the operating
 * system's own, on every platform: unlike a file whose existence is the lock, it ends with a killed holder.
 * @throws BridgeError EMBEDDED_BUSY after `patienceSeconds`
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>, patienceSeconds = 180): Promise<T> {
  const deadline = performance.now() + patienceSeconds * 1000;
  const lock = new DatabaseSync(file);
  try {
    while (!tryLock(lock)) {
      if (performance.now() > deadline) {
        throw new BridgeError(storeErrors.EMBEDDED_BUSY, {
          message: `Another process has been starting or stopping the embedded PostgreSQL for ${patienceSeconds} s.`,
          hint: 'Wait for it, or end the process that has this file open.',
          place: { path: 'dataDir', file },
        });
      }
      await sleep(25);
    }
    return await work();
  } finally {
    lock.close();
  }
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    // A journal on disk would make the lock fail where the disk is full, before anybody could say so. While another holds the lock,
    // this is refused as the lock itself is.
    lock.exec('pragma journal_mode = memory');
    lock.exec('begin exclusive');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === sqliteBusy) return false;
    throw error;
  }
}
