import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config/schema.ts';
import type { Bridge } from '../../engine/context.ts';
import { sessionIdOf } from '../../engine/sign-in.ts';
import { BridgeError } from '../../lib/errors.ts';
import type { StaffRole } from '../../model/station.ts';
import { isConnectionError } from '../../store/db.ts';
import { findSession, type LiveSession, stationKey, touchSession } from '../../store/staff-sessions.ts';
import { httpErrors } from '../errors.ts';
import type { Routes } from '../server.ts';
import { type Cookies, createCookies, takeCookies } from './cookie.ts';
import { changesSomething, requireSameSite } from './origin.ts';

/** What the routes of the station share. */
export interface Door {
  readonly bridge: Bridge;
  readonly cookies: Cookies;
}

export async function openDoor(bridge: Bridge): Promise<Door> {
  return { bridge, cookies: createCookies(await stationKey(bridge.db)) };
}

/** Who asks. */
export interface SignedIn {
  readonly id: number;
  readonly name: string;
  readonly role: StaffRole;
  /** OTO codes of the configured locations that this person may see: all of them for an admin. */
  readonly locations: readonly string[];
  /** For records, and for what outlives its request and has to end with the session. It opens nothing. */
  readonly sessionId: string;
  readonly expiresAt: Date;
}

const people = new WeakMap<FastifyRequest, SignedIn>();

type Found = SignedIn & Pick<LiveSession, 'rested'>;

/**
 * Routes that only somebody who is signed in reaches: all others are answered with 401 before their body is read. What changes something
 * also needs the session's `x-csrf-token` and a page of this very site. `staffOf(request)` says who it is.
 */
export function requireStaff(door: Door, routes: Routes): Routes {
  return (app) => {
    takeCookies(app);
    app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
      // The same address shows each person something else.
      reply.header('vary', 'cookie');
      const secret = door.cookies.read(request);
      const person = secret === undefined ? undefined : await whileThere(() => find(door, sessionIdOf(secret)));
      if (secret === undefined || person === undefined) throw signedOut();
      if (/%00/.test(request.url)) throw unstorable();
      if (changesSomething(request)) {
        requireSameSite(request);
        if (!door.cookies.isCsrf(secret, request.headers['x-csrf-token'])) throw noToken();
      }
      people.set(request, person);
      if (person.rested) await whileThere(() => touchSession(door.bridge.db, person.sessionId));
    });
    routes(app);
  };
}

/** Who is signed in. Only inside of `requireStaff`. */
export function staffOf(request: FastifyRequest): SignedIn {
  const person = people.get(request);
  if (person === undefined) throw new TypeError('a route that asks who is signed in stands outside of requireStaff');
  return person;
}

/** @throws BridgeError HTTP_FORBIDDEN */
export function requireRole(person: SignedIn, ...roles: readonly StaffRole[]): void {
  if (roles.includes(person.role)) return;
  throw new BridgeError(httpErrors.HTTP_FORBIDDEN, { message: `This is for ${roles.join(' or ')} only.` });
}

/** Another location and one that there is not are one answer. @throws BridgeError HTTP_FORBIDDEN */
export function requireLocation(person: SignedIn, location: string): void {
  if (person.locations.includes(location)) return;
  throw new BridgeError(httpErrors.HTTP_FORBIDDEN, { message: 'This location is none of yours.' });
}

async function find({ bridge: { db, config } }: Door, id: string): Promise<Found | undefined> {
  const session = await findSession(db, id, config.http.station.idleMinutes);
  if (session === undefined) return undefined;
  return {
    id: session.staff_id,
    name: session.name,
    role: session.role,
    locations: visibleTo(config, session),
    sessionId: session.id,
    expiresAt: session.expires_at,
    rested: session.rested,
  };
}

/** In the order of the configuration. */
export function visibleTo({ locations }: Config, person: Pick<LiveSession, 'role' | 'locations'>): string[] {
  const all = locations.map(({ oto }) => oto);
  return person.role === 'admin' ? all : all.filter((code) => person.locations.includes(code));
}

/** @throws BridgeError HTTP_UNAVAILABLE where the database is away */
export async function whileThere<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    throw new BridgeError(httpErrors.HTTP_UNAVAILABLE, {
      message: 'The database does not answer.',
      hint: 'Try again.',
    });
  }
}

function signedOut(): BridgeError {
  return new BridgeError(httpErrors.HTTP_SIGNED_OUT, {
    message: 'Nobody is signed in, or not any more.',
    hint: 'Sign in.',
  });
}

/** The database takes no text with a NUL, also not to look for it. */
function unstorable(): BridgeError {
  return new BridgeError(httpErrors.HTTP_REQUEST_INVALID, { message: 'The address holds a NUL character.' });
}

function noToken(): BridgeError {
  return new BridgeError(httpErrors.HTTP_CROSS_SITE, {
    message: 'The token of this session is missing, or is another one.',
    hint: 'Send what GET /station/api/session answers as `csrf` in the header x-csrf-token.',
  });
}
