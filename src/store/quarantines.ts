import { maybe, type Queryable } from './queryable.ts';

/** Something held back with its reason until a person approves it, or until it explains itself. */
export interface Quarantine {
  readonly id: number;
  readonly flow: string;
  readonly rule: string;
  /** All rules that suspect it, `rule` among them. An approval covers them all. */
  readonly rules: readonly string[];
  readonly location: string;
  /** Empty where it is not about one SKU. */
  readonly sku: string;
  /** The product group that was judged, such as `category Dairy`; empty for a whole location or a single figure. */
  readonly product_group: string;
  readonly document_id: number | null;
  /** Where a product's identity moved: whose product it is, by the ERP's own id. */
  readonly source: string | null;
  readonly erp_id: string | null;
  readonly direction: string;
  readonly from: number | null;
  /** The figure that is wanted. For a rule over many creations: how many they are. */
  readonly to: number | null;
  /** What tripped, where it is one of many: a sentence about its location or product group. */
  readonly cause: string | null;
  readonly reason: string;
  readonly state: 'held' | 'approved' | 'rejected' | 'released';
  readonly snapshot_id: number | null;
  /** The run that held just this first, and the last one that held it. */
  readonly run_id: number | null;
  readonly last_run_id: number | null;
  readonly created_at: Date;
  readonly seen_at: Date;
  /** Since when the rule has held this key without a break, though its figure may have moved meanwhile. */
  readonly since: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly approved_until: Date | null;
  /** When a rejection ended, because the ERP said something else. */
  readonly ended_at: Date | null;
  readonly note: string | null;
}

export interface NewQuarantine {
  readonly flow: string;
  readonly rule: string;
  readonly location?: string;
  readonly sku?: string;
  readonly documentId?: number | null;
  readonly source?: string | null;
  readonly erpId?: string | null;
  readonly direction: string;
  readonly from?: number | null;
  readonly to?: number | null;
  readonly reason: string;
  readonly snapshotId?: number | null;
  readonly runId?: number | null;
}

/**
 * Holds each, or refreshes the one that is held already. One whose number moved gets a row of its own: an approval is of what stood
 * there. How many are news comes back: not held before, and not rejected in just this form within a week.
 */
export async function hold(db: Queryable, held: readonly NewQuarantine[]): Promise<number> {
  if (held.length === 0) return 0;
  const values = JSON.stringify(
    held.map((row) => ({
      flow: row.flow,
      rule: row.rule,
      location: row.location ?? '',
      sku: row.sku ?? '',
      document_id: row.documentId ?? null,
      source: row.source ?? null,
      erp_id: row.erpId ?? null,
      direction: row.direction,
      from: row.from ?? null,
      to: row.to ?? null,
      reason: row.reason,
      snapshot_id: row.snapshotId ?? null,
      run_id: row.runId ?? null,
    })),
  );
  const given = `jsonb_to_recordset($1::jsonb) as n(flow text, rule text, location text, sku text, document_id bigint, source text, erp_id text,
    direction text, "from" bigint, "to" bigint, reason text, snapshot_id bigint, run_id bigint)`;
  const moved = await db.query<{ key: string; since: Date }>(
    `update quarantine q set state = 'released', decided_at = now(), decided_by = 'bridge', note = 'the figure changed'
     from ${given} where q.state = 'held' and q.flow = n.flow and q.rule = n.rule and q.location = n.location and q.sku = n.sku
       and q.document_id is not distinct from n.document_id and q."to" is distinct from n."to"
     returning concat_ws(E'\\t', q.flow, q.rule, q.location, q.sku, coalesce(q.document_id, 0)) as key, q.since`,
    [values],
  );
  const rows = await db.query<{ fresh: boolean }>(
    `insert into quarantine (flow, rule, rules, location, sku, document_id, source, erp_id, direction, "from", "to", reason, snapshot_id, run_id,
       last_run_id, since)
     select distinct on (flow, rule, location, sku, coalesce(document_id, 0)) flow, rule, array[rule], location, sku, document_id, source, erp_id,
       direction, "from", "to", reason, snapshot_id, run_id, run_id, coalesce(m.since, now())
     from ${given} left join unnest($2::text[], $3::timestamptz[]) as m(key, since)
       on m.key = concat_ws(E'\\t', flow, rule, location, sku, coalesce(document_id, 0))
     on conflict (flow, rule, location, sku, coalesce(document_id, 0)) where state = 'held'
     do update set "from" = excluded."from", reason = excluded.reason, direction = excluded.direction, last_run_id = excluded.last_run_id, seen_at = now()
     returning since = now() and not exists (
       select from quarantine r where r.state = 'rejected' and r.flow = quarantine.flow and r.rule = quarantine.rule
         and r.location = quarantine.location and r.sku = quarantine.sku and r.document_id is not distinct from quarantine.document_id
         and r."to" is not distinct from quarantine."to" and r.decided_at > now() - interval '7 days') as fresh`,
    [values, moved.map((row) => row.key), moved.map((row) => row.since)],
  );
  return rows.filter((row) => row.fresh).length;
}

/** Held rows of a flow that the run which has just judged everything did not hold again: the suspicion is gone. */
export async function releaseOthers(db: Queryable, flow: string, rules: readonly string[], since: Date): Promise<void> {
  await db.query(
    `update quarantine set state = 'released', decided_at = now(), decided_by = 'bridge', note = 'no longer suspicious'
     where flow = $1 and rule = any($2::text[]) and state = 'held' and seen_at < $3`,
    [flow, rules, since],
  );
}

