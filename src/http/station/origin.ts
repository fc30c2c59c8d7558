import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../../config/address.ts';
import { BridgeError } from '../../lib/errors.ts';
import { httpErrors } from '../errors.ts';

const safe = ['GET', 'HEAD', 'OPTIONS'];

export const changesSomething = ({ method }: FastifyRequest): boolean => !safe.includes(method);

/**
 * A page of another site may not change anything in the name of who is signed in here, and cannot sign them in as somebody else. Browsers
 * say which page asks; a caller that says nothing is no browser, and has no cookies that were not given to it.
 * @throws BridgeError HTTP_CROSS_SITE
 */
export function requireSameSite({ headers, protocol, host }: FastifyRequest): void {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if ((site === undefined || site === 'same-origin') && (origin === undefined || origin === `${protocol}://${host}`))
    return;
  throw new BridgeError(httpErrors.HTTP_CROSS_SITE, {
    message: 'The request comes from a page of another site.',
    hint: 'A proxy has to pass on Host, or send X-Forwarded-Host, and X-Forwarded-Proto, and to be named in http.trustProxy (docs/station.md).',
  });
}

/**
 * Nobody gives their PIN to whoever listens on the way, and the cookie is never without its mark.
 * @throws BridgeError HTTP_INSECURE
 */
export function requirePrivacy({ protocol, hostname }: FastifyRequest): void {
  if (protocol === 'https' || isLoopback(hostname)) return;
  throw new BridgeError(httpErrors.HTTP_INSECURE, {
    message: 'People sign in over HTTPS only, unless the page is opened on the very machine that serves it.',
    hint: 'A proxy that ends TLS has to send X-Forwarded-Proto: https, and to be named in http.trustProxy (docs/station.md).',
  });
}
