import { setMaxListeners } from 'node:events';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import { parseAnswer } from './answer.ts';
import { type ApiName, otoApi } from './api.ts';
import { createAuth, type TokenResult } from './auth.ts';
import type { CallOptions, OtoClient, OtoClientOptions, OutcomeEvent, Spent } from './client-types.ts';
import { type Endpoint, endpoints } from './endpoints.ts';
import { otoErrors } from './errors.ts';
import { createGate, type Entry } from './gate.ts';
import { identityOf } from './identity.ts';
import { defaultLane } from './lanes.ts';
import { createLimiter, oneOf } from './limiter.ts';
import type { NotTaken, Outcome, Refused } from './outcome.ts';
import { createQuantityForm } from './quantity-form.ts';
import { readUntilAnswered } from './read.ts';
import { buildRequest } from './request.ts';
import { readStock } from './stock.ts';
import { createTransport, type Delivery, type SendOptions, type WireRequest } from './transport.ts';
import { monotonicTimer, untilAborted } from './wait.ts';

/** Without a `Retry-After`, the rate is halved after this pause. */
const defaultSlowDownMs = 1_000;
/** The token may run out while a call waits for its turn; more often than this it does not live long enough to be used. */
const tokenAttempts = 5;
const identityAttempts = 5;
/** A turn may pass while a connection is made or this process is busy; more often than this it is too busy to send anything. */
const turnAttempts = 20;

interface Delivered {
  /** Undefined: there was nothing to send after all. */
  readonly delivery: Delivery | undefined;
  /** By the timer's clock. */
  readonly sentAt: number;
}

