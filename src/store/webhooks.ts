import type { WebhookType } from '../oto/index.ts';
import type { Queryable } from './queryable.ts';

/** An event as it came, proven to be from OTO. */
export interface ArrivedEvent {
  /** SHA-256 of type and body in hexadecimal. */
  readonly fingerprint: string;
  readonly type: WebhookType;
  readonly body: Buffer;
  /** Without secrets. */
  readonly headers: Readonly<Record<string, string | null>>;
  /** Null where it cannot be told. */
  readonly eventAt: Date | null;
  readonly orderId: string | null;
}

export interface StoredArrival {
  readonly id: number;
  /** It was stored before; this was its repetition. */
  readonly again: boolean;
  readonly late: boolean;
}

/**
 * Stores events in one statement and gives for each what became of it, in their order. It is late when a newer one of its order and type
 * is known, or when it is older than `lateDays`. The same fingerprint twice in `events` is one row. What needs no look is done with that:
 * payments, what names no order, and what is older than a newer one.
 */
export async function storeEvents(
  db: Queryable,
  events: readonly ArrivedEvent[],
  lateDays: number,
): Promise<StoredArrival[]> {
  const times = new Map<string, number>();
  for (const { fingerprint } of events) times.set(fingerprint, (times.get(fingerprint) ?? 0) + 1);
  const unique = [...new Map(events.map((event) => [event.fingerprint, event])).values()];
  const rows = await db.query<{ id: number; fingerprint: string; fresh: boolean; late: boolean }>(
    insertion,
    [
      unique.map(({ fingerprint }) => Buffer.from(fingerprint, 'hex')),
      unique.map(({ type }) => type),
      unique.map(({ body }) => body),
      unique.map(({ headers }) => JSON.stringify(headers)),
      unique.map(({ eventAt }) => eventAt),
      unique.map(({ orderId }) => orderId),
      unique.map(({ fingerprint }) => (times.get(fingerprint) ?? 1) - 1),
      lateDays,
    ],
    'store-webhook-events',
  );
  const stored = new Map(rows.map((row) => [row.fingerprint, row]));
  return events.map(({ fingerprint }) => {
    const row = stored.get(fingerprint);
    if (row === undefined) throw new Error('an event that was stored did not come back');
    const arrival = { id: row.id, again: !row.fresh, late: row.late };
    row.fresh = false;
    return arrival;
  });
}

/** Rows are written in one order by all processes, or two that share some would wait for each other. */
const insertion = `
  with incoming as (
    select * from unnest($1::bytea[], $2::text[], $3::bytea[], $4::jsonb[], $5::timestamptz[], $6::text[], $7::int[])
      with ordinality as i(fingerprint, type, body, headers, event_at, order_id, more, place)
  ), judged as (
    select i.*, coalesce(i.event_at < now() - $8 * interval '1 day', false) as old,
      coalesce(i.event_at < greatest(n.event_at, max(i.event_at) over (
        partition by i.order_id, i.type order by i.place rows between unbounded preceding and 1 preceding)), false) as older
    from incoming i left join lateral (
      select event_at from webhook_event e where e.order_id = i.order_id and e.type = i.type and e.event_at is not null
      order by e.event_at desc limit 1) n on true
  ), told as (
    select *, case when type = 'walletTransaction' then 'kept for people to read'
      when order_id is null then 'names no order: nothing to look up'
      when older then 'nothing: a newer event of this order is known' end as effect from judged
  ), stored as (
    insert into webhook_event as e (fingerprint, type, body, headers, event_at, order_id, late, repeats, effect, state, done_at)
    select fingerprint, type, body, headers, event_at, order_id, old or older, more, effect,
      case when effect is null then 'received' else 'done' end, case when effect is null then null else now() end
    from told order by fingerprint
    on conflict (fingerprint) do update set repeats = e.repeats + excluded.repeats + 1
    returning id, encode(fingerprint, 'hex') as fingerprint, xmax = 0 as fresh, late
  )
  select * from stored`;

export interface WebhookEvent {
  readonly id: number;
  readonly type: WebhookType;
  readonly received_at: Date;
  readonly event_at: Date | null;
  readonly order_id: string | null;
  readonly state: 'received' | 'done' | 'failed';
  readonly late: boolean;
  readonly effect: string | null;
  readonly attempts: number;
  readonly repeats: number;
  readonly done_at: Date | null;
}

const shown = 'id, type, received_at, event_at, order_id, state, late, effect, attempts, repeats, done_at';

/** Newest first. */
export async function listEvents(
  db: Queryable,
  filter: {
    readonly type?: string | undefined;
    readonly order?: string | undefined;
    readonly state?: string | undefined;
    readonly late?: boolean | undefined;
    readonly limit: number;
  },
): Promise<WebhookEvent[]> {
  return db.query<WebhookEvent>(
    `select ${shown} from webhook_event
     where ($1::text is null or type = $1) and ($2::text is null or order_id = $2) and ($3::text is null or state = $3)
       and ($4::boolean is null or late = $4)
     order by id desc limit $5`,
    [filter.type ?? null, filter.order ?? null, filter.state ?? null, filter.late ?? null, filter.limit],
  );
}

/** One event with what it said. */
export async function getEvent(
  db: Queryable,
  id: number,
): Promise<(WebhookEvent & { readonly body: Buffer; readonly headers: Record<string, string | null> }) | undefined> {
  const [row] = await db.query<WebhookEvent & { body: Buffer; headers: Record<string, string | null> }>(
    `select ${shown}, body, headers from webhook_event where id = $1`,
    [id],
  );
  return row;
}
