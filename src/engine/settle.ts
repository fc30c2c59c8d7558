import { crashPoint } from '../lib/crash-point.ts';
import { type Outcome, saysProductUnknown } from '../oto/index.ts';
import { clearAlarm, raiseAlarm } from '../store/alarms.ts';
import { isConnectionError, isDataError, type Tx } from '../store/db.ts';
import { type LateAnswer, landLate } from '../store/operation-claims.ts';
import { type Transition, transition } from '../store/operation-steps.ts';
import type { Claimed } from '../store/operations.ts';
import { setPause } from '../store/pauses.ts';
import { forgetProducts } from '../store/products.ts';
import type { Bridge } from './context.ts';
import { type Result, stepOf } from './judge.ts';
import { afterLanding } from './landed.ts';

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

/**
 * Writes down what came of the calls. What cannot be stored of one of them keeps no other from being settled: then each is settled
 * alone, and that one stays in `sending`, whose lease ends, so that the prover finds out what became of it.
 */
export async function settle(bridge: Bridge, results: readonly Result[]): Promise<void> {
  const { db, log } = bridge;
  const steps = results.map((result) => ({ ...result, step: stepOf(bridge, result) }));
  crashPoint('settle:before', steps);
  try {
    await db.withReconnect(async () => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          await store(bridge, steps);
          return;
        } catch (error) {
          // A newer figure became unsent between our look and our write: look again, and this one is superseded.
          if (attempt < 3 && (error as { code?: string }).code === '23505') continue;
          throw error;
        }
      }
    }, storing);
  } catch (error) {
    if (!isConnectionError(error)) return settleApart(bridge, results, error);
    // The last resort: what OTO said must not be lost with the database. The sweeper will find these rows in `sending`.
    for (const { operation, outcome, step } of steps) {
      log.error(
        { operation: operation.id, outcome: outcome.kind, otoId: step.otoId, answer: step.answer },
        'the database went away before this answer could be stored',
      );
    }
    throw error;
  }
  crashPoint('settle:committed', steps);
}

async function store(bridge: Bridge, steps: readonly Step[]): Promise<void> {
  await bridge.db.tx(async (tx) => {
    const moved = new Set(
      await transition(
        tx,
        'sending',
        steps.map(({ step }) => step),
        bridge.who,
      ),
    );
    crashPoint('settle:moved', steps);
    for (const id of await landLate(tx, lateAnswers(steps, moved), bridge.who)) {
      moved.add(id);
      await clearAlarm(tx, 'parked', String(id));
    }
    noticeLate(bridge, steps, moved);
    const landed = steps.filter(({ step, operation }) => step.to === 'landed' && moved.has(operation.id));
    await afterLanding(
      bridge,
      tx,
      landed.map(({ operation, outcome, compared }) => ({
        operation,
        shown: compared?.shown,
        answer: outcome.kind === 'ok' ? (outcome.data as Record<string, unknown>) : {},
        warnings: outcome.kind === 'ok' ? outcome.warnings : [],
      })),
    );
    await forgetProducts(tx, unknownSkusOf(steps, moved));
    await holdBack(bridge, tx, steps, moved);
    crashPoint('settle:noted', steps);
  });
}

/** SKUs that OTO had, as far as we knew, and of which it says now that they do not exist: they are looked for anew. */
function unknownSkusOf(steps: readonly Step[], moved: ReadonlySet<number>): string[] {
  return steps.flatMap(({ operation: { kind, sku, id }, outcome }) =>
    kind === 'stock-set' && sku !== null && moved.has(id) && outcome.kind === 'refused' && saysProductUnknown(outcome)
      ? [sku]
      : [],
  );
}

