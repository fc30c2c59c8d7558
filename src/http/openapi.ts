import { z } from 'zod';
import { webhookTypes } from '../config/http-schema.ts';
import { type Answer, type ApiRoute, failed } from './api-route.ts';
import { aliveAnswer, readyAnswer } from './health-routes.ts';
import { hintAnswer } from './hooks.ts';
import { stationApi } from './station/openapi.ts';
import { webhookAnswer } from './webhooks.ts';

export { errorAnswer } from './api-route.ts';

export const apiRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/healthz',
    summary: 'The process lives',
    description: 'Asks nothing and nobody. For a liveness probe.',
    answers: { 200: { description: 'It does.', schema: aliveAnswer } },
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'The worker can work',
    description: 'Database, jobs and token, each with its state and since when. For a readiness probe.',
    answers: {
      200: { description: 'It can.', schema: readyAnswer },
      503: { description: 'It cannot; `checks` say why.', schema: readyAnswer },
    },
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Figures for Prometheus',
    description: 'With `http.metricsToken` only for those who send it.',
    security: [{}, { token: [] }, { password: [] }],
    answers: {
      200: { description: 'The text form of Prometheus.', type: 'text/plain' },
      401: failed('The token is missing or wrong.'),
    },
  },
  {
    method: 'post',
    path: '/hooks/{source}',
    summary: 'A source has something new',
    description:
      'Wakes a read of the flows that read from the source. The body is never read as data: it may be anything, also nothing. Sent often, it wakes no more than one read that goes on and one that waits.',
    parameters: [
      { name: 'source', in: 'path', required: true, schema: { type: 'string' }, description: 'As under `hooks`.' },
      {
        name: 'flow',
        in: 'query',
        style: 'form',
        explode: false,
        schema: { type: 'array', items: { type: 'string', enum: ['products', 'stock', 'documents'] } },
        description: 'Only these flows, by commas. Default: all that read from the source.',
      },
    ],
    body: 'Anything, up to 256 KiB. Its bytes are what is signed.',
    security: [{ token: [] }, { password: [] }, { signature: [] }],
    answers: {
      202: { description: 'The read stands in the queue, and survives every crash.', schema: hintAnswer },
      400: failed('`flow` names one that does not read from this source.'),
      401: failed('Source or secret is unknown; which of the two is not told.'),
      413: failed('The body is too large.'),
      503: failed('Nothing was stored. Send it again.'),
    },
  },
  ...(['post', 'put'] as const).map(
    (method): ApiRoute => ({
      method,
      path: '/webhooks/oto/{type}',
      summary: 'OTO says that something has happened',
      description:
        'Stored as it came. What it says has no effect: it names an order, which is then read from OTO. The same body again is the same event.',
      parameters: [
        {
          name: 'type',
          in: 'path',
          required: true,
          schema: { type: 'string', enum: [...webhookTypes, 'walletTransactions'] },
          description: 'As OTO calls it.',
        },
      ],
      body: 'A JSON object as OTO documents it, with its `signature`. Up to 256 KiB.',
      security: [{ webhook: [] }],
      answers: {
        200: { description: 'It is in the database, and survives every crash.', schema: webhookAnswer },
        400: failed('The body is no JSON object.'),
        401: failed('The key is not the right one, or the signature does not fit.'),
        404: failed('OTO has no webhook of this type.'),
        413: failed('The body is too large.'),
        503: failed('Nothing was stored. Send it again.'),
      },
    }),
  ),
  ...stationApi,
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    description: 'OpenAPI 3.1.',
    answers: { 200: { description: 'The document.', schema: z.looseObject({ openapi: z.literal('3.1.0') }) } },
  },
  {
    method: 'get',
    path: '/',
    summary: 'This description, to read',
    description: 'One page without scripts.',
    answers: { 200: { description: 'The page.', type: 'text/html' } },
  },
];

/** The description of our own API, from the schemas that its answers are tested with. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, body, bodySchema, answers, ...route } of apiRoutes) {
    paths[path] ??= {};
    paths[path][method] = {
      ...route,
      operationId: `${method}${(path === '/' ? '/page' : path).replaceAll(/[^a-z]+([a-z]?)/gi, (_, letter: string) => letter.toUpperCase())}`,
      ...(body === undefined
        ? {}
        : { requestBody: { description: body, required: bodySchema !== undefined, content: contentOf(bodySchema) } }),
      responses: Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'oto-bridge',
      version,
      description: 'What a running worker of oto-bridge answers. Every answer carries `x-request-id`.',
    },
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        password: { type: 'http', scheme: 'basic', description: 'Any name; the secret as password.' },
        station: {
          type: 'apiKey',
          in: 'cookie',
          name: 'oto-bridge-station',
          description: 'The cookie that signing in sets; over TLS its name begins with `__Host-`.',
        },
        webhook: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'The value of `webhooks.authorizationKey`, alone or behind `Bearer`.',
        },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Hub-Signature-256',
          description: '`sha256=` and the HMAC-SHA256 of the raw body with the secret as key, in hexadecimal digits.',
        },
      },
    },
  };
}

function contentOf(schema: z.ZodType | undefined): object {
  return schema === undefined
    ? { '*/*': { schema: {} } }
    : { 'application/json': { schema: shapeOf(schema, 'input') } };
}

function shapeOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io }) as Record<string, unknown>;
  return json;
}

function answerOf({ description, schema, type = 'application/json' }: Answer): object {
  const shape = schema === undefined ? { type: 'string' } : shapeOf(schema, 'output');
  return { description, content: { [type]: { schema: shape } } };
}
