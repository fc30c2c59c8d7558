import { crashPoint } from '../lib/crash-point.ts';
import { BridgeError, isBridgeError } from '../lib/errors.ts';
import { receiverOf, stockKey } from '../model/index.ts';
import { clearAlarm } from '../store/alarms.ts';
import { moveDocuments } from '../store/documents.ts';
import { whyNotAgain } from '../store/operation-retry.ts';
import { transition } from '../store/operation-steps.ts';
import { getOperation, type Operation, operationEvents } from '../store/operations.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';
import { afterLanding } from './landed.ts';
import { isBeyond, readPacking } from './packing-status.ts';
import { figuresOf, readFigures } from './proofs.ts';

/** What a person says of an operation whose outcome nobody knows. */
export type Decision = 'landed' | 'resend' | 'cancel';

export interface DecisionDetail {
  readonly note?: string | undefined;
  readonly otoId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Resolved {
  /** It had been decided just so before, and nothing was done. */
  readonly repeated: boolean;
}

/**
 * Carries out a person's decision on a parked operation (`resend` also on a refused one), in one transaction with what follows. The same
 * decision given twice is carried out once. Whoever comes too late, because another person, a late answer or a newer figure was faster,
 * is told what has become of it, and nothing happens.
 * @throws BridgeError NOT_FOUND, WRONG_STATE; for a stock figure or a packing step that is to be sent again also what a read of OTO throws
 */
export async function resolveOperation(
  bridge: Bridge,
  id: number,
  decision: Decision,
  detail: DecisionDetail,
): Promise<Resolved> {
  const operation = await getOperation(bridge.db, id);
  if (operation === undefined) {
    throw new BridgeError(engineErrors.NOT_FOUND, {
      message: `There is no operation ${id}.`,
      hint: '`oto-bridge operations list --parked` shows what waits for a decision.',
    });
  }
  const may = operation.state === 'parked' || (operation.state === 'refused' && decision === 'resend');
  if (!may) return tooLate(bridge, operation, decision);
  if (decision === 'resend') await requireStillFit(bridge, operation, detail.signal);
  const said = detail.note === undefined ? '' : `: ${detail.note}`;
  const done = await bridge.db.tx(async (tx) => {
    const to = states[decision];
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
          // As it was looked at: parked once more since, it has another story.
          fence: operation.fence,
          to,
          why: `${why}${said}`,
          otoId: detail.otoId,
          ...(decision === 'landed' ? { evidence: 'person' as const } : {}),
        },
      ],
      bridge.who,
    );
    if (moved.length === 0) return false;
    // Only now, with the row in our hands: a newer figure that comes after this waits for it, and takes its place.
    if (decision === 'resend') await requireFit(bridge, tx, operation);
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
    return true;
  });
  if (!done) return tooLate(bridge, (await getOperation(bridge.db, id)) ?? operation, decision);
  crashPoint('decide:committed', id);
  return { repeated: false };
}

const states = { landed: 'landed', resend: 'ready', cancel: 'cancelled' } as const;

/** Somebody or something was faster. @throws BridgeError WRONG_STATE unless it was decided just so */
async function tooLate(bridge: Bridge, operation: Operation, decision: Decision): Promise<Resolved> {
  const events = await operationEvents(bridge.db, operation.id);
  const last = events.findLast(({ from }) => from === 'parked' || from === 'refused');
  // A figure that has been overtaken since went no further, and one that was refused again did: both want another look.
  const stands = ['ready', 'sending', 'unknown', 'landed', 'cancelled'].includes(operation.state);
  if (last?.to === states[decision] && stands) return { repeated: true };
  const latest = last ?? events.at(-1);
  const told = latest === undefined ? '' : ` (${latest.why}, by ${latest.who} at ${latest.at.toISOString()})`;
  throw new BridgeError(engineErrors.WRONG_STATE, {
    message: `Operation ${operation.id} is ${operation.state}${told}, so it cannot be resolved with "${decision}".`,
    hint: `Only parked operations wait for a decision; a refused one can be sent again. \`oto-bridge operations show ${operation.id}\` tells its story.`,
  });
}

