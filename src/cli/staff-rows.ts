import type { ListedStaff, Staff } from '../store/staff.ts';
import type { StaffEvent } from '../store/staff-events.ts';
import type { ListedSession } from '../store/staff-sessions.ts';
import { moment, table } from './output.ts';

/** Never with what the PIN is checked against. */
export function staffJson(row: Staff | ListedStaff): Record<string, unknown> {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    locations: row.locations,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    disabledAt: row.disabled_at?.toISOString() ?? null,
    seenAt: row.seen_at?.toISOString() ?? null,
    ...('sessions' in row ? { sessions: row.sessions, lockedUntil: row.locked_until?.toISOString() ?? null } : {}),
  };
}

export function listText(rows: readonly ListedStaff[], timezone: string): string {
  if (rows.length === 0) return 'Nobody has an account. `oto-bridge staff add NAME --role ROLE` makes one.';
  return table(
    ['name', 'role', 'locations', 'state', 'signed in', 'last sign-in'],
    rows.map((row) => [
      row.name,
      row.role,
      row.role === 'admin' ? 'all' : row.locations.join(', '),
      stateOf(row, timezone),
      row.sessions,
      moment(row.seen_at, timezone),
    ]),
  );
}

function stateOf({ disabled_at, locked_until }: ListedStaff, timezone: string): string {
  if (disabled_at !== null) return `disabled since ${moment(disabled_at, timezone)}`;
  return locked_until === null ? 'active' : `too many attempts: waits until ${moment(locked_until, timezone)}`;
}

export function sessionJson(row: ListedSession): Record<string, unknown> {
  return {
    staff: row.staff_id,
    name: row.name,
    since: row.created_at.toISOString(),
    seenAt: row.seen_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    address: row.address,
    device: row.device,
  };
}

export function sessionText(rows: readonly ListedSession[], timezone: string): string {
  if (rows.length === 0) return 'Nobody is signed in.';
  return table(
    ['name', 'since', 'last seen', 'until', 'address', 'device'],
    rows.map((row) => [
      row.name,
      moment(row.created_at, timezone),
      moment(row.seen_at, timezone),
      moment(row.expires_at, timezone),
      row.address,
      printable(row.device),
    ]),
  );
}

export function eventJson(row: StaffEvent): Record<string, unknown> {
  return { ...row, at: row.at.toISOString() };
}

export function eventText(rows: readonly StaffEvent[], timezone: string): string {
  if (rows.length === 0) return 'Nothing is recorded.';
  return table(
    ['when', 'what', 'whose', 'by', 'outcome', 'address', 'device'],
    rows.map((row) => [
      moment(row.at, timezone),
      row.type,
      row.name ?? '(no such name)',
      row.by,
      row.outcome,
      row.address,
      printable(row.device ?? ''),
    ]),
  );
}

/** What a browser says of itself may be anything, also what a terminal obeys. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 60);
}
