import { counted } from '../lib/text.ts';
import { stockKey } from '../model/index.ts';
import { type LateReceipt, lateReceipts, linesToTakeOff } from '../store/document-lines.ts';
import type { StoredDocument } from '../store/documents.ts';
import type { NewPlanItem } from '../store/plans.ts';
import { adoptedLocations } from './adoption.ts';
import type { Flow, RunContext } from './context.ts';

/**
 * Receipts whose goods a stock figure may have brought to OTO before the receipt itself was known. Sent as they are, and processed,
 * their goods would be counted twice. `stock`: the flow that sends figures.
 */
export async function countedAlready(
  context: RunContext,
  stock: Flow,
  open: readonly StoredDocument[],
): Promise<LateReceipt[]> {
  const { db, config } = context;
  const source = config.flows.documents?.from ?? '';
  if (config.flows.stock?.enabled !== true || config.flows.stock.from !== source) return [];
  const pushed = await adoptedLocations(context, stock);
  const late = await lateReceipts(
    db,
    source,
    open.filter((document) => pushed.has(document.location)).map((document) => document.id),
  );
  const moving = late.filter((receipt) => receipt.moving).length;
  if (late.length > moving) {
    context.note({
      kind: 'late-receipts',
      message: `${counted(late.length - moving, 'receipt', 'receipts')} came after a stock figure that may contain the goods: these are taken off OTO's figures first.`,
      new: false,
      count: late.length - moving,
    });
  }
  if (moving > 0) {
    context.tally.waiting += moving;
    context.note({
      kind: 'awaits-stock',
      message: `${counted(moving, 'receipt waits', 'receipts wait')}: stock figures that may contain the goods are being sent just now.`,
      hint: 'The next run of this flow sends them.',
      new: false,
      count: moving,
    });
  }
  return late;
}

/** The figures that have to be lowered before late receipts are sent: OTO's own, less their units. */
export async function takeOff(context: RunContext, late: readonly number[]): Promise<NewPlanItem[]> {
  const lines = await linesToTakeOff(context.db, late);
  return [...Map.groupBy(lines, (line) => stockKey(line.sku, line.location)).values()].flatMap((group) => {
    const [first] = group;
    // Where OTO shows nothing, there is nothing that could be counted twice.
    if (first === undefined || first.onHand === null || first.onHand <= 0) return [];
    const units = group.reduce((sum, line) => sum + line.quantity, 0);
    const to = Math.max(0, first.onHand - units);
    return [
      {
        kind: 'stock',
        action: to === 0 ? 'zero' : 'lower',
        key: `${first.location}\t${first.sku}`,
        sku: first.sku,
        location: first.location,
        from: first.onHand,
        to,
        detail: { pending: units, documents: group.map((line) => line.document), readAt: first.readAt?.toISOString() },
      },
    ];
  });
}
