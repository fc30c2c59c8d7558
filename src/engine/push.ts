import { performance } from 'node:perf_hooks';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import { command, type OperationKind, receiverOf } from '../model/index.ts';
import { type CallOptions, type Outcome, saysProductExists } from '../oto/index.ts';
import { clearAlarm, raiseAlarm } from '../store/alarms.ts';
import { isConnectionError } from '../store/db.ts';
import { claimOperations, type LateAnswer, landLate } from '../store/operation-claims.ts';
import { type Transition, transition } from '../store/operation-steps.ts';
import { countReady, type Operation } from '../store/operations.ts';
import { setPause } from '../store/pauses.ts';
import type { Bridge } from './context.ts';
import { afterLanding } from './landed.ts';

/**
 * Sends operations and settles what came of them. Order of things, and why:
 * the monotonic deadline is computed before the claim, so that it can only be earlier than the lease in the database; the claim is
 * committed before the first byte is sent; the deadline is checked in the tick in which the request is handed to the socket; and
 * settling asks for the fence of the claim. So a worker that was paused past its lease can neither send nor settle. The window
 * that remains: a request that was handed over in time may still be on the wire when another worker proves the operation. It is at
 * most the request's timeout, and the lease is longer than that by configuration.
 */
export interface Push {
  /** Operations that have to be tried again later. */
  readonly later: number;
}

export async function push(bridge: Bridge, ids: readonly number[], signal?: AbortSignal): Promise<Push> {
  const { db, config } = bridge;
  const leaseMs = config.push.leaseSeconds * 1000;
  const portion = portionOf(bridge);
  const left = new Set(ids);
  while (left.size > 0 && signal?.aborted !== true) {
    const deadline = performance.now() + sendingMs(bridge);
    const claimed = await db.withReconnect(() => claimOperations(db, [...left], portion, leaseMs, bridge.who));
    if (claimed.length === 0) break;
    for (const operation of claimed) left.delete(operation.id);
    // A turn that does not come in time (OTO asked us to slow down) ends the wait, so that the row is given back while it is ours.
    const patience = AbortSignal.timeout(Math.max(0, Math.ceil(deadline - performance.now())));
    const results = await Promise.all(claimed.map((operation) => send(bridge, operation, deadline, patience)));
    await settle(bridge, results);
    // Those whose turn did not come within the lease are claimed anew, as long as others do get their turn.
    const late = results.filter(({ outcome }) => outcome.kind === 'not-taken' && outcome.cause === 'fenced');
    if (late.length < results.length) for (const { operation } of late) left.add(operation.id);
  }
  return { later: await db.withReconnect(() => countReady(db, ids)) };
}

/** How long after a claim a call may still be sent: its answer has to be in and stored before the lease ends. */
function sendingMs({ config }: Bridge): number {
  const leaseMs = config.push.leaseSeconds * 1000;
  const spare = leaseMs - config.oto.timeoutSeconds * 1000;
  return spare - Math.min(spare / 2, leaseMs / 10);
}

/** As many operations as can surely be sent within half of a lease at the configured rate. */
function portionOf(bridge: Bridge): number {
  const { requestsPerSecond, timeoutSeconds } = bridge.config.oto;
  if (requestsPerSecond === 'unlimited') return 100;
  const spare = Math.max(bridge.config.push.leaseSeconds - timeoutSeconds, 0);
  return Math.max(1, Math.min(100, Math.floor((requestsPerSecond * spare) / 2)));
}

interface Result {
  readonly operation: Operation;
  readonly outcome: Outcome<unknown>;
}

async function send(bridge: Bridge, operation: Operation, deadline: number, patience: AbortSignal): Promise<Result> {
  const options: CallOptions = {
    beforeSend: () => performance.now() < deadline,
    patience,
    fresh: operation.kind === 'inventory-order',
  };
  return { operation, outcome: await perform[operation.kind](bridge, operation, options) };
}

/** The call that carries out each kind of operation. */
const perform: {
  readonly [Kind in OperationKind]: (
    bridge: Bridge,
    operation: Operation,
    options: CallOptions,
  ) => Promise<Outcome<unknown>>;
} = {
  'stock-set': (bridge, operation, options) =>
    bridge.oto.call('updateStockQuantity', operation.request as never, { ...options, lane: stockLane(operation) }),
  'product-create': (bridge, operation, options) =>
    bridge.oto.call('createProduct', operation.request as never, options),
  'inventory-order': (bridge, operation, options) =>
    bridge.oto.call('createInventoryOrder', operation.request as never, options),
  'packing-status': (bridge, operation, options) =>
    bridge.oto.call('updatePackingStatus', operation.request as never, options),
  'erp-command': writeToErp,
};

