import type {
  StationAction,
  StationList,
  StationOrderDetail,
  StationResult,
  StationSession,
  StationView,
} from '../model/station.ts';
import { ApiError, type ApiErrorKind } from './api-error.ts';

const base = '/station/api';
const patienceMs = 15_000;

/** Sent with everything that changes something; known from the session. */
let csrf = '';
export function useCsrf(token: string): void {
  csrf = token;
}

export interface ListQuery {
  readonly location: string;
  readonly view: StationView;
  readonly q?: string;
  readonly after?: string;
  readonly limit: number;
}

export const api = {
  session: () => ask<StationSession>('GET', '/session'),
  signIn: (name: string, pin: string) => ask<StationSession>('POST', '/session', { name, pin }),
  signOut: () => ask<unknown>('DELETE', '/session'),
  orders: (query: ListQuery, signal?: AbortSignal) =>
    ask<StationList>('GET', `/orders?${parameters({ ...query })}`, undefined, signal),
  order: (id: string) => ask<StationOrderDetail>('GET', `/orders/${encodeURIComponent(id)}`),
  act: async (actions: readonly StationAction[]) =>
    (await ask<{ results: StationResult[] }>('POST', '/actions', { actions })).results,
  events: (location: string, after: string) => `${base}/events?${parameters({ location, after })}`,
};

function parameters(values: Readonly<Record<string, string | number>>): string {
  return new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString();
}

/** @throws ApiError */
async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patienceMs);
  const abort = () => stop.abort();
  signal?.addEventListener('abort', abort);
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(base + path, {
      method,
      credentials: 'same-origin',
      // The browser's own store never answers in the server's place.
      cache: 'no-store',
      signal: stop.signal,
      headers: {
        accept: 'application/json',
        ...(method === 'GET' ? {} : { 'x-csrf-token': csrf }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    answer = response.status === 204 ? undefined : await response.json();
  } catch (error) {
    throw new ApiError('offline', error instanceof Error ? error.message : 'no answer');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
  if (response.ok) return answer as T;
  throw refusal(response, answer);
}

/** What a proxy answers in the server's place is no word of the server: it counts as busy, and is tried again. */
export function refusal(response: Pick<Response, 'status' | 'headers'>, answer: unknown): ApiError {
  const { error } = (answer ?? {}) as { error?: { code?: unknown; message?: unknown } };
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    kindOf(response.status),
    typeof error?.message === 'string' ? error.message : `HTTP ${response.status}`,
    {
      status: response.status,
      code: typeof error?.code === 'string' ? error.code : null,
      retryAfterSeconds: Number.isFinite(after) ? after : null,
    },
  );
}

function kindOf(status: number): ApiErrorKind {
  if (status === 401) return 'signed-out';
  return status >= 500 || status === 408 || status === 429 ? 'busy' : 'refused';
}
