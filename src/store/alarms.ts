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

export async function clearAlarm(db: Queryable, kind: string, subject: string): Promise<void> {
  await db.query('update alarm set cleared_at = now() where kind = $1 and subject = $2 and cleared_at is null', [
    kind,
    subject,
  ]);
}

/** Clears the alarms of a kind whose subject is not in `subjects`: their cause is gone. */
export async function clearOtherAlarms(db: Queryable, kind: string, subjects: readonly string[]): Promise<void> {
  await db.query(
    'update alarm set cleared_at = now() where kind = $1 and cleared_at is null and not (subject = any($2::text[]))',
    [kind, subjects],
  );
}

export async function openAlarms(db: Queryable): Promise<Alarm[]> {
  return db.query<Alarm>('select * from alarm where cleared_at is null order by last_at desc');
}
