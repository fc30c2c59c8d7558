import { setTimeout as delay } from 'node:timers/promises';
import { type FlowName, flowNames } from '../config/schema.ts';
import type { AskedFlow } from '../jobs/jobs.ts';
import { joinSignals } from '../lib/signals.ts';
import { listDocuments } from '../store/documents.ts';
import { hasRunSince } from '../store/runs.ts';
import type { Bridge, Flow } from './context.ts';
import { runFlow } from './run.ts';

export type FlowTable = Readonly<Record<FlowName, Flow>>;

/** Triggers that say no more than that there is something new: whichever run reads it has answered them. */
const news = ['watch', 'hook'];

/** How long a run that was asked for waits for one that goes on. Then the queue asks again, which leaves its place to others. */
const patienceMs = 20_000;

/**
 * Runs the flows that schedules and watches ask for. One that goes on already is waited for: what was asked for may concern what came
 * after it looked. Whatever is asked for while one waits is answered by that one, which has not looked yet.
 */
export function askedRuns(bridge: Bridge, flows: FlowTable) {
  const waiting = new Map<FlowName, Waiting>();

  function over(name: FlowName, mine: Waiting): void {
    if (waiting.get(name) === mine) waiting.delete(name);
  }

  async function runWhenFree(name: FlowName, { trigger, askedAt }: AskedFlow, mine: Waiting, signal: AbortSignal) {
    const deadline = performance.now() + patienceMs;
    const onStart = () => over(name, mine);
    for (let pause = 100; !mine.gaveWay.signal.aborted; pause = Math.min(pause * 2, 2000)) {
      // In several processes each may have had one that waited.
      if (mine.news && (await hasRunSince(bridge.db, name, askedAt))) return;
      if (mine.gaveWay.signal.aborted) return;
      const { run } = await runFlow(bridge, flows[name], { mode: 'sync', trigger, signal, onStart });
      if (run.status !== 'busy') return;
      if (performance.now() + pause > deadline) throw new Error(`${name} is running already`);
      using ends = joinSignals(signal, mine.gaveWay.signal);
      await delay(pause, undefined, { signal: ends.signal }).catch(() => signal.throwIfAborted());
    }
  }

  return async (payload: AskedFlow, signal: AbortSignal): Promise<void> => {
    const name = payload.flow as FlowName;
    if (!flowNames.includes(name) || bridge.config.flows[name]?.enabled !== true) return;
    const before = waiting.get(name);
    // What runs in any case answers all. News may find itself answered by a run that began before this was asked for, so it gives way.
    if (before?.news === false) return;
    before?.gaveWay.abort();
    const mine = { news: news.includes(payload.trigger), gaveWay: new AbortController() };
    waiting.set(name, mine);
    try {
      await runWhenFree(name, payload, mine, signal);
    } finally {
      over(name, mine);
    }
    // A run that was broken off because this worker stops takes place all the same: with another worker, or after the next start.
    if (signal.aborted) throw new Error('the worker stopped in the middle of the run');
    if (name === 'stock') await wakeDocuments(bridge);
  };
}

/** A run that was asked for, and waits for one that goes on. */
interface Waiting {
  /** It is pointless once another run has read. */
  readonly news: boolean;
  /** Aborted when one that was asked for later waits in its place. */
  readonly gaveWay: AbortController;
}

/** Receipts that waited for the figures of the run which has just ended need not wait for the next file. */
async function wakeDocuments(bridge: Bridge): Promise<void> {
  const { documents } = bridge.config.flows;
  if (documents?.enabled !== true) return;
  const waiting = await listDocuments(bridge.db, { states: ['new'], source: documents.from, limit: 1 });
  if (waiting.length > 0) await bridge.jobs.enqueueFlow('documents', 'stock-done', { unlessQueued: true });
}
