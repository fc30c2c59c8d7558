import type { Queryable } from './queryable.ts';
import { nameKeyOf } from './staff.ts';
import type { Whence } from './staff-sessions.ts';

export const staffEventTypes = [
  'sign-in',
  'sign-out',
  'lock',
  'add',
  'change',
  'disable',
  'enable',
  'reset',
  'end-sessions',
] as const;

export interface NewStaffEvent extends Partial<Whence> {
  readonly type: (typeof staffEventTypes)[number];
  /** Null: a name that nobody has. */
  readonly staffId: number | null;
  readonly by: string;
  /** In a few words, without anything that was typed. */
  readonly outcome: string;
}

export async function addStaffEvent(db: Queryable, event: NewStaffEvent): Promise<void> {
  await db.query(
    'insert into staff_event (type, staff_id, by, outcome, address, device) values ($1, $2, $3, $4, $5, $6)',
    [event.type, event.staffId, event.by, event.outcome, event.address ?? null, event.device ?? null],
  );
}

export interface StaffEvent {
  readonly at: Date;
  readonly type: NewStaffEvent['type'];
  readonly name: string | null;
  readonly by: string;
  readonly outcome: string;
  readonly address: string | null;
  readonly device: string | null;
}

/** Newest first; of everybody, or of one name. */
export async function listStaffEvents(
  db: Queryable,
  { name, limit }: { name?: string | undefined; limit: number },
): Promise<StaffEvent[]> {
  return db.query<StaffEvent>(
    `select e.at, e.type, s.name, e.by, e.outcome, e.address, e.device from staff_event e left join staff s on s.id = e.staff_id
     where $1::text is null or s.name_key = $1 order by e.id desc limit $2`,
    [name === undefined ? null : nameKeyOf(name), limit],
  );
}
