import { z } from 'zod';
import type { ErrorCode } from '../lib/errors.ts';
import { isSecret } from '../lib/secret.ts';
import { exampleConfig } from './example.ts';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that zod makes of our schemas. */
interface Json {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Json[];
  properties?: Record<string, Json>;
  required?: string[];
  additionalProperties?: Json | boolean;
  items?: Json;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  writeOnly?: boolean;
}

/** `writeOnly` marks secrets: zod's own output does not know them. */
function toJson(schema: z.ZodType, adjust: (json: Json) => void = () => {}): Json {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const json = jsonSchema as Json;
      if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
      if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
      if (isSecret(zodSchema as unknown as z.ZodType)) json.writeOnly = true;
      adjust(json);
    },
  }) as Json;
}

const reference = '^\\$\\{\\w+\\}$';

/** JSON Schema of the file as it is written, for editors: a `${NAME}` may stand for any value. */
export function editorSchema(): string {
  const schema = toJson(configSchema, (json) => {
    if (json.type === 'number' || json.type === 'integer' || json.type === 'boolean') {
      json.type = [json.type, 'string'];
      json.pattern = reference;
    } else if (json.type === 'string') {
      if (json.pattern !== undefined) json.pattern = `${json.pattern}|\\$\\{\\w+\\}`;
      delete json.format;
    }
  });
  return `${JSON.stringify({ title: 'oto-bridge configuration', ...schema }, null, 2)}\n`;
}

interface Row {
  readonly path: string;
  readonly json: Json;
  readonly required: boolean;
}

/** One row an option; `<name>` stands for a name of your choice, `[]` for each entry of a list. */
function rows(json: Json, path = ''): Row[] {
  if (json.items?.properties !== undefined) return rows(json.items, `${path}[]`);
  if (json.properties === undefined) {
    const named = json.additionalProperties;
    return typeof named === 'object' && named.properties !== undefined ? rows(named, `${path}.<name>`) : [];
  }
  return Object.entries(json.properties).flatMap(([key, field]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [{ path: at, json: field, required: json.required?.includes(key) === true }, ...rows(field, at)];
  });
}

/** A choice as it is read best: a comma or a tab alone would be lost among the others. */
const word = (value: unknown): string => (/^[\w./-]+$/.test(String(value)) ? String(value) : JSON.stringify(value));

function typeText(json: Json): string {
  if (json.anyOf !== undefined) return [...new Set(json.anyOf.map(typeText))].join(' or ');
  if (json.const !== undefined) return `\`${String(json.const)}\``;
  if (json.enum !== undefined) return json.enum.map((value) => `\`${word(value)}\``).join(', ');
  switch (json.type) {
    case 'string':
      return json.format === 'uri' ? 'address' : json.format === 'date' ? 'date (YYYY-MM-DD)' : 'text';
    case 'number':
    case 'integer': {
      const kind = json.type === 'integer' ? 'whole number' : 'number';
      if (json.exclusiveMinimum !== undefined) return `${kind} above ${json.exclusiveMinimum}`;
      if (json.minimum !== undefined && json.maximum !== undefined)
        return `${kind}, ${json.minimum} to ${json.maximum}`;
      return json.minimum === undefined ? kind : `${kind} from ${json.minimum}`;
    }
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return json.items?.properties === undefined ? `list of ${typeText(json.items ?? {})}` : 'list of groups';
    case 'object':
      if (json.properties !== undefined) return 'group';
      return typeof json.additionalProperties === 'object' && json.additionalProperties.properties === undefined
        ? `names with ${typeText(json.additionalProperties)}`
        : 'names with groups';
    default:
      return 'any';
  }
}

