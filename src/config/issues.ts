import type { z } from 'zod';
import { suggestion } from '../lib/suggest.ts';
import { hintFor } from './hints.ts';
import type { Finding, Path } from './problem.ts';
import { descriptionAt, keysAt } from './walk.ts';

type Issue = z.core.$ZodIssue;

export interface IssueContext {
  readonly schema: z.ZodType;
  /** What was parsed, to tell a missing value from a wrong one. */
  readonly data: unknown;
  /** Where `data` stands in the file. */
  readonly prefix?: Path | undefined;
}

/** The problems that a schema found, in words for the person who writes the file. No value is quoted here. */
export function findingsOf(issues: readonly Issue[], context: IssueContext): Finding[] {
  const { schema, data, prefix = [] } = context;
  return issues.flatMap((issue): Finding[] => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    const full = [...prefix, ...path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...full, key],
        message: 'is unknown here',
        hint: suggestion(key, keysAt(schema, path)),
        atKey: true,
      }));
    }
    const value = valueAt(data, path);
    const description = descriptionAt(schema, path);
    const hint = hintFor(full) ?? kindHint(issue, value) ?? description;
    return [
      {
        path: full,
        message: wording(issue, value),
        ...(hint === undefined ? {} : { hint }),
        ...(issue.code === 'invalid_key' ? { atKey: true } : {}),
      },
    ];
  });
}

export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

const names: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a group of keys',
  record: 'a group of keys',
  array: 'a list',
  null: 'empty',
};
const nameOf = (kind: string): string => names[kind] ?? kind;
const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isNaN(value) ? 'number' : typeof value;

const formats: Record<string, string> = {
  url: 'must be an address such as https://api.example.com/',
  date: 'must be a date as YYYY-MM-DD',
  datetime: 'must be a time with its zone, as 2026-11-20T08:15:00+03:00',
};

function wording(issue: Issue, value: unknown): string {
  if (value === undefined && issue.code !== 'invalid_key' && issue.code !== 'custom') return 'is missing';
  if (value === null) return 'is empty';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${nameOf(issue.expected)}, not ${nameOf(kindOf(value))}`;
    case 'invalid_value':
      return `must be one of: ${issue.values.map(String).join(', ')}`;
    case 'invalid_key':
      return issue.issues.map((inner) => own(inner) ?? 'is no name that is allowed here').join(' and ');
    case 'too_small':
      return own(issue) ?? limit(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return own(issue) ?? limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_format':
      return own(issue) ?? formats[issue.format] ?? `has not the form of ${issue.format}`;
    case 'invalid_union': {
      const deepest = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
      if (deepest !== undefined && deepest.path.length > 0) {
        const inner = deepest.path.map(String).join('.');
        return `does not fit: ${inner} ${wording(
          deepest,
          valueAt(
            value,
            deepest.path.map((part) => (typeof part === 'number' ? part : String(part))),
          ),
        )}`;
      }
      return [...new Set(issue.errors.flatMap((branch) => branch.map((inner) => wording(inner, value))))].join(', or ');
    }
    default:
      return own(issue) ?? issue.message;
  }
}

const limit = (origin: string, relation: string, bound: number | bigint): string =>
  origin === 'string'
    ? `must have ${relation} ${bound} characters`
    : origin === 'array'
      ? `must have ${relation} ${bound} entries`
      : `must be ${relation} ${bound}`;

/** The text that our schema gives; zod's own texts begin like this. */
function own(issue: Issue): string | undefined {
  return /^(Invalid |Too (small|big)|Unrecognized )/.test(issue.message) ? undefined : issue.message;
}

function kindHint(issue: Issue, value: unknown): string | undefined {
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const values = issue.values.map(String);
    const text = suggestion(value, values);
    return text.startsWith('Did') ? text : undefined;
  }
  if (issue.code === 'invalid_type' && issue.expected === 'string' && ['number', 'boolean'].includes(typeof value)) {
    return 'Put it in quotes: without them YAML makes a number of it and leading zeros are lost.';
  }
  if (value === null) return 'Leave the key out, or give it a value.';
  return undefined;
}
