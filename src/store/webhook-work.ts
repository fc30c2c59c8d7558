import type { WebhookType } from '../oto/index.ts';
import type { Queryable } from './queryable.ts';

/** Events that wait and that one look answers. */
export interface DueEvents {
  readonly order_id: string;
  readonly ids: number[];
  readonly types: WebhookType[];
  /** Most tries that one of them has behind it. */
  readonly attempts: number;
}

/** How long an order's events may come one after the other before it is looked up, in seconds. */
const longestGathering = 2;

/**
 * Orders whose events have come to rest for `quietMs`, or have waited for two seconds: however many came, they are one look.
 * Of the oldest 5,000 events, at most `limit` orders.
 */
export async function dueEvents(db: Queryable, quietMs: number, limit: number): Promise<DueEvents[]> {
  return db.query<DueEvents>(
    `select order_id, array_agg(id order by id) as ids, array_agg(distinct type) as types, max(attempts) as attempts
     from (select id, order_id, type, attempts, received_at from webhook_event
       where state = 'received' and order_id is not null and next_at <= now() order by id limit 5000) e
     group by order_id
     having max(received_at) <= clock_timestamp() - $1 * interval '1 millisecond'
       or min(received_at) <= clock_timestamp() - ${longestGathering} * interval '1 second'
     order by min(id) limit $2`,
    [quietMs, limit],
  );
}

/** Says what came of events. Those that are settled already stay as they are. */
export async function settleEvents(
  db: Queryable,
  ids: readonly number[],
  state: 'done' | 'failed',
  effect: string,
): Promise<void> {
  await db.query(
    `update webhook_event set state = $2, effect = $3, done_at = now(), attempts = attempts + 1 where id = any($1::bigint[]) and state = 'received'`,
    [ids, state, effect],
  );
}

/** Lets events rest before they are looked at again. `counts`: the try was one of theirs, and not the fault of an OTO that is away. */
export async function postponeEvents(
  db: Queryable,
  ids: readonly number[],
  { seconds, reason, counts }: { readonly seconds: number; readonly reason: string; readonly counts: boolean },
): Promise<void> {
  await db.query(
    `update webhook_event set next_at = now() + $2 * interval '1 second', effect = $3, attempts = attempts + $4
     where id = any($1::bigint[]) and state = 'received'`,
    [ids, seconds, reason, counts ? 1 : 0],
  );
}

/** What the newest shipment error of an order said, by OTO's own time. */
export async function newestShipmentError(
  db: Queryable,
  orderId: string,
): Promise<{ body: Buffer; event_at: Date | null; received_at: Date } | undefined> {
  const [row] = await db.query<{ body: Buffer; event_at: Date | null; received_at: Date }>(
    `select body, event_at, received_at from webhook_event where order_id = $1 and type = 'shipmentError'
     order by event_at desc nulls last, id desc limit 1`,
    [orderId],
  );
  return row;
}

/** Events of the last day whose looks failed to the last try. */
export async function countFailed(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from webhook_event where state = 'failed' and done_at > now() - interval '1 day'`,
  );
  return row?.count ?? 0;
}
