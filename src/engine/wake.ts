import type { FlowName } from '../config/schema.ts';
import { secondsUntilNext } from '../store/runs.ts';
import type { Bridge } from './context.ts';
import { debounced } from './debounce.ts';

const readers = ['products', 'stock', 'documents'] as const satisfies readonly FlowName[];

/** Flows that a source's word may wake, with what asks for a run of each. */
export type Wakers = ReadonlyMap<FlowName, () => Promise<void>>;

/**
 * What somebody who says that a source has something new sets going: a run of each flow that reads from it. However often it is said,
 * in whichever process, at most one run goes on and one waits; none begins earlier than `everySeconds` after the last one began. Each
 * call ends when the run that will answer it stands in the queue, where no crash forgets it.
 */
export function wakersOf(bridge: Bridge, source: string, everySeconds: number, signal: AbortSignal): Wakers {
  const { config, db, jobs } = bridge;
  const ask = async (flow: FlowName) => {
    const afterSeconds = await secondsUntilNext(db, flow, everySeconds);
    await jobs.enqueueFlow(flow, 'hook', { unlessQueued: true, afterSeconds });
  };
  return new Map(
    readers
      .filter((flow) => config.flows[flow]?.from === source && config.flows[flow].enabled)
      .map((flow) => [flow, debounced(() => ask(flow), signal)]),
  );
}
