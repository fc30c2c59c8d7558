import { parseAnswer } from './answer.ts';
import { type Endpoint, endpoints } from './endpoints.ts';
import type { Delivery } from './exchange.ts';
import type { TokenSource } from './limiter.ts';
import type { Outcome } from './outcome.ts';
import { withoutSecrets } from './secrets.ts';
import type { Timer } from './wait.ts';

/** Without a `Retry-After`, the rate is halved after this pause. */
const defaultSlowDownMs = 1_000;

/** What came of a call that was sent at `sentAt`, none of `secrets` in it. */
export type Judge = <E extends Endpoint>(
  endpoint: E,
  delivery: Delivery,
  sentAt: number,
  secrets: readonly string[],
) => ReturnType<typeof parseAnswer<E>>;

/** `limiter` is told where OTO asks for fewer calls. */
export function createJudge(limiter: TokenSource, timer: Timer): Judge {
  function slowDownAfter(endpoint: Endpoint, outcome: Outcome<unknown>, sentAt: number): void {
    if (outcome.kind !== 'not-taken' && outcome.kind !== 'unknown') return;
    const limited = outcome.kind === 'not-taken' && outcome.cause === 'rate-limit';
    if (!limited && outcome.retryAfterMs === undefined) return;
    limiter.slowDown(outcome.retryAfterMs ?? defaultSlowDownMs, {
      why: `${endpoint.name}: ${outcome.message.slice(0, 300)}`,
      ageMs: timer.now() - sentAt,
    });
  }

  return (endpoint, delivery, sentAt, secrets) => {
    if (delivery.kind === 'not-sent') {
      return { kind: 'not-taken', cause: delivery.cause, message: withoutSecrets(delivery.message, secrets) };
    }
    if (delivery.kind === 'lost') {
      return { kind: 'unknown', message: withoutSecrets(delivery.message, secrets), status: delivery.status };
    }
    const { answer } = delivery;
    // A body that quotes a token would carry it into messages, evidence and logs. The tokens' own answer is let through to `auth`.
    const isTokens = endpoint.name === endpoints.refreshToken.name && answer.status < 300;
    const text = isTokens ? answer.text : withoutSecrets(answer.text, secrets);
    const outcome = parseAnswer(endpoint, text === answer.text ? answer : { ...answer, text });
    slowDownAfter(endpoint, outcome, sentAt);
    const quotes = endpoint.confidential === true && outcome.kind === 'unknown';
    if (outcome.kind === 'ok' || !(isTokens || quotes)) return outcome;
    return { ...outcome, message: `the answer to ${endpoint.name} cannot be used` };
  };
}
