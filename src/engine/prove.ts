import { crashPoint } from '../lib/crash-point.ts';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import { raiseAlarm } from '../store/alarms.ts';
import { isConnectionError, isDataError } from '../store/db.ts';
import { claimUnknown, supersedeParked } from '../store/operation-claims.ts';
import { transition } from '../store/operation-steps.ts';
import type { Operation } from '../store/operations.ts';
import { raiseBase } from '../store/receipt-base.ts';
import type { Bridge } from './context.ts';
import { backoff } from './judge.ts';
import { afterLanding, figureMove } from './landed.ts';
import { looks, type Proof, unprovable } from './proofs.ts';

/**
 * Finds out what became of calls without a trustworthy answer. Only what is proven not to have landed goes back to `ready`; what
 * cannot be proven is parked with its evidence, and a person decides. How often a look may fail is not bounded: while OTO cannot be
 * read, nothing is known and nothing is done. How often a call is sent is: see `bounded`. What is wrong with one operation keeps no
 * other in the dark: where a look at several fails, each is looked at alone.
 */
export async function prove(bridge: Bridge, signal: AbortSignal): Promise<number> {
  const leaseMs = Math.max(bridge.config.push.leaseSeconds * 1000, 5000);
  const operations = await claimUnknown(bridge.db, 200, leaseMs);
  if (operations.length === 0) return 0;
  crashPoint('prove:claimed', operations);
  for (const [kind, list] of Map.groupBy(operations, (operation) => operation.kind)) {
    const groups = looks[kind].together ? [list] : list.map((operation) => [operation]);
    const proofs = (await Promise.all(groups.map((group) => lookAt(bridge, group, signal)))).flat();
    if (proofs.length === 0) continue;
    const steps = proofs.map((proof) => bounded(bridge, proof));
    crashPoint('prove:looked', steps);
    await writeDown(bridge, steps);
    crashPoint('prove:committed', steps);
  }
  return operations.length;
}

/** What can be said now of operations of one kind. Those left out cannot be looked at just now: they come up again when the claim has lapsed. */
async function lookAt(bridge: Bridge, operations: readonly Operation[], signal: AbortSignal): Promise<Proof[]> {
  const [first] = operations;
  if (first === undefined) return [];
  try {
    return await looks[first.kind].look(bridge, operations, signal);
  } catch (error) {
    if (isConnectionError(error)) throw error;
    if (isAway(error) || signal.aborted) {
      bridge.log.debug({ kind: first.kind, reason: messageOf(error) }, 'cannot prove now');
      return [];
    }
    if (operations.length > 1) {
      return (await Promise.all(operations.map((operation) => lookAt(bridge, [operation], signal)))).flat();
    }
    // An answer that cannot be read may be one of a moment. One that stays so says nothing for ever.
    if (isUnreadable(error) && Date.now() - (first.sent_at?.getTime() ?? 0) < unreadableForMs) return [];
    bridge.log.warn({ operation: first.id, reason: messageOf(error) }, 'nothing can be found out about an operation');
    return [unprovable(first, messageOf(error))];
  }
}

const unreadableForMs = 10 * 60_000;

/** OTO or the ERP cannot be asked at all, or does not let us: later it can be. */
function isAway(error: unknown): boolean {
  return isBridgeError(error) && error.recovery !== 'fix-data' && error.recovery !== 'report' && !isUnreadable(error);
}

function isUnreadable(error: unknown): boolean {
  return isBridgeError(error) && error.code === 'OTO_BAD_ANSWER';
}

/** In one transaction with what follows; where that fails because of one of them, each in its own. */
async function writeDown(bridge: Bridge, steps: readonly Proof[]): Promise<void> {
  try {
    await bridge.db.tx(async (tx) => {
      const moved = new Set(await transition(tx, 'unknown', steps, bridge.who));
      crashPoint('prove:moved', steps);
      const landed = steps.filter((step) => step.to === 'landed' && moved.has(step.id));
      await afterLanding(
        bridge,
        tx,
        landed.map((step) => ({ operation: step.operation, answer: {}, warnings: [] })),
      );
      await bridge.jobs.enqueue(
        tx,
        steps.filter((step) => step.to === 'ready' && moved.has(step.id)).map((step) => step.operation),
      );
      const parked = steps.filter((step) => step.to === 'parked' && moved.has(step.id));
      const uncertain = parked.filter(({ operation }) => operation.kind === 'stock-set');
      await raiseBase(
        tx,
        uncertain.map(({ operation }) => figureMove(operation)),
      );
      const overtaken = new Set(uncertain.length > 0 ? await supersedeParked(tx, bridge.who) : []);
      for (const { id, why, operation } of parked) {
        // Those that were given up have one alarm for all of their kind: an outage may give up thousands.
        if (!overtaken.has(id) && !why.startsWith(givenUp)) await alarm(tx, operation);
      }
      crashPoint('prove:noted', steps);
    });
  } catch (error) {
    const [first] = steps;
    if (isConnectionError(error) || first === undefined) throw error;
    if (steps.length > 1) {
      for (const step of steps) await writeDown(bridge, [step]);
      return;
    }
    bridge.log.error({ err: error, operation: first.id }, 'what was found out about an operation could not be stored');
    // Its own data cannot be stored, now or later. Anything else may be over when it comes up again.
    if (first.to === 'parked' || !isDataError(error)) return;
    await writeDown(bridge, [
      unprovable(first.operation, `${first.why}, but that cannot be stored: ${messageOf(error)}`),
    ]);
  }
}

const givenUp = 'attempts are used up';

/**
 * A call that OTO fails to answer each time it is sent is not sent for ever: later and later, then a person decides. The first
 * repeat goes at once, so that an ordinary lost answer costs no time.
 */
function bounded(bridge: Bridge, step: Proof): Proof {
  const { attempts } = step.operation;
  if (step.to !== 'ready' || attempts < 2) return step;
  if (attempts < bridge.config.push.attempts) return { ...step, delayMs: backoff(attempts) };
  return { ...step, to: 'parked', why: `${givenUp}: ${step.operation.why ?? ''}; ${step.why}` };
}

async function alarm(tx: Parameters<typeof raiseAlarm>[0], operation: Operation): Promise<void> {
  await raiseAlarm(tx, {
    kind: 'parked',
    subject: String(operation.id),
    message: `Operation ${operation.id} (${operation.kind} ${operation.key.replace('\t', ' ')}) is parked: nobody knows whether it landed.`,
    hint: `\`oto-bridge operations show ${operation.id}\` shows the evidence; \`operations resolve ${operation.id} --landed | --resend | --cancel\` decides.`,
  });
}
