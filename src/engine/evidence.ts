import { getDocument, unitsLandedSince } from '../store/documents.ts';
import type { Operation } from '../store/operations.ts';
import type { Bridge } from './context.ts';

/** What OTO's forecast of one line did while the order was sent. `null`: OTO named no forecast. */
export interface LineEvidence {
  readonly sku: string;
  readonly quantity: number;
  readonly forecastBefore: number | null;
  readonly forecastAfter: number | null;
  readonly moved: number | null;
  /** By how much orders of ours that landed meanwhile moved it, should OTO count them. */
  readonly byOthers: number;
  /** By how much an order that landed moves it, should OTO count orders that nobody has processed. */
  readonly expected: number;
}

/** What a person needs to decide about an inventory order: where to look in OTO, and what OTO's forecast did. */
export interface OrderEvidence {
  readonly lookFor: { readonly waybillNumber: unknown; readonly description: unknown };
  readonly location: string | null;
  readonly lines: readonly LineEvidence[];
  readonly hint: string;
  readonly answers: readonly string[];
}

/** No call reads an inventory order back: this is evidence, not proof. @throws BridgeError when OTO cannot be read */
export async function orderEvidence(bridge: Bridge, operation: Operation, signal: AbortSignal): Promise<OrderEvidence> {
  const document = operation.document_id === null ? undefined : await getDocument(bridge.db, operation.document_id);
  const before = (operation.precondition.forecasted ?? {}) as Record<string, number | null>;
  const after = new Map<string, number | null>();
  const skus = (document?.lines ?? []).map((line) => line.sku);
  for await (const batch of bridge.oto.stock(skus, { signal, attempts: proofAttempts })) {
    for (const reading of batch) {
      const entry = reading.known
        ? reading.entries.find((one) => one.pickupLocationCode === operation.location)
        : undefined;
      after.set(reading.sku, entry?.quantityForecasted ?? null);
    }
  }
  const sign = document?.kind === 'disposal' ? -1 : 1;
  const others = await unitsLandedSince(bridge.db, operation);
  const lines = (document?.lines ?? []).map((line): LineEvidence => {
    const was = before[line.sku] ?? null;
    const is = after.get(line.sku) ?? null;
    return {
      sku: line.sku,
      quantity: line.quantity,
      forecastBefore: was,
      forecastAfter: is,
      moved: was === null || is === null ? null : is - was,
      byOthers: others.get(line.sku) ?? 0,
      expected: sign * line.quantity,
    };
  });
  return {
    lookFor: {
      waybillNumber: operation.request.waybillNumber ?? null,
      description: operation.request.description ?? null,
    },
    location: operation.location,
    lines,
    hint: meaningOf(lines),
    answers: [
      `oto-bridge operations resolve ${operation.id} --landed   when OTO's screen shows the order`,
      `oto-bridge operations resolve ${operation.id} --resend   when it does not`,
    ],
  };
}

/** Tries of one read while proving: what fails is looked at again in the next round, so that nothing else waits for it. */
export const proofAttempts = 2;

function meaningOf(lines: readonly LineEvidence[]): string {
  if (lines.length > 0 && lines.every((line) => line.moved === line.expected + line.byOthers)) {
    const others = lines.some((line) => line.byOthers !== 0)
      ? ', beside those of other orders that landed meanwhile'
      : '';
    return `OTO's forecast moved by just these quantities${others}: it probably landed. Whether OTO counts unprocessed orders in its forecast is not documented.`;
  }
  if (lines.length > 0 && lines.every((line) => line.moved === line.byOthers)) {
    return lines.some((line) => line.byOthers !== 0)
      ? "OTO's forecast moved only by what other orders account for: it probably did not land."
      : "OTO's forecast did not move: it may not have landed, or OTO does not count unprocessed orders.";
  }
  return "OTO's forecast says nothing clear.";
}
