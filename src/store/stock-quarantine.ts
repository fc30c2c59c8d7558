import type { Queryable } from './queryable.ts';
import { partitionOf } from './snapshots.ts';

/** Holds the figures that a person has rejected, as long as the ERP says the same. Returns how many. */
export async function holdRejected(db: Queryable, planId: number): Promise<number> {
  const rows = await db.query(
    `update plan_item i set held = 'rejected' from quarantine q
     where i.plan_id = $1 and i.held is null and q.flow = 'stock' and q.state = 'rejected' and q.ended_at is null
       and q.location = i.location and q.sku = i.sku and q."to" = i."to"
     returning i.seq`,
    [planId],
  );
  return rows.length;
}

/** What is held now by one rule at one place. */
export interface HeldPlace {
  readonly rule: string;
  readonly location: string;
  readonly group: string;
  readonly count: number;
  /** Not held before this run. */
  readonly fresh: number;
  readonly reason: string;
}

/** Holds what `collectHeld` has collected in the plan, each figure with its own row in quarantine. A figure that moved is another question: it gets a new row. */
export async function holdSuspects(
  db: Queryable,
  { planId, runId, snapshotId }: { readonly planId: number; readonly runId: number; readonly snapshotId: number },
): Promise<HeldPlace[]> {
  await db.query(
    `update plan_item i set held = h.rule, detail = i.detail - 'approved' from guard_held h where i.plan_id = $1 and i.seq = h.seq`,
    [planId],
  );
  const same = `q.flow = 'stock' and q.state = 'held' and q.rule = h.rule and q.location = h.location and q.sku = h.sku`;
  await db.query(`update guard_held h set since = q.since from quarantine q where ${same} and q.document_id is null`);
  await db.query(
    `update quarantine q set state = 'released', decided_at = now(), decided_by = 'bridge', note = 'the figure changed'
     from guard_held h where ${same} and (q."to" <> h."to" or q.direction <> h.direction)`,
  );
  return db.query<HeldPlace>(
    `with kept as (
       insert into quarantine (flow, rule, rules, location, sku, product_group, direction, "from", "to", cause, reason, snapshot_id, run_id, last_run_id, since)
       select 'stock', rule, rules, location, sku, product_group, direction, "from", "to", cause, reason, $2, $1, $1, coalesce(since, now()) from guard_held
       on conflict (flow, rule, location, sku, coalesce(document_id, 0)) where state = 'held'
       do update set "from" = excluded."from", rules = excluded.rules, product_group = excluded.product_group, cause = excluded.cause,
         reason = excluded.reason, last_run_id = excluded.last_run_id, seen_at = now()
       returning rule, location, product_group, reason, since = now() as fresh
     )
     select rule, location, product_group as group, count(*)::int as count, (count(*) filter (where fresh))::int as fresh, min(reason) as reason
     from kept group by rule, location, product_group order by count desc, rule, location, product_group`,
    [runId, snapshotId],
  );
}

/** What a run has judged: everything (`locations` null), some locations, or one SKU; but not those of which its snapshot lists nothing. */
export interface JudgedScope {
  readonly runId: number;
  readonly locations: readonly string[] | null;
  readonly sku: string | null;
  readonly unlisted: readonly string[];
}

/** Lets go what the run did not hold again: the suspicion is gone. */
export async function releaseJudged(db: Queryable, { runId, locations, sku, unlisted }: JudgedScope): Promise<void> {
  await db.query(
    `update quarantine set state = 'released', decided_at = now(), decided_by = 'bridge', note = 'no longer suspicious'
     where flow = 'stock' and state = 'held' and last_run_id is distinct from $1 and ($2::text[] is null or location = any($2))
       and ($3::text is null or sku = $3) and not location = any($4::text[])`,
    [runId, locations, sku, unlisted],
  );
}

/** Ends rejections whose figure the ERP says no more. One that the snapshot does not list, or not surely, still stands. */
export async function endRejections(
  db: Queryable,
  planId: number,
  snapshotId: number,
  sku: string | null,
): Promise<void> {
  await db.query(
    `update quarantine q set ended_at = now()
     where q.flow = 'stock' and q.state = 'rejected' and q.ended_at is null and ($3::text is null or q.sku = $3)
       and exists (select from ${partitionOf(snapshotId)} r where r.sku = q.sku and r.location = q.location)
       and not exists (select from stock_doubt x where x.snapshot_id = $2 and x.sku = q.sku and x.location = q.location)
       and not exists (select from plan_item i where i.plan_id = $1 and i.location = q.location and i.sku = q.sku and i."to" = q."to")`,
    [planId, snapshotId, sku],
  );
}