/** A table of options in Markdown: path, type, default, whether it is secret, description. */
export function optionTable(schema: z.ZodType): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = rows(toJson(schema)).map(({ path, json, required }) => {
    const isGroup = json.properties !== undefined;
    const standard = required
      ? '**required**'
      : json.default === undefined || isGroup
        ? ''
        : `\`${JSON.stringify(json.default)}\``;
    const secret = json.writeOnly === true ? 'yes' : '';
    return `| ${[`\`${path}\``, typeText(json), standard, secret, json.description ?? ''].map(cell).join(' | ')} |`;
  });
  return ['| option | type | default | secret | meaning |', '|---|---|---|---|---|', ...lines].join('\n');
}

/** config/example.yaml: every option, each with its meaning. */
export function exampleYaml(connector: string, connectorOptions: z.ZodType, options: unknown): string {
  const json = toJson(configSchema);
  const source = json.properties?.sources?.additionalProperties;
  const optionsField = typeof source === 'object' ? source.properties?.options : undefined;
  if (optionsField !== undefined)
    Object.assign(optionsField, { ...toJson(connectorOptions), description: optionsField.description });
  const lines = group(json, exampleConfig(connector, options), 0);
  return [
    '# yaml-language-server: $schema=./schema.json',
    '# Every option of oto-bridge with its default, or an example where there is none. Copy what you need to config/oto-bridge.yaml:',
    '# what you leave out takes its default. ${NAME} is replaced by that environment variable, $${ is a plain ${.',
    ...lines,
    '',
  ].join('\n');
}

function group(json: Json, value: Record<string, unknown>, depth: number): string[] {
  const pad = '  '.repeat(depth);
  const named = typeof json.additionalProperties === 'object' ? json.additionalProperties : undefined;
  const fields: [string, Json][] =
    json.properties === undefined
      ? Object.keys(value).map((key) => [key, named ?? {}])
      : Object.entries(json.properties);
  return fields.flatMap(([key, field], index) => {
    const required = json.required?.includes(key) === true;
    const shown = value[key] ?? field.default ?? (field.properties !== undefined && required ? {} : undefined);
    // A connector's own options are documented with the connector; the example shows those that it needs.
    if (shown === undefined) return [];
    const comments = comment(field, required);
    const gap = depth === 0 || (index > 0 && comments.length > 0 && field.properties !== undefined) ? [''] : [];
    return [
      ...gap,
      ...comments.map((line) => `${pad}# ${line}`),
      ...entry(`${pad}${scalar(key)}:`, field, shown, depth),
    ];
  });
}

function entry(head: string, json: Json, value: unknown, depth: number): string[] {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return [`${head} [${value.map(scalar).join(', ')}]`];
    return [
      head,
      ...value.flatMap((item) =>
        listItem(group(json.items ?? {}, item as Record<string, unknown>, depth + 2), depth + 1),
      ),
    ];
  }
  if (typeof value !== 'object' || value === null) return [`${head} ${scalar(value)}`];
  const inner = group(json, value as Record<string, unknown>, depth + 1);
  return inner.length === 0 ? [`${head} {}`] : [head, ...inner];
}

/** The dash goes to the item's first line that is no comment. */
function listItem(lines: readonly string[], depth: number): string[] {
  const first = lines.findIndex((line) => !line.trimStart().startsWith('#'));
  const pad = '  '.repeat(depth);
  return lines.map((line, index) => {
    if (index < first) return `${pad}${line.trimStart()}`;
    return index === first ? `${pad}- ${line.trimStart()}` : line;
  });
}

function comment(json: Json, required: boolean): string[] {
  if (json.description === undefined) return [];
  const choices =
    json.enum === undefined || json.type === 'boolean' ? '' : ` One of: ${json.enum.map(word).join(', ')}.`;
  const text = `${json.description}${choices}${required ? ' Required.' : ''}`;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 110) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const plain = /^[A-Za-z_][\w./-]*(:\/\/[\w./-]+)?$|^\.\/[\w./-]+$|^\d{4}-\d\d-\d\d$/.test(value);
  return (plain && !/^(true|false|null|yes|no|on|off)$/i.test(value)) || /^\$\{\w+\}$/.test(value)
    ? value
    : JSON.stringify(value);
}

/** docs/errors.md: every code, from all the tables. */
export function errorDocument(codes: readonly ErrorCode[]): string {
  const sorted = [...codes].sort((a, b) => (a.code < b.code ? -1 : 1));
  return [
    '# Error codes',
    '',
    'A code stays the same between releases; texts may change. `recovery` says who can do something about it:',
    '`fix-config` the configuration or the environment has to change, `fix-data` the data has to change at its source, `retry` it may pass by',
    'itself, `ask` a person has to decide, `report` it is a fault of the bridge.',
    '',
    'Generated by `npm run generate` from the `errors.ts` of each folder.',
    '',
    '| code | recovery | meaning |',
    '|---|---|---|',
    ...sorted.map(({ code, recovery, meaning }) => `| \`${code}\` | ${recovery} | ${meaning.replaceAll('|', '\\|')} |`),
    '',
  ].join('\n');
}

/** Puts `content` between the markers of a document that is otherwise written by hand. */
export function between(document: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name}: generated, do not edit -->`, `<!-- /${name} -->`];
  const start = document.indexOf(open);
  const end = document.indexOf(close);
  if (start < 0 || end < start) throw new Error(`The markers ${open} and ${close} are missing.`);
  return `${document.slice(0, start + open.length)}\n\n${content}\n\n${document.slice(end)}`;
}
