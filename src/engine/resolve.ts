import { crashPoint } from '../lib/crash-point.ts';
import { BridgeError } from '../lib/errors.ts';
import { receiverOf } from '../model/index.ts';
import { clearAlarm } from '../store/alarms.ts';
import { moveDocuments } from '../store/documents.ts';
import { whyNotAgain } from '../store/operation-retry.ts';
import { transition } from '../store/operation-steps.ts';
import { getOperation, type Operation } from '../store/operations.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';
import { afterLanding } from './landed.ts';

/** What a person says of an operation whose outcome nobody knows. */
export type Decision = 'landed' | 'resend' | 'cancel';

/**
 * Carries out a person's decision on a parked operation (`resend` also on a refused one), in one transaction with what follows.
 * @throws BridgeError NOT_FOUND, WRONG_STATE
 */
export async function resolveOperation(
  bridge: Bridge,
  id: number,
  decision: Decision,
  detail: { readonly note?: string | undefined; readonly otoId?: string | undefined },
): Promise<void> {
  const operation = await getOperation(bridge.db, id);
  if (operation === undefined) {
    throw new BridgeError(engineErrors.NOT_FOUND, {
      message: `There is no operation ${id}.`,
      hint: '`oto-bridge operations list --parked` shows what waits for a decision.',
    });
  }
  const may = operation.state === 'parked' || (operation.state === 'refused' && decision === 'resend');
  if (!may) throw wrongState(operation, decision);
  if (decision === 'resend') await requireFit(bridge, operation);
  const said = detail.note === undefined ? '' : `: ${detail.note}`;
  await bridge.db.tx(async (tx) => {
    const to = decision === 'landed' ? 'landed' : decision === 'resend' ? 'ready' : 'cancelled';
    const why = {
      landed: `a person found it in ${receiverOf(operation.kind)}`,
      resend: `a person did not find it in ${receiverOf(operation.kind)}`,
      cancel: 'a person cancelled it',
    }[decision];
    const moved = await transition(
      tx,
      operation.state,
      [
        {
          id,
          to,
          why: `${why}${said}`,
          otoId: detail.otoId,
          ...(decision === 'landed' ? { evidence: 'person' as const } : {}),
        },
      ],
      bridge.who,
    );
    if (moved.length === 0) throw wrongState(operation, decision);
    crashPoint('decide:moved', id);
    await clearAlarm(tx, 'parked', String(id));
    if (decision === 'landed') {
      await afterLanding(bridge, tx, [
        { operation, answer: detail.otoId === undefined ? {} : { otoId: detail.otoId }, warnings: [] },
      ]);
    } else if (decision === 'resend') {
      await bridge.jobs.enqueue(tx, [operation]);
    } else if (operation.document_id !== null) {
      await moveDocuments(tx, [operation.document_id], ['new', 'held', 'sending'], 'skipped', { why: `${why}${said}` });
    }
  });
  crashPoint('decide:committed', id);
}

export interface Retried {
  /** Those that are on their way again. */
  readonly queued: readonly number[];
  /** Those that would undo something newer, each with the reason. */
  readonly left: readonly { readonly id: number; readonly why: string }[];
}

/** Queues refused operations again, but for those that would undo something newer. */
export async function retryRefused(bridge: Bridge, ids: readonly number[]): Promise<Retried> {
  return bridge.db.tx(async (tx) => {
    const unfit = await whyNotAgain(tx, ids, figureMaxAgeMs(bridge));
    const moved = await transition(
      tx,
      'refused',
      ids
        .filter((id) => !unfit.has(id))
        .map((id) => ({ id, to: 'ready' as const, why: 'a person wants it tried again' })),
      bridge.who,
    );
    const operations = await Promise.all(moved.map((id) => getOperation(tx, id)));
    const ready = operations.filter((one): one is Operation => one?.state === 'ready');
    await bridge.jobs.enqueue(tx, ready);
    return { queued: ready.map((one) => one.id), left: [...unfit].map(([id, why]) => ({ id, why })) };
  });
}

function figureMaxAgeMs(bridge: Bridge): number {
  return bridge.config.push.figureMaxAgeMinutes * 60_000;
}

/** @throws BridgeError WRONG_STATE */
async function requireFit(bridge: Bridge, operation: Operation): Promise<void> {
  const why = (await whyNotAgain(bridge.db, [operation.id], figureMaxAgeMs(bridge))).get(operation.id);
  if (why === undefined) return;
  throw new BridgeError(engineErrors.WRONG_STATE, {
    message: `Operation ${operation.id} must not be sent again: ${why}.`,
    hint: `\`oto-bridge sync ${operation.flow}\` sends what is right now.`,
  });
}

function wrongState(operation: Operation, decision: Decision): BridgeError {
  return new BridgeError(engineErrors.WRONG_STATE, {
    message: `Operation ${operation.id} is ${operation.state}, so it cannot be resolved with "${decision}".`,
    hint: 'Only parked operations wait for a decision; a refused one can be sent again.',
  });
}
