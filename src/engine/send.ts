import { crashPoint, crashPointSoon } from '../lib/crash-point.ts';
import type { Deadline } from '../lib/deadline.ts';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import { within } from '../lib/log.ts';
import { command, type OperationKind } from '../model/index.ts';
import type { CallOptions, Lane, Outcome } from '../oto/index.ts';
import { isConnectionError } from '../store/db.ts';
import type { Claimed } from '../store/operations.ts';
import type { Comparison, Judgement } from './compare.ts';
import type { Bridge } from './context.ts';
import type { Result } from './judge.ts';
import { lookBefore } from './packing-before.ts';

/** What the operations that were claimed together have in common. */
export interface Claim {
  readonly bridge: Bridge;
  /** What was found of them before. */
  readonly comparison: Comparison;
  /** After it none may be sent. */
  readonly deadline: Deadline;
  /** Ends the wait for a turn. */
  readonly patience: AbortSignal;
}

/** Sends one operation, unless the comparison has made its call needless. What came of it is in the result, also where we failed ourselves. */
export async function send({ bridge, comparison, deadline, patience }: Claim, operation: Claimed): Promise<Result> {
  const judged = comparison.of(operation.id);
  if (judged?.kind === 'unread') return { operation, outcome: judged.outcome };
  if (judged?.kind === 'already') {
    const outcome = { kind: 'ok', data: {}, warnings: [], status: 0, raw: '' } as const;
    const shown = { onHand: judged.shown, readAt: bridge.now() };
    return { operation, outcome, compared: { already: String(operation.request.qty), shown } };
  }
  if (operation.kind === 'packing-status') {
    const unsent = await lookBefore(bridge, operation, patience).catch((error: unknown) => ({
      outcome: ownFault(bridge, operation, error, false),
    }));
    if (unsent !== undefined) return { operation, ...unsent };
  }
  let windowMs: number | undefined;
  let handedOver = false;
  const options: CallOptions = {
    beforeSend: () => {
      crashPoint('send:before', operation);
      if (deadline.passed) return false;
      crashPoint('send:checked', operation);
      windowMs = windowOf(bridge, operation, judged);
      crashPointSoon('send:handed', operation);
      handedOver = true;
      return true;
    },
    patience,
    lane: laneOf(operation),
    fresh: operation.kind === 'inventory-order',
  };
  const { id, run_id, flow, kind } = operation;
  const outcome = await within({ operation: id, run: run_id, flow }, () =>
    perform[kind](bridge, operation, options).catch((error: unknown) => ownFault(bridge, operation, error, handedOver)),
  );
  crashPoint('send:answered', operation);
  const shown = judged?.shown === undefined ? undefined : { onHand: judged.shown, readAt: judged.readAt };
  return { operation, outcome, compared: { windowMs, moved: judged?.moved, shown } };
}

/** How long ago OTO's figure was read: right before, or for the plan. Undefined: that is not known, or it is no stock figure. */
function windowOf(bridge: Bridge, { precondition }: Claimed, judged: Judgement | undefined): number | undefined {
  const planned = typeof precondition.readAt === 'string' ? Date.parse(precondition.readAt) : Number.NaN;
  const readAt = judged?.kind === 'send' ? judged.readAt : planned;
  return Number.isFinite(readAt) ? Math.max(0, bridge.now() - readAt) : undefined;
}

/** A fault of our own with one operation must not leave the others of its claim without a settlement. */
function ownFault({ log }: Bridge, operation: Claimed, error: unknown, handedOver: boolean): Outcome<unknown> {
  log.error({ err: error, operation: operation.id }, 'an operation could not be carried out');
  const message = `the bridge itself failed: ${messageOf(error)}`;
  if (handedOver) return { kind: 'unknown', message };
  // The database may be away. Whatever else it is, a repeat would meet it again.
  return isConnectionError(error)
    ? { kind: 'not-taken', cause: 'connect', message }
    : { kind: 'refused', status: 0, message: `Not sent: ${message}` };
}

/** The call that carries out each kind of operation. */
const perform: {
  readonly [Kind in OperationKind]: (
    bridge: Bridge,
    operation: Claimed,
    options: CallOptions,
  ) => Promise<Outcome<unknown>>;
} = {
  'stock-set': (bridge, operation, options) =>
    bridge.oto.call('updateStockQuantity', operation.request as never, options),
  'product-create': (bridge, operation, options) =>
    bridge.oto.call('createProduct', operation.request as never, options),
  'inventory-order': (bridge, operation, options) =>
    bridge.oto.call('createInventoryOrder', operation.request as never, options),
  'packing-status': (bridge, operation, options) =>
    bridge.oto.call('updatePackingStatus', operation.request as never, options),
  'erp-command': writeToErp,
};

/** Of a stock figure; the other kinds have one lane each, which OTO's client knows. */
function laneOf({ kind, lane }: Claimed): Lane | undefined {
  if (kind !== 'stock-set') return undefined;
  return lane === 2 ? 'to-zero' : lane === 3 ? 'lowering' : 'raising';
}

/** An ERP write. One that is idempotent by its operation id may be repeated; any other with a lost answer is a person's matter. */
async function writeToErp(bridge: Bridge, operation: Claimed, options: CallOptions): Promise<Outcome<unknown>> {
  const { source, command: wish } = operation.request as { source: string; command: unknown };
  const parsed = command.parse({ ...(wish as object), id: String(operation.id) });
  try {
    const { connector } = await bridge.source(source);
    crashPoint('erp:opened', operation);
    if (connector.apply === undefined) {
      return { kind: 'refused', message: `the connector of "${source}" writes nothing`, status: 0 };
    }
    if (options.beforeSend?.() === false) return { kind: 'not-taken', cause: 'fenced', message: 'the lease ran out' };
    const signal = AbortSignal.timeout(bridge.config.oto.timeoutSeconds * 1000);
    const result = await connector.apply(parsed, signal);
    crashPoint('erp:written', operation);
    return { kind: 'ok', data: result, warnings: [], status: 200, raw: '' };
  } catch (error) {
    if (isBridgeError(error) && error.recovery === 'retry') {
      return { kind: 'not-taken', cause: 'connect', message: error.message };
    }
    if (isBridgeError(error)) return { kind: 'refused', code: error.code, message: error.message, status: 0 };
    return { kind: 'unknown', message: messageOf(error) };
  }
}
