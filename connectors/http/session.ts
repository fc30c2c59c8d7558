import {
  BridgeError,
  type Context,
  connectorErrors,
  type HttpAnswer,
  type HttpClient,
  httpClient,
} from '../../src/connector/index.ts';
import { refusedSignIn, type SignIn, signIn } from './auth.ts';
import { type Json, parseJson } from './mapping.ts';
import type { HttpOptions } from './options.ts';

export type ListName = 'products' | 'stock' | 'documents';

/** One answer, parsed. */
export interface Answer {
  readonly body: Json;
  readonly headers: HttpAnswer['headers'];
}

/** What every part of an open connector needs. */
export class Session {
  readonly context: Context<HttpOptions>;
  readonly ask: HttpClient;
  readonly #base: URL;
  readonly #signIn: SignIn;

  constructor(context: Context<HttpOptions>) {
    const { baseUrl, headers, timeoutSeconds } = context.options;
    this.context = context;
    this.#base = new URL(baseUrl);
    this.ask = httpClient({
      dispatcher: context.dispatcher,
      baseUrl,
      headers: { accept: 'application/json', ...headers },
      timeoutMs: timeoutSeconds * 1000,
    });
    this.#signIn = signIn(this);
  }

  /** @throws BridgeError CONNECTOR_OPTIONS where the configuration has no such list */
  optionsOf<Name extends ListName>(name: Name): NonNullable<HttpOptions[Name]> {
    const found = this.context.options[name];
    if (found !== undefined) return found as NonNullable<HttpOptions[Name]>;
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `Source \`${this.context.source}\` is asked for ${name}, but its option \`${name}\` is not set.`,
      hint: `Add \`options.${name}\` to the source, or let the flow read from another one.`,
      place: { path: this.pathOf(name) },
    });
  }

  pathOf(name: string): string {
    return `sources.${this.context.source}.options.${name}`;
  }

  /** Reads one address from `baseUrl` on. @throws BridgeError CONNECTOR_AUTH, CONNECTOR_UNREACHABLE, CONNECTOR_BAD_SOURCE */
  async get(path: string, signal: AbortSignal): Promise<Answer> {
    for (let again = false; ; again = true) {
      const headers = await this.#signIn.headers(signal);
      const answer = await this.ask({ method: 'GET', path, headers, repeatable: true, signal });
      if (answer.status === 401 && !again && this.#signIn.refused()) continue;
      return { body: this.#bodyOf(answer, path), headers: answer.headers };
    }
  }

  /** Signs in, and asks for the path that proves it. */
  async check(signal: AbortSignal): Promise<void> {
    const { check } = this.context.options;
    const headers = await this.#signIn.headers(signal);
    if (check !== undefined) await this.get(check, signal);
    // Whatever it says: somebody answers there.
    else await this.ask({ method: 'GET', path: '/', headers, repeatable: true, signal });
  }

  /** The path of an address that the server gave, from `baseUrl` on. What leads elsewhere is not followed: it would get our credentials. */
  ownPath(address: string): string {
    const url = new URL(address, `${this.#base.href.replace(/\/+$/, '')}/`);
    const prefix = this.#base.pathname.replace(/\/+$/, '');
    if (url.host === this.#base.host && url.pathname.startsWith(`${prefix}/`))
      return url.pathname.slice(prefix.length) + url.search;
    throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
      message: `The server names a next page at another address: ${url.origin}${url.pathname}.`,
      hint: 'It is not followed, since it would get the credentials. Check `baseUrl`.',
      place: { path: this.pathOf('baseUrl') },
    });
  }

  #bodyOf({ status, text, contentType }: HttpAnswer, path: string): Json {
    const [where = ''] = path.split('?');
    const fail = (row: keyof typeof connectorErrors, message: string, hint: string): never => {
      throw new BridgeError(connectorErrors[row], { message, hint, data: { status } });
    };
    if (status === 401 || status === 403) throw refusedSignIn(this, `${where} answered ${status}`);
    if (status === 429 || status >= 500)
      return fail(
        'CONNECTOR_UNREACHABLE',
        `${where} answered ${status}.`,
        'The bridge tries again. Some ERPs answer so what they refuse: look into its log.',
      );
    if (status < 200 || status >= 300)
      return fail(
        'CONNECTOR_OPTIONS',
        `${where} answered ${status}: ${text.slice(0, 200)}`,
        'Check `path` and `query`, and what the user may read.',
      );
    try {
      return parseJson(text);
    } catch {
      return fail(
        'CONNECTOR_BAD_SOURCE',
        `${where} answered something that is no JSON (${contentType === '' ? 'no type' : contentType}): it was cut off, or is a page for people.`,
        'Check `baseUrl`, and what stands between the bridge and the ERP.',
      );
    }
  }
}
