import { errorTable } from '../lib/errors.ts';

/** Codes of the HTTP server: what keeps it from starting, and what it answers. */
export const httpErrors = errorTable({
  HTTP_PORT_TAKEN: ['fix-config', 'Another program listens at the address that the bridge is to listen at.'],
  HTTP_ADDRESS: ['fix-config', 'The bridge cannot listen at the configured address.'],
  HTTP_TLS: ['fix-config', 'The certificate or the key of the HTTP server cannot be used.'],
  HTTP_NO_STAFF: ['fix-config', 'Others can reach the station, and nobody has an account for it.'],
  HTTP_NOT_FOUND: ['fix-data', 'There is nothing at the address that was asked for.'],
  HTTP_METHOD: ['fix-data', 'The address does not take this method.'],
  HTTP_REQUEST_INVALID: ['fix-data', 'The request cannot be understood.'],
  HTTP_TOO_LARGE: ['fix-data', 'The request is larger than the bridge takes.'],
  HTTP_MEDIA_TYPE: ['fix-data', 'The body of the request is of a type that the bridge does not take.'],
  HTTP_TIMEOUT: ['retry', 'The request did not arrive in time.'],
  HTTP_UNAUTHORIZED: ['fix-config', 'The caller did not prove who it is.'],
  HTTP_SIGNED_OUT: ['ask', 'Nobody is signed in, or not any more.'],
  HTTP_SIGN_IN: ['ask', 'The name and PIN are not known, or the account is disabled.'],
  HTTP_TOO_MANY: ['retry', 'Too many attempts to sign in have failed; the next one has to wait.'],
  HTTP_FORBIDDEN: ['ask', 'The person who is signed in may not do this.'],
  HTTP_CROSS_SITE: ['fix-config', 'The request does not come from the page that this server gave out.'],
  HTTP_INSECURE: ['fix-config', 'People sign in over HTTPS only.'],
  HTTP_UNAVAILABLE: ['retry', 'The bridge cannot do this just now; nothing of it was stored.'],
  HTTP_INTERNAL: ['report', 'A request met a fault of the bridge.'],
});
