import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Lane } from '../model/index.ts';
import type { Database, Tx } from '../store/db.ts';
import { setJob } from '../store/operation-claims.ts';
import { type DeadLetter, type DeadOutput, deadLetters, discard, revive } from './dead.ts';
import {
  deadOptions,
  deadQueue,
  type FlowPayload,
  flowQueue,
  type PushPayload,
  type PushQueue,
  payloadVersion,
  polling,
  pushQueues,
  queueFor,
  queueOptions,
  type Reading,
  readFlow,
  readPush,
  silentSeconds,
} from './queues.ts';
import { failed, type JobResult, type Push, type Taken, workThrough } from './work-through.ts';

/** Jobs on pg-boss: operations and flow runs that survive a crash, inserted in our own transactions. */
export interface Jobs {
  /** Makes the jobs that carry the operations, in the transaction that wrote them. `afterMs`: nobody is to take them for so long. */
  enqueue(
    tx: Tx,
    operations: readonly { readonly id: number; readonly lane: Lane | number }[],
    afterMs?: number,
  ): Promise<void>;
  /** Asks for a run of a flow; false where nothing had to be done. */
  enqueueFlow(flow: string, trigger: string, options?: AskOptions): Promise<boolean>;
  /** Starts working: operations by `push`, flow runs by `runFlow`. */
  work(handlers: JobHandlers): Promise<void>;
  /** Which of the given jobs will still be worked. Those that a worker took before `takenBefore`, or shows no sign of any more, count as lost. */
  alive(
    jobs: readonly { readonly id: string; readonly lane: Lane | number }[],
    takenBefore: Date,
  ): Promise<Set<string>>;
  /** Jobs that nobody could work, newest first. */
  dead(limit: number): Promise<DeadLetter[]>;
  /** Puts dead letters back into their queues, with the payload that they had. Returns how many. */
  revive(ids: readonly string[]): Promise<number>;
  /** Forgets dead letters. */
  discard(ids: readonly string[]): Promise<void>;
  /** Takes no more jobs, and waits for what is in flight, at most `graceMs`. True when nothing is left. */
  drain(graceMs: number): Promise<boolean>;
  /** Ends: gives back what is still in flight after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface AskOptions {
  /** Derived from flow and slot, so that one slot is one run over all processes. */
  readonly jobId?: string;
  /** Ask only where no job for the flow waits to be taken, and is to be by then: that one has not looked yet. */
  readonly unlessQueued?: boolean;
  /** Seconds that nobody is to take it for. */
  readonly afterSeconds?: number;
  readonly tx?: Tx;
}

export interface JobHandlers {
  /** Sends the given operations. Those that have to be tried again later come back: their job is offered again. */
  push: Push;
  runFlow?(payload: AskedFlow, signal: AbortSignal): Promise<void>;
}

export interface AskedFlow extends FlowPayload {
  /** By the database's clock. */
  readonly askedAt: Date;
}

export interface JobSettings {
  /** How long a finished job stays. Default: a day. */
  readonly keepDays?: number;
  /**
   * How many times running a worker may fail at a job before it becomes a dead letter. Default: 20, which is some four minutes. What has
   * to be tried again later (OTO is away, or asks for fewer calls) and what the database is away for never counts: only what throws.
   */
  readonly faultsBorne?: number;
}

