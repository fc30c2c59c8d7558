import { z } from 'zod';
import type { ConnectorDefinition } from '../connector/index.ts';
import { isSecret } from '../lib/secret.ts';

/** The parts of a JSON Schema that are looked at. */
interface Json {
  description?: string;
  properties?: Record<string, Json>;
  items?: Json;
  additionalProperties?: Json | boolean;
  anyOf?: Json[];
  oneOf?: Json[];
  allOf?: Json[];
  writeOnly?: boolean;
}

export interface OptionField {
  /** Such as `login.password`. */
  readonly path: string;
  readonly name: string;
  readonly described: boolean;
  readonly secret: boolean;
}

/** Every field of the options, at any depth. Throws where the schema has no JSON Schema. */
export function optionFields(definition: ConnectorDefinition): OptionField[] {
  const json = z.toJSONSchema(definition.options, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (isSecret(zodSchema as unknown as z.ZodType)) jsonSchema.writeOnly = true;
    },
  });
  return fieldsOf(json as Json, '');
}

function fieldsOf(json: Json, path: string): OptionField[] {
  const { additionalProperties: rest } = json;
  const inner = [json.items, typeof rest === 'object' ? rest : undefined, ...(json.anyOf ?? [])];
  for (const part of [...(json.oneOf ?? []), ...(json.allOf ?? [])]) inner.push(part);
  return [
    ...Object.entries(json.properties ?? {}).flatMap(([name, field]) => {
      const here = path === '' ? name : `${path}.${name}`;
      const { description = '' } = field;
      return [
        { path: here, name, described: description.trim() !== '', secret: field.writeOnly === true },
        ...fieldsOf(field, here),
      ];
    }),
    ...inner.flatMap((part) => (part === undefined ? [] : fieldsOf(part, path))),
  ];
}
