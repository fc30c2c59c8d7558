import type { QueueOptions, WorkOptions } from 'pg-boss';
import { z } from 'zod';
import type { OperationKind } from '../model/index.ts';

/**
 * What a job carries. `version` rises when the shape changes in a way that old workers cannot read; a worker leaves a job of a
 * newer version to the newer workers.
 */
export const pushPayload = z.object({ version: z.literal(1), operations: z.array(z.int()).min(1) });
export type PushPayload = z.output<typeof pushPayload>;

export const flowPayload = z.object({
  version: z.literal(1),
  flow: z.string(),
  trigger: z.string(),
  slot: z.string().optional(),
});
export type FlowPayload = z.output<typeof flowPayload>;

interface PushQueue {
  readonly kinds: readonly OperationKind[];
  /** Operations in one job. One where a lost answer would be parked, so that a crash leaves at most one in doubt. */
  readonly chunk: number;
  readonly work: WorkOptions;
}

/**
 * A notification wakes a worker for a new job, not for a retry that falls due: pg-boss would look for those every 30 s only, and
 * after an outage everything would stand still for so long.
 */
export const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 } as const;
const pushing = { ...polling, burstWhenBatchFull: true } as const;

/** The queues that carry operations, by name. Documents are claimed one at a time, two side by side. */
export const pushQueues = {
  stock: { kinds: ['stock-set'], chunk: 100, work: { ...pushing, batchSize: 4 } },
  products: { kinds: ['product-create'], chunk: 100, work: { ...pushing, batchSize: 4 } },
  documents: { kinds: ['inventory-order'], chunk: 1, work: { ...pushing, batchSize: 2 } },
  packing: { kinds: ['packing-status'], chunk: 1, work: { ...pushing, batchSize: 4 } },
  erp: { kinds: ['erp-command'], chunk: 1, work: { ...pushing, batchSize: 2 } },
} as const satisfies Readonly<Record<string, PushQueue>>;

export type PushQueueName = keyof typeof pushQueues;

export const flowQueue = 'flows';
export const deadQueue = 'dead';

/** Queue settings of pg-boss. Its expiry and heartbeat only bring back jobs of dead workers; the operation's own lease is what fences. */
export const queueOptions: QueueOptions = {
  retryLimit: 10_000,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 15,
  expireInSeconds: 3600,
  heartbeatSeconds: 20,
  retentionSeconds: 14 * 24 * 3600,
};

export function queueFor(kind: OperationKind): PushQueueName {
  const found = Object.entries<PushQueue>(pushQueues).find(([, queue]) => queue.kinds.includes(kind));
  if (found === undefined) throw new Error(`no queue carries ${kind}`);
  return found[0] as PushQueueName;
}
