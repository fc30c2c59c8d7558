import fc from 'fast-check';
import { documented, documentedNames } from './examples/index.ts';

const spoilt = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, true, [], {}, '<b>x</b>', 'NaN', 1e308, 'x'.repeat(5_000)),
  fc.jsonValue(),
);
const spoil = (value: unknown, path: readonly number[], put: unknown): unknown => {
  const [at, ...rest] = path;
  if (at === undefined || typeof value !== 'object' || value === null) return swap(value, put);
  const entries = Object.entries(value);
  const [key] = entries[at % Math.max(entries.length, 1)] ?? [];
  if (key === undefined) return put;
  const changed = entries.flatMap(([name, child]) =>
    name !== key ? [[name, child] as const] : put === undefined ? [] : [[name, spoil(child, rest, put)] as const],
  );
  return Array.isArray(value) ? changed.map(([, child]) => child) : Object.fromEntries(changed);
};
/** Half of the time the same value in its other form. */
const swap = (value: unknown, put: unknown): unknown =>
  put !== true ? put : typeof value === 'number' ? String(value) : typeof value === 'string' ? Number(value) : put;

const text = fc.oneof(
  { weight: 8, arbitrary: fc.constant((body: string) => body) },
  fc.nat().map((length) => (body: string) => body.slice(0, length % (body.length + 1))),
  fc.constantFrom('', '<html><body>502 Bad Gateway</body></html>', '[]', 'null').map((other) => () => other),
  fc.constant((body: string) => Buffer.from(body, 'utf16le').toString('latin1')),
  fc.constant((body: string) => Buffer.from(body, 'latin1').toString('utf8')),
  fc.constant((body: string) => `\uFEFF${body}`),
);

/** A documented answer, of which something is missing, more, of another type, cut off, or in another character set. */
export const spoiltAnswer = fc
  .tuple(
    fc.constantFrom(...documentedNames),
    fc.nat(),
    fc.array(fc.nat(), { maxLength: 5 }),
    fc.option(spoilt, { nil: undefined }),
    text,
  )
  .map(([name, which, path, put, write]) => {
    const { answers } = documented[name];
    const whole = answers[which % answers.length];
    return { name, sent: write(JSON.stringify(path.length === 0 ? whole : spoil(whole, path, put))) };
  });
