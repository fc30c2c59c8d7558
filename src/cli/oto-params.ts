import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { suggestion } from '../lib/suggest.ts';
import type { Endpoint } from '../oto/index.ts';
import { cliErrors } from './errors.ts';

export interface Given {
  readonly data?: string;
  readonly query?: readonly string[];
  readonly param?: readonly string[];
}

/**
 * The parameters of a call as they were given on the command line: `--data` as JSON, a file or standard input, beside `key=value` for
 * the query and for what stands in the path.
 * @throws BridgeError CLI_USAGE
 */
export async function paramsOf(
  row: Endpoint,
  { data, query = [], param = [] }: Given,
): Promise<Record<string, unknown>> {
  if (query.length > 0 && row.params !== 'query') {
    throw usage(`${row.name} takes no query.`, `Its parameters go into the body: --data '{"name": "value"}'.`);
  }
  const pairs = param.map(pairOf);
  const stray = pairs.find(([name]) => !row.path.includes(`{${name}}`));
  if (stray !== undefined) {
    throw usage(`"${stray[0]}" does not stand in the path ${row.path}.`, 'Use --query or --data for it.');
  }
  return {
    ...(data === undefined ? {} : objectOf(await read(data))),
    ...Object.fromEntries([...query.map(pairOf), ...pairs]),
  };
}

async function read(data: string): Promise<string> {
  if (data === '-') return text(process.stdin);
  if (!data.startsWith('@')) return data;
  try {
    return await readFile(data.slice(1), 'utf8');
  } catch (error) {
    throw usage(`${data.slice(1)} cannot be read: ${messageOf(error)}`, 'Give --data JSON, --data @FILE or --data -.');
  }
}

function objectOf(json: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw usage(
      `The data is no JSON: ${messageOf(error)}`,
      'Put it between single quotes, or into a file: --data @FILE.',
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw usage('The data is no JSON object.', 'Give the parameters by their names: {"orderId": "1234"}.');
}

function pairOf(pair: string): [string, string] {
  const at = pair.indexOf('=');
  if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
  throw usage(`"${pair}" is no name and value.`, 'Write them as name=value.');
}

export function usage(message: string, hint: string): BridgeError {
  return new BridgeError(cliErrors.CLI_USAGE, { message, hint });
}

interface Problem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What the endpoint would send. @throws BridgeError CLI_USAGE with the path of each problem, and what OTO's documents say of the field */
export function validated(row: Endpoint, params: Readonly<Record<string, unknown>>): unknown {
  const parsed = row.request.safeParse(params);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(row, params, issue));
  const lines = problems.map(
    ({ path, message, hint }) =>
      `\n  ${path === '' ? '' : `${path}: `}${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `This is no request of ${row.name}, and nothing was sent:${lines.join('')}`,
    hint: 'docs/oto-openapi.yaml has every field.',
    place: { path: problems[0]?.path || undefined },
    data: { endpoint: row.name, problems },
  });
}

function problemsOf(row: Endpoint, params: unknown, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map(String);
  const here = fieldAt(row.request, path);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((here as Inner | undefined)?.shape ?? {});
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      message: 'is not known',
      hint: suggestion(key, known),
    }));
  }
  // A field of several forms says only that none fits.
  const missing = issue.code !== 'custom' && path.length > 0 && valueAt(params, path) === undefined;
  const message = missing ? 'is required' : issue.message;
  return [{ path: path.join('.'), message, hint: path.length === 0 ? undefined : described(row.request, path) }];
}

function valueAt(params: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], params);
}

type Inner = z.ZodType & {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly unwrap?: () => z.ZodType;
};

/** Steps past optional wrappers. A list has an `unwrap` too, which gives its items. */
function bare(schema: z.ZodType | undefined): Inner | undefined {
  const { unwrap, element } = (schema ?? {}) as Inner;
  return unwrap !== undefined && element === undefined ? bare(unwrap.call(schema)) : (schema as Inner | undefined);
}

/** The object or list at a path. */
function fieldAt(schema: z.ZodType, path: readonly string[]): Inner | undefined {
  let found = bare(schema);
  for (const part of path) found = bare(found?.element ?? found?.shape?.[part]);
  return found;
}

/** What is written of the field at a path, or of the nearest one around it. */
function described(schema: z.ZodType, path: readonly string[]): string | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const holder = fieldAt(schema, path.slice(0, length - 1));
    const { description } = holder?.shape?.[path[length - 1] ?? ''] ?? {};
    if (description !== undefined) return description;
  }
  return undefined;
}
