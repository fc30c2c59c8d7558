import { z } from 'zod';

/** One registry a process: a connector from npm may load a second copy of this file, and its secrets have to be known here. */
const key = Symbol.for('oto-bridge.secrets');
const shared = globalThis as { [key]?: z.core.$ZodRegistry<{ secret: true }> };
shared[key] ??= z.registry<{ secret: true }>();
const secrets = shared[key];

/** Marks a schema's value as a secret: never printed, and removed from every log line. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  secrets.add(schema, { secret: true });
  return schema;
}

type Wrapper = z.ZodType & {
  unwrap?: () => z.ZodType;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  valueType?: z.ZodType;
  in?: z.ZodType;
  options?: readonly z.ZodType[];
};

/** Zod's registries forget a mark when `.optional()`, `.default()` or `.nullable()` wraps the schema, so the inner types are asked too. */
export function isSecret(schema: z.ZodType): boolean {
  if (secrets.get(schema)?.secret === true) return true;
  const { unwrap, in: input } = schema as Wrapper;
  if (input !== undefined) return isSecret(input);
  return typeof unwrap === 'function' && !('element' in schema) ? isSecret(unwrap.call(schema)) : false;
}

/** All secret values that `value`, parsed by `schema`, holds. */
export function secretValues(schema: z.ZodType, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (isSecret(schema)) return typeof value === 'string' ? [value] : [];
  const inner = schema as Wrapper;
  if (inner.shape !== undefined && typeof value === 'object') {
    return Object.entries(inner.shape).flatMap(([key, field]) =>
      secretValues(field, (value as Record<string, unknown>)[key]),
    );
  }
  if (inner.element !== undefined && Array.isArray(value)) {
    const { element } = inner;
    return value.flatMap((item) => secretValues(element, item));
  }
  if (inner.valueType !== undefined && typeof value === 'object') {
    const { valueType } = inner;
    return Object.values(value).flatMap((item) => secretValues(valueType, item));
  }
  // An enum has `options` too, but they are texts.
  if (inner.type === 'union' && inner.options !== undefined)
    return inner.options.flatMap((option) => secretValues(option, value));
  if (inner.in !== undefined) return secretValues(inner.in, value);
  return typeof inner.unwrap === 'function' ? secretValues(inner.unwrap(), value) : [];
}
