import { setTimeout as delay } from 'node:timers/promises';
import { type FlowName, flowNames } from '../config/schema.ts';
import type { AskedFlow } from '../jobs/jobs.ts';
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
  const waiting = new Set<string>();

  async function runWhenFree(
    name: FlowName,
    { trigger, askedAt }: AskedFlow,
    signal: AbortSignal,
    onStart: () => void,
  ): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
      // In several processes each may have had one that waited.
      if (news.includes(trigger) && (await hasRunSince(bridge.db, name, askedAt))) return;
      const { run } = await runFlow(bridge, flows[name], { mode: 'sync', trigger, signal, onStart });
      if (run.status !== 'busy') return;
      if (performance.now() + pause > deadline) throw new Error(`${name} is running already`);
      await delay(pause, undefined, { signal });
    }
  }

  return async (payload: AskedFlow, signal: AbortSignal): Promise<void> => {
    const name = payload.flow as FlowName;
    if (!flowNames.includes(name) || bridge.config.flows[name]?.enabled !== true) return;
    if (waiting.has(name)) return;
    waiting.add(name);
    try {
      await runWhenFree(name, payload, signal, () => waiting.delete(name));
    } finally {
      waiting.delete(name);
    }
    // A run that was broken off because this worker stops takes place all the same: with another worker, or after the next start.
    if (signal.aborted) throw new Error('the worker stopped in the middle of the run');
    if (name === 'stock') await wakeDocuments(bridge);
  };
}

/** Receipts that waited for the figures of the run which has just ended need not wait for the next file. */
async function wakeDocuments(bridge: Bridge): Promise<void> {
  const { documents } = bridge.config.flows;
  if (documents?.enabled !== true) return;
  const waiting = await listDocuments(bridge.db, { states: ['new'], source: documents.from, limit: 1 });
  if (waiting.length > 0) await bridge.jobs.enqueueFlow('documents', 'stock-done', { unlessQueued: true });
}
