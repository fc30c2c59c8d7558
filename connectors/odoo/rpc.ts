import { z } from 'zod';
import { BridgeError, connectorErrors, type HttpAnswer, type HttpClient } from '../../src/connector/index.ts';
import { parseAnswer } from './json.ts';
import type { OdooOptions } from './options.ts';
import { pageProblem, problemOf } from './problems.ts';

/** One call of a model's method, as named arguments. */
export interface Call {
  /** The records that the method works on, where it works on records. */
  readonly ids?: readonly number[] | undefined;
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  /** It changes something, so a lost answer is not asked for again. Default: it reads. */
  readonly writes?: boolean;
}

/** Odoo, whichever dialect it speaks. Throws a BridgeError that says in one line what is wrong. */
export interface Rpc {
  readonly dialect: 'json2' | 'jsonrpc';
  /** 14 to 19, as far as is known. */
  readonly version: number;
  call(model: string, method: string, call: Call, signal: AbortSignal): Promise<unknown>;
}

export interface Server {
  readonly http: HttpClient;
  readonly options: Pick<OdooOptions, 'url' | 'database' | 'apiKey' | 'user' | 'protocol'>;
}

const versionAnswer = z.object({ version_info: z.tuple([z.union([z.number(), z.string()])]).rest(z.unknown()) });
const rpcVersion = z.object({
  result: z.object({ server_version_info: z.tuple([z.union([z.number(), z.string()])]).rest(z.unknown()) }),
});
const oldest = 14;

function isJson({ contentType }: HttpAnswer): boolean {
  return contentType === 'application/json';
}

/** Odoo online counts as `saas~19.1`. */
function majorOf(part: number | string): number {
  return Number(/\d+/.exec(String(part))?.[0] ?? 0);
}

function post({ http }: Server, path: string, body: unknown, headers: Record<string, string>, repeatable: boolean) {
  return (signal: AbortSignal) =>
    http({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      repeatable,
      signal,
    });
}

function service(server: Server, name: string, method: string, args: readonly unknown[], repeatable: boolean) {
  const body = { jsonrpc: '2.0', id: 1, method: 'call', params: { service: name, method, args } };
  return post(server, '/jsonrpc', body, {}, repeatable);
}

/** Which Odoo answers; needs no sign-in. Version 19 has a call of its own, and drops the old one later. */
async function versionOf(server: Server, signal: AbortSignal): Promise<number> {
  const { url, database } = server.options;
  const answer = await server.http({ method: 'GET', path: '/json/version', repeatable: true, signal });
  if (answer.status === 200 && isJson(answer)) {
    const known = versionAnswer.safeParse(parseAnswer(answer.text, '/json/version'));
    if (known.success) return majorOf(known.data.version_info[0]);
  }
  const older = await service(server, 'common', 'version', [], true)(signal);
  const known = isJson(older) ? rpcVersion.safeParse(parseAnswer(older.text, 'version')) : undefined;
  if (known?.success === true) return majorOf(known.data.result.server_version_info[0]);
  throw pageProblem(older.status, 'the question for its version', url, database);
}

/** Asks Odoo for its version and signs in as it wants. */
export async function signIn(server: Server, signal: AbortSignal): Promise<Rpc> {
  const version = await versionOf(server, signal);
  if (version < oldest) {
    throw new BridgeError(connectorErrors.CONNECTOR_UNSUPPORTED, {
      message: `This is Odoo ${version}; the connector works with ${oldest} and later.`,
      hint: 'Upgrade Odoo, or let it export files for the connector `csv`.',
    });
  }
  const { protocol } = server.options;
  const dialect = protocol === 'auto' ? (version >= 19 ? 'json2' : 'jsonrpc') : protocol;
  return dialect === 'json2' ? json2(server, version) : jsonrpc(server, version, await authenticate(server, signal));
}

const json2Error = z.object({ name: z.string(), message: z.string() });

