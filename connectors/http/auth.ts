import { z } from 'zod';
import {
  BridgeError,
  type Context,
  connectorErrors,
  type HttpAnswer,
  type HttpClient,
  httpClient,
} from '../../src/connector/index.ts';
import type { HttpOptions } from './options.ts';

/** Whom we sign in to. */
export interface Server {
  readonly context: Context<HttpOptions>;
  readonly ask: HttpClient;
}

type Headers = Readonly<Record<string, string>>;

export interface SignIn {
  /** Headers that open a request; signs in where that is needed. */
  headers(signal: AbortSignal): Promise<Headers>;
  /** The server did not take them: true where signing in anew may help. */
  refused(): boolean;
}

const tokenAnswer = z.looseObject({ access_token: z.string().min(1), expires_in: z.coerce.number().optional() });

/** Renewed so long before its end: an answer takes its time. */
const marginMs = 60_000;

export function signIn(server: Server): SignIn {
  const { auth } = server.context.options;
  switch (auth.type) {
    case 'none':
      return fixed({});
    case 'basic':
      return fixed({ authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` });
    case 'bearer':
      return fixed({ authorization: `Bearer ${auth.token}` });
    case 'header':
      return fixed({ [auth.name.toLowerCase()]: auth.secretValue });
    case 'oauth2':
      return renewed(server, async (signal) => {
        const url = new URL(auth.grantUrl);
        const { dispatcher, options } = server.context;
        const ask = httpClient({ dispatcher, baseUrl: url.origin, timeoutMs: options.timeoutSeconds * 1000 });
        const answer = await ask({
          method: 'POST',
          path: url.pathname + url.search,
          headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
          body: new URLSearchParams({
            grant_type: 'client_credentials',
            client_id: auth.clientId,
            client_secret: auth.clientSecret,
            ...(auth.scope === undefined ? {} : { scope: auth.scope }),
          }).toString(),
          repeatable: true,
          signal,
        });
        requireSuccess(server, answer, url.pathname);
        const parsed = tokenAnswer.safeParse(jsonOf(answer.text));
        if (!parsed.success) throw refusedSignIn(server, `${url.pathname} gave no token`);
        const { access_token: token, expires_in: seconds = 300 } = parsed.data;
        return {
          headers: { authorization: `Bearer ${token}` },
          until: server.context.now() + Math.max(0, seconds * 1000 - marginMs),
        };
      });
    case 'session':
      return renewed(server, async (signal) => {
        const answer = await server.ask({
          method: 'POST',
          path: auth.loginPath,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ ...auth.fields, [auth.names[0]]: auth.user, [auth.names[1]]: auth.password }),
          repeatable: false,
          signal,
        });
        requireSuccess(server, answer, auth.loginPath);
        const cookies = [answer.headers['set-cookie'] ?? []].flat().map((cookie) => cookie.split(';')[0] ?? '');
        if (cookies.length === 0) throw refusedSignIn(server, `${auth.loginPath} gave no cookie`);
        return { headers: { cookie: cookies.join('; ') }, until: Number.POSITIVE_INFINITY };
      });
  }
}

function fixed(headers: Headers): SignIn {
  return { headers: async () => headers, refused: () => false };
}

interface Renewal {
  readonly headers: Headers;
  /** By the bridge's clock. */
  readonly until: number;
}

/** What a server gives for a while. It is asked for once by all who need it at the same time. */
function renewed({ context }: Server, fetch: (signal: AbortSignal) => Promise<Renewal>): SignIn {
  let current: Promise<Renewal> | undefined;
  let until = Number.NEGATIVE_INFINITY;
  return {
    async headers(signal) {
      if (current === undefined || context.now() >= until) {
        until = Number.POSITIVE_INFINITY;
        current = fetch(signal);
        current.then(
          (renewal) => {
            until = renewal.until;
          },
          () => {
            current = undefined;
          },
        );
      }
      return (await current).headers;
    },
    refused() {
      const had = current !== undefined;
      current = undefined;
      return had;
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function requireSuccess(server: Server, { status }: HttpAnswer, path: string): void {
  if (status >= 200 && status < 300) return;
  if (status >= 500 || status === 429) {
    throw new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
      message: `Signing in at ${path} was answered with ${status}.`,
      hint: 'The bridge tries again.',
      place: { path: `sources.${server.context.source}.options.auth` },
    });
  }
  throw refusedSignIn(server, `${path} answered ${status}`);
}

export function refusedSignIn(server: Server, what: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_AUTH, {
    message: `The ERP does not let us in: ${what}.`,
    hint: 'Check the credentials in `auth`, and what their user may read.',
    place: { path: `sources.${server.context.source}.options.auth` },
  });
}
