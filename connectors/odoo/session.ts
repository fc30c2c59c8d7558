import { z } from 'zod';
import { BridgeError, type Context, connectorErrors, httpClient } from '../../src/connector/index.ts';
import type { OdooOptions } from './options.ts';
import { type Call, type Rpc, signIn } from './rpc.ts';

/** Who the bridge is in Odoo, and what this Odoo's models look like. */
interface Standing {
  readonly rpc: Rpc;
  readonly companies: readonly number[];
  readonly context: Readonly<Record<string, unknown>>;
}

/** A record as it was read: only what was asked for, and `id`. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

const rowsAnswer = z.array(z.looseObject({ id: z.number() }));
const users = z.array(z.looseObject({ company_ids: z.array(z.number()) })).min(1);
const companies = z.array(z.object({ id: z.number(), name: z.string() }));

export type Domain = readonly unknown[];

export interface Search {
  readonly domain?: Domain;
  readonly fields: readonly string[];
  readonly order?: string;
  readonly limit?: number;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** One open connection to one Odoo. It signs in at the first call, and again after a failure. */
export class Session {
  readonly context: Context<OdooOptions>;
  #standing: Promise<Standing> | undefined;
  readonly #fields = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(context: Context<OdooOptions>) {
    this.context = context;
  }

  get options(): OdooOptions {
    return this.context.options;
  }

  async standing(signal: AbortSignal): Promise<Standing> {
    // What one caller gives up must not fail for another: it is not shared before it is there.
    this.#standing ??= this.#signIn(signal);
    try {
      return await this.#standing;
    } catch (error) {
      this.#standing = undefined;
      this.#fields.clear();
      throw error;
    }
  }

  async call(model: string, method: string, call: Call, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const { rpc, context } = await this.standing(signal);
    return rpc.call(model, method, { ...call, context: { ...context, ...call.context } }, signal);
  }

  /** Archived records are among them: their goods still lie there, and their end has to become known. */
  async search(model: string, search: Search, signal: AbortSignal): Promise<Row[]> {
    const { domain = [], fields, order = 'id asc', limit, context } = search;
    const args = { domain, fields, order, ...(limit === undefined ? {} : { limit }) };
    const answer = await this.call(model, 'search_read', { args, context }, signal);
    return parsed(rowsAnswer, answer, `${model}/search_read`);
  }

  /** All records that fit, however many, a page at a time by their ids. */
  async searchAll(model: string, search: Omit<Search, 'order' | 'limit'>, signal: AbortSignal): Promise<Row[]> {
    const limit = Math.max(this.options.pageSize, 1);
    const all: Row[] = [];
    for (let last = 0; ; ) {
      const domain = [...(search.domain ?? []), ['id', '>', last]];
      const page = await this.search(model, { ...search, domain, limit }, signal);
      all.push(...page);
      if (page.length < limit) return all;
      last = page.at(-1)?.id ?? last;
    }
  }

  /** The fields that a model has in this Odoo: they differ by version and by module. */
  async fields(model: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const known = this.#fields.get(model);
    if (known !== undefined) return known;
    const answer = await this.call(model, 'fields_get', { args: { attributes: ['type'] } }, signal);
    const names = new Set(Object.keys(parsed(z.record(z.string(), z.unknown()), answer, `${model}/fields_get`)));
    this.#fields.set(model, Promise.resolve(names));
    return names;
  }

  /** Of some fields those that this Odoo has. */
  async having(model: string, names: readonly string[], signal: AbortSignal): Promise<string[]> {
    const there = await this.fields(model, signal);
    return names.filter((name) => there.has(name));
  }

  async #signIn(signal: AbortSignal): Promise<Standing> {
    const { options, dispatcher } = this.context;
    const { url, timeoutSeconds, language } = options;
    const http = httpClient({ dispatcher, baseUrl: url, timeoutMs: timeoutSeconds * 1000 });
    const rpc = await signIn({ http, options }, signal);
    const mine = await rpc.call('res.users', 'context_get', {}, signal);
    const { uid } = parsed(z.looseObject({ uid: z.number().optional() }), mine, 'res.users/context_get');
    const ids = await companiesOf(rpc, uid, options.companies, signal);
    const context = {
      allowed_company_ids: ids,
      active_test: false,
      ...(language === undefined ? {} : { lang: language }),
    };
    return { rpc, companies: ids, context };
  }
}

/** Companies that an error lists. */
const mostNamed = 5;

/** The configured companies, or all that the user may see. */
async function companiesOf(
  rpc: Rpc,
  uid: number | undefined,
  wanted: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<number[]> {
  const domain = uid === undefined ? [['login', '!=', false]] : [['id', '=', uid]];
  const args = { domain, fields: ['company_ids'], limit: 1 };
  const me = parsed(users, await rpc.call('res.users', 'search_read', { args }, signal), 'res.users/search_read');
  const allowed = me[0]?.company_ids ?? [];
  if (wanted === undefined) return allowed;
  const list = { domain: [['id', 'in', allowed]], fields: ['name'], order: 'id asc' };
  const there = parsed(companies, await rpc.call('res.company', 'search_read', { args: list }, signal), 'res.company');
  return wanted.map((name) => {
    const found = there.filter((company) => company.name === name);
    const [one] = found;
    if (one !== undefined && found.length === 1) return one.id;
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `The user of the API key sees ${found.length === 0 ? 'no company' : 'several companies'} "${name}", only ${there
        .slice(0, mostNamed)
        .map((company) => `"${company.name}"`)
        .join(', ')}${there.length > mostNamed ? ', …' : ''}.`,
      hint: 'Correct `companies`, or allow the company to the user in Odoo (Settings, Users).',
    });
  });
}

/** An answer in the shape that Odoo documents; anything else is no Odoo, or one that was changed. */
export function parsed<T>(schema: z.ZodType<T>, answer: unknown, call: string): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
    message: `Odoo answered ${call} in an unknown shape: ${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}.`,
    hint: 'A module may have changed this model. Look at the answer, and report it.',
  });
}
