import type { PgBoss } from 'pg-boss';
import type { Database } from '../store/db.ts';
import { deadQueue } from './queues.ts';

/** A job that no worker could make sense of, or at which each one failed. It waits for a person. */
export interface DeadLetter {
  readonly id: string;
  /** The queue that it failed in. */
  readonly queue: string | null;
  /** As it was queued. */
  readonly payload: unknown;
  readonly cause: string;
  readonly tries: number;
  /** When it was first queued, and when it was given up. */
  readonly queuedAt: Date;
  readonly deadAt: Date;
  /** The operations that it carries and that nobody works on until it is queued again. */
  readonly operations: readonly number[];
}

/** How a job that is given up says why. `held`: its operations wait with it; otherwise they get another job by themselves. */
export interface DeadOutput {
  readonly reason: string;
  readonly held?: boolean;
  /** How many times running a worker has failed at it. */
  readonly faults?: number;
}

/** Those that wait, newest first. */
export async function deadLetters(db: Database, limit: number): Promise<DeadLetter[]> {
  const rows = await db.query<{
    id: string;
    queue: string | null;
    payload: unknown;
    output: Partial<DeadOutput> & { readonly message?: string };
    tries: number;
    queuedAt: Date;
    deadAt: Date;
  }>(
    `select id, source_name as queue, data as payload, coalesce(source_output, output, '{}') as output,
       coalesce(source_retry_count, 0) + 1 as tries, coalesce(source_created_on, created_on) as "queuedAt", created_on as "deadAt"
     from ${db.schema}_jobs.job where name = $1 and state in ('created', 'retry', 'active', 'failed') order by created_on desc limit $2`,
    [deadQueue, limit],
  );
  return rows.map(({ output, ...row }) => ({
    ...row,
    cause: output.reason ?? output.message ?? 'no worker was left that could finish it',
    operations: output.held === true ? operationsOf(row.payload) : [],
  }));
}

export async function countDead(db: Database): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    `select count(*)::int as count from ${db.schema}_jobs.job where name = $1 and state in ('created', 'retry', 'active', 'failed')`,
    [deadQueue],
  );
  return count;
}

function operationsOf(payload: unknown): number[] {
  const { operations } = (payload ?? {}) as { operations?: unknown };
  return Array.isArray(operations) ? operations.filter((one): one is number => typeof one === 'number') : [];
}

/** Puts them back into the queues that they failed in, with the payload that they had. Returns how many. */
export async function revive(boss: PgBoss, ids: readonly string[]): Promise<number> {
  return ids.length === 0 ? 0 : boss.redrive(deadQueue, { ids: [...ids] });
}

/** Forgets them. Operations that they held are queued anew by whoever looks after lost ones. */
export async function discard(boss: PgBoss, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await boss.deleteJob(deadQueue, [...ids]);
}
