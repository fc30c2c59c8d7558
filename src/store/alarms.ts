import type { Queryable } from './queryable.ts';

/** Something that a person has to look at. One row a kind and subject, however often it happens. */
export interface Alarm {
  readonly id: number;
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly hint: string | null;
  readonly count: number;
  readonly first_at: Date;
  readonly last_at: Date;
}

/** Raises an alarm; true when it is new. */
export async function raiseAlarm(
  db: Queryable,
  alarm: { kind: string; subject: string; message: string; hint?: string | undefined },
): Promise<boolean> {
  const rows = await db.query<{ count: number }>(
    `insert into alarm (kind, subject, message, hint) values ($1, $2, $3, $4)
     on conflict (kind, subject) where cleared_at is null
     do update set count = alarm.count + 1, last_at = now(), message = excluded.message, hint = excluded.hint
     returning count`,
    [alarm.kind, alarm.subject, alarm.message, alarm.hint ?? null],
  );
  return rows[0]?.count === 1;
}

/** Raises an alarm for a state that is looked at again and again: while it lasts it counts once. */
export async function ensureAlarm(db: Queryable, alarm: Parameters<typeof raiseAlarm>[1]): Promise<void> {
  await db.query(
    `insert into alarm (kind, subject, message, hint) values ($1, $2, $3, $4)
     on conflict (kind, subject) where cleared_at is null
     do update set last_at = now(), message = excluded.message, hint = excluded.hint where alarm.message <> excluded.message`,
    [alarm.kind, alarm.subject, alarm.message, alarm.hint ?? null],
  );
}

/**
 * Raises an alarm that is news, even where one of the kind and subject is open: that one is over, and the new one is told to whoever
 * receives alerts.
 */
export async function renewAlarm(db: Queryable, alarm: Parameters<typeof raiseAlarm>[1]): Promise<void> {
  await clearAlarm(db, alarm.kind, alarm.subject);
  await raiseAlarm(db, alarm);
}

export async function clearAlarm(db: Queryable, kind: string, subject: string): Promise<void> {
  await db.query('update alarm set cleared_at = now() where kind = $1 and subject = $2 and cleared_at is null', [
    kind,
    subject,
  ]);
}

export async function clearAlarms(db: Queryable, kind: string, subjects: readonly string[]): Promise<void> {
  await db.query(
    'update alarm set cleared_at = now() where kind = $1 and subject = any($2::text[]) and cleared_at is null',
    [kind, subjects],
  );
}

/** Clears the alarms of a kind whose subject is not in `subjects`: their cause is gone. */
export async function clearOtherAlarms(db: Queryable, kind: string, subjects: readonly string[]): Promise<void> {
  await db.query(
    'update alarm set cleared_at = now() where kind = $1 and cleared_at is null and not (subject = any($2::text[]))',
    [kind, subjects],
  );
}

/** Clears a flow's alarms of a kind, subjects `FLOW` and `FLOW/…`, but for those in `subjects`. */
export async function clearStale(
  db: Queryable,
  kind: string,
  flow: string,
  subjects: readonly string[],
): Promise<void> {
  await db.query(
    `update alarm set cleared_at = now()
     where kind = $1 and cleared_at is null and split_part(subject, '/', 1) = $2 and not (subject = any($3::text[]))`,
    [kind, flow, subjects],
  );
}

export async function openAlarms(db: Queryable): Promise<Alarm[]> {
  return db.query<Alarm>('select * from alarm where cleared_at is null order by last_at desc');
}

/** Clears what has become pointless behind its back: a decision by a person, a newer figure, a document that is processed. */
export async function clearSettled(db: Queryable): Promise<void> {
  await db.query(
    `update alarm a set cleared_at = now() where cleared_at is null and case kind
       when 'parked' then case when subject ~ '^\\d+$'
         then not exists (select from operation o where o.id = a.subject::bigint and o.state = 'parked') else false end
       when 'paused' then not exists (select from pause p where p.name = a.subject and p.scope <> 'flow')
       when 'quarantine' then not exists (select from quarantine q where q.state = 'held' and q.flow || '/' || q.rule = a.subject)
       when 'document-changed' then not exists (select from document d where d.key = a.subject and d.state not in ('processed', 'skipped'))
       when 'document-warning' then not exists (select from document d where d.id::text = a.subject and d.state not in ('processed', 'skipped'))
       when 'pending-overdue' then not exists (select from document d where d.id::text = a.subject and d.state = 'pending')
       else false end`,
  );
}

/** Parked operations without an alarm of their own, by kind: those that were given up after many tries. */
export async function parkedByKind(db: Queryable): Promise<{ kind: string; count: number; why: string | null }[]> {
  return db.query(
    `select o.kind, count(*)::int as count, min(o.why) as why from operation o
     where o.state = 'parked' and not exists (
       select from alarm a where a.kind = 'parked' and a.subject = o.id::text and a.cleared_at is null)
     group by o.kind order by o.kind`,
  );
}
