import { z } from 'zod';
import { codeRow } from './codes.ts';
import type { Endpoint } from './endpoints.ts';
import { type Envelope, jsonObject, readEnvelope } from './error-body.ts';
import type { Outcome, Paused, Unknown } from './outcome.ts';
import { type AnswerHeaders, retryAfterMs } from './retry-after.ts';

export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The whole body. */
  readonly text: string;
}

const tooMany = /\btoo many requests\b/i;

/** How much of an unreadable body a message quotes. */
const quoted = 200;

/**
 * Classifies one HTTP answer; never throws. `ok` needs all of: a 2xx status, a JSON object, `success: true` (a read may leave it out),
 * no field of any error form, and data of the endpoint's shape. `refused` needs a readable no with a status below 500.
 * All that is neither is `unknown`. The content type is not looked at: OTO sends JSON as text/plain.
 * A 401 is reported as a pause of the account; renewing the token and asking once more is the caller's part.
 * @param now milliseconds since the epoch, for a `Retry-After` date in an answer without `Date`
 */
export function parseAnswer<E extends Endpoint>(
  endpoint: E,
  answer: Answer,
  now: number = Date.now(),
): Outcome<z.output<E['response']>> {
  const { status, headers, text } = answer;
  const wait = retryAfterMs(headers, now);
  const body = jsonObject(text);
  const said = body === undefined ? undefined : envelopeOf(endpoint, body);
  const row = codeRow(said?.otoCode);
  // Not asked for where the call was taken.
  const message = (): string => messageOf(said, answer);
  const unknown = (why: string): Unknown => ({
    kind: 'unknown',
    message: `${why}: ${message()}`,
    status,
    otoCode: said?.otoCode,
    retryAfterMs: wait,
  });
  const paused = (scope: Paused['scope']): Paused => ({
    kind: 'paused',
    scope,
    family: endpoint.family,
    message: message(),
    otoCode: said?.otoCode,
    status,
  });

  if (said?.success === true && (said.complains || status >= 300)) {
    return unknown('OTO says success and an error in one answer');
  }
  if (status === 401) return paused('account');
  // Before the status: these codes say that OTO has not taken the call, and no document says with which status they come.
  if (row?.action === 'rate-limit' || status === 429) {
    return { kind: 'not-taken', cause: 'rate-limit', message: message(), retryAfterMs: wait ?? row?.waitMs };
  }
  // The oldest form has no code for it. Taken for a refusal, a busy minute would leave calls undone for good.
  if (said?.success === false && said.otoCode === undefined && tooMany.test(said.message)) {
    return { kind: 'not-taken', cause: 'rate-limit', message: message(), retryAfterMs: wait };
  }
  if (row?.action === 'busy') return { kind: 'not-taken', cause: 'busy', message: message(), retryAfterMs: wait };
  if (row?.action === 'login') return paused('account');
  if (row?.action === 'pause' || status === 403) return paused(endpoint.family === 'account' ? 'account' : 'family');
  if (status >= 500) return unknown(`HTTP ${status}`);
  if (body === undefined || said === undefined) return unknown(`HTTP ${status} with a body that is no JSON object`);
  if (row?.action === 'unknown') return unknown('OTO failed in the middle of the call');

  if (status < 200 || (status >= 300 && status < 400) || status === 408) return unknown(`HTTP ${status}`);
  if (isRefusal(said, status)) return refused(said, message(), status);
  if (status >= 400) return unknown(`HTTP ${status}`);
  if (said.complains) return unknown('OTO reports an error without saying whether the call failed');
  if (said.success !== true && endpoint.effect === 'write') return unknown('OTO does not say whether it took the call');

  const data = endpoint.response.safeParse(body);
  if (!data.success)
    return unknown(
      `The answer is not what ${endpoint.name} gives (${z.prettifyError(data.error).replaceAll('\n', ' ')})`,
    );
  return { kind: 'ok', data: data.data as z.output<E['response']>, warnings: said.warnings, status, raw: text };
}

function envelopeOf({ verdict }: Endpoint, body: Readonly<Record<string, unknown>>): Envelope {
  const said = readEnvelope(body);
  return said.success !== undefined || said.complains || verdict === undefined
    ? said
    : { ...said, success: verdict(body) };
}

/** A gateway's `{"message", "code"}` is no word of OTO's own: what stood behind it is not known. */
function isRefusal(said: Envelope, status: number): boolean {
  return said.success === false || (said.success === undefined && said.complains && status >= 400);
}

function refused(said: Envelope, message: string, status: number): Outcome<never> {
  return { kind: 'refused', otoCode: said.otoCode, legacyCode: said.legacyCode, message, status };
}

function messageOf(said: Envelope | undefined, { status, text }: Answer): string {
  const words =
    said === undefined
      ? ''
      : [said.message, ...(said.success === true ? [] : said.warnings)].filter(Boolean).join('; ');
  const meaning = codeRow(said?.otoCode)?.meaning;
  if (words !== '') return said?.otoCode === undefined ? words : `${said.otoCode} ${words}`;
  if (meaning !== undefined) return `${said?.otoCode} ${meaning}`;
  if (said?.otoCode !== undefined) return said.otoCode;
  const start = text.slice(0, quoted).replace(/\s+/g, ' ').trim();
  return start === ''
    ? `HTTP ${status} with an empty body`
    : `HTTP ${status}: ${start}${text.length > quoted ? '…' : ''}`;
}
