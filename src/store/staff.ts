import type { StaffRole } from '../model/station.ts';
import { maybe, one, type Queryable } from './queryable.ts';

export interface Staff {
  readonly id: number;
  readonly name: string;
  readonly role: StaffRole;
  readonly locations: readonly string[];
  readonly pin_hash: string;
  readonly pin_set_at: Date;
  readonly created_at: Date;
  readonly created_by: string;
  readonly disabled_at: Date | null;
  readonly seen_at: Date | null;
}

/** What is shown of somebody. */
export interface ListedStaff extends Omit<Staff, 'pin_hash'> {
  /** How many devices they are signed in on. */
  readonly sessions: number;
  /** Nobody can sign in under the name until then: too many failed. */
  readonly locked_until: Date | null;
}

/** The same for `Aisha`, ` AISHA ` and `aisha`, and for what was pasted with marks that nobody sees. PostgreSQL takes no text with a NUL. */
export function nameKeyOf(name: string): string {
  return name.normalize('NFKC').replace(/\s+/g, ' ').replace(/\p{C}/gu, '').trim().toLowerCase();
}

export type NewStaff = Pick<Staff, 'name' | 'role' | 'locations'> & { readonly pinHash: string; readonly by: string };

/** Undefined: somebody has that name. */
export async function insertStaff(db: Queryable, staff: NewStaff): Promise<Staff | undefined> {
  return maybe<Staff>(
    db,
    `insert into staff (name, name_key, role, locations, pin_hash, created_by) values ($1, $2, $3, $4, $5, $6)
     on conflict (name_key) do nothing returning *`,
    [staff.name, nameKeyOf(staff.name), staff.role, staff.locations, staff.pinHash, staff.by],
  );
}

export async function findStaff(db: Queryable, name: string): Promise<Staff | undefined> {
  return maybe<Staff>(db, 'select * from staff where name_key = $1', [nameKeyOf(name)]);
}

/** `idleMinutes`: a session that slept for so long is over. */
export async function listStaff(db: Queryable, idleMinutes: number): Promise<ListedStaff[]> {
  return db.query<ListedStaff>(
    `select s.id, s.name, s.role, s.locations, s.pin_set_at, s.created_at, s.created_by, s.disabled_at, s.seen_at,
       (select count(*)::int from staff_session e where e.staff_id = s.id and e.expires_at > now()
          and e.seen_at > now() - $1 * interval '1 minute') as sessions,
       (select not_before from sign_in_guard g where g.kind = 'name' and g.not_before > now()
          and g.key = encode(sha256(convert_to(s.name_key, 'UTF8')), 'hex')) as locked_until
     from staff s order by s.name_key`,
    [idleMinutes],
  );
}

/** Those who may sign in. */
export async function countStaff(db: Queryable): Promise<number> {
  return (await one<{ count: number }>(db, 'select count(*)::int as count from staff where disabled_at is null')).count;
}

/** Whether that changed anything. */
export async function setDisabled(db: Queryable, id: number, disabled: boolean): Promise<boolean> {
  const rows = await db.query(
    `update staff set disabled_at = case when $2 then now() end where id = $1 and (disabled_at is not null) <> $2 returning id`,
    [id, disabled],
  );
  return rows.length > 0;
}

export async function setPinHash(db: Queryable, id: number, pinHash: string): Promise<void> {
  await db.query('update staff set pin_hash = $2, pin_set_at = now() where id = $1', [id, pinHash]);
}

export async function setPlace(
  db: Queryable,
  id: number,
  { role, locations }: Pick<Staff, 'role' | 'locations'>,
): Promise<void> {
  await db.query('update staff set role = $2, locations = $3 where id = $1', [id, role, locations]);
}
