import type { Lane, OperationKind, OperationState } from '../model/index.ts';
import type { Database } from './db.ts';
import type { DriftCause } from './drift.ts';
import type { RunOutcome, RunStatus } from './runs.ts';

/** What the database knows of the bridge's work, as figures; ages in seconds by the database's clock. */
export interface Figures {
  readonly runs: readonly {
    readonly flow: string;
    readonly status: RunStatus;
    readonly outcome: RunOutcome | null;
    readonly count: number;
  }[];
  /** `age` of the start of the last run that ran through; null where there was none. */
  readonly flows: readonly { readonly flow: string; readonly age: number | null; readonly waiting: number }[];
  readonly open: readonly {
    readonly lane: Lane;
    readonly kind: OperationKind;
    readonly state: OperationState;
    readonly count: number;
    readonly oldest: number;
  }[];
  readonly ended: readonly { readonly kind: OperationKind; readonly state: OperationState; readonly count: number }[];
  readonly held: readonly { readonly flow: string; readonly rule: string; readonly count: number }[];
  readonly alarms: readonly { readonly kind: string; readonly count: number }[];
  readonly documents: readonly { readonly state: string; readonly count: number }[];
  readonly pauses: readonly { readonly scope: string; readonly count: number }[];
  /** `age` of the comparison. */
  readonly drift: readonly {
    readonly location: string;
    readonly cause: DriftCause;
    readonly figures: number;
    readonly units: number;
    readonly age: number;
  }[];
  readonly dead: number;
  /** Of OTO's webhooks: those that wait for a look. */
  readonly events: number;
  readonly workers: number;
  /** The part of the rate that is in use. */
  readonly rate: number;
}

/**
 * All figures in one statement. It reads what is open by the indexes that hold no more than that, runs of the last day (a thousand of
 * a flow at most) and operations of the runs of the last hour, so its price does not grow with what is kept.
 */
export async function workFigures(db: Database, flows: readonly string[], lanes: readonly Lane[]): Promise<Figures> {
  const { figures } = await db.one<{ figures: Figures }>(
    `with lately as (
       select r.* from unnest($1::text[]) f(flow), lateral (
         select id, flow, status, outcome, started_at, finished_at from run where run.flow = f.flow order by id desc limit 1000
       ) r
     ), rows as (
       select 'runs' as part, jsonb_build_object('flow', flow, 'status', status, 'outcome', outcome, 'count', count(*)) as value
       from lately where started_at > now() - interval '1 day' group by flow, status, outcome
       union all
       select 'flows', jsonb_build_object('flow', f.flow, 'waiting', (
           select count(*) from ${db.schema}_jobs.job where name = 'flows' and state < 'active' and data @> jsonb_build_object('flow', f.flow)
         ), 'age', (
           select extract(epoch from now() - started_at) from run
           where run.flow = f.flow and status = 'done' and trigger not in ('plan', 'adopt', 'undo') order by id desc limit 1))
       from unnest($1::text[]) f(flow)
       union all
       select 'open', jsonb_build_object('lane', ($2::text[])[lane + 1], 'kind', kind, 'state', state, 'count', count(*),
         'oldest', extract(epoch from now() - min(created_at)))
       from operation where state in ('ready', 'waiting') or state in ('sending', 'unknown') or state = 'parked'
       group by lane, kind, state
       union all
       select 'ended', jsonb_build_object('kind', o.kind, 'state', o.state, 'count', count(*)) from operation o
       where o.run_id in (select id from lately where status = 'running' or finished_at > now() - interval '1 hour')
         and o.state in ('landed', 'refused', 'superseded', 'cancelled') and o.settled_at > now() - interval '1 hour'
       group by o.kind, o.state
       union all
       select 'held', jsonb_build_object('flow', flow, 'rule', rule, 'count', count(*)) from quarantine where state = 'held' group by flow, rule
       union all
       select 'alarms', jsonb_build_object('kind', kind, 'count', count(*)) from alarm where cleared_at is null group by kind
       union all
       select 'documents', jsonb_build_object('state', state, 'count', count(*))
       from document where state in ('new', 'held', 'sending', 'pending') group by state
       union all
       select 'pauses', jsonb_build_object('scope', scope, 'count', count(*)) from pause group by scope
       union all
       select 'drift', jsonb_build_object('location', location, 'cause', cause, 'figures', figures, 'units', units,
         'age', extract(epoch from now() - compared_at)) from drift
     )
     select jsonb_build_object('runs', '[]'::jsonb, 'flows', '[]'::jsonb, 'open', '[]'::jsonb, 'ended', '[]'::jsonb, 'held', '[]'::jsonb,
         'alarms', '[]'::jsonb, 'documents', '[]'::jsonb, 'pauses', '[]'::jsonb, 'drift', '[]'::jsonb)
       || coalesce((select jsonb_object_agg(part, list) from (select part, jsonb_agg(value) as list from rows group by part) p), '{}')
       || jsonb_build_object(
         'dead', (select count(*) from ${db.schema}_jobs.job where name = 'dead' and state in ('created', 'retry', 'active', 'failed')),
         'events', (select count(*) from webhook_event where state = 'received'),
         'workers', (select count(*) from worker where seen_at > now() - interval '20 seconds'),
         'rate', (select rate_part(slowed_to, blocked_until, clock_timestamp()) from rate)) as figures`,
    [flows, lanes],
  );
  return figures;
}
