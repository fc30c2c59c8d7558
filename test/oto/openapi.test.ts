import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { otoApi } from '../../src/oto/index.ts';
import { otoOpenApi } from '../../src/oto/openapi.ts';
import { documented, documentedNames } from './examples/index.ts';

interface Content {
  readonly content: { readonly 'application/json': { readonly schema: Parameters<typeof z.fromJSONSchema>[0] } };
}
interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { name: string; in: string; required: boolean; description?: string }[];
  readonly requestBody?: Content;
  readonly responses: { readonly '200': Content };
}

const { paths } = otoOpenApi() as { paths: Record<string, Record<string, Operation>> };
const operationOf = (name: keyof typeof documented): Operation => {
  const { path, method } = documented[name];
  const operation = paths[path]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`${name} is not in the document`);
  return operation;
};
const reads = (content: Content, value: unknown) =>
  z.fromJSONSchema(content.content['application/json'].schema).safeParse(value).error;

test('the document is one of OpenAPI 3.1, as anybody may check it', async () => {
  const validator = new Validator();
  const text = await readFile(new URL('../../docs/oto-openapi.yaml', import.meta.url), 'utf8');
  expect(await validator.validate(text)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  expect((await validator.validate(text.replace(/^info:$/m, 'about:'))).valid).toBe(false);
});

test('every row of the table is one operation', () => {
  const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  expect(ids.sort()).toEqual(Object.keys(otoApi).sort());
});

describe.each(documentedNames)('%s', (name) => {
  test('its documented requests and answers are valid', () => {
    const { operationId, parameters = [], requestBody, responses, security } = operationOf(name);
    expect(operationId).toBe(name);
    expect(security !== undefined).toBe(!otoApi[name].auth);
    for (const answer of documented[name].answers) expect(reads(responses['200'], answer)).toBeUndefined();
    for (const request of documented[name].requests) {
      if (requestBody !== undefined) expect(reads(requestBody, request)).toBeUndefined();
      else expect(parameters.map((parameter) => parameter.name)).toEqual(expect.arrayContaining(Object.keys(request)));
    }
  });
});

test('what stands in a path is declared there and required, and a wrong body is not valid', () => {
  expect(operationOf('print').parameters?.map((one) => [one.name, one.in, one.required])).toEqual([
    ['orderId', 'path', true],
    ['printReverseShipment', 'query', false],
    ['internationalProforma', 'query', false],
  ]);
  const { requestBody } = operationOf('createOrder');
  if (requestBody === undefined) throw new Error('createOrder has no body');
  expect(reads(requestBody, { orderId: '1', amount: 1, amount_due: 0 })).toBeDefined();
  expect(reads(requestBody, { orderId: '1', amount: 'ten', amount_due: 0, currency: 'SAR' })).toBeDefined();
});
