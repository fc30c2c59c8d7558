import { BridgeError, isBridgeError } from '../lib/errors.ts';
import { httpErrors } from './errors.ts';

/** An error as it is answered. */
export interface ErrorAnswer {
  readonly status: number;
  readonly error: BridgeError;
}

const statusOf: Readonly<Record<string, number>> = {
  HTTP_REQUEST_INVALID: 400,
  HTTP_UNAUTHORIZED: 401,
  HTTP_NOT_FOUND: 404,
  HTTP_METHOD: 405,
  HTTP_TIMEOUT: 408,
  HTTP_TOO_LARGE: 413,
  HTTP_MEDIA_TYPE: 415,
  HTTP_SIGNED_OUT: 401,
  HTTP_SIGN_IN: 401,
  HTTP_TOO_MANY: 429,
  HTTP_FORBIDDEN: 403,
  HTTP_CROSS_SITE: 403,
  HTTP_INSECURE: 403,
  HTTP_UNAVAILABLE: 503,
  STAFF_BUSY: 503,
};

/** What a caller is told. Of a fault of ours they hear that there is one, and no more: its text is for the log. */
export function answerTo(thrown: unknown): ErrorAnswer {
  const error = isBridgeError(thrown) ? thrown : (refusalOf(thrown) ?? fault());
  const status = statusOf[error.code];
  return status === undefined ? { status: 500, error: fault() } : { status, error };
}

/** What the server's own parts refuse, in our words: theirs quote the request. */
function refusalOf(thrown: unknown): BridgeError | undefined {
  const { statusCode, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown };
  if (statusCode === 413 || code === 'HPE_HEADER_OVERFLOW') {
    return new BridgeError(httpErrors.HTTP_TOO_LARGE, { message: 'The request is too large.' });
  }
  if (statusCode === 415) {
    return new BridgeError(httpErrors.HTTP_MEDIA_TYPE, {
      message: 'The body is of a type that this address does not take.',
      hint: 'Send JSON, with content-type: application/json.',
    });
  }
  if (statusCode === 408 || code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new BridgeError(httpErrors.HTTP_TIMEOUT, { message: 'The request took too long to arrive.' });
  }
  const refused = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  if (!refused && !(typeof code === 'string' && code.startsWith('HPE_'))) return undefined;
  return new BridgeError(httpErrors.HTTP_REQUEST_INVALID, { message: 'The request cannot be understood.' });
}

function fault(): BridgeError {
  return new BridgeError(httpErrors.HTTP_INTERNAL, {
    message: 'The bridge met a fault of its own.',
    hint: 'The log of the worker has it, under the id of this request.',
  });
}

export function errorBody(error: BridgeError, request: string | null): object {
  return { error: error.toJSON(), request };
}
