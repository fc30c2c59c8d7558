import { randomBytes } from 'node:crypto';
import type { StaffRole } from '../model/station.ts';
import { maybe, one, type Queryable } from './queryable.ts';
import { nameKeyOf } from './staff.ts';

/** From where somebody speaks, for the record. */
export interface Whence {
  readonly address: string;
  /** What the browser says that it is. */
  readonly device: string;
}

export interface LiveSession {
  /** SHA-256 of what the cookie holds. */
  readonly id: string;
  readonly staff_id: number;
  readonly name: string;
  readonly role: StaffRole;
  readonly locations: readonly string[];
  /** When it is over whatever happens. */
  readonly expires_at: Date;
  /** Its last use was written so long ago that `touchSession` would write it. */
  readonly rested: boolean;
}

export interface ListedSession extends Whence {
  readonly staff_id: number;
  readonly name: string;
  readonly created_at: Date;
  readonly seen_at: Date;
  readonly expires_at: Date;
}

/** Undefined: the account was disabled meanwhile, or its PIN is another one by now. */
export async function openSession(
  db: Queryable,
  session: Whence & { id: string; staffId: number; pinHash: string; hours: number },
): Promise<Date | undefined> {
  const row = await maybe<{ expires_at: Date }>(
    db,
    `with person as (
       update staff set seen_at = now() where id = $2 and disabled_at is null and pin_hash = $3 returning id
     )
     insert into staff_session (id, staff_id, expires_at, address, device)
     select $1, id, now() + $4 * interval '1 hour', $5, $6 from person returning expires_at`,
    [session.id, session.staffId, session.pinHash, session.hours, session.address, session.device],
  );
  return row?.expires_at;
}

/** A session `s` of a person `p` that is not over; `minutes` is the parameter with the idle time. */
const goesOn = (minutes: string) =>
  `p.disabled_at is null and s.expires_at > now() and s.seen_at > now() - ${minutes} * interval '1 minute'`;

const live = `
  select s.id, s.staff_id, p.name, p.role, p.locations, s.expires_at, s.seen_at < now() - interval '1 minute' as rested
  from staff_session s join staff p on p.id = s.staff_id where s.id = $1 and ${goesOn('$2')}`;

/** Whose session it is, if it goes on. Looks, and does not count as use. */
export async function findSession(db: Queryable, id: string, idleMinutes: number): Promise<LiveSession | undefined> {
  return (await db.query<LiveSession>(live, [id, idleMinutes], 'staff_session'))[0];
}

/** Which of the sessions go on: one look for all of them. */
export async function liveAmong(db: Queryable, ids: readonly string[], idleMinutes: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select s.id from staff_session s join staff p on p.id = s.staff_id
     where s.id = any($1::text[]) and ${goesOn('$2')}`,
    [ids, idleMinutes],
  );
  return rows.map(({ id }) => id);
}

/** Says that a session is in use. Written once a minute, so that each request need not write. */
export async function touchSession(db: Queryable, id: string): Promise<void> {
  await db.query(
    `update staff_session set seen_at = now() where id = $1 and seen_at < now() - interval '1 minute'`,
    [id],
    'staff_session_touch',
  );
}

/** Whether there was one. */
export async function endSession(db: Queryable, id: string): Promise<boolean> {
  return (await db.query('delete from staff_session where id = $1 returning id', [id])).length > 0;
}

/** How many there were. */
export async function endSessionsOf(db: Queryable, staffId: number): Promise<number> {
  return (await db.query('delete from staff_session where staff_id = $1 returning id', [staffId])).length;
}

/** Of everybody, or of one name. */
export async function listSessions(db: Queryable, idleMinutes: number, name?: string): Promise<ListedSession[]> {
  return db.query<ListedSession>(
    `select s.staff_id, p.name, s.created_at, s.seen_at, s.expires_at, s.address, s.device
     from staff_session s join staff p on p.id = s.staff_id
     where ${goesOn('$1')}
       and ($2::text is null or p.name_key = $2)
     order by p.name_key, s.created_at`,
    [idleMinutes, name === undefined ? null : nameKeyOf(name)],
  );
}

/** What signs the cookies: made once, by whichever worker needs it first. */
export async function stationKey(db: Queryable): Promise<string> {
  await db.query('insert into station_key (key) values ($1) on conflict (singleton) do nothing', [
    randomBytes(32).toString('base64url'),
  ]);
  return (await one<{ key: string }>(db, 'select key from station_key')).key;
}
