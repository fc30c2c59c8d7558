import { messageOf } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import type { Auth, TokenResult } from './auth.ts';
import type { CallOptions, Spent } from './client-types.ts';
import type { Courier, Outgoing } from './delivery.ts';
import type { Endpoint } from './endpoints.ts';
import type { Gate } from './gate.ts';
import type { Judge } from './judge.ts';
import { defaultLane } from './lanes.ts';
import { heldBack, type Outcome } from './outcome.ts';
import { authorized, buildRequest } from './request.ts';
import { untilAborted } from './wait.ts';

/** The token may run out while a call waits for its turn; more often than this it does not live long enough to be used. */
const tokenAttempts = 5;

export interface PerformSetup {
  readonly basePath: string;
  readonly auth: Auth;
  readonly gate: Gate;
  readonly courier: Courier;
  readonly judge: Judge;
  readonly closing: AbortSignal;
}

/** One call with its token: waits for both its turn and the token, and goes once more with a renewed one after a 401. */
export type Perform = (
  endpoint: Endpoint,
  params: unknown,
  call: CallOptions,
  spent: Spent,
) => Promise<Outcome<unknown>>;

export function createPerform({ basePath, auth, gate, courier, judge, closing }: PerformSetup): Perform {
  /** `wait` ends the wait for a turn and for a token. */
  async function perform(
    endpoint: Endpoint,
    params: unknown,
    call: CallOptions,
    spent: Spent,
    wait: AbortSignal | undefined,
  ): Promise<Outcome<unknown>> {
    const request = buildRequest(endpoint, basePath, params);
    const lane = call.lane ?? defaultLane(endpoint);
    let token: string | undefined;
    const outgoing: Outgoing = {
      enter: () => gate.enter(lane, wait),
      prepare() {
        if (!endpoint.auth) return request;
        token = auth.current();
        return token === undefined ? undefined : authorized(request, token);
      },
      // Half of the calls on an idle connection that OTO closes would be lost, and each lost one parked.
      fresh: call.fresh ?? endpoint.lostAnswer === 'park',
      options: call,
    };
    let renewed = false;
    for (let attempt = 0; attempt < tokenAttempts; attempt += 1) {
      if (endpoint.auth && auth.current() === undefined) {
        let ready: TokenResult;
        try {
          ready = await untilAborted(untilAborted(auth.token(), wait), closing);
        } catch (error) {
          return heldBack(closing.aborted ? 'the client is closed' : messageOf(error));
        }
        if (ready.kind !== 'token') return ready;
      }
      const { delivery, sentAt } = await courier.deliver(outgoing, spent);
      if (delivery === undefined) continue;
      const outcome = judge(endpoint, delivery, sentAt, auth.secrets());
      if (token === undefined || renewed || outcome.kind !== 'paused' || outcome.scope !== 'account') return outcome;
      // A 401 means that the call was not taken, so it may be sent once more with a renewed token.
      renewed = true;
      auth.rejected(token);
    }
    return heldBack('access tokens run out before they can be used');
  }

  async function performUntilEither(
    endpoint: Endpoint,
    params: unknown,
    call: CallOptions,
    spent: Spent,
  ): Promise<Outcome<unknown>> {
    using either = joinSignals(call.signal, call.patience);
    return await perform(endpoint, params, call, spent, either.signal);
  }

  return (endpoint, params, call, spent) =>
    call.signal !== undefined && call.patience !== undefined
      ? performUntilEither(endpoint, params, call, spent)
      : perform(endpoint, params, call, spent, call.signal ?? call.patience);
}