export async function openJobs(
  db: Database,
  log: Logger,
  { keepDays = 1, faultsBorne = 20 }: JobSettings = {},
): Promise<Jobs> {
  const deleteAfterSeconds = Math.max(1, Math.round(keepDays * 86_400));
  const boss = new PgBoss({
    connectionString: db.url,
    schema: `${db.schema}_jobs`,
    application_name: 'oto-bridge jobs',
    max: 4,
    useListenNotify: true,
    schedule: false,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    // By itself it deletes once a day, all at a time.
    maintenanceIntervalSeconds: Math.min(600, deleteAfterSeconds),
  });
  // pg-boss reconnects by itself; without a listener its error events would end the process.
  boss.on('error', (error) => log.warn({ reason: messageOf(error) }, 'job queue: an error that is retried'));
  const names = [...Object.keys(pushQueues), flowQueue];
  try {
    await boss.start();
    if ((await boss.getQueue(deadQueue)) === null) await boss.createQueue(deadQueue, deadOptions);
    else await boss.updateQueue(deadQueue, deadOptions);
    await easeVacuum(db);
    for (const name of names) {
      const settings = { ...queueOptions, deleteAfterSeconds, notify: true, deadLetter: deadQueue };
      if ((await boss.getQueue(name)) === null) await boss.createQueue(name, settings);
      else await boss.updateQueue(name, settings);
    }
  } catch (error) {
    // What has started already would keep the process alive, and a connection open, for ever.
    await boss.stop({ graceful: false, close: true }).catch(() => undefined);
    throw error;
  }

  const left = new Set<string>();
  /** The queue offers it again and again, until a worker of the newer release takes it. */
  function leave(queue: string, { version }: Extract<Reading<unknown>, { kind: 'newer' }>): void {
    if (left.has(queue)) return;
    left.add(queue);
    log.warn(
      { queue, version, ours: payloadVersion },
      'a job was made by a newer release: it is left to a worker of that release',
    );
  }

  /**
   * Whether a job waits that will answer who asks now; it is noted as asked for anew, or a run that began before would count as the answer.
   * Of several processes that ask at the same time one looks after the other, or each of them would find no job.
   */
  async function isQueued(tx: Tx, flow: string, afterSeconds: number): Promise<boolean> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${db.schema} asks for ${flow}`]);
    const queued = await tx.query(
      `update ${db.schema}_jobs.job set data = data || jsonb_build_object('asked', clock_timestamp())
       where name = $1 and state < 'active' and id = (
         select id from ${db.schema}_jobs.job where name = $1 and state < 'active' and data @> $2::jsonb
           and start_after <= now() + $3 * interval '1 second' order by start_after limit 1)
       returning id`,
      [flowQueue, JSON.stringify({ version: payloadVersion, flow }), Math.ceil(afterSeconds)],
    );
    return queued.length > 0;
  }

  return {
    async enqueue(tx, operations, afterMs = 0) {
      const chunks = new Map<Lane, { id: string; operations: number[] }[]>();
      for (const operation of operations) {
        const queue = queueFor(operation.lane);
        const list = chunks.get(queue) ?? [];
        chunks.set(queue, list);
        const last = list.at(-1);
        if (last === undefined || last.operations.length >= pushQueues[queue].chunk) {
          list.push({ id: randomUUID(), operations: [operation.id] });
        } else last.operations.push(operation.id);
      }
      for (const [queue, jobs] of chunks) {
        await boss.insert(
          queue,
          jobs.map((job) => ({
            id: job.id,
            data: { version: payloadVersion, operations: job.operations } satisfies PushPayload,
            ...(afterMs > 0 ? { startAfter: new Date(Date.now() + afterMs) } : {}),
          })),
          { db: db.asBoss(tx) },
        );
        await setJob(tx, jobs);
      }
    },

    async enqueueFlow(flow, trigger, options = {}) {
      const { jobId, unlessQueued, afterSeconds = 0 } = options;
      const payload: FlowPayload = {
        version: payloadVersion,
        flow,
        trigger,
        ...(jobId === undefined ? {} : { slot: jobId }),
      };
      const send = (tx: Tx | undefined) =>
        boss.send(flowQueue, payload, {
          ...(jobId === undefined ? {} : { id: jobId }),
          ...(tx === undefined ? {} : { db: db.asBoss(tx) }),
          ...(afterSeconds > 0 ? { startAfter: Math.ceil(afterSeconds) } : {}),
        });
      if (unlessQueued !== true) return (await send(options.tx)) !== null;
      const askOnce = async (tx: Tx) => !(await isQueued(tx, flow, afterSeconds)) && (await send(tx)) !== null;
      return options.tx === undefined ? db.tx(askOnce) : askOnce(options.tx);
    },

    async work(handlers) {
      const push: Push = (operations, signal) => handlers.push(operations, signal);
      for (const [name, queue] of Object.entries(pushQueues)) {
        const { work, together = false }: PushQueue = queue;
        const settings = { ...work, perJobResults: true, includeMetadata: true } as const;
        await boss.work<unknown, unknown, typeof settings>(name, settings, async (jobs) => {
          const results: JobResult[] = [];
          const taken: Taken[] = [];
          for (const { id, data, signal, output } of jobs) {
            const read = readPush(data);
            if (read.kind === 'payload')
              taken.push({ id, operations: read.payload.operations, signal, faults: faultsOf(output) });
            else if (read.kind === 'unreadable') results.push({ id, status: 'deadletter', output: unreadable });
            else {
              leave(name, read);
              results.push(failed(id, 'left to a newer release'));
            }
          }
          const pushes = together ? [taken] : taken.map((job) => [job]);
          return [results, ...(await Promise.all(pushes.map((some) => workThrough(some, push, faultsBorne))))].flat();
        });
      }
      const { runFlow } = handlers;
      if (runFlow === undefined) return;
      const settings = {
        ...polling,
        batchSize: 1,
        localConcurrency: 5,
        perJobResults: true,
        includeMetadata: true,
      } as const;
      await boss.work<unknown, unknown, typeof settings>(flowQueue, settings, (jobs) =>
        Promise.all(
          jobs.map(async ({ id, data, signal, createdOn }): Promise<JobResult> => {
            const read = readFlow(data);
            if (read.kind === 'unreadable') return { id, status: 'deadletter', output: unreadable };
            if (read.kind === 'newer') {
              leave(flowQueue, read);
              return failed(id, 'left to a newer release');
            }
            try {
              const { asked = createdOn } = read.payload;
              await runFlow({ ...read.payload, askedAt: new Date(asked) }, signal);
              return { id, status: 'completed' };
            } catch (error) {
              return failed(id, messageOf(error));
            }
          }),
        ),
      );
    },

    async alive(jobs, takenBefore) {
      // One look for all of them: pg-boss itself finds jobs one at a time.
      const rows = await db.query<{ id: string }>(
        `select id from ${db.schema}_jobs.job where name = any($1::text[]) and id = any($2::uuid[])
           and (state in ('created', 'retry')
             or (state = 'active' and started_on >= $3
               and greatest(started_on, heartbeat_on) > now() - $4 * interval '1 second'))
         union all
         -- What a dead letter holds waits for a person.
         select source_id from ${db.schema}_jobs.job where name = $5 and source_id = any($2::uuid[])
           and state in ('created', 'retry', 'active', 'failed') and source_output @> '{"held": true}'`,
        [
          [...new Set(jobs.map(({ lane }) => queueFor(lane)))],
          jobs.map(({ id }) => id),
          takenBefore,
          silentSeconds,
          deadQueue,
        ],
      );
      return new Set(rows.map(({ id }) => id));
    },

    dead: (limit) => deadLetters(db, limit),
    revive: (ids) => revive(boss, ids),
    discard: (ids) => discard(boss, ids),

    async drain(graceMs) {
      const all = Promise.all(names.map((name) => boss.offWork(name, { wait: true }))).then(() => true);
      return Promise.race([all, delay(graceMs, false, { ref: false })]);
    },

    async stop(graceMs) {
      await boss.stop({ graceful: true, timeout: graceMs, close: true });
    },
  };
}

const unreadable: DeadOutput = { reason: 'unreadable payload' };

function faultsOf(output: object | null): number {
  const { faults } = (output ?? {}) as Partial<DeadOutput>;
  return typeof faults === 'number' ? faults : 0;
}

/** Every job is a row that changes three times and is deleted: with the server's defaults a fifth of the table has to be dead first. */
async function easeVacuum(db: Database): Promise<void> {
  const table = `${db.schema}_jobs.job_common`;
  const eased = await db.maybe(`select from pg_class where oid = to_regclass($1) and reloptions is not null`, [table]);
  if (eased !== undefined) return;
  await db.query(
    `alter table ${table} set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500)`,
  );
}
