import { messageOf } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import { isConnectionError } from '../store/db.ts';
import type { DeadOutput } from './dead.ts';
import { LeftToNewer } from './queues.ts';

/** Sends the given operations. Those that have to be tried again later come back. */
export type Push = (operations: readonly number[], signal: AbortSignal) => Promise<ReadonlySet<number>>;

export type JobResult =
  | { readonly id: string; readonly status: 'completed' }
  | { readonly id: string; readonly status: 'failed' | 'deadletter'; readonly output: DeadOutput };

export function failed(id: string, reason: string): JobResult {
  return { id, status: 'failed', output: { reason } };
}

export interface Taken {
  readonly id: string;
  readonly operations: readonly number[];
  readonly signal: AbortSignal;
  /** How many times running a worker has failed at it. */
  readonly faults: number;
}

/**
 * Several jobs in one push; each of them is done once all of its own operations are. Where a push throws, they are worked one by one, and
 * then operation by operation, so that whatever is wrong with one of them holds up no other.
 */
export async function workThrough(jobs: readonly Taken[], push: Push, borne: number): Promise<JobResult[]> {
  if (jobs.length === 0) return [];
  using ends = joinSignals(...jobs.map((job) => job.signal));
  try {
    const later = await push(
      jobs.flatMap((job) => job.operations),
      ends.signal,
    );
    return jobs.map((job) => resultOf(job, later));
  } catch (error) {
    if (isPassing(error) || ends.signal.aborted) return jobs.map(({ id }) => failed(id, messageOf(error)));
    const results: JobResult[] = [];
    for (const job of jobs) {
      results.push(
        jobs.length > 1
          ? ((await workThrough([job], push, borne))[0] ?? failed(job.id, messageOf(error)))
          : await workApart(job, push, borne, error),
      );
    }
    return results;
  }
}

async function workApart(job: Taken, push: Push, borne: number, cause: unknown): Promise<JobResult> {
  const later = new Set<number>();
  const faults = new Map<number, unknown>();
  if (job.operations.length === 1) for (const operation of job.operations) faults.set(operation, cause);
  else {
    for (const operation of job.operations) {
      try {
        for (const left of await push([operation], job.signal)) later.add(left);
      } catch (error) {
        faults.set(operation, error);
      }
    }
  }
  if (faults.size === 0) return resultOf(job, later);
  const reason = [...faults].map(([operation, error]) => `operation ${operation}: ${messageOf(error)}`).join('; ');
  // What waits for OTO beside it would wait for a person with it.
  if (later.size > 0 || [...faults.values()].some(isPassing)) return failed(job.id, reason);
  const count = job.faults + 1;
  return count < borne
    ? { id: job.id, status: 'failed', output: { reason, faults: count } }
    : { id: job.id, status: 'deadletter', output: { reason, held: true } };
}

/** Over by itself, later or elsewhere. */
function isPassing(error: unknown): boolean {
  return isConnectionError(error) || error instanceof LeftToNewer;
}

function resultOf({ id, operations }: Taken, later: ReadonlySet<number>): JobResult {
  const left = operations.filter((operation) => later.has(operation)).length;
  return left === 0 ? { id, status: 'completed' } : failed(id, `${left} operations have to be tried again later`);
}
