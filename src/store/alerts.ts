import type { Alarm } from './alarms.ts';
import { maybe, one, type Queryable } from './queryable.ts';

/** How it stands with the receiver of alerts. */
export interface AlertReceiver {
  readonly fingerprint: string;
  readonly since: Date;
  /** Failed deliveries since the last good one. */
  readonly failures: number;
  readonly not_before: Date;
  readonly problem: string | null;
  readonly problem_at: Date | null;
  readonly delivered_at: Date | null;
}

/** Something to tell: that an alarm was raised, is still there, or is over. */
export interface Alert extends Alarm {
  readonly what: 'raised' | 'reminder' | 'cleared';
  readonly cleared_at: Date | null;
  readonly reminders: number;
  /** Of this claim. */
  readonly tries: number;
}

/** An alarm that nobody could be told of for so long is history once it is over. */
const historyDays = 7;

/** Makes the configured receiver the one that is told. Another address or other headers begin without the failures of the last. */
export async function useReceiver(db: Queryable, fingerprint: string): Promise<void> {
  await db.query(
    `insert into alert_receiver (fingerprint) values ($1)
     on conflict (singleton) do update set fingerprint = excluded.fingerprint, failures = 0, not_before = now(), problem = null, problem_at = null
     where alert_receiver.fingerprint <> excluded.fingerprint`,
    [fingerprint],
  );
}

/**
 * Claims one thing to tell, over all processes once: none while the receiver is to be left alone, or another process tells it. Of
 * one alarm the raising is told before the clearing. What was tried least comes first, so that none holds up the others.
 */
export async function claimAlert(
  db: Queryable,
  claim: { fingerprint: string; repeatHours: number | null; leaseMs: number },
): Promise<Alert | undefined> {
  return maybe<Alert>(
    db,
    `update alarm set tries = alarm.tries + 1, telling_until = now() + $3::float8 * interval '1 millisecond'
     from (
       select a.id,
         case when told_raised_at is null then 'raised' when cleared_at is not null then 'cleared' else 'reminder' end as what
       from alarm a, alert_receiver r
       where r.fingerprint = $1 and r.not_before <= now()
         and (telling_until is null or telling_until < now())
         and refused_by is distinct from $1
         and (cleared_at is null or cleared_at >= greatest(r.since, now() - interval '${historyDays} days'))
         and (
           told_raised_at is null
           or (cleared_at is not null and told_cleared_at is null)
           or (cleared_at is null and told_at < now() - $2::float8 * interval '1 hour')
         )
         -- Whoever keeps one light for a kind and subject would otherwise see the old alarm's end put out the new one.
         and not exists (
           select from alarm b
           where b.kind = a.kind and b.subject = a.subject and b.id < a.id and b.refused_by is distinct from $1
             and (b.told_raised_at is null or (b.cleared_at is not null and b.told_cleared_at is null))
             and b.cleared_at >= greatest(r.since, now() - interval '${historyDays} days'))
       order by tries - reminders, a.id limit 1
       for update of a skip locked
     ) due
     where alarm.id = due.id
     returning alarm.*, due.what`,
    [claim.fingerprint, claim.repeatHours, claim.leaseMs],
  );
}

/** The receiver has it. */
export async function alertTold(db: Queryable, alert: Alert): Promise<void> {
  const column = { raised: 'told_raised_at', cleared: 'told_cleared_at', reminder: 'told_at' }[alert.what];
  await db.query(
    `with told as (
       update alarm set ${column} = now()${column === 'told_at' ? '' : ', told_at = now()'},
         reminders = reminders + $3::int, telling_until = null, refused_by = null, refused_why = null
       where id = $1 and tries = $2
     )
     update alert_receiver set failures = 0, problem = null, problem_at = null, delivered_at = now()`,
    [alert.id, alert.tries, alert.what === 'reminder' ? 1 : 0],
  );
}

/** The receiver does not want it: to repeat it would change nothing. A reminder is left out, anything else waits for another receiver. */
export async function alertRefused(db: Queryable, alert: Alert, fingerprint: string, why: string): Promise<void> {
  await db.query(
    `with refused as (
       update alarm set telling_until = null, refused_why = $4,
         refused_by = case when $5::boolean then refused_by else $3 end, told_at = case when $5::boolean then now() else told_at end
       where id = $1 and tries = $2
     )
     update alert_receiver set problem = $4, problem_at = now() where fingerprint = $3`,
    [alert.id, alert.tries, fingerprint, why, alert.what === 'reminder'],
  );
}

/** The receiver cannot be reached: it is left alone for a while that grows with each failure. */
export async function alertFailed(db: Queryable, alert: Alert, fingerprint: string, why: string): Promise<void> {
  await db.query(
    `with failed as (update alarm set telling_until = null where id = $1 and tries = $2)
     update alert_receiver set failures = failures + 1, problem = $4, problem_at = now(),
       -- 2 s, 4 s, 8 s, … up to 15 minutes, each longer by up to a half, so that many bridges do not come back at once.
       not_before = now() + least(900, 2 ^ least(failures + 1, 10)) * (1 + random() / 2) * interval '1 second'
     where fingerprint = $3`,
    [alert.id, alert.tries, fingerprint, why],
  );
}

/** The receiver, what it did not take, and how much it has not been told yet. */
export async function alertState(
  db: Queryable,
): Promise<{ receiver: AlertReceiver | undefined; refused: number; refusedWhy: string | null; untold: number }> {
  const receiver = await maybe<AlertReceiver>(db, 'select * from alert_receiver');
  const counts = await one<{ refused: number; refusedWhy: string | null; untold: number }>(
    db,
    `select count(*) filter (where refused_by = $1)::int as refused,
       max(refused_why) filter (where refused_by = $1) as "refusedWhy", count(*) filter (where refused_by is distinct from $1)::int as untold
     from alarm where (told_raised_at is null or (cleared_at is not null and told_cleared_at is null))
       and (cleared_at is null or cleared_at >= greatest($2::timestamptz, now() - interval '${historyDays} days'))`,
    [receiver?.fingerprint ?? null, receiver?.since ?? null],
  );
  return { receiver, ...counts };
}
