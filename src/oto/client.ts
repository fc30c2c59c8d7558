import { setMaxListeners } from 'node:events';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { type ApiName, otoApi } from './api.ts';
import { createAuth, type TokenResult } from './auth.ts';
import type { CallOptions, OtoClient, OtoClientOptions } from './client-types.ts';
import { createCourier, type Outgoing } from './delivery.ts';
import { type Endpoint, endpoints } from './endpoints.ts';
import { otoErrors } from './errors.ts';
import { createGate } from './gate.ts';
import { identityOf } from './identity.ts';
import { createJudge } from './judge.ts';
import { createLimiter, oneOf } from './limiter.ts';
import { heldBack, type Outcome, type Refused } from './outcome.ts';
import { createPerform } from './perform.ts';
import { createQuantityForm } from './quantity-form.ts';
import { readUntilAnswered } from './read.ts';
import { createReports } from './reports.ts';
import { buildRequest } from './request.ts';
import { withoutSecrets } from './secrets.ts';
import { readStock } from './stock.ts';
import { createTransport } from './transport.ts';
import { createUnderWay } from './under-way.ts';
import { monotonicTimer } from './wait.ts';

const identityAttempts = 5;
const identityPauseMs = 1_000;

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
    now: timer.now,
  });
  const courier = createCourier(transport, timer, closing.signal);
  const judge = createJudge(limiter, timer);
  const reports = createReports(log);
  const underWay = createUnderWay();

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
      const outgoing: Outgoing = {
        // Beside the slots: the calls that hold them may wait for the token.
        enter: async () => ({ turn: await limiter.take(oneOf('reads'), closing.signal), leave() {} }),
        prepare: () => request,
        fresh: false,
        options: {},
      };
      const spent = { waiting: 0, sending: 0 };
      const { delivery, sentAt } = await courier.deliver(outgoing, spent);
      if (delivery === undefined) return heldBack('nothing to send');
      const outcome = judge(endpoint, delivery, sentAt, [token]);
      reports.report(endpoint, outcome, timer.now() - started, spent);
      return outcome;
    },
  });
  const perform = createPerform({ basePath, auth, gate, courier, judge, closing: closing.signal });

  async function call(name: ApiName, params: unknown, callOptions: CallOptions): Promise<Outcome<unknown>> {
    const endpoint: Endpoint = otoApi[name];
    const started = timer.now();
    const spent = { waiting: 0, sending: 0 };
    const checked = endpoint.request.safeParse(params);
    let outcome: Outcome<unknown>;
    underWay.begin();
    try {
      outcome = checked.success
        ? await inFittingForm(checked.data, (data) => perform(endpoint, data, callOptions, spent))
        : unfit(endpoint, checked.error.issues);
    } catch (error) {
      // A fault of our own, after which nothing is certain.
      outcome = { kind: 'unknown', message: withoutSecrets(messageOf(error), auth.secrets()) };
    } finally {
      underWay.end();
    }
    reports.report(endpoint, outcome, timer.now() - started, spent);
    return outcome;
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
      return call(name, params, callOptions) as Promise<never>;
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
      const result = await underWay.during(auth.refreshNow());
      return result.kind === 'token' ? { kind: 'ok' } : result;
    },
    async identity() {
      let result = await underWay.during(auth.token());
      // Who cannot say now whose account it is goes unchecked, and a token that OTO changes then is lost with the process.
      for (let attempt = 1; attempt < identityAttempts && isBusy(result); attempt += 1) {
        try {
          await timer.sleep(identityPauseMs, closing.signal);
        } catch {
          break;
        }
        result = await underWay.during(auth.token());
      }
      return result.kind === 'token' ? identityOf(result.token) : { kind: 'unavailable', reason: result.message };
    },
    secrets: () => auth.secrets(),
    onOutcome: (listener) => reports.listen(listener),
    stats: () => ({
      sent: courier.sent,
      refreshes: auth.refreshes,
      active: gate.active,
      waiting: gate.waiting,
      outcomes: reports.outcomes(),
    }),
    async close() {
      closing.abort(new Error('the client is closed'));
      await underWay.ended();
      await transport.close();
    },
  };
  return client;
}

function isBusy(result: TokenResult): boolean {
  return result.kind === 'not-taken' && result.cause === 'rate-limit';
}

function unfit(endpoint: Endpoint, issues: readonly { path: readonly PropertyKey[]; message: string }[]): Refused {
  const problems = issues.map(({ path, message }) => `${path.map(String).join('.') || 'parameters'}: ${message}`);
  return { kind: 'refused', status: 0, message: `Not sent: ${endpoint.name} needs ${problems.join('; ')}` };
}
