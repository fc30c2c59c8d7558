import { BridgeError } from '../lib/errors.ts';
import type { ApiName } from './api.ts';
import { otoErrors } from './errors.ts';
import type { Lane } from './lanes.ts';
import type { Outcome, Trouble } from './outcome.ts';
import type { Timer } from './wait.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly lane?: Lane | undefined;
  /** Tries in all. The default outlasts an OTO that is away for half a minute. */
  readonly attempts?: number | undefined;
  /** Wait before the second try, in milliseconds; doubles up to 10 s, less a random part of up to a half. */
  readonly backoffMs?: number | undefined;
}

const defaultAttempts = 12;
const defaultBackoffMs = 250;
const longestBackoffMs = 10_000;
/** Answers that are there but cannot be used do not get better by patience. */
const badAnswersBorne = 3;

/** Repeats a call without effect until it is answered; only for reads. */
export async function readUntilAnswered<T>(
  name: ApiName,
  once: (signal: AbortSignal | undefined, lane: Lane | undefined) => Promise<Outcome<T>>,
  timer: Timer,
  { signal, lane, attempts = defaultAttempts, backoffMs = defaultBackoffMs }: ReadOptions,
): Promise<T> {
  let badAnswers = 0;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await once(signal, lane);
    if (outcome.kind === 'ok') return outcome.data;
    if (isBadAnswer(outcome)) badAnswers += 1;
    if (!isPassing(outcome, signal) || attempt >= attempts || badAnswers >= badAnswersBorne) {
      throw readError(name, outcome, attempt, signal);
    }
    const wait = Math.min(backoffMs * 2 ** (attempt - 1), longestBackoffMs);
    try {
      await timer.sleep(wait * (0.5 + Math.random() / 2), signal);
    } catch {
      throw readError(name, outcome, attempt, signal);
    }
  }
}

function isPassing(outcome: Trouble, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true) return false;
  return outcome.kind === 'unknown' || (outcome.kind === 'not-taken' && outcome.cause !== 'fenced');
}

function isBadAnswer(outcome: Trouble): boolean {
  return outcome.kind === 'unknown' && outcome.status !== undefined && outcome.status < 500;
}

/** The error of a read that was not answered, with the outcome's plain data for a caller that decides by it. */
export function readError(
  name: ApiName,
  outcome: Trouble,
  attempts: number,
  signal: AbortSignal | undefined,
): BridgeError {
  const { kind, message } = outcome;
  const tries = attempts === 1 ? '' : ` (tried ${attempts} times)`;
  const text = `OTO ${name}: ${message}${tries}`;
  const data = { endpoint: name, outcome };
  if (signal?.aborted === true || (kind === 'not-taken' && outcome.cause === 'fenced')) {
    return new BridgeError(otoErrors.OTO_CANCELLED, { message: text, data });
  }
  switch (kind) {
    case 'refused':
      return outcome.status === 0
        ? new BridgeError(otoErrors.OTO_REQUEST_INVALID, { message: text, data })
        : new BridgeError(otoErrors.OTO_REFUSED, { message: text, data });
    case 'paused':
      return outcome.scope === 'account'
        ? new BridgeError(otoErrors.OTO_AUTH, {
            message: text,
            hint: 'Check oto.refreshToken and oto.environment: a token is good for one environment only.',
            data,
          })
        : new BridgeError(otoErrors.OTO_PAUSED, {
            message: text,
            hint: `Ask OTO whether the plan of this account includes the ${outcome.family} endpoints.`,
            data,
          });
    case 'not-taken':
      return outcome.cause === 'connect'
        ? new BridgeError(otoErrors.OTO_UNREACHABLE, {
            message: text,
            hint: 'Check oto.baseUrl, the network and https://status.tryoto.com.',
            data,
          })
        : new BridgeError(otoErrors.OTO_RATE_LIMITED, { message: text, hint: 'Lower oto.requestsPerSecond.', data });
    case 'unknown':
      return isBadAnswer(outcome)
        ? new BridgeError(otoErrors.OTO_BAD_ANSWER, {
            message: text,
            hint: 'Check that oto.baseUrl is the address of REST V2.',
            data,
          })
        : new BridgeError(otoErrors.OTO_UNREACHABLE, {
            message: text,
            hint: 'Try again later; see https://status.tryoto.com.',
            data,
          });
  }
}
