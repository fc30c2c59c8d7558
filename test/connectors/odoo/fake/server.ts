import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Trouble } from '../../../../src/kit/index.ts';
import { trouble } from '../../../support/trouble.ts';
import { Behaviour } from './behaviour.ts';
import { type Odoo, OdooError, Tables, type Value } from './tables.ts';

type Json = Record<string, unknown>;

const page = '<!DOCTYPE html><html><body><h1>Not Found</h1></body></html>';

/** Odoo on loopback: `/json/2` and `/jsonrpc` on 19, `/jsonrpc` alone on 14. */
export class OdooServer {
  readonly tables: Tables;
  readonly odoo: Behaviour;
  readonly database = 'odoo_test';
  readonly login = 'bridge';
  apiKey = 'e3b0c44298fc1c149afbf4c8996fb924';
  /** Companies that the user may see. */
  companies = [1];
  /** `model` or `model/method` that the user has no right to. */
  readonly forbidden = new Set<string>();
  /** From the second call of such a method on, answers end in the middle. */
  broken: string | undefined;
  /** What the next requests are answered, before anything else. */
  readonly answers: { status: number; headers?: Record<string, string>; body: string }[] = [];
  /** What every request is answered from now on. */
  trouble: Trouble | undefined;
  /** Calls as `model/method`, with their arguments. */
  readonly calls: { readonly call: string; readonly args: Json; readonly context: Json }[] = [];
  requests = 0;
  #broken = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor(version: Odoo) {
    this.tables = new Tables(version);
    this.odoo = new Behaviour(this.tables, (Math.floor(Date.now() / 1000) - 7200) * 1_000_000);
  }

  get version(): Odoo {
    return this.tables.version;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = (parts.length === 0 ? {} : JSON.parse(Buffer.concat(parts).toString())) as Json;
    const path = request.url ?? '/';
    const planned = this.answers.shift();
    if (this.trouble !== undefined) {
      trouble(response, this.trouble);
    } else if (planned !== undefined) {
      response.writeHead(planned.status, { 'content-type': 'text/html', ...planned.headers }).end(planned.body);
    } else if (path === '/jsonrpc') {
      this.#rpc(body, response);
    } else if (this.version === 19 && path === '/json/version') {
      this.#json(response, 200, { version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' });
    } else if (this.version === 19 && path.startsWith('/json/2/')) {
      this.#json2(request, path.slice('/json/2/'.length), body, response);
    } else {
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    }
  }

  #json(response: ServerResponse, status: number, value: unknown, call = ''): void {
    const text = JSON.stringify(value);
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    if (call === this.broken) this.#broken += 1;
    if (call === this.broken && this.#broken > 1) {
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    } else response.end(text);
  }

  #json2(request: IncomingMessage, call: string, body: Json, response: ServerResponse): void {
    if (request.headers['x-odoo-database'] !== this.database) {
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' }).end(page);
      return;
    }
    if (request.headers.authorization !== `Bearer ${this.apiKey}`) {
      const message = 'Invalid apikey';
      this.#json(response, 401, {
        name: 'werkzeug.exceptions.Unauthorized',
        message,
        arguments: [message],
        context: {},
        debug: 'Traceback…',
      });
      return;
    }
    const { ids = [], context = {}, ...args } = body;
    const [model = '', method = ''] = call.split('/');
    try {
      this.#json(response, 200, this.#call(model, method, ids as number[], args, context as Json), call);
    } catch (error) {
      const { status, exception, message } = faultOf(error);
      this.#json(response, status, {
        name: exception,
        message,
        arguments: [message],
        context: {},
        debug: 'Traceback (most recent call last): …',
      });
    }
  }

  /** Always 200; the code of an error is 200 on 14 and 0 on 19, and a method that returns nothing gives no `result` on 19. */
  #rpc(body: Json, response: ServerResponse): void {
    const { service, method, args = [] } = body.params as { service: string; method: string; args?: unknown[] };
    const frame = { jsonrpc: '2.0', id: body.id };
    const fail = ({ exception, message }: { exception: string; message: string }) =>
      this.#json(response, 200, {
        ...frame,
        error: {
          code: this.version === 14 ? 200 : 0,
          message: 'Odoo Server Error',
          data: {
            name: exception,
            debug: 'Traceback (most recent call last): …',
            message,
            arguments: [message],
            context: {},
          },
        },
      });
    if (service === 'common' && method === 'version') {
      const info = this.version === 14 ? [14, 0, 0, 'final', 0, ''] : [19, 0, 0, 'final', 0, ''];
      this.#json(response, 200, {
        ...frame,
        result: {
          server_version: `${info[0]}.0`,
          server_version_info: info,
          server_serie: `${info[0]}.0`,
          protocol_version: 1,
        },
      });
      return;
    }
    const [database, who, key] = args as [string, unknown, string];
    if (database !== this.database) {
      fail({ exception: 'psycopg2.OperationalError', message: `FATAL:  database "${database}" does not exist\n` });
      return;
    }
    if (service === 'common') {
      this.#json(response, 200, { ...frame, result: who === this.login && key === this.apiKey ? 2 : false });
      return;
    }
    if (key !== this.apiKey) {
      fail({ exception: 'odoo.exceptions.AccessDenied', message: 'Access Denied' });
      return;
    }
    const [, , , model, name, positional, keywords] = args as [string, number, string, string, string, unknown[], Json];
    const { context = {}, ...named } = keywords;
    try {
      const call = `${model}/${name}`;
      const { ids, values } = placed(name, positional);
      const value = this.#call(model, name, ids, { ...named, ...values }, context as Json);
      this.#json(response, 200, this.version === 19 && value === null ? frame : { ...frame, result: value }, call);
    } catch (error) {
      fail(faultOf(error));
    }
  }

  #call(model: string, method: string, ids: readonly number[], args: Json, context: Json): Value {
    const call = `${model}/${method}`;
    this.calls.push({ call, args: { ...args, ...(ids.length > 0 ? { ids } : {}) }, context });
    if (this.forbidden.has(model) || this.forbidden.has(call)) {
      throw new OdooError(
        403,
        'odoo.exceptions.AccessError',
        `You are not allowed to access '${model}' (${model}) records.\n\nThis operation is allowed for the following groups: …`,
      );
    }
    const companies = (context.allowed_company_ids ?? this.companies) as number[];
    if (companies.some((id) => !this.companies.includes(id))) {
      throw new OdooError(403, 'odoo.exceptions.AccessError', 'Access to unauthorized or invalid companies.');
    }
    const activeTest = context.active_test !== false;
    const domain = (args.domain ?? []) as Value[];
    switch (method) {
      case 'context_get':
        return this.version === 19 ? { lang: 'en_US', tz: false, uid: 2 } : { lang: 'en_US', tz: false, uid: 2 };
      case 'fields_get':
        return Object.fromEntries(this.tables.fieldsOf(model).map((field) => [field, { type: 'char' }]));
      case 'search_count':
        return this.tables.find(model, domain, activeTest).length;
      case 'search_read': {
        const rows = this.tables.search(model, args, activeTest);
        return rows.map((row) => this.tables.show(model, this.#computed(model, row, context), args.fields as string[]));
      }
      case 'formatted_read_group': {
        if (this.version < 19) break;
        const by = args.groupby as string[];
        return this.tables.group(domain, by).map(({ key, quantity, reserved, records }) => ({
          ...Object.fromEntries(by.map((field, index) => [field, key[index]])),
          'quantity:sum': quantity,
          'reserved_quantity:sum': reserved,
          __count: records,
          __extra_domain: [],
        }));
      }
      case 'read_group': {
        const by = args.groupby as string[];
        return this.tables.group(domain, by).map(({ key, quantity, reserved, records }) => ({
          ...Object.fromEntries(by.map((field, index) => [field, key[index]])),
          quantity,
          reserved_quantity: reserved,
          __count: records,
          __domain: [],
        }));
      }
      default:
        return this.odoo.call(model, method, { ids, args, context });
    }
    throw new OdooError(404, 'werkzeug.exceptions.NotFound', `the method '${call}' does not exist`);
  }

  /** Kits have as many as their parts make, by the location that the context names. */
  #computed(model: string, row: ReturnType<Tables['search']>[number], context: Json) {
    const made = row.kit as Record<string, string> | undefined;
    if (model !== 'product.product' || made === undefined) return row;
    const figure = made[String(context.location)] ?? '0';
    return { ...row, qty_available: figure, free_qty: figure };
  }
}

/** Positional arguments by their names, as the methods of Odoo 14 take them. */
function placed(method: string, positional: readonly unknown[]): { ids: number[]; values: Json } {
  if (method === 'create') return { ids: [], values: { vals_list: positional[0] } };
  if (method === 'search_count') return { ids: [], values: { domain: positional[0] } };
  const [ids = [], vals] = positional as [number[]?, unknown?];
  return { ids, values: vals === undefined ? {} : { vals } };
}

function faultOf(error: unknown): { status: number; exception: string; message: string } {
  if (error instanceof OdooError) return { status: error.status, exception: error.exception, message: error.message };
  return { status: 500, exception: 'builtins.Exception', message: String(error) };
}
