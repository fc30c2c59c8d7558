import { setTimeout as delay } from 'node:timers/promises';
import { BridgeError, messageOf } from '../lib/errors.ts';
import type { Lock } from '../store/db.ts';
import { getRun, type Run } from '../store/runs.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';

export interface RunLock {
  /** Aborts, with a RUN_LOST, when the run may not go on. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** The server may notice the end of our old connection only after we have asked on a new one. */
const patienceMs = 5000;

/**
 * Keeps the lock of a run through a loss of the database: it is taken again, unless somebody else ran the flow meanwhile. A run
 * that went on beside another could put its older figures over the newer ones.
 */
export function keepLock(bridge: Bridge, key: string, first: Lock, run: Run): RunLock {
  const lost = new AbortController();
  let current = first;
  let released = false;
  let returning: Promise<void> = Promise.resolve();

  function watch(lock: Lock): void {
    const onLost = () => {
      returning = comeBack();
    };
    if (lock.lost.aborted) onLost();
    else lock.lost.addEventListener('abort', onLost, { once: true });
  }

  async function comeBack(): Promise<void> {
    try {
      const again = await takeAgain();
      if (released) return await again?.release();
      if (again === null || !(await isOurs())) {
        await again?.release();
        throw new Error('another process runs the flow now');
      }
      current = again;
      watch(again);
      bridge.log.info({ run: run.id }, 'the database is back, and the run goes on');
    } catch (error) {
      if (!released) lost.abort(runLost(run.flow, messageOf(error), error));
    }
  }

  async function takeAgain(): Promise<Lock | null> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const lock = await bridge.db.withReconnect(() => bridge.db.lock(key));
      if (lock !== null || performance.now() > deadline) return lock;
      await delay(100);
    }
  }

  /** Whoever starts a run in our place marks ours as lost. */
  async function isOurs(): Promise<boolean> {
    return (await bridge.db.withReconnect(() => getRun(bridge.db, run.id)))?.status === 'running';
  }

  watch(first);
  return {
    lost: lost.signal,
    async release() {
      released = true;
      await returning;
      await current.release();
    },
  };
}

export function runLost(flow: string, why: string, cause?: unknown): BridgeError {
  return new BridgeError(engineErrors.RUN_LOST, {
    message: `The run of "${flow}" was taken from its process: ${why}.`,
    hint: 'What was planned is kept: the next run, or a worker, goes on with it.',
    cause,
  });
}
