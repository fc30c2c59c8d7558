import { maybe, type Queryable } from './queryable.ts';

export interface StoredSchedule {
  readonly definition: string;
  readonly slot: Date;
  /** From then on its slots are promised. */
  readonly since: Date;
}

export async function getSchedule(db: Queryable, name: string): Promise<StoredSchedule | undefined> {
  return maybe<StoredSchedule>(db, 'select definition, slot, since from schedule where name = $1', [name]);
}

/** Takes a slot for this process: false where one as new has been taken already, or the schedule is another one by now. */
export async function takeSlot(db: Queryable, name: string, definition: string, slot: Date): Promise<boolean> {
  const rows = await db.query(
    `update schedule set slot = $3, updated_at = now()
     where name = $1 and definition = $2 and slot < $3 returning name`,
    [name, definition, slot],
  );
  return rows.length > 0;
}

/** Begins a schedule, or begins it anew where it is another one: what lies before `slot` counts as done. */
export async function beginSchedule(
  db: Queryable,
  name: string,
  definition: string,
  { slot, since }: { readonly slot: Date; readonly since: Date },
): Promise<void> {
  await db.query(
    `insert into schedule (name, definition, slot, since) values ($1, $2, $3, $4)
     on conflict (name) do update set definition = excluded.definition, slot = excluded.slot, since = excluded.since, updated_at = now()
       where schedule.definition <> excluded.definition`,
    [name, definition, slot, since],
  );
}
