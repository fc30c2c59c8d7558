import type { FigureDocument, FigureFacts } from '../store/explain.ts';

/** What the configuration says of the location. */
export interface FigureRule {
  readonly buffer: number;
  /** Receipts become inventory orders here. */
  readonly receiptsByOrder: boolean;
}

/** Units of OTO's own orders that changed since the ERP's figure was true. */
export interface OrderUnits {
  readonly orderId: string | null;
  readonly quantity: number;
  readonly mayBeBack: boolean;
}

/** One part of the wanted figure. */
export interface Part {
  readonly kind: 'erp' | 'pending' | 'buffer' | 'clamped';
  readonly units: number;
  readonly document?: FigureDocument;
}

/** Why OTO shows another figure than the wanted one. */
export interface Reason {
  readonly kind: 'receipt' | 'disposal' | 'order' | 'held' | 'operation' | 'written';
  /** By how much it moves OTO's figure; null where it is no number. */
  readonly units: number | null;
  /** It may have moved the figure already, or not. */
  readonly certain: boolean;
  readonly text: string;
  readonly document?: FigureDocument;
}

export interface Explanation {
  readonly facts: FigureFacts;
  readonly parts: readonly Part[];
  /** What OTO should show; null where the ERP's figure is not known. */
  readonly wanted: number | null;
  /** OTO's figure less the wanted one. */
  readonly difference: number | null;
  readonly reasons: readonly Reason[];
  /** What of the difference none of the reasons can account for. */
  readonly unexplained: number;
}

const sum = (units: readonly (number | null)[]) => units.reduce<number>((total, one) => total + (one ?? 0), 0);

/** Takes a figure apart: what it should be and why, and why OTO shows another one. */
export function explain(facts: FigureFacts, rule: FigureRule, orders: readonly OrderUnits[]): Explanation {
  const parts = partsOf(facts, rule);
  const wanted = facts.erp === null ? null : sum(parts.map((part) => part.units));
  const difference = wanted === null || facts.onHand === null ? null : facts.onHand - wanted;
  const reasons = wanted === null || difference === null || difference === 0 ? [] : reasonsOf(facts, wanted, orders);
  return { facts, parts, wanted, difference, reasons, unexplained: unexplainedOf(facts, difference ?? 0, reasons) };
}

function unexplainedOf({ onHand, written }: FigureFacts, difference: number, reasons: readonly Reason[]): number {
  // A change that is held back, or on its way, is why the figure is as it was: whatever it was.
  if (reasons.some((reason) => reason.units === null)) return 0;
  const moves = reasons.filter((reason) => reason.kind !== 'written');
  const beside = beyond(difference, moves);
  if (moves.length === reasons.length || onHand === null || written === null) return beside;
  // What moved in OTO came on top of what the bridge set; how far the ERP has moved since is another matter.
  const since = beyond(onHand - written.quantity, moves);
  return Math.abs(since) < Math.abs(beside) ? since : beside;
}

function partsOf({ erp, documents, snapshot }: FigureFacts, { buffer, receiptsByOrder }: FigureRule): Part[] {
  if (erp === null || snapshot === null) return [];
  const pending = receiptsByOrder
    ? documents.filter(
        ({ kind, state, bookedAt }) => kind === 'purchase' && state !== 'processed' && bookedAt <= snapshot.asOf,
      )
    : [];
  const parts: Part[] = [
    { kind: 'erp', units: erp },
    ...pending.map((document): Part => ({ kind: 'pending', units: -document.quantity, document })),
    ...(buffer === 0 ? [] : [{ kind: 'buffer', units: -buffer } as const]),
  ];
  const raw = sum(parts.map((part) => part.units));
  return raw < 0 ? [...parts, { kind: 'clamped', units: -raw }] : parts;
}

function reasonsOf(
  { documents, snapshot, item, operation, written }: FigureFacts,
  wanted: number,
  orders: readonly OrderUnits[],
): Reason[] {
  const reasons: Reason[] = [];
  for (const document of documents) {
    const isIn = document.kind === 'purchase';
    const processed = document.state === 'processed';
    const sent = processed || document.state === 'pending' || document.state === 'sending';
    if (!sent) continue;
    reasons.push({
      kind: isIn ? 'receipt' : 'disposal',
      units: isIn ? document.quantity : -document.quantity,
      certain: processed,
      text: processed
        ? `${document.number} was processed in OTO, and booked after the ERP's figure was true`
        : `${document.number} may have been processed in OTO since`,
      document,
    });
  }
  for (const { orderId, quantity, mayBeBack } of orders) {
    reasons.push({
      kind: 'order',
      units: mayBeBack ? quantity : -quantity,
      certain: false,
      text: `order ${orderId ?? ''} changed in OTO after the ERP's figure was true (${snapshot?.asOf.toISOString() ?? ''})`,
    });
  }
  if (item?.held != null) {
    reasons.push({ kind: 'held', units: null, certain: true, text: `plan ${item.plan} held it back: ${item.held}` });
  }
  const onItsWay = operation !== null && !['landed', 'superseded', 'cancelled'].includes(operation.state);
  if (operation !== null && onItsWay && operation.quantity === wanted) {
    const text = `operation ${operation.id} is ${operation.state}: ${operation.why ?? ''}`;
    reasons.push({ kind: 'operation', units: null, certain: true, text });
  }
  // Made from this very export, it would be the bridge that set a wrong figure.
  if (written !== null && (written.undoes !== null || written.snapshot !== snapshot?.id)) {
    const { undoes, operation: id, quantity, at } = written;
    const text =
      undoes === null
        ? `the ERP has moved since operation ${id} set it to ${quantity} (${at.toISOString()})`
        : `operation ${id} set it back to ${quantity} (${at.toISOString()}), as it was before run ${undoes}; the next sync sets what the ERP has`;
    if (quantity !== wanted) reasons.push({ kind: 'written', units: quantity - wanted, certain: true, text });
  }
  return reasons;
}

/** How far a difference lies outside of what the reasons come to at least and at most. */
function beyond(difference: number, reasons: readonly Reason[]): number {
  const certain = sum(reasons.filter((reason) => reason.certain).map((reason) => reason.units));
  const possible = reasons.filter((reason) => !reason.certain).map((reason) => reason.units ?? 0);
  const least = certain + sum(possible.filter((units) => units < 0));
  const most = certain + sum(possible.filter((units) => units > 0));
  return difference < least ? difference - least : difference > most ? difference - most : 0;
}
