import { compile, type JSONValue, search } from '@jmespath-community/jmespath';
import { z } from 'zod';
import { messageOf } from '../../src/connector/index.ts';

/** A JMESPath expression: where something stands in an answer. */
export const jmespath = z.string().superRefine((text, issues) => {
  try {
    compile(text);
  } catch (error) {
    issues.addIssue({ code: 'custom', message: `is no JMESPath expression: ${messageOf(error)}` });
  }
});

export type Json = JSONValue;

export function find(value: Json, expression: string): Json {
  return search(value, expression);
}

/** The list that an expression finds; undefined where it finds none. */
export function findList(value: Json, expression: string): readonly Json[] | undefined {
  const found = find(value, expression);
  return Array.isArray(found) ? found : undefined;
}

/** What an expression finds, as text; undefined for nothing, blanks, and what is no single value. */
export function findText(value: Json, expression: string): string | undefined {
  const found = find(value, expression);
  if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') return undefined;
  const text = String(found).trim();
  return text === '' ? undefined : text;
}

/** Texts by name, each found by its expression. */
export function findFields(value: Json, expressions: Readonly<Record<string, string>>): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, expression] of Object.entries(expressions)) {
    const text = findText(value, expression);
    if (text !== undefined) fields[name] = text;
  }
  return fields;
}

/** JSON whose numbers stay the texts that the server sent: through JavaScript's, `0.10` and twenty digits would change. */
export function parseJson(text: string): Json {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value,
  ) as Json;
}
