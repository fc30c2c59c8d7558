import { maybe, one, type Queryable } from './queryable.ts';

export type RunStatus = 'running' | 'done' | 'failed' | 'blocked' | 'busy';
export type RunOutcome = 'changed' | 'unchanged' | 'nothing-new' | 'empty' | 'needs-person';

export const countNames = [
  'read',
  'rejected',
  'quarantined',
  'planned',
  'sent',
  'landed',
  'refused',
  'parked',
  'waiting',
  'saved',
] as const;
export type Counts = { readonly [Name in (typeof countNames)[number]]: number };

/** What a run starts with. */
export function noCounts(): { -readonly [Name in keyof Counts]: number } {
  const counts = Object.fromEntries(countNames.map((name) => [name, 0]));
  return counts as ReturnType<typeof noCounts>;
}

/** One execution of a flow. `status` says whether it ran through, `outcome` what came of it. */
export interface Run {
  readonly id: number;
  readonly flow: string;
  readonly source: string | null;
  readonly trigger: string;
  readonly holder: string;
  readonly status: RunStatus;
  readonly outcome: RunOutcome | null;
  readonly counts: Partial<Counts>;
  readonly notes: readonly RunNote[];
  readonly error: Readonly<Record<string, unknown>> | null;
  readonly started_at: Date;
  readonly finished_at: Date | null;
}

/** Something that a run has to say. `new` notes ask for a person and make the exit code 2. */
export interface RunNote {
  readonly kind: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly new: boolean;
  readonly count?: number | undefined;
  /** Measured times. */
  readonly seconds?: { readonly p50: number; readonly p99: number } | undefined;
  readonly windowMs?: { readonly p50: number; readonly p99: number } | undefined;
  /** Stock figures that it is about. */
  readonly figures?: readonly object[] | undefined;
}

export async function startRun(
  db: Queryable,
  run: { flow: string; source: string | null; trigger: string; holder: string; startedAt?: Date | undefined },
): Promise<Run> {
  // The lock is ours, so an earlier run of the flow that still says `running` has lost its process.
  await db.query(
    `update run set status = 'failed', finished_at = now(),
       error = jsonb_build_object('code', 'RUN_LOST', 'message', 'its process ended before the run did')
     where flow = $1 and source is not distinct from $2 and status = 'running'`,
    [run.flow, run.source],
  );
  return one<Run>(
    db,
    `insert into run (flow, source, trigger, holder, status, started_at)
     values ($1, $2, $3, $4, 'running', coalesce($5, now())) returning *`,
    [run.flow, run.source, run.trigger, run.holder, run.startedAt ?? null],
  );
}

/** Undefined when the run has ended already: another process took its place and marked it as lost. */
export async function finishRun(
  db: Queryable,
  id: number,
  end: {
    status: RunStatus;
    outcome: RunOutcome | null;
    counts: Counts;
    notes: readonly RunNote[];
    error?: Record<string, unknown>;
    signs?: Signs | undefined;
  },
): Promise<Run | undefined> {
  return maybe<Run>(
    db,
    `update run set status = $2, outcome = $3, counts = $4, notes = $5, error = $6, signs = $7, finished_at = now()
     where id = $1 and status = 'running' returning *`,
    [
      id,
      end.status,
      end.outcome,
      JSON.stringify(end.counts),
      JSON.stringify(end.notes),
      end.error === undefined ? null : JSON.stringify(end.error),
      end.signs === undefined ? null : JSON.stringify(Object.fromEntries(end.signs)),
    ],
  );
}

/** What a worker runs for: always the whole flow, read anew. */
const readingTriggers = ['schedule', 'missed-schedule', 'repeat', 'watch', 'hook', 'stock-done'];

/** Whether a worker's run that ran through began after `moment`: whatever was there by then, it has read. */
export async function hasRunSince(db: Queryable, flow: string, moment: Date): Promise<boolean> {
  const runs = await db.query(
    `select from (select * from run where flow = $1 order by id desc limit 20) r
     where status = 'done' and started_at > $2 and trigger = any($3::text[]) limit 1`,
    // Ours is cut off at the millisecond.
    [flow, new Date(moment.getTime() + 1), readingTriggers],
  );
  return runs.length > 0;
}

/** Seconds from now until so many have passed since the last run of the flow began; 0 where they have. */
export async function secondsUntilNext(db: Queryable, flow: string, everySeconds: number): Promise<number> {
  const last = await maybe<{ seconds: number }>(
    db,
    `select extract(epoch from started_at + $2 * interval '1 second' - now())::float8 as seconds from run
     where flow = $1 order by id desc limit 1`,
    [flow, everySeconds],
  );
  return Math.min(everySeconds, Math.max(0, last?.seconds ?? 0));
}

