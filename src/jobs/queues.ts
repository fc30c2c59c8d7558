import type { QueueOptions, WorkOptions } from 'pg-boss';
import { z } from 'zod';
import { type Lane, lanes } from '../model/index.ts';

/**
 * What a job carries. `version` rises when the shape changes in a way that workers of earlier releases cannot read; the readers of
 * earlier versions stay, so that what was queued before an upgrade is worked after it.
 */
const pushReaders = {
  1: z.object({ version: z.literal(1), operations: z.array(z.int()).min(1) }),
} as const;
const flowReaders = {
  1: z.object({
    version: z.literal(1),
    flow: z.string(),
    trigger: z.string(),
    slot: z.string().optional(),
    /** When it was asked for last, where that was after it was made. By the database's clock. */
    asked: z.string().optional(),
  }),
} as const;

export type PushPayload = z.output<(typeof pushReaders)[1]>;
export type FlowPayload = z.output<(typeof flowReaders)[1]>;

/** The version that this release writes, for both. */
export const payloadVersion = 1;

/** A payload that this release understands, one that a newer release has written, or none at all. */
export type Reading<Payload> =
  | { readonly kind: 'payload'; readonly payload: Payload }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'unreadable' };

export const readPush = (data: unknown): Reading<PushPayload> => read(pushReaders, data);
export const readFlow = (data: unknown): Reading<FlowPayload> => read(flowReaders, data);

const versioned = z.object({ version: z.int().min(1) });

function read<Payload>(readers: Readonly<Record<number, z.ZodType<Payload>>>, data: unknown): Reading<Payload> {
  const found = versioned.safeParse(data);
  if (!found.success) return { kind: 'unreadable' };
  const { version } = found.data;
  if (version > payloadVersion) return { kind: 'newer', version };
  const parsed = readers[version]?.safeParse(data);
  return parsed?.success === true ? { kind: 'payload', payload: parsed.data } : { kind: 'unreadable' };
}

export interface PushQueue {
  /** Operations in one job. One where a lost answer would be parked, so that a crash leaves at most one in doubt. */
  readonly chunk: number;
  readonly work: WorkOptions;
  /** Whether the jobs that are fetched together are worked as one: a claim and a settlement cost less for each of many. */
  readonly together?: boolean;
}

/**
 * A notification wakes a worker for a new job, not for a retry that falls due: pg-boss would look for those every 30 s only, and
 * after an outage everything would stand still for so long.
 */
export const polling = {
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 0.5,
  // Far more often than the queue itself needs: a job whose heartbeat is older than `silentSeconds` has lost its worker.
  heartbeatRefreshSeconds: 2,
} as const;
/** How long a job that was taken may be without a heartbeat before its operations are given to others. */
export const silentSeconds = 7;
const pushing = { ...polling, burstWhenBatchFull: true } as const;

// Several batches side by side: while the calls of one are under way, another is claimed or settled.
const stock = (localConcurrency: number) =>
  ({ chunk: 200, work: { ...pushing, batchSize: 4, localConcurrency }, together: true }) as const;

/**
 * The queues that carry operations: one for each lane, so that in none of them the urgent waits behind a million that are not.
 * Documents are claimed one at a time, two side by side.
 */
export const pushQueues = {
  packing: { chunk: 1, work: { ...pushing, batchSize: 4 } },
  documents: { chunk: 1, work: { ...pushing, batchSize: 2 } },
  'to-zero': stock(2),
  lowering: stock(4),
  raising: stock(4),
  products: { chunk: 100, work: { ...pushing, batchSize: 4 } },
  erp: { chunk: 1, work: { ...pushing, batchSize: 2 } },
} as const satisfies Readonly<Record<Lane, PushQueue>>;

/** How many pushes of stock figures one process may carry out at the same time. */
export const stockPushes = [pushQueues['to-zero'], pushQueues.lowering, pushQueues.raising].reduce(
  (sum, { work }) => sum + work.localConcurrency,
  0,
);

export const flowQueue = 'flows';
export const deadQueue = 'dead';

/**
 * Queue settings of pg-boss. Its heartbeat only brings back jobs of dead workers; the operation's own lease, and the lock of a run, is
 * what fences. Its expiry would bring back the job of a run that still goes on, so it is as long as the queue allows.
 */
export const queueOptions: QueueOptions = {
  retryLimit: 10_000,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 15,
  expireInSeconds: 24 * 3600 - 1,
  heartbeatSeconds: 20,
  retentionSeconds: 14 * 24 * 3600,
};

/** Thrown where a job is for a worker of a newer release: that is no fault of the job. */
export class LeftToNewer extends Error {
  constructor() {
    super('left to a newer release');
  }
}

/** Dead letters wait for a person, who may be on leave. */
export const deadOptions: QueueOptions = { retryLimit: 0, retentionSeconds: 365 * 24 * 3600 };

/** `lane`: by its name, or by its number in the operation's row. */
export function queueFor(lane: Lane | number): Lane {
  const name = typeof lane === 'number' ? lanes[lane] : lane;
  if (name === undefined) throw new Error(`there is no lane ${lane}`);
  return name;
}