export function createOtoClient(options: OtoClientOptions): OtoClient {
  const { log } = options;
  const base = new URL(options.baseUrl);
  const basePath = base.pathname.replace(/\/+$/, '');
  const timer = options.timer ?? monotonicTimer;
  const limiter = options.limiter ?? createLimiter({ requestsPerSecond: options.requestsPerSecond, timer });
  const inFittingForm = createQuantityForm();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const gate = createGate(options.concurrency, limiter, closing.signal);
  const transport = createTransport({
    origin: base.origin,
    // One more than the slots: the token is renewed beside the calls.
    connections: options.concurrency + 1,
    timeoutMs: options.timeoutMs,
    connect: options.connect,
    network: options.network,
  });
  const underWay = new Set<Promise<unknown>>();
  const listeners = new Set<(event: OutcomeEvent) => void>();
  const outcomes: Record<string, Partial<Record<Outcome<unknown>['kind'], number>>> = {};
  let sent = 0;

  const auth = createAuth({
    refreshToken: options.refreshToken,
    keepRefreshToken: options.keepRefreshToken,
    admit: async (token) => options.admit?.(identityOf(token)),
    now: timer.now,
    log,
    async fetch(token) {
      const endpoint = endpoints.refreshToken;
      const started = timer.now();
      const request = buildRequest(endpoint, basePath, { refresh_token: token });
      // Beside the slots: the calls that hold them may wait for the token.
      const enter = async (): Promise<Entry> => ({
        turn: await limiter.take(oneOf('reads'), closing.signal),
        leave() {},
      });
      const spent = { waiting: 0, sending: 0 };
      const { delivery, sentAt } = await deliver(enter, () => request, {}, spent);
      if (delivery === undefined) return heldBack('nothing to send');
      const outcome = judge(endpoint, delivery, sentAt, [token]);
      report(endpoint, outcome, timer.now() - started, spent);
      return outcome;
    },
  });

  function judge<E extends Endpoint>(
    endpoint: E,
    delivery: Delivery,
    sentAt: number,
    secrets: readonly string[],
  ): ReturnType<typeof parseAnswer<E>> {
    if (delivery.kind === 'not-sent') {
      return { kind: 'not-taken', cause: delivery.cause, message: withoutSecrets(delivery.message, secrets) };
    }
    if (delivery.kind === 'lost') {
      return { kind: 'unknown', message: withoutSecrets(delivery.message, secrets), status: delivery.status };
    }
    // A body that quotes a token would carry it into messages, evidence and logs. The tokens' own answer is let through to `auth`.
    const isTokens = endpoint.name === endpoints.refreshToken.name && delivery.answer.status < 300;
    const text = isTokens ? delivery.answer.text : withoutSecrets(delivery.answer.text, secrets);
    const outcome = parseAnswer(endpoint, { ...delivery.answer, text });
    slowDownAfter(endpoint, outcome, sentAt);
    const quotes = endpoint.confidential === true && outcome.kind === 'unknown';
    if (outcome.kind === 'ok' || !(isTokens || quotes)) return outcome;
    return { ...outcome, message: `the answer to ${endpoint.name} cannot be used` };
  }

  function slowDownAfter(endpoint: Endpoint, outcome: Outcome<unknown>, sentAt: number): void {
    if (outcome.kind !== 'not-taken' && outcome.kind !== 'unknown') return;
    const limited = outcome.kind === 'not-taken' && outcome.cause === 'rate-limit';
    if (!limited && outcome.retryAfterMs === undefined) return;
    limiter.slowDown(outcome.retryAfterMs ?? defaultSlowDownMs, {
      why: `${endpoint.name}: ${outcome.message.slice(0, 300)}`,
      ageMs: timer.now() - sentAt,
    });
  }

  /**
   * Sends once, in a turn that is still good when the connection is there and this process gets to it: a call that is late would add to the
   * next second. `prepare` may find right before that there is nothing to send.
   */
  async function deliver(
    enter: () => Promise<Entry>,
    prepare: () => WireRequest | undefined,
    { fresh = false, ...send }: SendOptions,
    spent: Spent,
  ): Promise<Delivered> {
    const line = transport.line(fresh);
    try {
      for (let attempt = 0; attempt < turnAttempts; attempt += 1) {
        let entry: Entry;
        const asked = timer.now();
        try {
          entry = await enter();
          spent.waiting += timer.now() - asked;
        } catch (error) {
          return notSent(closing.signal.aborted ? 'the client is closed' : messageOf(error));
        }
        const { turn, leave } = entry;
        try {
          const request = prepare();
          if (request === undefined) {
            turn.unused();
            return { delivery: undefined, sentAt: timer.now() };
          }
          let late = false;
          const beforeSend = (): boolean => {
            late = timer.now() > turn.until;
            return !late && send.beforeSend?.() !== false;
          };
          const sentAt = timer.now();
          sent += 1;
          const delivery = await line.send(request, { ...send, beforeSend });
          if (!late) {
            spent.sending += timer.now() - sentAt;
            return { delivery, sentAt };
          }
          sent -= 1;
          turn.unused();
        } finally {
          leave();
        }
      }
    } finally {
      await line.close();
    }
    return notSent('each turn had passed before the call could be sent');
  }

  async function perform(
    endpoint: Endpoint,
    params: unknown,
    call: CallOptions,
    spent: Spent,
  ): Promise<Outcome<unknown>> {
    const request = buildRequest(endpoint, basePath, params);
    using both =
      call.signal === undefined || call.patience === undefined ? undefined : joinSignals(call.signal, call.patience);
    const waitSignal = both?.signal ?? call.signal ?? call.patience;
    const lane = call.lane ?? defaultLane(endpoint);
    // Half of the calls on an idle connection that OTO closes would be lost, and each lost one parked.
    const fresh = call.fresh ?? endpoint.lostAnswer === 'park';
    let renewed = false;
    for (let attempt = 0; attempt < tokenAttempts; attempt += 1) {
      let token: string | undefined;
      const prepare = (): WireRequest | undefined => {
        if (!endpoint.auth) return request;
        token = auth.current();
        if (token === undefined) return undefined;
        return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
      };
      if (endpoint.auth && auth.current() === undefined) {
        let ready: TokenResult;
        try {
          ready = await untilAborted(untilAborted(auth.token(), waitSignal), closing.signal);
        } catch (error) {
          return heldBack(closing.signal.aborted ? 'the client is closed' : messageOf(error));
        }
        if (ready.kind !== 'token') return ready;
      }
      const { delivery, sentAt } = await deliver(
        () => gate.enter(lane, waitSignal),
        prepare,
        { ...call, fresh },
        spent,
      );
      if (delivery === undefined) continue;
      const outcome = judge(endpoint, delivery, sentAt, auth.secrets());
      if (token === undefined || renewed || outcome.kind !== 'paused' || outcome.scope !== 'account') return outcome;
      // A 401 means that the call was not taken, so it may be sent once more with a renewed token.
      renewed = true;
      auth.rejected(token);
    }
    return heldBack('access tokens run out before they can be used');
  }

  async function call(name: ApiName, params: unknown, callOptions: CallOptions): Promise<Outcome<unknown>> {
    const endpoint: Endpoint = otoApi[name];
    const started = timer.now();
    const spent = { waiting: 0, sending: 0 };
    const checked = endpoint.request.safeParse(params);
    const outcome = checked.success
      ? await inFittingForm(checked.data, (data) => perform(endpoint, data, callOptions, spent)).catch(
          // A fault of our own, after which nothing is certain.
          (error: unknown): Outcome<unknown> => ({
            kind: 'unknown',
            message: withoutSecrets(messageOf(error), auth.secrets()),
          }),
        )
      : unfit(endpoint, checked.error.issues);
    report(endpoint, outcome, timer.now() - started, spent);
    return outcome;
  }

  function track<T>(work: Promise<T>): Promise<T> {
    underWay.add(work);
    const done = (): boolean => underWay.delete(work);
    work.then(done, done);
    return work;
  }

  function report(endpoint: Endpoint, outcome: Outcome<unknown>, ms: number, spent: Spent): void {
    const counts = outcomes[endpoint.name] ?? {};
    counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1;
    outcomes[endpoint.name] = counts;
    const level = outcome.kind === 'paused' ? 'warn' : 'debug';
    if (log.isLevelEnabled(level)) {
      const code = outcome.kind === 'ok' || !('otoCode' in outcome) ? undefined : outcome.otoCode;
      const status = 'status' in outcome ? outcome.status : undefined;
      const fields = { endpoint: endpoint.name, outcome: outcome.kind, status, code, ms: Math.round(ms) };
      log[level](outcome.kind === 'ok' ? fields : { ...fields, message: outcome.message }, 'OTO call');
    }
    const bare = endpoint.confidential === true && outcome.kind === 'ok';
    const told = bare ? { ...outcome, data: {}, raw: '' } : outcome;
    for (const listener of listeners) {
      try {
        listener({ endpoint: endpoint.name as ApiName, outcome: told, ms, spent });
      } catch (error) {
        // A listener's slip must not make a call that landed look like one that failed.
        log.error({ error: messageOf(error) }, 'A listener of the OTO client failed');
      }
    }
  }

  const client: OtoClient = {
    call: (name, params, callOptions = {}) => {
      if ((name as ApiName) === 'refreshToken' || !Object.hasOwn(otoApi, name)) {
        throw new BridgeError(otoErrors.OTO_REQUEST_INVALID, {
          message: `${name} cannot be called through the client.`,
          hint:
            name === ('refreshToken' as string) ? 'The client renews its token itself; use refreshNow().' : undefined,
        });
      }
      return track(call(name, params, callOptions)) as Promise<never>;
    },
    read: (name, params, readOptions = {}) =>
      readUntilAnswered(name, (signal, lane) => client.call(name, params, { signal, lane }), timer, readOptions),
    stock: (skus, stockOptions = {}) =>
      readStock(
        (params, signal) => {
          const { lane, beforeSend } = stockOptions;
          return client.call('checkInventoryStock', params, { signal, lane, beforeSend });
        },
        skus,
        {
          skusPerRead: options.skusPerRead,
          urlLimit: options.urlLimit,
          address: `${base.origin}${basePath}${endpoints.checkInventoryStock.path}`,
          ahead: Math.min(options.concurrency, 4),
          timer,
        },
        stockOptions,
      ),
    async refreshNow() {
      const result = await track(auth.refreshNow());
      return result.kind === 'token' ? { kind: 'ok' } : result;
    },
    async identity() {
      let result = await track(auth.token());
      // Who cannot say now whose account it is goes unchecked, and a token that OTO changes then is lost with the process.
      for (let attempt = 1; attempt < identityAttempts && isBusy(result); attempt += 1) {
        try {
          await timer.sleep(defaultSlowDownMs, closing.signal);
        } catch {
          break;
        }
        result = await track(auth.token());
      }
      return result.kind === 'token' ? identityOf(result.token) : { kind: 'unavailable', reason: result.message };
    },
    secrets: () => auth.secrets(),
    onOutcome(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stats: () => ({
      sent,
      refreshes: auth.refreshes,
      active: gate.active,
      waiting: gate.waiting,
      outcomes: structuredClone(outcomes),
    }),
    async close() {
      closing.abort(new Error('the client is closed'));
      await Promise.allSettled(underWay);
      await transport.close();
    },
  };
  return client;
}

function isBusy(result: TokenResult): boolean {
  return result.kind === 'not-taken' && result.cause === 'rate-limit';
}

function heldBack(why: string): NotTaken {
  return { kind: 'not-taken', cause: 'fenced', message: `Not sent: ${why}` };
}

function notSent(why: string): Delivered {
  return { delivery: { kind: 'not-sent', cause: 'fenced', message: `Not sent: ${why}` }, sentAt: 0 };
}

function unfit(endpoint: Endpoint, issues: readonly { path: readonly PropertyKey[]; message: string }[]): Refused {
  const problems = issues.map(({ path, message }) => `${path.map(String).join('.') || 'parameters'}: ${message}`);
  return { kind: 'refused', status: 0, message: `Not sent: ${endpoint.name} needs ${problems.join('; ')}` };
}

/** Shorter values would be found in ordinary data, and cutting them out would change it. */
const shortestSecret = 8;

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= shortestSecret && clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
  }
  return clean;
}
