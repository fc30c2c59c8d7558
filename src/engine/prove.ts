import { crashPoint } from '../lib/crash-point.ts';
import type { OperationKind } from '../model/index.ts';
import { stockKey } from '../model/index.ts';
import { raiseAlarm } from '../store/alarms.ts';
import { getDocument } from '../store/documents.ts';
import { claimUnknown } from '../store/operation-claims.ts';
import { type Transition, transition } from '../store/operation-steps.ts';
import type { Operation } from '../store/operations.ts';
import { unknownSkus } from '../store/products.ts';
import type { Bridge } from './context.ts';
import { afterLanding } from './landed.ts';
import { readPackingStatus } from './packing-status.ts';
import { pullProducts } from './pull.ts';
import { backoff } from './settle.ts';

/**
 * Finds out what became of calls without a trustworthy answer. Only what is proven not to have landed goes back to `ready`; what
 * cannot be proven is parked with its evidence, and a person decides. How often a look may fail is not bounded: while OTO cannot be
 * read, nothing is known and nothing is done. How often a call is sent is: see `bounded`.
 */
export async function prove(bridge: Bridge, signal: AbortSignal): Promise<number> {
  const { db } = bridge;
  const leaseMs = Math.max(bridge.config.push.leaseSeconds * 1000, 5000);
  const operations = await claimUnknown(db, 200, leaseMs);
  if (operations.length === 0) return 0;
  crashPoint('prove:claimed', operations);
  const byKind = Map.groupBy(operations, (operation) => operation.kind);
  for (const [kind, list] of byKind) {
    let steps: (Transition & { readonly operation: Operation })[];
    try {
      steps = (await look[kind](bridge, list, signal)).map((step) => bounded(bridge, step));
    } catch (error) {
      // OTO or the ERP cannot be read just now: the rows come up again when the claim has lapsed.
      bridge.log.debug({ kind, reason: error instanceof Error ? error.message : String(error) }, 'cannot prove now');
      continue;
    }
    crashPoint('prove:looked', steps);
    await db.tx(async (tx) => {
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
      for (const step of steps) {
        // Those that were given up have one alarm for all of their kind: an outage may give up thousands.
        if (step.to === 'parked' && moved.has(step.id) && !step.why.startsWith(givenUp))
          await alarm(tx, step.operation);
      }
      crashPoint('prove:noted', steps);
    });
    crashPoint('prove:committed', steps);
  }
  return operations.length;
}

const givenUp = 'attempts are used up';

/**
 * A call that OTO fails to answer each time it is sent is not sent for ever: later and later, then a person decides. The first
 * repeat goes at once, so that an ordinary lost answer costs no time.
 */
function bounded<Step extends Transition & { readonly operation: Operation }>(bridge: Bridge, step: Step): Step {
  const { attempts } = step.operation;
  if (step.to !== 'ready' || attempts < 2) return step;
  if (attempts < bridge.config.push.attempts) return { ...step, delayMs: backoff(attempts) };
  return { ...step, to: 'parked', why: `${givenUp}: ${step.operation.why ?? ''}; ${step.why}` };
}

type Look = (
  bridge: Bridge,
  operations: readonly Operation[],
  signal: AbortSignal,
) => Promise<(Transition & { operation: Operation })[]>;

