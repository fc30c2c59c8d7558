import { z } from 'zod';
import { commandNames } from '../model/index.ts';
import { entityNames } from './types.ts';

/** The version of the connector interface that this bridge speaks. */
export const connectorApiVersion = 1;

const readSupport = z
  .object({
    mode: z.enum(['full', 'incremental']),
    zeros: z.enum(['listed', 'omitted']).optional(),
    deletes: z.enum(['reported', 'absence', 'never']),
    bySku: z.boolean().optional(),
  })
  .refine(
    ({ mode, deletes }) => deletes !== 'absence' || mode === 'full',
    "deletes: 'absence' needs mode: 'full': a partial read says nothing about what it leaves out",
  );

/** By its abilities, never by class: a package from npm may bring a zod of its own. */
const zodSchema = z.custom<z.ZodType>(
  (value) => typeof (value as { safeParse?: unknown } | null)?.safeParse === 'function' && '_zod' in (value as object),
  'must be a zod 4 schema',
);

/** What a connector's default export has to look like. */
export const definitionSchema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be kebab-case'),
  apiVersion: z.literal(connectorApiVersion),
  title: z.string().min(1),
  summary: z.string().min(1),
  options: zodSchema,
  example: z.unknown(),
  supports: z.strictObject({
    read: z.partialRecord(z.enum(entityNames), readSupport),
    apply: z.partialRecord(z.enum(commandNames), z.object({ idempotent: z.boolean() })),
  }),
  checkpointVersion: z.int().min(0),
  open: z.custom((value) => typeof value === 'function', 'must be a function'),
});
