import type { OperationKind } from '../model/index.ts';
import { stockKey } from '../model/index.ts';
import type { Transition } from '../store/operation-steps.ts';
import type { Operation } from '../store/operations.ts';
import { unknownSkus } from '../store/products.ts';
import type { Bridge } from './context.ts';
import { orderEvidence, proofAttempts } from './evidence.ts';
import { isBeyond, readPacking } from './packing-status.ts';
import { pullProducts } from './pull.ts';

/** What a look at OTO or at the ERP says about an operation of unknown outcome. */
export type Proof = Transition & { readonly operation: Operation };

interface Look {
  /** One question for many of them. Otherwise each is asked for alone. */
  readonly together: boolean;
  look(bridge: Bridge, operations: readonly Operation[], signal: AbortSignal): Promise<Proof[]>;
}

/**
 * What can be asked about each kind of call, and what follows from the answer. `ready` only where it is proven that the call did not
 * land, or where a repeat itself tells. Throws where OTO or the ERP cannot be asked.
 */
export const looks: { readonly [Kind in OperationKind]: Look } = {
  /**
   * Read, compare with the figure before and the wanted one; resend only if unchanged. A figure that is neither may have landed and been
   * sold from, or somebody else has moved it: sending ours would give sold units back. The next sync makes a fresh one of what it finds.
   */
  'stock-set': together(async (bridge, operations, signal) => {
    const figures = await readFigures(bridge, operations, signal);
    return operations.map((operation) => {
      const shown = figures.get(stockKey(operation.sku ?? '', operation.location ?? ''));
      const { before, wanted } = figuresOf(operation);
      const detail = { before, wanted, shown: shown ?? null };
      if (shown === undefined) return proof(operation, 'parked', 'OTO cannot be asked for this SKU', { detail });
      if (shown === wanted) {
        return proof(operation, 'landed', `OTO shows ${wanted}`, { evidence: 'read-back', detail });
      }
      if (shown === before) {
        return proof(operation, 'ready', `OTO still shows ${before ?? 'nothing'}: it did not land`, { detail });
      }
      return proof(
        operation,
        'parked',
        `OTO shows ${shown ?? 'nothing'}, neither ${before ?? 'nothing'} (before) nor ${wanted} (wanted): it landed and units were sold since, or somebody else moved it; the next sync of stock makes a fresh figure`,
        { detail },
      );
    });
  }),

  /** The repeat itself answers: OTO refuses a second product with a SKU and says that it exists. Where that is no clear answer either, the product list tells. */
  'product-create': together(async (bridge, operations, signal) => {
    const repeated = operations.filter((operation) => operation.attempts > 1).map((operation) => operation.sku ?? '');
    if (repeated.length > 0) await pullProducts(bridge, { signal });
    const unlisted = new Set(await unknownSkus(bridge.db, repeated));
    return operations.map((operation) =>
      repeated.includes(operation.sku ?? '') && !unlisted.has(operation.sku ?? '')
        ? proof(operation, 'landed', 'OTO lists the product', { evidence: 'read-back' })
        : proof(operation, 'ready', 'a repeat answers whether it landed: OTO refuses a SKU that exists'),
    );
  }),

  /** No call reads an inventory order back: the forecasted stock of its lines is evidence for a person, not proof. */
  'inventory-order': alone(async (bridge, operation, signal) =>
    proof(operation, 'parked', 'OTO has no call that reads an inventory order back', {
      detail: await orderEvidence(bridge, operation, signal),
    }),
  ),

  /** Read the order; resend only if it shows what it showed before, and never a step that it has left behind. */
  'packing-status': alone(async (bridge, operation, signal) => {
    const { status: shown, telling } = await readPacking(bridge, operation.order_id ?? '', {
      signal,
      attempts: proofAttempts,
    });
    const wanted = String(operation.request.packingStatus);
    const before = (operation.precondition.packingStatus ?? null) as string | null;
    const detail = { before, wanted, shown };
    if (shown === wanted) {
      return proof(operation, 'landed', `OTO shows ${shown}`, { evidence: 'read-back', detail });
    }
    if (isBeyond(shown, wanted)) {
      return proof(operation, 'landed', `OTO shows ${shown}, which is beyond ${wanted}: not sent again`, {
        evidence: 'already-true',
        detail,
      });
    }
    if (!('packingStatus' in operation.precondition)) {
      return proof(operation, 'ready', 'it went no further than the reading of the order: nothing was sent', {
        detail,
      });
    }
    if (!telling) {
      return proof(operation, 'parked', 'OTO shows no history of packing for this order, so nothing tells', { detail });
    }
    return shown === before
      ? proof(operation, 'ready', `OTO still shows ${before ?? 'no packing status'}`, { detail })
      : proof(
          operation,
          'parked',
          `OTO shows ${shown ?? 'nothing'}, neither ${before ?? 'nothing'} nor ${wanted}: somebody else moved it`,
          { detail },
        );
  }),

  'erp-command': alone(async (bridge, operation) => {
    const { source, command } = operation.request as { source: string; command: { name: string } };
    const { definition } = await bridge.source(source);
    const support = definition.supports.apply[command.name as keyof typeof definition.supports.apply];
    return support?.idempotent === true
      ? proof(operation, 'ready', 'the ERP takes the same operation id twice without a second effect')
      : proof(operation, 'parked', 'the ERP cannot say whether it was written');
  }),
};

function proof(
  operation: Operation,
  to: 'landed' | 'ready' | 'parked',
  why: string,
  more: Pick<Transition, 'evidence' | 'detail'> = {},
): Proof {
  return { operation, id: operation.id, fence: operation.fence, to, why, ...more };
}

/** What nobody will ever be able to find out by asking, with the reason why it cannot be asked for. */
export function unprovable(operation: Operation, why: string): Proof {
  return proof(operation, 'parked', `nothing can be found out about it: ${why}`);
}

function together(look: Look['look']): Look {
  return { together: true, look };
}

function alone(look: (bridge: Bridge, operation: Operation, signal: AbortSignal) => Promise<Proof>): Look {
  return {
    together: false,
    look: (bridge, operations, signal) => Promise.all(operations.map((operation) => look(bridge, operation, signal))),
  };
}

/** The figure before a stock operation, and the one that it sets. */
export function figuresOf(operation: Pick<Operation, 'precondition' | 'request'>): {
  readonly before: number | null;
  readonly wanted: number;
} {
  return {
    before: (operation.precondition.onHand ?? null) as number | null,
    wanted: Number(operation.request.qty),
  };
}

/** What OTO shows now, by key: null where it names no figure. A key that cannot be asked for is left out. */
export async function readFigures(
  bridge: Bridge,
  operations: readonly Pick<Operation, 'sku' | 'location'>[],
  signal: AbortSignal | undefined,
): Promise<Map<string, number | null>> {
  const figures = new Map<string, number | null>();
  const bySku = Map.groupBy(operations, (operation) => operation.sku ?? '');
  for await (const batch of bridge.oto.stock([...bySku.keys()], { signal, attempts: proofAttempts })) {
    for (const reading of batch) {
      if (!reading.known && reading.reason !== 'absent' && reading.reason !== 'refused') continue;
      for (const { location } of bySku.get(reading.sku) ?? []) figures.set(stockKey(reading.sku, location ?? ''), null);
      for (const entry of reading.known ? reading.entries : []) {
        const key = stockKey(reading.sku, entry.pickupLocationCode ?? '');
        if (figures.has(key)) figures.set(key, entry.quantityOnHand ?? null);
      }
    }
  }
  return figures;
}