function stockLane(operation: Operation): 'to-zero' | 'lowering' | 'raising' {
  return operation.lane === 2 ? 'to-zero' : operation.lane === 3 ? 'lowering' : 'raising';
}

/** An ERP write. One that is idempotent by its operation id may be repeated; any other with a lost answer is a person's matter. */
async function writeToErp(bridge: Bridge, operation: Operation, options: CallOptions): Promise<Outcome<unknown>> {
  const { source, command: wish } = operation.request as { source: string; command: unknown };
  const parsed = command.parse({ ...(wish as object), id: String(operation.id) });
  try {
    const { connector } = await bridge.source(source);
    if (connector.apply === undefined) {
      return { kind: 'refused', message: `the connector of "${source}" writes nothing`, status: 0 };
    }
    if (options.beforeSend?.() === false) return { kind: 'not-taken', cause: 'fenced', message: 'the lease ran out' };
    const signal = AbortSignal.timeout(bridge.config.oto.timeoutSeconds * 1000);
    const result = await connector.apply(parsed, signal);
    return { kind: 'ok', data: result, warnings: [], status: 200, raw: '' };
  } catch (error) {
    if (isBridgeError(error) && error.recovery === 'retry') {
      return { kind: 'not-taken', cause: 'connect', message: error.message };
    }
    if (isBridgeError(error)) return { kind: 'refused', message: error.message, status: 0 };
    return { kind: 'unknown', message: messageOf(error) };
  }
}

/** How long it is tried to store what OTO said, should the database be away. */
const storing = { deadlineSeconds: 600 };

interface Step extends Result {
  readonly step: Transition;
}

/** Answers to documents whose lease ran out before they could be stored. No call reads them back, so nothing else will ever tell. */
function lateAnswers(steps: readonly Step[], moved: ReadonlySet<number>): LateAnswer[] {
  return steps.flatMap(({ operation, outcome, step }) =>
    outcome.kind !== 'ok' || operation.kind !== 'inventory-order' || operation.sent_at === null || moved.has(step.id)
      ? []
      : [{ id: step.id, sentAt: operation.sent_at, answer: outcome.data, otoId: step.otoId ?? null }],
  );
}

/** Writes down what came of the calls. */
async function settle(bridge: Bridge, results: readonly Result[]): Promise<void> {
  const { db, log } = bridge;
  const steps = results.map((result) => ({ ...result, step: judge(bridge, result) }));
  try {
    await db.withReconnect(async () => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          await db.tx(async (tx) => {
            const moved = new Set(
              await transition(
                tx,
                'sending',
                steps.map(({ step }) => step),
                bridge.who,
              ),
            );
            for (const id of await landLate(tx, lateAnswers(steps, moved), bridge.who)) {
              moved.add(id);
              await clearAlarm(tx, 'parked', String(id));
            }
            const landed = steps.filter(({ step, operation }) => step.to === 'landed' && moved.has(operation.id));
            await afterLanding(
              bridge,
              tx,
              landed.map(({ operation, outcome }) => ({
                operation,
                answer: outcome.kind === 'ok' ? (outcome.data as Record<string, unknown>) : {},
                warnings: outcome.kind === 'ok' ? outcome.warnings : [],
              })),
            );
          });
          return;
        } catch (error) {
          // A newer figure became unsent between our look and our write: look again, and this one is superseded.
          if (attempt < 3 && (error as { code?: string }).code === '23505') continue;
          throw error;
        }
      }
    }, storing);
  } catch (error) {
    // The last resort: what OTO said must not be lost with the database. The sweeper will find these rows in `sending`.
    if (!isConnectionError(error)) throw error;
    for (const { operation, outcome, step } of steps) {
      log.error(
        { operation: operation.id, outcome: outcome.kind, otoId: step.otoId, answer: step.answer },
        'the database went away before this answer could be stored',
      );
    }
    throw error;
  }
  await pauseFor(bridge, results);
}

