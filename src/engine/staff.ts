import { BridgeError } from '../lib/errors.ts';
import type { StaffRole } from '../model/station.ts';
import type { Database, Tx } from '../store/db.ts';
import { byName, forgetAttempts } from '../store/sign-in-guard.ts';
import { findStaff, insertStaff, type Staff, setDisabled, setPinHash, setPlace } from '../store/staff.ts';
import { addStaffEvent, type NewStaffEvent } from '../store/staff-events.ts';
import { endSessionsOf } from '../store/staff-sessions.ts';
import { engineErrors } from './errors.ts';
import type { Passwords } from './staff-passwords.ts';
import { pinProblem } from './staff-pin.ts';

export interface StaffDesk {
  readonly db: Database;
  readonly passwords: Passwords;
  /** Who does it. */
  readonly by: string;
}

export interface StaffToAdd {
  readonly name: string;
  readonly role: StaffRole;
  readonly locations: readonly string[];
  readonly pin: string;
}

/** @throws BridgeError STAFF_PIN, STAFF_EXISTS */
export async function addStaff({ db, passwords, by }: StaffDesk, { pin, ...person }: StaffToAdd): Promise<Staff> {
  requireGoodPin(pin, person.name);
  const pinHash = await passwords.hash(pin);
  return db.tx(async (tx) => {
    const added = await insertStaff(tx, { ...person, pinHash, by });
    if (added === undefined) {
      throw new BridgeError(engineErrors.STAFF_EXISTS, {
        message: `There is an account of the name "${person.name}" already, also one that is disabled counts.`,
        hint: '`oto-bridge staff list` shows it; `oto-bridge staff reset NAME` gives it another PIN.',
      });
    }
    await addStaffEvent(tx, { type: 'add', staffId: added.id, by, outcome: person.role });
    return added;
  });
}

/** Another PIN. Whoever knew the old one is signed out. @throws BridgeError STAFF_PIN, NOT_FOUND */
export async function resetPin({ db, passwords, by }: StaffDesk, name: string, pin: string): Promise<Changed> {
  requireGoodPin(pin, name);
  const pinHash = await passwords.hash(pin);
  return change(db, name, by, 'reset', async (tx, { id }) => {
    await setPinHash(tx, id, pinHash);
    return true;
  });
}

export interface Changed {
  readonly staff: Staff;
  /** False: it was so before. */
  readonly changed: boolean;
  /** Sessions that were ended. */
  readonly ended: number;
}

/** Signs the person out everywhere and lets them in no more. @throws BridgeError NOT_FOUND */
export async function disableStaff({ db, by }: Omit<StaffDesk, 'passwords'>, name: string): Promise<Changed> {
  return change(db, name, by, 'disable', (tx, { id }) => setDisabled(tx, id, true));
}

/** Lets the person in again, with the PIN of before, and at once where too many attempts had failed. @throws BridgeError NOT_FOUND */
export async function enableStaff({ db, by }: Omit<StaffDesk, 'passwords'>, name: string): Promise<Changed> {
  return change(db, name, by, 'enable', (tx, { id }) => setDisabled(tx, id, false));
}

/** Signs the person out everywhere. @throws BridgeError NOT_FOUND */
export async function endStaffSessions({ db, by }: Omit<StaffDesk, 'passwords'>, name: string): Promise<Changed> {
  return change(db, name, by, 'end-sessions', async () => true);
}

type Place = Pick<Staff, 'role' | 'locations'>;

/** Another role, or other locations. The person has to sign in anew: a page that is open shows what it may not any more. @throws BridgeError NOT_FOUND */
export async function changeStaff(
  { db, by }: Omit<StaffDesk, 'passwords'>,
  name: string,
  place: (before: Place) => Place,
): Promise<Changed> {
  return db.tx(async (tx) => {
    const before = await existing(tx, name);
    const after = place(before);
    await setPlace(tx, before.id, after);
    const ended = await endSessionsOf(tx, before.id);
    const outcome = [after.role, ...after.locations].join(' ');
    await addStaffEvent(tx, { type: 'change', staffId: before.id, by, outcome });
    return { staff: { ...before, ...after }, changed: true, ended };
  });
}

async function change(
  db: Database,
  name: string,
  by: string,
  type: NewStaffEvent['type'],
  step: (tx: Tx, staff: Staff) => Promise<boolean>,
): Promise<Changed> {
  return db.tx(async (tx) => {
    const staff = await existing(tx, name);
    const changed = await step(tx, staff);
    // After the step: a sign-in that is under way finds the account changed, or its session here.
    const ended = type === 'enable' ? 0 : await endSessionsOf(tx, staff.id);
    if (type === 'enable' || type === 'reset') await forgetAttempts(tx, byName(staff.name));
    await addStaffEvent(tx, {
      type,
      staffId: staff.id,
      by,
      outcome: changed ? `${ended} sessions ended` : 'as before',
    });
    return { staff, changed, ended };
  });
}

async function existing(tx: Tx, name: string): Promise<Staff> {
  const staff = await findStaff(tx, name);
  if (staff !== undefined) return staff;
  throw new BridgeError(engineErrors.NOT_FOUND, {
    message: `There is no account of the name "${name}".`,
    hint: '`oto-bridge staff list` shows all.',
  });
}

function requireGoodPin(pin: string, name: string): void {
  const problem = pinProblem(pin, name);
  if (problem === undefined) return;
  throw new BridgeError(engineErrors.STAFF_PIN, {
    message: `The PIN ${problem}.`,
    hint: 'Take six digits or more, or a password of eight characters or more, that nobody tries first. Without one, the command makes one.',
  });
}