/** A call went out, and by the time of its settling the operation was somebody else's. What it has done shows at the next reading. */
function noticeLate({ log }: Bridge, steps: readonly Step[], moved: ReadonlySet<number>): void {
  const late = steps.filter(
    ({ step, outcome }) => !moved.has(step.id) && (outcome.kind === 'ok' || outcome.kind === 'unknown'),
  );
  if (late.length === 0) return;
  const operations = late.slice(0, 10).map(({ step }) => step.id);
  log.warn({ count: late.length, operations }, 'called for operations that are no longer ours: our lease had ended');
}

async function settleApart(bridge: Bridge, results: readonly Result[], cause: unknown): Promise<void> {
  if (results.length > 1) {
    for (const result of results) await settle(bridge, [result]);
    return;
  }
  for (const result of results) {
    const outcome = withStorableText(result.outcome);
    if (isDataError(cause) && outcome !== result.outcome) return settle(bridge, [{ ...result, outcome }]);
    bridge.log.error({ err: cause, operation: result.operation.id }, 'what came of an operation could not be stored');
  }
}

/** The same without what PostgreSQL cannot store: a NUL in an answer, or half a character. The value itself where there is none. */
function withStorableText<Value>(value: Value): Value {
  const text = JSON.stringify(value);
  const clean = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\uFFFD') : part,
  );
  return text === clean ? value : (JSON.parse(clean) as Value);
}

type Paused = Extract<Outcome<unknown>, { kind: 'paused' }>;

/**
 * Lets what came back unsent wait for what keeps it from being sent: for OTO to let us again, which stops everything that it does not
 * allow and uses up no tries; for a person, where the tries are used up. In the transaction that brought it back: nobody claims it between.
 */
async function holdBack(bridge: Bridge, tx: Tx, steps: readonly Step[], moved: ReadonlySet<number>): Promise<void> {
  const pauses = new Map<string, Paused>();
  const held: Transition[] = [];
  for (const { operation, outcome } of steps) {
    const { id } = operation;
    if (outcome.kind === 'paused') {
      pauses.set(subjectOf(outcome), outcome);
      const why = `waits until OTO lets us again: ${outcome.message}`;
      if (moved.has(id)) held.push({ id, to: 'waiting', why, waitingFor: waitFor(outcome) });
    } else if (moved.has(id) && isUsedUp(bridge, operation, outcome)) {
      held.push({ id, to: 'parked', why: `attempts are used up: ${outcome.message}` });
    }
  }
  for (const outcome of pauses.values()) await pause(bridge, tx, outcome);
  await transition(tx, 'ready', held, bridge.who);
}

function isUsedUp(
  bridge: Bridge,
  operation: Claimed,
  outcome: Outcome<unknown>,
): outcome is Extract<Outcome<unknown>, { kind: 'not-taken' }> {
  return outcome.kind === 'not-taken' && outcome.cause === 'busy' && operation.attempts >= bridge.config.push.attempts;
}

function subjectOf(outcome: Paused): string {
  return outcome.scope === 'account' ? 'account' : outcome.family;
}

function waitFor(outcome: Paused): string {
  return outcome.scope === 'account' ? 'account' : `family ${outcome.family}`;
}

async function pause(bridge: Bridge, tx: Tx, outcome: Paused): Promise<void> {
  const name = subjectOf(outcome);
  const fresh = await setPause(tx, {
    scope: outcome.scope,
    name,
    code: outcome.otoCode ?? (outcome.status === 0 ? undefined : `HTTP ${outcome.status}`),
    reason: outcome.message,
    by: 'OTO',
  });
  if (!fresh) return;
  bridge.log.warn({ scope: outcome.scope, name, reason: outcome.message }, 'paused: OTO does not let us');
  await raiseAlarm(tx, {
    kind: 'paused',
    subject: name,
    message: `OTO does not let the bridge ${outcome.scope === 'account' ? 'in' : `use its ${name} calls`}: ${outcome.message}`,
    hint:
      outcome.scope === 'account'
        ? 'Check oto.refreshToken (OTO: Settings, API Integrations). Work resumes by itself.'
        : "Check the account's plan and the token's rights. Work resumes by itself.",
  });
}
