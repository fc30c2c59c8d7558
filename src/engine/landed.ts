import { raiseAlarm } from '../store/alarms.ts';
import type { Tx } from '../store/db.ts';
import { noteTakenOff } from '../store/document-lines.ts';
import { moveDocuments } from '../store/documents.ts';
import { noteLanded } from '../store/figures.ts';
import type { Claimed } from '../store/operations.ts';
import { setPackingState } from '../store/packing.ts';
import { noteOtoProduct } from '../store/products.ts';
import type { FigureMove } from '../store/receipt-base.ts';
import { noteWritten } from '../store/stock-back.ts';
import type { Bridge } from './context.ts';
import { noteInErp, tellErp } from './tell-erp.ts';

/** OTO's figure, and when it was read, by our clock. */
export interface Shown {
  readonly onHand: number | null;
  readonly readAt: number;
}

export interface Landed {
  readonly operation: Claimed;
  /** What OTO showed right before, where it was read since the plan. */
  readonly shown?: Shown | undefined;
  readonly answer: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** What is true once operations have landed, written in the transaction that settles them. */
export async function afterLanding(bridge: Bridge, tx: Tx, landed: readonly Landed[]): Promise<void> {
  const stock = landed.filter(({ operation }) => operation.kind === 'stock-set');
  await noteLanded(
    tx,
    stock.map(({ operation, shown }) => figureMove(operation, shown)),
    new Date(bridge.now()),
  );
  await noteTakenOff(
    tx,
    stock.map(({ operation }) => ({
      sku: operation.sku ?? '',
      location: operation.location ?? '',
      documents: (operation.precondition.documents ?? []) as number[],
    })),
  );
  for (const { operation, answer, warnings } of landed) {
    if (operation.kind === 'product-create') {
      const productId = Number(answer.productId);
      await noteOtoProduct(tx, {
        sku: operation.sku ?? '',
        productId: Number.isSafeInteger(productId) ? productId : null,
        knownBy: Number.isSafeInteger(productId) ? 'created' : 'exists',
        hash: typeof operation.precondition.hash === 'string' ? operation.precondition.hash : null,
      });
    } else if (operation.kind === 'inventory-order' && operation.document_id !== null) {
      const otoId = answer.otoId;
      await moveDocuments(tx, [operation.document_id], ['new', 'held', 'sending'], 'pending', {
        why: 'OTO has it; its staff have not processed it yet',
        otoId: otoId === undefined || otoId === null ? null : String(otoId),
      });
      await noteInErp(bridge, tx, operation.document_id, operation.run_id);
      // OTO makes the order all the same when a date of it is wrong, without that date.
      if (warnings.length > 0) {
        await raiseAlarm(tx, {
          kind: 'document-warning',
          subject: String(operation.document_id),
          message: `OTO took ${operation.request.description ?? operation.key} with a warning: ${warnings.join(' ')}`,
          hint: "Look at the inventory order in OTO and correct it there: OTO's API cannot.",
        });
      }
    } else if (operation.kind === 'packing-status' && operation.order_id !== null) {
      await packed(bridge, tx, operation);
    } else if (operation.kind === 'erp-command') {
      await written(tx, operation);
    }
  }
}

/** What a stock operation makes of a figure. */
export function figureMove(
  { sku, location, request, precondition }: Pick<Claimed, 'sku' | 'location' | 'request' | 'precondition'>,
  shown?: Shown,
): FigureMove {
  const planned = {
    from: typeof precondition.onHand === 'number' ? precondition.onHand : null,
    readAt: typeof precondition.readAt === 'string' ? precondition.readAt : null,
  };
  const before = shown === undefined ? planned : { from: shown.onHand, readAt: new Date(shown.readAt).toISOString() };
  return { sku: sku ?? '', location: location ?? '', ...before, to: Number(request.qty) };
}

/** OTO has the packing status: our list shows it, and the ERP is told where the configuration says so. */
async function packed(bridge: Bridge, tx: Tx, operation: Claimed): Promise<void> {
  const status = operation.request.packingStatus === 'packed' ? 'packed' : 'picked';
  const orderId = operation.order_id ?? '';
  const by = typeof operation.precondition.by === 'string' ? operation.precondition.by : bridge.who;
  const order = await setPackingState(tx, orderId, status, by);
  // Packed in OTO itself meanwhile, and the ERP has heard of that.
  if (status === 'picked' && order?.state === 'packed' && order.pack_operation === null) return;
  const { location, run_id: runId } = operation;
  await tellErp(bridge, tx, { orderId, status, location, by, runId, refs: order?.refs ?? {} });
}

async function written(tx: Tx, operation: Claimed): Promise<void> {
  const { lines } = operation.precondition as { lines?: { sku: string; location: string; quantity: number }[] };
  if (lines !== undefined) await noteWritten(tx, lines);
}
