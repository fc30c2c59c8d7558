import { maybe, type Queryable } from './queryable.ts';

/** Something held back with its reason until a person approves it, or until it explains itself. */
export interface Quarantine {
  readonly id: number;
  readonly flow: string;
  readonly rule: string;
  readonly location: string;
  /** Empty: the whole location. */
  readonly sku: string;
  readonly document_id: number | null;
  /** Where a product's identity moved: whose product it is, by the ERP's own id. */
  readonly source: string | null;
  readonly erp_id: string | null;
  readonly direction: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly reason: string;
  readonly state: 'held' | 'approved' | 'rejected' | 'released';
  readonly snapshot_id: number | null;
  readonly run_id: number | null;
  readonly created_at: Date;
  readonly seen_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly approved_until: Date | null;
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
  /** For a rule over a whole location: how many changes it holds. */
  readonly to?: number | null;
  readonly reason: string;
  readonly snapshotId?: number | null;
  readonly runId?: number | null;
}

/**
 * Holds each, or refreshes the one that is held already. How many are news comes back: not held before, and not rejected in just
 * this form within a week.
 */
export async function hold(db: Queryable, held: readonly NewQuarantine[]): Promise<number> {
  if (held.length === 0) return 0;
  const rows = await db.query<{ fresh: boolean }>(
    `insert into quarantine (flow, rule, location, sku, document_id, source, erp_id, direction, "from", "to", reason, snapshot_id, run_id)
     select distinct on (flow, rule, location, sku, coalesce(document_id, 0)) flow, rule, location, sku, document_id, source, erp_id, direction, "from", "to", reason, snapshot_id, run_id
     from jsonb_to_recordset($1::jsonb) as q(flow text, rule text, location text, sku text, document_id bigint, source text, erp_id text, direction text,
       "from" bigint, "to" bigint, reason text, snapshot_id bigint, run_id bigint)
     on conflict (flow, rule, location, sku, coalesce(document_id, 0)) where state = 'held'
     do update set "from" = excluded."from", "to" = excluded."to", reason = excluded.reason, direction = excluded.direction, seen_at = now()
     returning seen_at = created_at and not exists (
       select from quarantine r where r.state = 'rejected' and r.flow = quarantine.flow and r.rule = quarantine.rule
         and r.location = quarantine.location and r.sku = quarantine.sku and r.document_id is not distinct from quarantine.document_id
         and r."to" is not distinct from quarantine."to" and r.decided_at > now() - interval '7 days') as fresh`,
    [
      JSON.stringify(
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
      ),
    ],
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

export async function listQuarantine(
  db: Queryable,
  filter: { flow?: string | undefined; states?: readonly Quarantine['state'][]; limit?: number },
): Promise<Quarantine[]> {
  return db.query<Quarantine>(
    `select * from quarantine where ($1::text is null or flow = $1) and state = any($2::text[]) order by id limit $3`,
    [filter.flow ?? null, filter.states ?? ['held'], filter.limit ?? 1000],
  );
}

/** What a rule has held since a snapshot whose figures were true before `asOf`. */
export async function heldByOlderSnapshots(
  db: Queryable,
  flow: string,
  rule: string,
  asOf: Date,
): Promise<Quarantine[]> {
  return db.query<Quarantine>(
    `select q.* from quarantine q join snapshot s on s.id = q.snapshot_id
     where q.flow = $1 and q.rule = $2 and q.state = 'held' and s.as_of < $3`,
    [flow, rule, asOf],
  );
}

/** Approvals that still count: 24 hours from the decision. */
export async function activeApprovals(db: Queryable, flow: string): Promise<Quarantine[]> {
  return db.query<Quarantine>(
    `select * from quarantine where flow = $1 and state = 'approved' and approved_until > now()`,
    [flow],
  );
}

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
     where id = any($1::bigint[]) and state = 'held' returning *`,
    [ids, state, by, note],
  );
}

export async function countHeld(db: Queryable): Promise<{ flow: string; rule: string; count: number }[]> {
  const rows = await db.query<{ flow: string; rule: string; count: number }>(
    `select flow, rule, count(*) from quarantine where state = 'held' group by flow, rule order by flow, rule`,
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
