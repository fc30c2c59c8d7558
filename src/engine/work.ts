import { setTimeout as delay } from 'node:timers/promises';
import type { FlowPayload } from '../jobs/queues.ts';
import { messageOf } from '../lib/errors.ts';
import type { Lock } from '../store/db.ts';
import { databaseTime } from '../store/queryable.ts';
import type { Bridge } from './context.ts';
import { push } from './push.ts';
import { retainer } from './retain.ts';
import { tend } from './tend.ts';

export interface Work {
  /** Ends the work: what is in flight is finished or given back within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

interface WorkOptions {
  /** Runs a flow that a schedule or a watch asked for; absent in a command that works only for itself. */
  readonly runFlow?: ((payload: FlowPayload, signal: AbortSignal) => Promise<void>) | undefined;
}

const tendEveryMs = 500;
const thoroughEveryMs = 5000;
const lockEveryMs = 3000;

/**
 * Works jobs in this process: sends operations, and looks after what no job carries. Any number of processes may work at once; one
 * of them tends, the one that holds the lock, and another takes over when it goes away.
 */
export async function startWorking(bridge: Bridge, options: WorkOptions = {}): Promise<Work> {
  const stopping = new AbortController();
  const loop = tendLoop(bridge, stopping.signal);
  await bridge.jobs.work({
    async push(ids, signal) {
      const { later } = await push(bridge, ids, AbortSignal.any([signal, stopping.signal])).catch((error: unknown) => {
        // The queue keeps the reason where nobody looks.
        bridge.log.error({ err: error, operations: ids.slice(0, 10) }, 'operations could not be worked; tried again');
        throw error;
      });
      // The queue brings the job again after a growing pause.
      if (later > 0) throw new Error(`${later} operations have to be tried again later`);
    },
    ...(options.runFlow === undefined ? {} : { runFlow: options.runFlow }),
  });
  return {
    async stop(graceMs) {
      stopping.abort(new Error('the worker stops'));
      await Promise.race([loop, delay(graceMs, undefined, { ref: false })]);
    },
  };
}

async function tendLoop(bridge: Bridge, signal: AbortSignal): Promise<void> {
  let lock: Lock | null = null;
  let takenBefore = new Date(0);
  let nextThorough = 0;
  const house = retainer(bridge, signal);
  try {
    while (!signal.aborted) {
      try {
        if (lock === null || lock.lost.aborted) {
          lock = await bridge.db.lock('tend');
          if (lock === null) {
            await delay(lockEveryMs, undefined, { signal });
            continue;
          }
          // Whoever tended before is gone, and with it what its jobs had taken. Jobs of other workers that live get a double, which
          // finds their operations claimed and does nothing.
          takenBefore = await databaseTime(bridge.db);
          nextThorough = 0;
        }
        const thorough = bridge.now() >= nextThorough;
        if (thorough) nextThorough = bridge.now() + thoroughEveryMs;
        await tend(bridge, { takenBefore, signal, thorough });
        if (thorough) house.look();
        await delay(tendEveryMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        // The database or OTO is away: everything waits, and goes on when it is back.
        bridge.log.warn({ reason: messageOf(error) }, 'could not look after operations just now');
        await delay(2000, undefined, { signal }).catch(() => undefined);
      }
    }
  } finally {
    await house.idle();
    await lock?.release().catch(() => undefined);
  }
}

/**
 * For a command that sends and then ends: works its own operations where no worker lives, and begins to when the worker that it
 * relied on goes away.
 */
export function workWhereNobodyDoes(bridge: Bridge): { onWait(): Promise<void>; stop(): Promise<void> } {
  let work: Work | undefined;
  let nextLook = 0;
  return {
    async onWait() {
      if (work !== undefined || bridge.now() < nextLook) return;
      nextLook = bridge.now() + lockEveryMs;
      const lock = await bridge.db.lock('tend').catch(() => null);
      if (lock === null) return;
      await lock.release();
      work = await startWorking(bridge);
    },
    async stop() {
      await work?.stop(5000);
    },
  };
}
