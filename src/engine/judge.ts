import { receiverOf } from '../model/index.ts';
import { type Outcome, saysOrderExists, saysProductExists } from '../oto/index.ts';
import type { Transition } from '../store/operation-steps.ts';
import type { Claimed } from '../store/operations.ts';
import type { Bridge } from './context.ts';
import type { Shown } from './landed.ts';

/** What came of one call. */
export interface Result {
  readonly operation: Claimed;
  readonly outcome: Outcome<unknown>;
  /** What the comparison before it found. */
  readonly compared?: Compared;
}

export interface Compared {
  /** What OTO showed, where that is what was wanted: there was no call. */
  readonly already?: string;
  /** How long before the sending OTO's figure had been read. */
  readonly windowMs?: number | undefined;
  /** What somebody else had made of the figure since it was planned. */
  readonly moved?: string | undefined;
  /** What OTO showed right before, where it was read; null where it named no figure. */
  readonly shown?: Shown | undefined;
}

/** The step that an operation takes for what came of its call. */
export function stepOf(bridge: Bridge, result: Result): Transition {
  const { windowMs, moved } = result.compared ?? {};
  return { ...judge(bridge, result), windowMs, moved };
}

function judge(bridge: Bridge, { operation, outcome, compared = {} }: Result): Transition {
  const { id, fence } = operation;
  const by = receiverOf(operation.kind);
  switch (outcome.kind) {
    case 'ok': {
      if (compared.already !== undefined) {
        const why = `OTO shows ${compared.already} already: nothing was sent`;
        return { id, fence, to: 'landed', evidence: 'already-true', why };
      }
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
          (outcome.warnings.length > 0
            ? `${by} answered: ${outcome.warnings.join(' ')}`
            : `${by} answered with success`) + (compared.moved === undefined ? '' : `; ${compared.moved}`),
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
      // Our reference is in no other document: the order was made by an earlier sending, whatever became of its answer.
      const { waybillNumber } = operation.request;
      const isOurs = waybillNumber !== undefined && waybillNumber === operation.precondition.reference;
      if (operation.kind === 'inventory-order' && isOurs && saysOrderExists(outcome)) {
        return {
          id,
          fence,
          to: 'landed',
          evidence: 'natural-key',
          why: `OTO says that an order with the waybill number ${String(waybillNumber)} exists`,
          answer: reasonOf(outcome),
        };
      }
      return { id, fence, to: 'refused', evidence: 'answer', why: refusalText(by, outcome), answer: reasonOf(outcome) };
    }
    case 'not-taken': {
      const busy = outcome.cause === 'busy';
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

/** Milliseconds until an operation is tried again. */
export function backoff(attempts: number): number {
  const top = Math.min(60_000, 500 * 2 ** Math.min(attempts, 7));
  return top / 2 + Math.random() * (top / 2);
}

function reasonOf(outcome: Outcome<unknown> & { kind: 'refused' }): Record<string, unknown> {
  return {
    otoCode: outcome.otoCode ?? null,
    errorCode: outcome.legacyCode ?? null,
    ...(outcome.code === undefined ? {} : { code: outcome.code }),
    message: outcome.message,
    status: outcome.status,
  };
}

function refusalText(by: string, outcome: Outcome<unknown> & { kind: 'refused' }): string {
  const code = outcome.otoCode ?? (outcome.legacyCode === undefined ? '' : `errorCode ${outcome.legacyCode}`);
  return `${by} refused it${code === '' || outcome.message.includes(code) ? '' : ` (${code})`}: ${outcome.message}`;
}