export interface Retried {
  /** Those that are on their way again. */
  readonly queued: readonly number[];
  /** Those that would undo something newer, each with the reason. */
  readonly left: readonly { readonly id: number; readonly why: string }[];
}

/** Which of the operations must not be sent again, and why. */
export async function unfitAmong(bridge: Bridge, ids: readonly number[]): Promise<Map<number, string>> {
  return whyNotAgain(bridge.db, ids, figureMaxAgeMs(bridge));
}

/** Queues refused operations again, but for those that would undo something newer. */
export async function retryRefused(bridge: Bridge, ids: readonly number[]): Promise<Retried> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await bridge.db.tx(async (tx) => {
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
        const queued = ready.map((one) => one.id);
        const gone = ids.filter((id) => !unfit.has(id) && !queued.includes(id));
        return {
          queued,
          left: [
            ...[...unfit].map(([id, why]) => ({ id, why })),
            ...gone.map((id) => ({ id, why: 'it is not refused any more' })),
          ],
        };
      });
    } catch (error) {
      // A newer figure came in between: look again, and its predecessor is left alone.
      if (attempt >= 3 || (error as { code?: string }).code !== '23505') throw error;
    }
  }
}

function figureMaxAgeMs(bridge: Bridge): number {
  return bridge.config.push.figureMaxAgeMinutes * 60_000;
}

/** @throws BridgeError WRONG_STATE where a repeat would undo something newer of ours */
async function requireFit(bridge: Bridge, db: Queryable, operation: Operation): Promise<void> {
  const why = (await whyNotAgain(db, [operation.id], figureMaxAgeMs(bridge))).get(operation.id);
  if (why !== undefined) throw unfit(operation, `${why}.`);
}

/**
 * A person looks at a screen, and then a while goes by: where OTO can be asked, it is asked once more. A figure that is neither the one
 * before nor ours was sold from or moved since: ours would give back what was sold. A packing step that is behind would be a step back.
 * @throws BridgeError WRONG_STATE, and what a read of OTO throws
 */
async function requireStillFit(bridge: Bridge, operation: Operation, signal: AbortSignal | undefined): Promise<void> {
  await requireFit(bridge, bridge.db, operation);
  if (operation.kind === 'stock-set') {
    const figures = await readFigures(bridge, [operation], signal);
    const shown = figures.get(stockKey(operation.sku ?? '', operation.location ?? ''));
    const { before, wanted } = figuresOf(operation);
    // What cannot be asked for is the person's word.
    if (shown === undefined || (shown ?? 0) === (before ?? 0)) return;
    if (shown === wanted) throw unfit(operation, `OTO shows ${wanted} already.`, landedHint(operation));
    throw unfit(
      operation,
      `OTO shows ${shown ?? 'nothing'} by now, and showed ${before ?? 'nothing'} when ${wanted} was planned: sending it would undo what happened since.`,
    );
  }
  if (operation.kind === 'packing-status') {
    const { status } = await readPacking(bridge, operation.order_id ?? '', { signal }).catch((error: unknown) => {
      // OTO refuses to show the order: then the answer to the call tells.
      if (isBridgeError(error) && error.code === 'OTO_REFUSED') return { status: null };
      throw error;
    });
    const wanted = String(operation.request.packingStatus);
    if (status === wanted) throw unfit(operation, `OTO shows ${wanted} already.`, landedHint(operation));
    if (isBeyond(status, wanted)) {
      throw unfit(operation, `OTO shows ${status}: ${wanted} would be a step back.`, landedHint(operation));
    }
  }
}

function landedHint({ id, state }: Operation): string | undefined {
  return state === 'parked' ? `\`oto-bridge operations resolve ${id} --landed\` settles it.` : undefined;
}

function unfit({ id, kind, flow, sku, location }: Operation, why: string, hint?: string): BridgeError {
  const only = kind === 'stock-set' ? ` --sku ${sku} --location ${location}` : '';
  return new BridgeError(engineErrors.WRONG_STATE, {
    message: `Operation ${id} must not be sent again: ${why}`,
    hint: hint ?? `\`oto-bridge sync ${flow}${only}\` sends what is right now.`,
  });
}
