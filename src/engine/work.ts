import { setTimeout as delay } from 'node:timers/promises';
import type { AskedFlow } from '../jobs/jobs.ts';
import { LeftToNewer } from '../jobs/queues.ts';
import { type BridgeError, messageOf } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import type { Lock } from '../store/db.ts';
import { readyAmong } from '../store/operations.ts';
import { databaseTime } from '../store/queryable.ts';
import type { Bridge } from './context.ts';
import { type Fitness, fitness } from './fitness.ts';
import { push } from './push.ts';
import { retainer } from './retain.ts';
import { tend } from './tend.ts';

export interface Work {
  /** Ends the work: what is in flight is finished or given back within `graceMs`. False when something was still in flight then. */
  stop(graceMs: number): Promise<boolean>;
}

interface WorkOptions {
  /** Runs a flow that a schedule or a watch asked for; absent in a command that works only for itself. */
  readonly runFlow?: ((payload: AskedFlow, signal: AbortSignal) => Promise<void>) | undefined;
  /** A newer release has changed the tables: no more work is taken. */
  readonly onUnfit?: ((error: BridgeError) => void) | undefined;
}

const tendEveryMs = 500;
const thoroughEveryMs = 5000;
const lockEveryMs = 3000;

/**
 * Works jobs in this process: sends operations, and looks after what no job carries. Any number of processes may work at once; one
 * of them tends, the one that holds the lock, and another takes over when it goes away.
 */
export async function startWorking(bridge: Bridge, options: WorkOptions = {}): Promise<Work> {
  const { runFlow } = options;
  const stopping = new AbortController();
  const fit = fitness(bridge, options.onUnfit ?? (() => undefined));
  const loop = tendLoop(bridge, stopping.signal, fit);
  await bridge.jobs.work({
    async push(ids, signal) {
      await requireFit(fit);
      using ends = joinSignals(signal, stopping.signal);
      const { later } = await push(bridge, ids, ends.signal).catch((error: unknown) => {
        // The queue keeps the reason where nobody looks.
        bridge.log.error({ err: error, operations: ids.slice(0, 10) }, 'operations could not be worked; tried again');
        throw error;
      });
      if (later.size === 0 || !stopping.signal.aborted) return later;
      await handBack(bridge, [...later]);
      return new Set();
    },
    ...(runFlow === undefined
      ? {}
      : {
          async runFlow(payload, signal) {
            await requireFit(fit);
            using ends = joinSignals(signal, stopping.signal);
            await runFlow(payload, ends.signal);
          },
        }),
  });
  return {
    async stop(graceMs) {
      const deadline = performance.now() + graceMs;
      stopping.abort(new Error('the worker stops'));
      const drained = await bridge.jobs.drain(graceMs);
      const rest = Math.max(0, deadline - performance.now());
      await Promise.race([loop, delay(rest, undefined, { ref: false })]);
      return drained;
    },
  };
}

/** Thrown into the queue, which offers the job again: to a worker of the newer release, sooner or later. */
async function requireFit(fit: Fitness): Promise<void> {
  if (!(await fit.mayWork())) throw new LeftToNewer();
}

/** A new job for what this worker had taken and will not send: the queue would let the old one rest before it offers it again. */
async function handBack({ db, jobs, log }: Bridge, ids: readonly number[]): Promise<void> {
  const count = await db.tx(async (tx) => {
    const ready = await readyAmong(tx, ids);
    await jobs.enqueue(tx, ready);
    return ready.length;
  });
  log.info({ count }, 'given back: operations that this worker had taken and not sent');
}

async function tendLoop(bridge: Bridge, signal: AbortSignal, fit: Fitness): Promise<void> {
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
        if (!(await fit.mayWork())) {
          await lock.release();
          return;
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
