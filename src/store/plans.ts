import { pendingHashOf } from './documents.ts';
import { maybe, one, type Queryable } from './queryable.ts';

/** The changes that would make OTO match, each with its precondition. */
export interface Plan {
  readonly id: number;
  readonly flow: string;
  readonly run_id: number | null;
  readonly source: string | null;
  readonly status: 'proposed' | 'approved' | 'applied' | 'stale' | 'rejected';
  readonly snapshot_id: number | null;
  readonly mapping_hash: string;
  readonly pending_hash: string;
  readonly filter: { readonly sku?: string; readonly location?: string; readonly undoes?: number };
  readonly counts: Readonly<Record<string, number>>;
  readonly why: string | null;
  readonly created_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
}

export interface PlanItem {
  readonly plan_id: number;
  readonly seq: number;
  readonly kind: string;
  readonly action: string;
  readonly key: string;
  readonly sku: string | null;
  readonly location: string | null;
  readonly document_id: number | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** The rule that holds it back; null where it would be sent. */
  readonly held: string | null;
  /** What became of it when the plan was applied: `operation 17`, `moved`, … */
  readonly outcome: string | null;
}

export type NewPlanItem = Pick<PlanItem, 'kind' | 'action' | 'key'> &
  Partial<Pick<PlanItem, 'sku' | 'location' | 'document_id' | 'from' | 'to' | 'detail' | 'held'>>;

/** Stores an empty plan. Older ones of the flow that wait become stale: two plans for one key cannot both be right. */
export async function createPlan(
  db: Queryable,
  plan: {
    flow: string;
    runId: number;
    source: string | null;
    snapshotId: number | null;
    mappingHash: string;
    filter: Record<string, unknown>;
  },
): Promise<Plan> {
  return one<Plan>(
    db,
    `with made as (
       insert into plan (flow, run_id, source, status, snapshot_id, mapping_hash, pending_hash, filter)
       values ($1, $2, $3, 'proposed', $4, $5, (${pendingHashOf}), $6) returning *
     ), older as (
       update plan p set status = 'stale', decided_at = now(), decided_by = 'bridge', why = 'plan ' || made.id || ' is newer'
       from made where p.flow = made.flow and p.id < made.id and p.status in ('proposed', 'approved')
     ) select * from made`,
    [plan.flow, plan.runId, plan.source, plan.snapshotId, plan.mappingHash, JSON.stringify(plan.filter)],
  );
}

/** `after`: how many items the plan has already. */
export async function addPlanItems(
  db: Queryable,
  planId: number,
  items: readonly NewPlanItem[],
  after = 0,
): Promise<void> {
  for (let start = 0; start < items.length; start += 5000) {
    await db.query(
      `insert into plan_item (plan_id, seq, kind, action, key, sku, location, document_id, "from", "to", detail, held)
       select $1, $2 + row_number() over (), kind, action, key, sku, location, document_id, "from", "to", coalesce(detail, '{}'), held
       from jsonb_to_recordset($3::jsonb) as i(kind text, action text, key text, sku text, location text, document_id bigint,
         "from" bigint, "to" bigint, detail jsonb, held text)`,
      [planId, after + start, JSON.stringify(items.slice(start, start + 5000))],
    );
  }
}

/** Items in order, in portions; `sendable` leaves out what is held. */
export async function* planItems(
  db: Queryable,
  planId: number,
  options: { sendable?: boolean; portion?: number } = {},
): AsyncGenerator<PlanItem[]> {
  const portion = options.portion ?? 5000;
  let after = 0;
  while (true) {
    const rows = await db.query<PlanItem>(
      `select * from plan_item where plan_id = $1 and seq > $2 and (not $3 or (held is null and outcome is null)) order by seq limit $4`,
      [planId, after, options.sendable ?? false, portion],
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < portion) return;
    after = last.seq;
  }
}

export async function setPlanStatus(
  db: Queryable,
  id: number,
  status: Plan['status'],
  by: string,
  why: string | null = null,
): Promise<Plan> {
  return one<Plan>(
    db,
    'update plan set status = $2, decided_at = now(), decided_by = $3, why = $4 where id = $1 returning *',
    [id, status, by, why],
  );
}

export async function setPlanCounts(db: Queryable, id: number, counts: Record<string, number>): Promise<void> {
  await db.query('update plan set counts = $2 where id = $1', [id, JSON.stringify(counts)]);
}

export async function noteOutcomes(
  db: Queryable,
  planId: number,
  outcomes: readonly { seq: number; outcome: string }[],
): Promise<void> {
  await db.query(
    `update plan_item i set outcome = o.outcome from jsonb_to_recordset($2::jsonb) as o(seq int, outcome text)
     where i.plan_id = $1 and i.seq = o.seq`,
    [planId, JSON.stringify(outcomes)],
  );
}

/** Items whose side in OTO was read again and is as it was. */
export async function noteRead(
  db: Queryable,
  items: readonly Pick<PlanItem, 'plan_id' | 'seq'>[],
  readAt: Date,
): Promise<void> {
  await db.query(
    `update plan_item i set detail = i.detail || jsonb_build_object('readAt', $3::timestamptz)
     from unnest($1::bigint[], $2::int[]) as k(plan_id, seq) where i.plan_id = k.plan_id and i.seq = k.seq`,
    [items.map((item) => item.plan_id), items.map((item) => item.seq), readAt],
  );
}

export async function getPlan(db: Queryable, id: number): Promise<Plan | undefined> {
  return maybe<Plan>(db, 'select * from plan where id = $1', [id]);
}

/** The plan that a run made. */
export async function planOfRun(db: Queryable, runId: number): Promise<Plan | undefined> {
  return maybe<Plan>(db, 'select * from plan where run_id = $1 order by id desc limit 1', [runId]);
}

export async function listPlans(db: Queryable, flow: string | null, limit: number): Promise<Plan[]> {
  return db.query<Plan>('select * from plan where $1::text is null or flow = $1 order by id desc limit $2', [
    flow,
    limit,
  ]);
}

export interface PlanSummary {
  readonly location: string | null;
  readonly action: string;
  readonly held: string | null;
  readonly count: number;
}

export async function summarisePlan(db: Queryable, planId: number): Promise<PlanSummary[]> {
  const rows = await db.query<PlanSummary>(
    `select location, action, held, count(*) from plan_item where plan_id = $1 group by location, action, held order by 1, 2, 3`,
    [planId],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
