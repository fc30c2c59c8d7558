import type { Queryable } from './queryable.ts';
import type { HeldPlace, JudgedScope } from './stock-quarantine.ts';

/** A rule that has held changes at a place, in one snapshot after the other. */
export interface GuardTrip {
  readonly flow: string;
  readonly rule: string;
  readonly location: string;
  readonly group: string;
  readonly since: Date;
  /** Snapshots in a row. The same one read by two runs counts once. */
  readonly times: number;
  readonly held: number;
}

const fields = 'flow, rule, location, product_group as group, since, times, held';

/** Counts what has tripped, and forgets what was judged and has not. */
export async function noteTrips(
  db: Queryable,
  places: readonly HeldPlace[],
  snapshotId: number,
  { runId, locations, unlisted }: JudgedScope,
): Promise<GuardTrip[]> {
  const trips = await db.query<GuardTrip>(
    `insert into guard_trip (flow, rule, location, product_group, snapshot_id, run_id, held)
     select 'stock', rule, location, "group", $2, $3, count from jsonb_to_recordset($1::jsonb) as p(rule text, location text, "group" text, count int)
     on conflict (flow, rule, location, product_group) do update set held = excluded.held, run_id = excluded.run_id, snapshot_id = excluded.snapshot_id,
       times = guard_trip.times + case when guard_trip.snapshot_id = excluded.snapshot_id then 0 else 1 end
     returning ${fields}`,
    [JSON.stringify(places), snapshotId, runId],
  );
  await db.query(
    `delete from guard_trip where flow = 'stock' and run_id is distinct from $1 and ($2::text[] is null or location = any($2))
       and not location = any($3::text[])`,
    [runId, locations, unlisted],
  );
  return trips;
}

export async function listTrips(db: Queryable): Promise<GuardTrip[]> {
  return db.query<GuardTrip>(`select ${fields} from guard_trip order by flow, rule, location, product_group`);
}
