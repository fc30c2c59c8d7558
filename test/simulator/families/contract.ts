import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { ApiName, CallName } from '../../../src/oto/index.ts';
import { defaultRefreshToken } from '../../../src/simulator/index.ts';
import { clientFor } from '../../oto/server.ts';
import { start } from '../client.ts';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: object } } };
  readonly responses: {
    readonly '200': { readonly content: { readonly 'application/json': { readonly schema: object } } };
  };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: { readonly Refusal: object } };
}

/** What the served OpenAPI document says of bodies, as a JSON Schema validator reads it. */
export function contractOf({ paths, components }: Document) {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
  const operations = new Map(
    Object.values(paths).flatMap((path) => Object.values(path).map((one) => [one.operationId, one])),
  );
  const compiled = new Map<string, ValidateFunction>();
  const fits = (key: string, schema: object, body: unknown): void => {
    const validate = compiled.get(key) ?? ajv.compile(schema);
    compiled.set(key, validate);
    const valid = validate(body);
    expect(valid ? undefined : validate.errors, `${key}: ${JSON.stringify(body)}`).toBeUndefined();
  };
  const operationOf = (name: ApiName): Operation => {
    const operation = operations.get(name);
    if (operation === undefined) throw new Error(`${name} is not in the document`);
    return operation;
  };
  return {
    names: [...operations.keys()],
    request(name: ApiName, body: unknown) {
      const { requestBody } = operationOf(name);
      if (requestBody !== undefined) fits(`${name} request`, requestBody.content['application/json'].schema, body);
    },
    answer(name: ApiName, body: unknown) {
      fits(`${name} answer`, operationOf(name).responses['200'].content['application/json'].schema, body);
    },
    refusal: (body: unknown) => fits('Refusal', components.schemas.Refusal, body),
  };
}

let served: ReturnType<typeof contractOf> | undefined;

/** A simulator, the typed client of it, and what its own document says of every answer that goes by. */
export async function openSite(options: Parameters<typeof start>[0] = {}) {
  const site = await start(options);
  const { simulator } = site;
  const oto = clientFor(simulator.url, { refreshToken: options.refreshTokens?.[0] ?? defaultRefreshToken });
  // The same from every simulator.
  served ??= contractOf((await site.admin('GET', '/openapi.json')).body);
  const contract = served;

  /** A call that has to be taken; its raw answer, which the document describes. */
  async function taken(name: CallName, params: Readonly<Record<string, unknown>> = {}) {
    contract.request(name, params);
    const outcome = await oto.call(name, params as never);
    expect(outcome, `${name} ${JSON.stringify(params)}`).toMatchObject({ kind: 'ok' });
    const body = JSON.parse(outcome.kind === 'ok' ? outcome.raw : 'null');
    contract.answer(name, body);
    return body;
  }

  /** A call that has to be refused; its code. */
  async function refused(name: CallName, params: Readonly<Record<string, unknown>> = {}) {
    const { body } = await site.call(name, params);
    contract.refusal(body);
    expect(body.success, `${name} ${JSON.stringify(params)}`).toBe(false);
    return body.otoErrorCode;
  }

  const { [Symbol.asyncDispose]: close } = site;
  return {
    ...site,
    oto,
    contract,
    taken,
    refused,
    [Symbol.asyncDispose]: async () => {
      await oto.close();
      await close();
    },
  };
}

export type Site = Awaited<ReturnType<typeof openSite>>;
