import { one, type Queryable } from './queryable.ts';

/** A stock figure of the ERP that is to be sent, with what OTO showed when it was planned. */
export interface Comparable {
  readonly id: number;
  readonly key: string;
  readonly lane: number;
  readonly sku: string;
  readonly location: string;
  readonly wanted: number;
  /** Null: OTO named no figure. */
  readonly before: number | null;
  /** When `before` was read; null where nobody wrote it down. */
  readonly readAt: string | null;
  /** Not so: it has been tried, and rests. */
  readonly due: boolean;
}

/**
 * Those of the given operations that are compared before they are sent. A zero is not: it is right whatever OTO shows. Nor is the
 * figure of a late receipt: it takes units off what its run has just read, and is no level of the ERP's.
 */
export async function comparable(db: Queryable, ids: readonly number[]): Promise<Comparable[]> {
  return db.query<Comparable>(
    `select id, key, lane, sku, location, (request->>'qty')::float8 as wanted, (precondition->>'onHand')::float8 as before,
       precondition->>'readAt' as "readAt", not_before <= now() as due
     from operation
     where id = any($1::bigint[]) and kind = 'stock-set' and flow = 'stock' and (request->>'qty')::float8 > 0
       and state not in ('landed', 'refused', 'superseded', 'cancelled')`,
    [ids],
    'comparable',
  );
}

/** A figure that the bridge itself has sent. */
export interface OwnFigure {
  readonly key: string;
  readonly quantity: number;
  /** On its way, or sent so lately that OTO's answer may not show it yet. */
  readonly recent: boolean;
}

/** What the bridge itself has sent for keys within `sinceMs`, by the database's clock; `recent` within `recentMs`. */
export async function ownFigures(
  db: Queryable,
  keys: readonly string[],
  { sinceMs, recentMs }: { sinceMs: number; recentMs: number },
): Promise<OwnFigure[]> {
  return db.query<OwnFigure>(
    `select key, (request->>'qty')::float8 as quantity, true as recent from operation
     where kind = 'stock-set' and key = any($1::text[]) and state in ('sending', 'unknown')
     union all
     select key, (request->>'qty')::float8, coalesce(settled_at, sent_at) > now() - $3 * interval '1 millisecond' from operation
     where kind = 'stock-set' and key = any($1::text[]) and state not in ('ready', 'waiting', 'sending', 'unknown')
       and sent_at is not null and coalesce(settled_at, sent_at) > now() - $2 * interval '1 millisecond'`,
    [keys, sinceMs, recentMs],
  );
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** What can be measured of a run's stock figures. */
export interface Measures {
  /** Seconds from the moment at which the figures were true in the ERP until OTO had them. */
  readonly lag: Spread | undefined;
  /** Milliseconds from the reading of OTO's figure until the new one was sent: what happened then, nobody saw. */
  readonly window: Spread | undefined;
  /** Figures that OTO showed already, so that nothing was sent. */
  readonly alreadyTrue: number;
  /** Figures that somebody else moved between plan and sending. */
  readonly moved: number;
}

export async function measureRun(db: Queryable, runId: number): Promise<Measures> {
  const row = await one<{ lag: number[] | null; window: number[] | null; alreadyTrue: number; moved: number }>(
    db,
    `select percentile_cont(array[0.5, 0.99]) within group (order by lag) as lag,
       percentile_cont(array[0.5, 0.99]) within group (order by window_ms) as window,
       -- One that was sent once before, with its answer lost, did cost a call.
       count(*) filter (where evidence = 'already-true' and attempts <= 1)::int as "alreadyTrue",
       count(*) filter (where moved is not null)::int as moved
     from (select case when o.state = 'landed' then extract(epoch from o.settled_at - s.as_of)::float8 end as lag,
             o.window_ms::float8 as window_ms, o.evidence, o.attempts, o.moved
           from operation o left join plan p on p.id = o.plan_id
           left join snapshot s on s.id = p.snapshot_id and s.entity = 'stock'
           where o.run_id = $1 and o.kind = 'stock-set'
             and (o.state in ('sending', 'unknown') or o.state not in ('sending', 'unknown'))) as measured`,
    [runId],
  );
  return { ...row, lag: spread(row.lag), window: spread(row.window) };
}

/** Without a single value, PostgreSQL gives no percentiles. */
function spread(values: readonly (number | null)[] | null): Spread | undefined {
  const [p50, p99] = values ?? [];
  return p50 == null || p99 == null ? undefined : { p50, p99 };
}

/** A figure that was moved, and what the bridge did: held its own back, or sent it all the same. */
export interface MovedFigure {
  readonly sku: string;
  readonly location: string;
  readonly wanted: number;
  readonly moved: string;
  readonly held: boolean;
}

export async function movedFigures(db: Queryable, runId: number): Promise<MovedFigure[]> {
  return db.query<MovedFigure>(
    `select sku, location, (request->>'qty')::float8 as wanted, moved, state = 'superseded' and window_ms is null as held
     from operation
     where run_id = $1 and kind = 'stock-set' and moved is not null
       and (state in ('sending', 'unknown') or state not in ('sending', 'unknown'))
     order by location, sku`,
    [runId],
  );
}
