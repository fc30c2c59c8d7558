import { z } from 'zod';

const secrets = z.registry<{ secret: true }>();

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
  options?: readonly z.ZodType[];
};

/** Zod's registries forget a mark when `.optional()`, `.default()` or `.nullable()` wraps the schema, so the inner types are asked too. */
export function isSecret(schema: z.ZodType): boolean {
  if (secrets.get(schema)?.secret === true) return true;
  const { unwrap } = schema as Wrapper;
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
  if (inner.options !== undefined) return inner.options.flatMap((option) => secretValues(option, value));
  return typeof inner.unwrap === 'function' ? secretValues(inner.unwrap(), value) : [];
}
