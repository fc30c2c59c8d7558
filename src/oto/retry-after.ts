/** An hour: a header that asks for more is taken for a slip, and would stand still for what a probe finds out sooner. */
const longestMs = 3_600_000;

/** `Retry-After` in milliseconds: seconds, or an HTTP date measured against the answer's own `Date` so that our clock does not matter. */
export function retryAfterMs(headers: AnswerHeaders, now: number): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.min(Number(value) * 1000, longestMs);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const sent = Date.parse(headerOf(headers, 'date') ?? '');
  return Math.min(Math.max(until - (Number.isNaN(sent) ? now : sent), 0), longestMs);
}

/** Headers as undici gives them: names in lower case, a repeated one as a list. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export function headerOf(headers: AnswerHeaders, name: string): string | undefined {
  if (!Object.hasOwn(headers, name)) return undefined;
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}