export async function getQuarantine(db: Queryable, id: number): Promise<Quarantine | undefined> {
  return maybe<Quarantine>(db, 'select * from quarantine where id = $1', [id]);
}

/** What to look at or decide about. Everything that is given has to fit. */
export interface QuarantineFilter {
  readonly ids?: readonly number[] | undefined;
  readonly flow?: string | undefined;
  readonly states?: readonly Quarantine['state'][] | undefined;
  /** The rule that is shown, not one of the others. */
  readonly rule?: string | undefined;
  readonly location?: string | undefined;
  readonly group?: string | undefined;
  readonly sku?: string | undefined;
  /** Held by this run for the first time, or last by this run. */
  readonly run?: number | undefined;
  /** Rejections that still stand, and no others. */
  readonly standing?: boolean | undefined;
}

const fits = `($1::bigint[] is null or id = any($1)) and ($2::text is null or flow = $2) and state = any($3::text[])
  and ($4::text is null or rule = $4) and ($5::text is null or location = $5) and ($6::text is null or product_group = $6)
  and ($7::text is null or sku = $7) and ($8::bigint is null or run_id = $8 or last_run_id = $8)
  and (not $9 or (state = 'rejected' and ended_at is null))`;

function filterValues(filter: QuarantineFilter): unknown[] {
  const { ids, flow, states, rule, location, group, sku, run, standing } = filter;
  const given = [rule, location, group, sku, run].map((value) => value ?? null);
  return [ids ?? null, flow ?? null, states ?? ['held'], ...given, standing ?? false];
}

export async function listQuarantine(
  db: Queryable,
  filter: QuarantineFilter & { readonly limit?: number | undefined },
): Promise<Quarantine[]> {
  return db.query<Quarantine>(`select * from quarantine where ${fits} order by id limit $10`, [
    ...filterValues(filter),
    filter.limit ?? null,
  ]);
}

/** What one rule holds at one place. */
export interface QuarantineGroup {
  readonly flow: string;
  readonly rule: string;
  readonly location: string;
  readonly product_group: string;
  readonly count: number;
  readonly since: Date;
  /** In how many snapshots in a row the guard has tripped there; 0 where that is not counted. */
  readonly times: number;
  readonly runs: readonly number[];
  /** A sentence about the place, or else about the first of them. */
  readonly reason: string;
  /** The first few, those that move most units before others. */
  readonly examples: readonly {
    readonly id: number;
    readonly sku: string;
    readonly from: number | null;
    readonly to: number | null;
  }[];
}

/** What is held, by rule and place, the largest first. */
export async function groupQuarantine(db: Queryable, filter: QuarantineFilter): Promise<QuarantineGroup[]> {
  return db.query<QuarantineGroup>(
    `with fitting as (
       select *, row_number() over (partition by flow, rule, location, product_group
         order by abs(coalesce("from", 0) - coalesce("to", 0)) desc, id) as place from quarantine where ${fits}
     )
     select f.flow, f.rule, f.location, f.product_group, count(*)::int as count, coalesce(min(t.since), min(f.since)) as since,
       coalesce(min(t.times), 0) as times, array_agg(distinct f.last_run_id::int) filter (where f.last_run_id is not null) as runs,
       coalesce((array_agg(f.cause order by f.id desc) filter (where f.cause is not null))[1], (array_agg(f.reason order by f.place))[1]) as reason,
       jsonb_agg(jsonb_build_object('id', f.id, 'sku', f.sku, 'from', f."from", 'to', f."to") order by f.place) filter (where f.place <= 3) as examples
     from fitting f left join guard_trip t on t.flow = f.flow and t.rule = f.rule and t.location = f.location and t.product_group = f.product_group
     group by f.flow, f.rule, f.location, f.product_group order by count desc, f.flow, f.rule, f.location, f.product_group`,
    filterValues(filter),
  );
}

/** Approvals that still count: 24 hours from the decision. */
export async function activeApprovals(db: Queryable, flow: string): Promise<Quarantine[]> {
  return db.query<Quarantine>(
    `select * from quarantine where flow = $1 and state = 'approved' and approved_until > now()`,
    [flow],
  );
}

/** Decides what is held. For a figure of the stock a decision may be changed: as long as a rejection stands, or an approval counts. */
export async function decide(
  db: Queryable,
  ids: readonly number[],
  state: 'approved' | 'rejected',
  by: string,
  note: string | null,
): Promise<Quarantine[]> {
  return db.query<Quarantine>(
    `update quarantine set state = $2, decided_at = now(), decided_by = $3, note = $4,
       approved_until = case when $2 = 'approved' then now() + interval '24 hours' end
     where id = any($1::bigint[]) and (state = 'held' or (flow = 'stock' and case $2
       when 'approved' then state = 'rejected' and ended_at is null else state = 'approved' and approved_until > now() end)) returning *`,
    [ids, state, by, note],
  );
}

/** What each rule holds, since when, and in how many exports in a row it has tripped at some place; 0 where that is not counted. */
export async function countHeld(
  db: Queryable,
): Promise<{ flow: string; rule: string; count: number; since: Date; times: number }[]> {
  return db.query(
    `select q.flow, q.rule, count(*)::int as count, min(q.since) as since,
       coalesce((select max(t.times) from guard_trip t where t.flow = q.flow and t.rule = q.rule), 0) as times
     from quarantine q where q.state = 'held' group by q.flow, q.rule order by q.flow, q.rule`,
  );
}
