import { createHmac } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sameInConstantTime } from '../../lib/constant-time.ts';

/**
 * The cookie holds an id of 256 bits by chance, which nobody can guess, and a signature: a made-up one is refused before the database is
 * asked. All workers sign with one key, which is kept in the database.
 */
export interface Cookies {
  /** What the session's cookie holds, if it is one of ours. */
  read(request: FastifyRequest): string | undefined;
  /** The header that hands a session to the browser. */
  hand(request: FastifyRequest, secret: string, expires: Date): string;
  /** The header that takes it back. */
  drop(request: FastifyRequest): string;
  /** The token that a page has to send along with what it changes. Made from the session, so that it ends with it. */
  csrf(secret: string): string;
  isCsrf(secret: string, token: unknown): boolean;
}

export function createCookies(key: string): Cookies {
  const { sign, unsign, serialize, parse } = fastifyCookie.fastifyCookie;
  const csrf = (secret: string) => createHmac('sha256', key).update(`csrf ${secret}`).digest('base64url');
  const written = (request: FastifyRequest, value: string, expires: Date) => {
    const { name, path, secure } = placeOf(request);
    return serialize(name, value, { path, secure, expires, httpOnly: true, sameSite: 'strict' });
  };
  return {
    read(request) {
      const { cookie } = request.headers;
      const value = cookie === undefined ? undefined : parse(cookie)[placeOf(request).name];
      return (value === undefined ? undefined : unsign(value, key).value) ?? undefined;
    },
    hand: (request, secret, expires) => written(request, sign(secret, key), expires),
    drop: (request) => written(request, '', new Date(0)),
    csrf,
    isCsrf: (secret, token) => typeof token === 'string' && sameInConstantTime(token, csrf(secret)),
  };
}

/** The library reads and writes cookies only once it has been registered. None is read where nobody asks for it. */
export function takeCookies(app: FastifyInstance): void {
  if (!app.hasRequestDecorator('cookies')) app.register(fastifyCookie, { hook: false });
}

const plainName = 'oto-bridge-station';

/**
 * Over TLS a browser takes a name that begins with `__Host-` from this very host alone, and only for all of its paths: no neighbour, and
 * nobody on the way who answers in plain HTTP, can put a session of their own in its place.
 */
function placeOf({ protocol }: FastifyRequest): { name: string; path: string; secure: boolean } {
  return protocol === 'https'
    ? { name: `__Host-${plainName}`, path: '/', secure: true }
    : { name: plainName, path: '/station', secure: false };
}