function judge(bridge: Bridge, { operation, outcome }: Result): Transition {
  const { id, fence } = operation;
  const by = receiverOf(operation.kind);
  switch (outcome.kind) {
    case 'ok': {
      const data = outcome.data as {
        otoId?: unknown;
        productId?: unknown;
        transactionID?: unknown;
        reference?: unknown;
      };
      const otoId = data.otoId ?? data.productId ?? data.transactionID ?? data.reference;
      return {
        id,
        fence,
        to: 'landed',
        evidence: 'answer',
        why:
          outcome.warnings.length > 0 ? `${by} answered: ${outcome.warnings.join(' ')}` : `${by} answered with success`,
        answer: data,
        otoId: otoId === undefined || otoId === null ? undefined : String(otoId),
      };
    }
    case 'refused': {
      if (operation.kind === 'product-create' && saysProductExists(outcome)) {
        return {
          id,
          fence,
          to: 'landed',
          evidence: 'natural-key',
          why: 'OTO says that a product with this SKU exists',
          answer: reasonOf(outcome),
        };
      }
      return { id, fence, to: 'refused', evidence: 'answer', why: refusalText(by, outcome), answer: reasonOf(outcome) };
    }
    case 'not-taken': {
      const busy = outcome.cause === 'busy';
      if (busy && operation.attempts >= bridge.config.push.attempts) {
        return {
          id,
          fence,
          to: 'ready',
          why: `attempts are used up: ${outcome.message}`,
          waitingFor: 'attempts',
          delayMs: 0,
        };
      }
      return {
        id,
        fence,
        to: 'ready',
        why: `not taken (${outcome.cause}): ${outcome.message}`,
        delayMs: outcome.retryAfterMs ?? (outcome.cause === 'fenced' ? 0 : backoff(operation.attempts)),
        freeAttempt: !busy,
      };
    }
    case 'paused':
      return {
        id,
        fence,
        to: 'ready',
        why: `OTO does not let us: ${outcome.message}`,
        freeAttempt: true,
        waitingFor: outcome.scope === 'account' ? 'account' : `family ${outcome.family}`,
      };
    case 'unknown':
      return {
        id,
        fence,
        to: 'unknown',
        why: outcome.message,
        detail: { status: outcome.status ?? null, otoCode: outcome.otoCode ?? null },
        delayMs: bridge.config.oto.settleSeconds * 1000,
      };
  }
}

function backoff(attempts: number): number {
  const top = Math.min(60_000, 500 * 2 ** Math.min(attempts, 7));
  return top / 2 + Math.random() * (top / 2);
}

function reasonOf(outcome: Outcome<unknown> & { kind: 'refused' }): Record<string, unknown> {
  return {
    otoCode: outcome.otoCode ?? null,
    errorCode: outcome.legacyCode ?? null,
    message: outcome.message,
    status: outcome.status,
  };
}

function refusalText(by: string, outcome: Outcome<unknown> & { kind: 'refused' }): string {
  const code = outcome.otoCode ?? (outcome.legacyCode === undefined ? '' : `errorCode ${outcome.legacyCode}`);
  return `${by} refused it${code === '' || outcome.message.includes(code) ? '' : ` (${code})`}: ${outcome.message}`;
}

/** Stops what OTO does not allow, and lets the operations wait for it without using up their tries. */
async function pauseFor(bridge: Bridge, results: readonly Result[]): Promise<void> {
  for (const { operation, outcome } of results) {
    if (outcome.kind !== 'paused') continue;
    const name = outcome.scope === 'account' ? 'account' : outcome.family;
    const fresh = await setPause(bridge.db, {
      scope: outcome.scope,
      name,
      code: outcome.otoCode ?? (outcome.status === 0 ? undefined : `HTTP ${outcome.status}`),
      reason: outcome.message,
      by: 'OTO',
    });
    if (fresh) {
      bridge.log.warn({ scope: outcome.scope, name, reason: outcome.message }, 'paused: OTO does not let us');
      await raiseAlarm(bridge.db, {
        kind: 'paused',
        subject: name,
        message: `OTO does not let the bridge ${outcome.scope === 'account' ? 'in' : `use its ${name} calls`}: ${outcome.message}`,
        hint:
          outcome.scope === 'account'
            ? 'Check oto.refreshToken (OTO: Settings, API Integrations). Work resumes by itself.'
            : "Check the account's plan and the token's rights. Work resumes by itself.",
      });
    }
    await transition(
      bridge.db,
      'ready',
      [
        {
          id: operation.id,
          to: 'waiting',
          why: `waits until OTO lets us again: ${outcome.message}`,
          waitingFor: outcome.scope === 'account' ? 'account' : `family ${name}`,
        },
      ],
      bridge.who,
    );
  }
  for (const { operation, outcome } of results) {
    if (outcome.kind !== 'not-taken' || outcome.cause !== 'busy' || operation.attempts < bridge.config.push.attempts)
      continue;
    await transition(
      bridge.db,
      'ready',
      [{ id: operation.id, to: 'parked', why: `attempts are used up: ${outcome.message}` }],
      bridge.who,
    );
  }
}