/** Since Odoo 19: one address for each method, named arguments only, the bare value as the answer, and HTTP codes that mean something. */
function json2(server: Server, version: number): Rpc {
  const { url, database, apiKey } = server.options;
  const headers = { authorization: `Bearer ${apiKey}`, 'x-odoo-database': database };
  return {
    dialect: 'json2',
    version,
    async call(model, method, { ids, args, context, writes = false }, signal) {
      const call = `${model}/${method}`;
      const body = { ...args, ...(ids === undefined ? {} : { ids }), ...(context === undefined ? {} : { context }) };
      const answer = await post(server, `/json/2/${call}`, body, headers, !writes)(signal);
      if (!isJson(answer)) throw pageProblem(answer.status, call, url, database);
      const value = parseAnswer(answer.text, call);
      if (answer.status === 200) return value;
      const fault = json2Error.safeParse(value).data ?? { name: '', message: `HTTP ${answer.status}` };
      const name = answer.status === 401 ? 'AccessDenied' : (fault.name.split('.').at(-1) ?? '');
      throw problemOf({ name, message: fault.message, call, database });
    },
  };
}

const rpcAnswer = z.object({
  // On 19 a method that returns nothing gives an answer without `result`.
  result: z.unknown().optional(),
  // Its own `code` is 200 on 14 and 0 on 19, and says nothing.
  error: z
    .object({
      message: z.string().default(''),
      data: z.object({ name: z.string().default(''), message: z.string().default('') }).optional(),
    })
    .optional(),
});

function resultOf(answer: HttpAnswer, call: string, { url, database }: Server['options']): unknown {
  if (!isJson(answer)) throw pageProblem(answer.status, call, url, database);
  const parsed = rpcAnswer.safeParse(parseAnswer(answer.text, call));
  if (!parsed.success) throw pageProblem(answer.status, call, url, database);
  const { error, result = null } = parsed.data;
  if (error === undefined) return result;
  const name = error.data?.name.split('.').at(-1) ?? '';
  throw problemOf({ name, message: error.data?.message ?? error.message, call, database });
}

async function authenticate(server: Server, signal: AbortSignal): Promise<number> {
  const { database, user, apiKey } = server.options;
  if (user === undefined) {
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: 'This Odoo wants a login with the API key, and `user` is not set.',
      hint: 'Set `user` to the login of the user whose API key it is.',
    });
  }
  const answer = await service(server, 'common', 'authenticate', [database, user, apiKey, {}], true)(signal);
  const uid = resultOf(answer, 'sign in', server.options);
  if (typeof uid === 'number') return uid;
  throw new BridgeError(connectorErrors.CONNECTOR_AUTH, {
    message: `Odoo refuses the API key for "${user}": the login or the key is wrong, or the key has expired or was deleted.`,
    hint: 'Check `user`; make a new key in Odoo (My Profile, Account Security, API Keys) and set it as `apiKey`.',
  });
}

/** Arguments whose name changed over the versions, or that a method takes by their place alone. */
const byPlace: Readonly<Record<string, readonly string[]>> = {
  create: ['vals_list'],
  write: ['vals'],
  search_count: ['domain'],
};

/** Odoo 14–18: one address for all, and 200 whatever happens. */
function jsonrpc(server: Server, version: number, uid: number): Rpc {
  const { database, apiKey } = server.options;
  return {
    dialect: 'jsonrpc',
    version,
    async call(model, method, { ids, args = {}, context, writes = false }, signal) {
      const places = byPlace[method] ?? [];
      const named = Object.fromEntries(Object.entries(args).filter(([name]) => !places.includes(name)));
      const positional = [...(ids === undefined ? [] : [ids]), ...places.map((name) => args[name])];
      const keywords = context === undefined ? named : { ...named, context };
      const all = [database, uid, apiKey, model, method, positional, keywords];
      const answer = await service(server, 'object', 'execute_kw', all, !writes)(signal);
      return resultOf(answer, `${model}/${method}`, server.options);
    },
  };
}
