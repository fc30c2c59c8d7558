import { z } from 'zod';
import { otoApi } from './api.ts';
import type { Endpoint } from './row.ts';

type Json = Readonly<Record<string, unknown>>;
interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
}

const effects = {
  repeat: 'A read: it may be repeated.',
  'resend-if-unchanged': 'A write. Without an answer: look whether it was taken before sending it again.',
  look: 'A write. Without an answer: sending it again answers whether it was taken.',
  park: 'A write. Without an answer: nothing tells whether it was taken, so a person has to look.',
} as const satisfies Record<Endpoint['lostAnswer'], string>;

/** What OTO answers where it does not take a call: three generations of one form, and the gateway's own. */
const refusal = {
  type: 'object',
  properties: {
    success: { type: 'boolean', const: false },
    otoErrorCode: { type: 'string', description: 'OTO1001 to OTO1213; some examples leave out OTO.' },
    otoErrorMessage: { type: 'string' },
    errorCode: {
      type: ['integer', 'string'],
      description: 'The oldest form: a small number that each endpoint counts for itself.',
    },
    errorMsg: { type: 'string' },
    errorDetail: { type: 'string' },
    warnings: { type: 'array', items: { type: 'string' } },
    message: { type: 'string', description: 'With `code`: the gateway, such as 401 with `Jwt is expired`.' },
    code: { type: 'integer' },
  },
};

/** The OpenAPI 3.1 document of all that OTO documents, made from the table that the client works by. */
export function otoOpenApi(): Json {
  const rows = Object.values<Endpoint>(otoApi);
  const paths: Record<string, Record<string, Json>> = {};
  for (const row of rows) {
    paths[row.path] = { ...paths[row.path], [row.method.toLowerCase()]: operation(row) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'OTO REST API V2',
      version: '2',
      description:
        "Written from OTO's public documentation, of which parts contradict each other; requests allow what any part of it allows. Not a document of OTO.",
    },
    servers: [
      { url: 'https://api.tryoto.com/rest/v2', description: 'Production' },
      { url: 'https://staging-api.tryoto.com/rest/v2', description: 'Staging, with accounts and tokens of its own' },
    ],
    security: [{ accessToken: [] }],
    tags: [...new Set(rows.map(({ family }) => family))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', description: 'From refreshToken; good for about an hour.' },
      },
      schemas: { Refusal: refusal },
      responses: {
        Refusal: {
          description: 'OTO did not take the call. Some refusals come with status 200 and `success: false`.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
        },
      },
    },
  };
}

function operation(row: Endpoint): Json {
  const { properties = {}, required = [], ...rest } = jsonSchema(row.request) as ObjectSchema;
  const inPath = Object.keys(properties).filter((name) => row.path.includes(`{${name}}`));
  const inQuery = row.params === 'query' ? Object.keys(properties).filter((name) => !inPath.includes(name)) : [];
  const parameter = (place: 'path' | 'query') => (name: string) => {
    const { description, ...schema } = properties[name] ?? {};
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  };
  const parameters = [...inPath.map(parameter('path')), ...inQuery.map(parameter('query'))];
  return {
    operationId: row.name,
    tags: [row.family],
    summary: row.summary,
    description: `${effects[row.lostAnswer]} Plan: ${row.plan}.`,
    ...(row.auth ? {} : { security: [] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(row.params === 'body'
      ? {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: { ...rest, properties, ...(required.length === 0 ? {} : { required }) } },
            },
          },
        }
      : {}),
    responses: {
      '200': {
        description: 'OTO took the call, unless `success` is false or an error field is filled.',
        content: { 'application/json': { schema: jsonSchema(row.response) } },
      },
      default: { $ref: '#/components/responses/Refusal' },
    },
  };
}

/** What stands on the wire, before the client makes one form of it. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
