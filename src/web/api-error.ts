/**
 * `offline`: nothing came back; whether the server took it, nobody knows. `signed-out`: the session is over. `refused`: the server does not
 * take this request, however often it is sent. `busy`: it cannot just now.
 */
export type ApiErrorKind = 'offline' | 'signed-out' | 'refused' | 'busy';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  readonly status: number | null;
  readonly code: string | null;
  /** Until when the server wants to be left alone, where it says so. */
  readonly retryAfterSeconds: number | null;

  constructor(
    kind: ApiErrorKind,
    message: string,
    more: Partial<Pick<ApiError, 'status' | 'code' | 'retryAfterSeconds'>> = {},
  ) {
    super(message);
    this.kind = kind;
    this.status = more.status ?? null;
    this.code = more.code ?? null;
    this.retryAfterSeconds = more.retryAfterSeconds ?? null;
  }
}
