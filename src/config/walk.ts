import type { z } from 'zod';
import { isSecret } from '../lib/secret.ts';
import type { Path } from './problem.ts';

type Node = z.ZodType & {
  unwrap?: () => z.ZodType;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  valueType?: z.ZodType;
  options?: readonly z.ZodType[];
  in?: z.ZodType;
};

/** The schema inside `.optional()`, `.default()`, `.prefault()`, `.nullable()` and transformations. */
export function bare(schema: z.ZodType): Node {
  let node = schema as Node;
  for (let depth = 0; depth < 20; depth++) {
    if (node.in !== undefined) node = node.in as Node;
    else if (typeof node.unwrap === 'function' && node.element === undefined) node = node.unwrap() as Node;
    else break;
  }
  return node;
}

/** The branches of a union. (An enum has `options` too, but they are texts.) */
export function branches(node: z.ZodType): readonly z.ZodType[] | undefined {
  return node.type === 'union' ? (node as Node).options : undefined;
}

/** The schemas that `path` may mean: several where a union branches, none where nothing is known there. */
export function schemasAt(schema: z.ZodType, path: Path): z.ZodType[] {
  const [head, ...rest] = path;
  if (head === undefined) return [schema];
  const node = bare(schema);
  const either = branches(node);
  if (either !== undefined) return either.flatMap((option) => schemasAt(option, path));
  const next =
    node.shape !== undefined
      ? Object.hasOwn(node.shape, head)
        ? node.shape[head]
        : undefined
      : typeof head === 'number'
        ? node.element
        : node.valueType;
  return next === undefined ? [] : schemasAt(next, rest);
}

/** Whether a value written at `path` may be shown: the schema knows the place as a plain value, and no secret can be there. */
export function mayShow(schema: z.ZodType, path: Path): boolean {
  const here = schemasAt(schema, path);
  return here.length > 0 && here.every((one) => isPlain(one));
}

function isPlain(schema: z.ZodType): boolean {
  if (isSecret(schema)) return false;
  const node = bare(schema);
  if (isSecret(node)) return false;
  const either = branches(node);
  if (either !== undefined) return either.every(isPlain);
  return ['string', 'number', 'boolean', 'enum', 'literal', 'int', 'date', 'bigint'].includes(node.type);
}

/** The description of the field at `path`. */
export function descriptionAt(schema: z.ZodType, path: Path): string | undefined {
  for (const one of schemasAt(schema, path)) {
    const text = one.description ?? bare(one).description;
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The keys that may stand at `path`, or none where any key may. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  return [...new Set(schemasAt(schema, path).flatMap((one) => Object.keys(bare(one).shape ?? {})))];
}

/** The same shape with everything optional. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly (DeepPartial<Item> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

/**
 * What of `value` is right, where not all of it is: the checks across fields can then speak of the right parts at once instead of
 * waiting until every field is right. Items of a list keep their index.
 */
export function salvage<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): DeepPartial<z.output<Schema>> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data as DeepPartial<z.output<Schema>>;
  return salvageParts(bare(schema), value) as DeepPartial<z.output<Schema>> | undefined;
}

function salvageParts(node: Node, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { element } = node;
    return element === undefined ? undefined : value.map((item) => salvage(element, item));
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, unknown>;
  const fields = node.shape ?? {};
  const { valueType } = node;
  const keys = node.shape === undefined && valueType !== undefined ? Object.keys(record) : Object.keys(fields);
  return Object.fromEntries(
    keys.map((key) => {
      const field = fields[key] ?? valueType;
      return [key, field === undefined ? undefined : salvage(field, record[key])];
    }),
  );
}
