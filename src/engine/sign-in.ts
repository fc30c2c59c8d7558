import { randomBytes } from 'node:crypto';
import { sha256 } from '../lib/hash.ts';
import type { Database } from '../store/db.ts';
import {
  byAddress,
  byName,
  type Charge,
  chargeAttempt,
  failedAttempts,
  forgetAttempts,
  type Guarded,
  refundAttempts,
} from '../store/sign-in-guard.ts';
import { findStaff, type Staff } from '../store/staff.ts';
import { addStaffEvent } from '../store/staff-events.ts';
import { endSession, openSession, type Whence } from '../store/staff-sessions.ts';
import type { Passwords } from './staff-passwords.ts';

export interface Attempt extends Whence {
  readonly name: string;
  readonly pin: string;
  /** Of the session that the device brings along: it ends with a sign-in. */
  readonly before?: string | undefined;
}

export type SignInResult =
  | {
      readonly kind: 'in';
      readonly staff: Pick<Staff, 'id' | 'name' | 'role' | 'locations'>;
      /** For the cookie, and for nothing else. */
      readonly secret: string;
      readonly expiresAt: Date;
    }
  /** Name, PIN, or an account that is disabled: which of them is not told. */
  | {
      readonly kind: 'refused' /** What has to wait from now on, in words for the log. */;
      readonly locks: readonly string[];
    }
  | { readonly kind: 'wait'; readonly seconds: number };

export interface SignInDesk {
  readonly db: Database;
  readonly passwords: Passwords;
  /** How long a session lasts at most. */
  readonly sessionHours: number;
}

/** The id under which a session is kept, of what its cookie holds. */
export const sessionIdOf = (secret: string): string => sha256(secret);

/** Takes the same steps and the same work whether there is such a name or not. @throws BridgeError STAFF_BUSY */
export async function signInStaff(desk: SignInDesk, attempt: Attempt): Promise<SignInResult> {
  const { db, passwords } = desk;
  const [name, address] = [byName(attempt.name), byAddress(attempt.address)];
  const charged = await charge(db, name, address);
  if (typeof charged === 'number') return { kind: 'wait', seconds: charged };
  const staff = await findStaff(db, attempt.name);
  let fits: boolean;
  try {
    fits = await passwords.verify(staff?.pin_hash, attempt.pin);
  } catch (error) {
    await giveBack(db, [name, address]);
    throw error;
  }
  const whence = { address: attempt.address, device: attempt.device };
  if (fits && staff !== undefined) {
    const opened = await open(desk, staff, attempt, [name, address]);
    if (opened !== undefined) return opened;
  }
  const why = staff === undefined ? 'unknown name' : fits ? 'account disabled or changed' : 'wrong PIN';
  const by = staff?.name ?? 'nobody';
  const locks = [
    { what: 'name', ...charged.name },
    { what: 'address', ...charged.address },
  ].flatMap(({ what, failures, waitSeconds }) =>
    waitSeconds === 0 ? [] : [`${what}: ${failures} failures, none is tried for ${waitSeconds} s`],
  );
  await db.tx(async (tx) => {
    const event = { ...whence, staffId: staff?.id ?? null, by };
    await addStaffEvent(tx, { ...event, type: 'sign-in', outcome: `refused: ${why}` });
    for (const outcome of locks) await addStaffEvent(tx, { ...event, type: 'lock', outcome });
  });
  return { kind: 'refused', locks };
}

type Allowed = Extract<Charge, { allowed: true }>;

/** The seconds to wait, where there are any: then nothing is counted. */
async function charge(
  db: Database,
  name: Guarded,
  address: Guarded,
): Promise<number | { readonly name: Allowed; readonly address: Allowed }> {
  return db.tx(async (tx) => {
    // Always in this order, so that two attempts never wait for each other.
    const ofAddress = await chargeAttempt(tx, address);
    if (!ofAddress.allowed) return ofAddress.waitSeconds;
    const ofName = await chargeAttempt(tx, name);
    if (ofName.allowed) return { name: ofName, address: ofAddress };
    // Nothing was tried, so nothing is learned: a person who presses again and again locks out nobody else.
    await refundAttempts(tx, address);
    return ofName.waitSeconds;
  });
}

async function open(
  { db, sessionHours }: SignInDesk,
  staff: Staff,
  { before, address, device }: Attempt,
  [name, from]: readonly [Guarded, Guarded],
): Promise<SignInResult | undefined> {
  const secret = randomBytes(32).toString('base64url');
  return db.tx(async (tx) => {
    const id = sessionIdOf(secret);
    const session = { id, staffId: staff.id, pinHash: staff.pin_hash, hours: sessionHours, address, device };
    const expiresAt = await openSession(tx, session);
    if (expiresAt === undefined) return undefined;
    if (before !== undefined) await endSession(tx, before);
    // Mistakes of somebody who is in by now were no guesses: they count against nobody else at the address.
    await refundAttempts(tx, from, await failedAttempts(tx, name));
    await forgetAttempts(tx, name);
    await addStaffEvent(tx, { address, device, type: 'sign-in', staffId: staff.id, by: staff.name, outcome: 'in' });
    return { kind: 'in', staff, secret, expiresAt };
  });
}

async function giveBack(db: Database, charged: readonly Guarded[]): Promise<void> {
  await db.tx(async (tx) => {
    for (const one of charged) await refundAttempts(tx, one);
  });
}
