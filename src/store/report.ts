import type { Queryable } from './queryable.ts';

/** How many runs of a flow have failed one after the other, the last one included. Runs that only planned do not count. */
export async function failuresInARow(db: Queryable, flow: string): Promise<number> {
  const rows = await db.query<{ status: string }>(
    `select status from run where flow = $1 and trigger not in ('plan', 'adopt') and status in ('done', 'failed', 'blocked') order by id desc limit 1000`,
    [flow],
  );
  const good = rows.findIndex((row) => row.status !== 'failed');
  return good < 0 ? rows.length : good;
}

/** What is held back of a flow by each rule, and how much of it was not held before `since` nor rejected in just this form within a week. */
export async function heldByRule(
  db: Queryable,
  flow: string,
  since: Date,
): Promise<{ readonly rule: string; readonly count: number; readonly fresh: number }[]> {
  return db.query(
    `select q.rule, count(*)::int as count,
       (count(*) filter (where q.since >= $2 and not exists (
         select from quarantine r where r.state = 'rejected' and r.flow = q.flow and r.rule = q.rule and r.location = q.location
           and r.sku = q.sku and r.document_id is not distinct from q.document_id and r."to" is not distinct from q."to"
           and r.decided_at > now() - interval '7 days')))::int as fresh
     from quarantine q where q.flow = $1 and q.state = 'held' group by q.rule order by q.rule`,
    [flow, since],
  );
}

/** When each flow last began to run, apart from mere plans and what undid a run, and whether it runs now. */
export async function lastStarts(
  db: Queryable,
): Promise<Map<string, { readonly at: Date; readonly running: boolean }>> {
  const rows = await db.query<{ flow: string; at: Date; running: boolean }>(
    `select flow, max(started_at) as at, bool_or(status = 'running') as running from run where trigger not in ('plan', 'adopt', 'undo') group by flow`,
  );
  return new Map(rows.map(({ flow, at, running }) => [flow, { at, running }]));
}

/** When a flow began to run since a moment, oldest first; of those within a quarter of an hour the last. */
export async function startHistory(db: Queryable, flow: string, since: Date): Promise<Date[]> {
  const rows = await db.query<{ at: Date }>(
    `select max(started_at) as at from run where flow = $1 and trigger not in ('plan', 'adopt', 'undo') and started_at > $2
     group by floor(extract(epoch from started_at) / 900) order by 1`,
    [flow, since],
  );
  return rows.map((row) => row.at);
}

/** Flows whose last two runs or more failed, the last of them because its process ended: nobody was there to say so. */
export async function lostAgain(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ flow: string }>(
    `select flow from (
       select flow, status, error, row_number() over (partition by flow order by id desc) as nth from run where trigger not in ('plan', 'adopt')
     ) last where nth <= 2 group by flow
     having count(*) filter (where status = 'failed') = 2 and bool_or(nth = 1 and error ->> 'code' = 'RUN_LOST')`,
  );
  return rows.map((row) => row.flow);
}

/** A flow whose last run failed for a reason that passes by itself. */
export interface PassingFailure {
  readonly flow: string;
  /** The last run that failed. */
  readonly run: number;
  readonly endedAt: Date;
  /** How many have failed so, one after the other. */
  readonly inARow: number;
  /** Since it failed, by the database's clock. */
  readonly ageMs: number;
}

/**
 * Flows whose last run failed for a reason that passes by itself, as its error says. Runs that were made by a person do not count, nor one whose
 * process ended: the queue offers its job again.
 */
export async function failuresThatPass(db: Queryable): Promise<PassingFailure[]> {
  return db.query<PassingFailure>(
    `select last.flow, last.id as run, last.finished_at as "endedAt", (extract(epoch from now() - last.finished_at) * 1000)::float8 as "ageMs",
       (select count(*)::int from run r where r.flow = last.flow and r.status = 'failed' and r.trigger not in ('plan', 'adopt')
          and r.id > coalesce((select max(g.id) from run g
            where g.flow = last.flow and g.status in ('done', 'blocked') and g.trigger not in ('plan', 'adopt')), 0)) as "inARow"
     from (select distinct on (flow) * from run where trigger not in ('plan', 'adopt') order by flow, id desc) last
     where last.status = 'failed' and last.error ->> 'recovery' = 'retry' and last.trigger <> 'command'
       and last.error ->> 'code' not in ('RUN_LOST', 'CLI_STOPPED')`,
  );
}