export async function runningRun(db: Queryable, flow: string, source: string | null): Promise<Run | undefined> {
  return maybe<Run>(
    db,
    `select * from run where flow = $1 and source is not distinct from $2 and status = 'running' order by id desc limit 1`,
    [flow, source],
  );
}

export async function getRun(db: Queryable, id: number): Promise<Run | undefined> {
  return maybe<Run>(db, 'select * from run where id = $1', [id]);
}

/** The run of the same flow before one, mere plans apart. */
export async function previousRun(db: Queryable, run: Pick<Run, 'id' | 'flow'>): Promise<Run | undefined> {
  return maybe<Run>(
    db,
    `select * from run where flow = $1 and id < $2 and trigger not in ('plan', 'adopt') order by id desc limit 1`,
    [run.flow, run.id],
  );
}

export async function listRuns(db: Queryable, flow: string | null, limit: number): Promise<Run[]> {
  return db.query<Run>('select * from run where $1::text is null or flow = $1 order by id desc limit $2', [
    flow,
    limit,
  ]);
}

export async function lastRuns(db: Queryable): Promise<Run[]> {
  return db.query<Run>('select distinct on (flow) * from run order by flow, id desc');
}

/** What a run brought, by name: how many rows, documents, orders, operations. */
export type Signs = ReadonlyMap<string, number>;

/** Earlier runs lie together within this long: one that runs each minute says no more by that. */
const signMinutes = 15;

/** What a flow's runs before one brought of one thing, since a moment, oldest first. Runs that only planned do not count. */
export async function signHistory(
  db: Queryable,
  run: Pick<Run, 'id' | 'flow' | 'source'>,
  sign: string,
  since: Date,
): Promise<{ at: number; amount: number }[]> {
  const rows = await db.query<{ at: Date; amount: string }>(
    `select max(started_at) as at, max((signs ->> $4)::bigint) as amount from run
     where flow = $1 and source is not distinct from $2 and id < $3 and status = 'done' and signs ? $4 and started_at > $5
     group by floor(extract(epoch from started_at) / ($6 * 60)) order by 1`,
    [run.flow, run.source, run.id, sign, since, signMinutes],
  );
  return rows.map(({ at, amount }) => ({ at: at.getTime(), amount: Number(amount) }));
}

/** A sign of the last earlier run of a flow that had it. */
export async function lastSign(
  db: Queryable,
  run: Pick<Run, 'id' | 'flow' | 'source'>,
  sign: string,
): Promise<number | undefined> {
  const row = await maybe<{ amount: string }>(
    db,
    `select signs ->> $4 as amount from run
     where flow = $1 and source is not distinct from $2 and id < $3 and signs ? $4 order by id desc limit 1`,
    [run.flow, run.source, run.id, sign],
  );
  return row === undefined ? undefined : Number(row.amount);
}

/** Messages of one kind of note in a flow's last runs before one, whatever became of them. */
export async function recentNotes(
  db: Queryable,
  flow: string,
  before: number,
  kind: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ message: string }>(
    `select distinct note ->> 'message' as message
     from (select notes from run where flow = $1 and id < $2 order by id desc limit $4) last, jsonb_array_elements(last.notes) note
     where note ->> 'kind' = $3`,
    [flow, before, kind, limit],
  );
  return rows.map((row) => row.message);
}

/**
 * Runs that nobody carries any more: they say `running`, and no process holds their lock. A process that has just lost the database
 * takes its lock again, so one look alone proves nothing.
 */
export async function runsWithoutHolder(db: Queryable, schema: string): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select r.id from run r
     where r.status = 'running' and r.started_at < now() - interval '1 minute' and not exists (
       select from pg_locks l
       where l.locktype = 'advisory' and l.granted and l.objsubid = 1
         and l.database = (select oid from pg_database where datname = current_database())
         and ((l.classid::bigint << 32) | l.objid::bigint)
           = hashtextextended($1 || ':run/' || r.flow || '/' || coalesce(r.source, ''), 0))`,
    [schema],
  );
  return rows.map((row) => row.id);
}

/** Ends runs that have lost their process, and the reads that they left open. */
export async function endLostRuns(db: Queryable, ids: readonly number[]): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `with ended as (
       update run set status = 'failed', finished_at = now(),
         error = jsonb_build_object('code', 'RUN_LOST', 'message', 'its process ended before the run did')
       where id = any($1::bigint[]) and status = 'running' returning id)
     select id from ended`,
    [ids],
  );
  return rows.map((row) => row.id);
}

/** Reads whose run has ended without them: what they staged is of no use to anybody. */
export async function endLostReads(db: Queryable): Promise<void> {
  await db.query(
    `update snapshot s set status = 'failed', finished_at = now(), problem = 'its process ended before the read did'
     where s.status = 'reading' and s.started_at < now() - interval '1 minute'
       and not exists (select from run r where r.id = s.run_id and r.status = 'running')`,
  );
}
