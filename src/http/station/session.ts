import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionIdOf, signInStaff } from '../../engine/sign-in.ts';
import { createPasswords, type Passwords } from '../../engine/staff-passwords.ts';
import { BridgeError } from '../../lib/errors.ts';
import { type StationSession, signIn } from '../../model/station.ts';
import { locationNames } from '../../store/locations.ts';
import { addStaffEvent } from '../../store/staff-events.ts';
import { endSession, type Whence } from '../../store/staff-sessions.ts';
import { httpErrors } from '../errors.ts';
import type { Routes } from '../server.ts';
import { takeCookies } from './cookie.ts';
import { type Door, requireStaff, type SignedIn, staffOf, visibleTo, whileThere } from './guard.ts';
import { requirePrivacy, requireSameSite } from './origin.ts';

const address = '/station/api/session';

/** `POST /station/api/session` signs in, `GET` says who is signed in, `DELETE` signs out. */
export function sessionRoutes(door: Door, passwords: Passwords = createPasswords()): Routes {
  return (app) => {
    takeCookies(app);
    app.post(address, { bodyLimit: 4096 }, async (request, reply) => {
      requireSameSite(request);
      requirePrivacy(request);
      return whileThere(() => enter(door, passwords, request, reply));
    });
    app.register(async (inner) =>
      requireStaff(door, (signedIn) => {
        signedIn.get(address, async (request) => {
          const secret = door.cookies.read(request) ?? '';
          return whileThere(() => sessionAnswer(door, staffOf(request), secret));
        });
        signedIn.delete(address, async (request, reply) => {
          await whileThere(() => leave(door, staffOf(request), whenceOf(request)));
          return reply.header('set-cookie', door.cookies.drop(request)).code(204).send();
        });
      })(inner),
    );
  };
}

async function enter(door: Door, passwords: Passwords, request: FastifyRequest, reply: FastifyReply) {
  const { db, config, log } = door.bridge;
  const given = signIn.safeParse(request.body);
  if (!given.success) {
    throw new BridgeError(httpErrors.HTTP_REQUEST_INVALID, {
      message: 'A name and a PIN are needed: {"name": "…", "pin": "…"}.',
    });
  }
  const before = door.cookies.read(request);
  const { sessionHours } = config.http.station;
  const result = await signInStaff(
    { db, passwords, sessionHours },
    { ...given.data, ...whenceOf(request), before: before === undefined ? undefined : sessionIdOf(before) },
  );
  if (result.kind === 'wait') {
    reply.header('retry-after', String(result.seconds));
    throw new BridgeError(httpErrors.HTTP_TOO_MANY, {
      message: 'Too many attempts have failed.',
      hint: `Wait ${result.seconds} seconds. A new PIN, or \`oto-bridge staff enable NAME\`, ends the wait.`,
      data: { retrySeconds: result.seconds },
    });
  }
  if (result.kind === 'refused') {
    for (const lock of result.locks)
      log.warn({ from: request.ip, lock }, 'attempts to sign in to the station have to wait');
    throw new BridgeError(httpErrors.HTTP_SIGN_IN, {
      message: 'This name and PIN are not known.',
      hint: 'Try again. `oto-bridge staff list` shows the accounts, `oto-bridge staff reset NAME` gives one a new PIN.',
    });
  }
  const { staff, secret, expiresAt } = result;
  const { id, name, role } = staff;
  const person = { id, name, role, locations: visibleTo(config, staff), sessionId: sessionIdOf(secret), expiresAt };
  reply.header('set-cookie', door.cookies.hand(request, secret, expiresAt));
  return sessionAnswer(door, person, secret);
}

async function leave({ bridge: { db } }: Door, person: SignedIn, whence: Whence): Promise<void> {
  await db.tx(async (tx) => {
    const { id: staffId, name: by } = person;
    if (await endSession(tx, person.sessionId))
      await addStaffEvent(tx, { ...whence, type: 'sign-out', staffId, by, outcome: 'out' });
  });
}

async function sessionAnswer(door: Door, person: SignedIn, secret: string): Promise<StationSession> {
  const { db, config } = door.bridge;
  const { id, name, role, locations, expiresAt } = person;
  const names = await locationNames(db, locations);
  return {
    staff: { id, name, role },
    locations: locations.map((code) => ({ code, name: names.get(code) ?? null })),
    csrf: door.cookies.csrf(secret),
    expiresAt: expiresAt.toISOString(),
    timezone: config.timezone,
    undoSeconds: config.flows.packing?.undoSeconds ?? 0,
  };
}

/** From where a request comes. */
export function whenceOf({ ip, headers }: FastifyRequest): Whence {
  return { address: ip, device: (headers['user-agent'] ?? '').slice(0, 200) };
}
