import type { Decision, EndingFault, Faults } from './faults.ts';
import type { Outcome } from './handlers/handler.ts';
import { planHas } from './plans.ts';
import { refusal, refusalBody, refusalOfIssue, refusalStatus } from './refusals.ts';
import type { RequestLog, RequestRecord } from './request-log.ts';
import { type AnyHandler, createRoutes, type Found, type Params, type Route, type Row } from './routes.ts';
import type { World } from './state.ts';
import type { Tokens } from './tokens.ts';

/** A call as the listener read it. */
export interface Incoming {
  readonly method: string;
  /** Below `/rest/v2`, without the query. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** What the listener has to do: answer, cut the connection, or never answer. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType?: string | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body: string;
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' };

export interface Api {
  handle(incoming: Incoming): Reply | Promise<Reply>;
}

const json = 'application/json';
const html = '<!DOCTYPE html><html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>';

/**
 * OTO's API over the simulated account. The order of a call: fault rules, then the faults that come before the effect, token, schema,
 * handler (all of it at once: no other call runs in between), and then the faults that spoil the answer.
 */
export function createApi(parts: { world: World; tokens: Tokens; faults: Faults; log: RequestLog }): Api {
  const { world, tokens, faults, log } = parts;
  const find = createRoutes(world.switches);

  function handle(incoming: Incoming): Reply | Promise<Reply> {
    const found = find(incoming.method, incoming.path);
    if (found === undefined) {
      const record = log.open({ at: world.now(), endpoint: 'unknown', method: incoming.method, path: incoming.path });
      record.status = 403;
      return { kind: 'answer', status: 403, body: '' };
    }
    const { route } = found;
    const params = paramsOf(found, incoming);
    const decision = faults.decide(route.row.name);
    const record = log.open({
      at: world.now(),
      endpoint: route.row.name,
      method: incoming.method,
      params: route.loggable ? params : undefined,
      faults: decision?.ids,
    });
    const serve = (): Reply => {
      const reply = answer(route, incoming, params, record, decision);
      if (reply.kind === 'answer') record.status = reply.status;
      return reply;
    };
    if (decision === undefined || decision.latencyMs === 0) return serve();
    return new Promise((resolve) => {
      // The listener keeps the process alive, a call that is being slowed down does not.
      setTimeout(() => resolve(serve()), decision.latencyMs).unref();
    });
  }

  function answer(
    route: Route,
    incoming: Incoming,
    params: Params | undefined,
    record: RequestRecord,
    decision: Decision | undefined,
  ): Reply {
    const ending = decision?.ending;
    const before = ending === undefined ? undefined : instead(ending, incoming);
    if (before !== undefined) return before;
    const reply = work(route, incoming, params, record, decision);
    return ending === undefined ? reply : spoil(ending, reply);
  }

  /** The faults that keep the call from having its effect. */
  function instead(fault: EndingFault, incoming: Incoming): Reply | undefined {
    switch (fault.kind) {
      case 'resetBefore':
        return { kind: 'reset' };
      case 'hangBefore':
        return { kind: 'hang' };
      case 'status429': {
        const after = fault.retryAfterSeconds;
        const headers = after === undefined ? undefined : { 'retry-after': String(after) };
        return { ...answerOf(429, { message: 'Too Many Requests', code: 429 }), headers };
      }
      case 'oto1143':
        return fault.status === undefined ? tooMany() : coded('OTO1143', 'Too many requests', fault.status);
      case 'forbidden':
        return { kind: 'answer', status: 403, body: '' };
      case 'tokenRevoked':
        tokens.revokeAccess(bearer(incoming));
        return expired();
      case 'coded':
      case 'status500':
      case 'status503':
        return fault.effect ? undefined : failure(fault);
      default:
        return undefined;
    }
  }

  /** The faults that let the effect happen and then spoil the answer. */
  function spoil(fault: EndingFault, reply: Reply): Reply {
    switch (fault.kind) {
      case 'resetAfter':
        return { kind: 'reset' };
      case 'hangAfter':
        return { kind: 'hang' };
      case 'truncatedJson':
        return reply.kind === 'answer' ? { ...reply, body: reply.body.slice(0, reply.body.length / 2) } : reply;
      case 'coded':
      case 'status500':
      case 'status503':
        return failure(fault);
      default:
        return reply;
    }
  }

  function failure(fault: Extract<EndingFault, { kind: 'coded' | 'status500' | 'status503' }>): Reply {
    if (fault.kind === 'coded') return coded(fault.code, fault.message, fault.status);
    if (fault.kind === 'status500') return answerOf(500, { message: 'Internal Server Error', code: 500 });
    return { kind: 'answer', status: 503, contentType: 'text/html; charset=utf-8', body: html };
  }

  /** A code is only in the newer generations of error bodies, so a fault that is about its code is never answered in the old one. */
  function coded(code: string, message: string, status: number): Reply {
    const form = world.switches.values.errorForm === 'both' ? 'both' : 'new';
    return answerOf(status, refusalBody({ code, message, status, old: 1 }, form));
  }

  function tooMany(): Reply {
    const refused = refusal('tooMany');
    switch (world.switches.values.rateLimitAnswer) {
      case 'coded400':
        return coded(refused.code, refused.message, 400);
      case 'coded429':
        return coded(refused.code, refused.message, 429);
      case 'coded200':
        return coded(refused.code, refused.message, 200);
      case 'plain429':
        return answerOf(429, { message: 'Too Many Requests', code: 429 });
      case 'old400':
        return answerOf(400, refusalBody(refused, 'old'));
    }
  }

  function expired(): Reply {
    return world.switches.values.expiredToken === 'gateway'
      ? answerOf(401, { message: 'Jwt is expired', code: 401 })
      : answerOf(401, { success: false, errorCode: 3, errorMsg: 'You are not authorized' });
  }

  function work(
    { row, handler }: Route,
    incoming: Incoming,
    params: Params | undefined,
    record: RequestRecord,
    decision: Decision | undefined,
  ): Reply {
    if (row.auth) {
      const token = bearer(incoming);
      if (token === undefined) return answerOf(401, { message: 'Jwt is missing', code: 401 });
      if (!tokens.accepts(token)) return expired();
    }
    const outcome: Outcome = planHas(world.switches.values.plan, row.plan)
      ? run(row, handler, params, decision)
      : { refused: refusal('plan') };
    if ('refused' in outcome) {
      const { refused } = outcome;
      record.refusal = refused.code;
      if (refused.code === 'OTO1143') return tooMany();
      const form = decision?.form ?? refused.form ?? world.switches.values.errorForm;
      return answerOf(refusalStatus(refused, world.switches.values.refusalStatus), refusalBody(refused, form));
    }
    if ('gateway' in outcome) {
      const { status, body } = outcome.gateway;
      return body === undefined ? { kind: 'answer', status, body: '' } : answerOf(status, body);
    }
    if (outcome.effect !== undefined) log.effected(record, outcome.effect.id);
    return answerOf(200, outcome.body, decision?.wrongContentType === true ? 'text/html' : outcome.contentType);
  }

  function run(row: Row, handler: AnyHandler, params: Params | undefined, decision: Decision | undefined): Outcome {
    if (params === undefined) return { refused: refusal('badJson') };
    const optional = row.name === 'orders' && world.switches.values.ordersPaging === 'optional';
    const parsed = row.request.safeParse(optional ? { perPage: '100', page: '1', ...params } : params);
    if (!parsed.success) return { refused: refusalOfIssue(parsed.error.issues[0], params) };
    const { readLagMs } = world.switches.values;
    const stale = decision?.stale ?? (readLagMs === 0 ? undefined : { ms: readLagMs });
    return handler(parsed.data, { world, tokens, stale, raw: params });
  }

  return { handle };
}

/** Undefined when the body is no JSON object. */
function paramsOf({ route: { row }, inPath }: Found, { query, body }: Incoming): Params | undefined {
  if (row.params === 'query') return { ...Object.fromEntries(new URLSearchParams(query)), ...inPath };
  if (row.params === 'none') return inPath;
  try {
    const parsed: unknown = JSON.parse(body === '' ? '{}' : body);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? { ...parsed, ...inPath } : undefined;
  } catch {
    return undefined;
  }
}

function bearer({ authorization }: Incoming): string | undefined {
  return authorization?.startsWith('Bearer ') === true ? authorization.slice(7) : undefined;
}

function answerOf(status: number, body: unknown, contentType: string = json): Extract<Reply, { kind: 'answer' }> {
  return { kind: 'answer', status, contentType, body: JSON.stringify(body) };
}