const look: { readonly [Kind in OperationKind]: Look } = {
  /** Read, compare with the figure before and the wanted one; resend only if unchanged: a figure that landed may have been sold from. */
  async 'stock-set'(bridge, operations, signal) {
    const figures = new Map<string, number | null>();
    const skus = [...new Set(operations.map((operation) => operation.sku ?? ''))];
    for await (const batch of bridge.oto.stock(skus, { signal })) {
      for (const reading of batch) {
        if (!reading.known && reading.reason !== 'absent' && reading.reason !== 'refused') continue;
        for (const operation of operations) {
          if (operation.sku === reading.sku) figures.set(stockKey(reading.sku, operation.location ?? ''), null);
        }
        for (const entry of reading.known ? reading.entries : []) {
          const key = stockKey(reading.sku, entry.pickupLocationCode ?? '');
          if (figures.has(key)) figures.set(key, entry.quantityOnHand ?? null);
        }
      }
    }
    return operations.map((operation) => {
      const key = stockKey(operation.sku ?? '', operation.location ?? '');
      const shown = figures.get(key);
      const before = (operation.precondition.onHand ?? null) as number | null;
      const wanted = Number(operation.request.qty);
      const detail = { before, wanted, shown: shown ?? null };
      if (shown === undefined) {
        return {
          operation,
          id: operation.id,
          fence: operation.fence,
          to: 'parked',
          why: 'OTO cannot be asked for this SKU',
          detail,
        };
      }
      if (shown === wanted) {
        return {
          operation,
          id: operation.id,
          fence: operation.fence,
          to: 'landed',
          evidence: 'read-back',
          why: `OTO shows ${wanted}`,
          detail,
        };
      }
      if (shown === before) {
        return {
          operation,
          id: operation.id,
          fence: operation.fence,
          to: 'ready',
          why: `OTO still shows ${before ?? 'nothing'}: it did not land`,
          detail,
        };
      }
      return {
        operation,
        id: operation.id,
        fence: operation.fence,
        to: 'parked',
        why: `OTO shows ${shown ?? 'nothing'}, neither ${before ?? 'nothing'} (before) nor ${wanted} (wanted): somebody else moved it`,
        detail,
      };
    });
  },

  /** The repeat itself answers: OTO refuses a second product with a SKU and says that it exists. Where that is no clear answer either, the product list tells. */
  async 'product-create'(bridge, operations, signal) {
    const repeated = operations.filter((operation) => operation.attempts > 1).map((operation) => operation.sku ?? '');
    if (repeated.length > 0) await pullProducts(bridge, { signal });
    const unlisted = new Set(await unknownSkus(bridge.db, repeated));
    return operations.map((operation) => {
      const base = { operation, id: operation.id, fence: operation.fence };
      return repeated.includes(operation.sku ?? '') && !unlisted.has(operation.sku ?? '')
        ? { ...base, to: 'landed' as const, evidence: 'read-back' as const, why: 'OTO lists the product' }
        : { ...base, to: 'ready' as const, why: 'a repeat answers whether it landed: OTO refuses a SKU that exists' };
    });
  },

  /** No call reads an inventory order back: the forecasted stock of its lines is evidence for a person, not proof. */
  async 'inventory-order'(bridge, operations, signal) {
    return Promise.all(
      operations.map(async (operation) => {
        const detail = await inventoryEvidence(bridge, operation, signal);
        return {
          operation,
          id: operation.id,
          fence: operation.fence,
          to: 'parked' as const,
          why: 'OTO has no call that reads an inventory order back',
          detail,
        };
      }),
    );
  },

  /** Read the order; resend only if its packing status is what it was before: a step back could undo somebody's work. */
  async 'packing-status'(bridge, operations, signal) {
    return Promise.all(
      operations.map(async (operation) => {
        const shown = await readPackingStatus(bridge, operation.order_id ?? '', signal);
        const wanted = operation.request.packingStatus;
        const before = operation.precondition.packingStatus ?? null;
        const detail = { before, wanted, shown };
        const base = { operation, id: operation.id, fence: operation.fence, detail };
        if (shown === wanted)
          return { ...base, to: 'landed' as const, evidence: 'read-back' as const, why: `OTO shows ${shown}` };
        if (shown === before)
          return { ...base, to: 'ready' as const, why: `OTO still shows ${before ?? 'no packing status'}` };
        return {
          ...base,
          to: 'parked' as const,
          why: `OTO shows ${shown ?? 'nothing'}, neither ${before ?? 'nothing'} nor ${wanted}`,
        };
      }),
    );
  },

  async 'erp-command'(bridge, operations) {
    return Promise.all(
      operations.map(async (operation) => {
        const { source, command } = operation.request as { source: string; command: { name: string } };
        const { definition } = await bridge.source(source);
        const support = definition.supports.apply[command.name as keyof typeof definition.supports.apply];
        const base = { operation, id: operation.id, fence: operation.fence };
        return support?.idempotent === true
          ? { ...base, to: 'ready' as const, why: 'the ERP takes the same operation id twice without a second effect' }
          : { ...base, to: 'parked' as const, why: 'the ERP cannot say whether it was written' };
      }),
    );
  },
};

/** What a person needs to decide: where to look in OTO, and what its forecast did. */
async function inventoryEvidence(
  bridge: Bridge,
  operation: Operation,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const document = operation.document_id === null ? undefined : await getDocument(bridge.db, operation.document_id);
  const before = (operation.precondition.forecasted ?? {}) as Record<string, number | null>;
  const after: Record<string, number | null> = {};
  const skus = (document?.lines ?? []).map((line) => line.sku);
  for await (const batch of bridge.oto.stock(skus, { signal })) {
    for (const reading of batch) {
      const entry = reading.known
        ? reading.entries.find((one) => one.pickupLocationCode === operation.location)
        : undefined;
      after[reading.sku] = entry?.quantityForecasted ?? null;
    }
  }
  const sign = document?.kind === 'disposal' ? -1 : 1;
  const lines = (document?.lines ?? []).map((line) => {
    const was = before[line.sku] ?? null;
    const is = after[line.sku] ?? null;
    return {
      sku: line.sku,
      quantity: line.quantity,
      forecastBefore: was,
      forecastAfter: is,
      moved: was === null || is === null ? null : is - was,
      expected: sign * line.quantity,
    };
  });
  const fits = lines.length > 0 && lines.every((line) => line.moved !== null && line.moved === line.expected);
  const still = lines.length > 0 && lines.every((line) => line.moved === 0);
  return {
    lookFor: {
      waybillNumber: operation.request.waybillNumber ?? null,
      description: operation.request.description ?? null,
    },
    location: operation.location,
    lines,
    hint: fits
      ? "OTO's forecast moved by just these quantities: it probably landed. Whether OTO counts unprocessed orders in its forecast is not documented."
      : still
        ? "OTO's forecast did not move: it may not have landed, or OTO does not count unprocessed orders."
        : "OTO's forecast says nothing clear.",
    answers: [
      `oto-bridge operations resolve ${operation.id} --landed   when OTO's screen shows the order`,
      `oto-bridge operations resolve ${operation.id} --resend   when it does not`,
    ],
  };
}

async function alarm(tx: Parameters<typeof raiseAlarm>[0], operation: Operation): Promise<void> {
  await raiseAlarm(tx, {
    kind: 'parked',
    subject: String(operation.id),
    message: `Operation ${operation.id} (${operation.kind} ${operation.key.replace('\t', ' ')}) is parked: nobody knows whether it landed.`,
    hint: `\`oto-bridge operations show ${operation.id}\` shows the evidence; \`operations resolve ${operation.id} --landed | --resend | --cancel\` decides.`,
  });
}
