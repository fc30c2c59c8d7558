import { counted } from '../lib/text.ts';
import { hour } from '../lib/time.ts';
import { type LineKey, markTakenOff } from '../store/document-lines.ts';
import { holdItems, holdLowering, holdNewer, raises } from '../store/stock-holds.ts';
import type { StockScope } from '../store/stock-plan.ts';
import type { RunContext } from './context.ts';
import { soldSince } from './pull.ts';
import { Sold } from './sold.ts';

/**
 * Units sold in OTO that the ERP had not booked when its figure was true must not be given back: not by a raise, and not by a
 * receipt that is taken for taken off, because the sale made OTO's figure look so. An ERP that books late does not know of sales before
 * its figure either.
 */
export async function considerSold(
  context: RunContext,
  planId: number,
  scope: StockScope,
  shownWithout: readonly LineKey[],
): Promise<void> {
  const candidates = await raises(context.db, planId);
  if (candidates.length + shownWithout.length === 0) return;
  context.progress.step('reading orders from OTO');
  const bookingMs = (context.config.flows.stock?.bookingHours ?? 0) * hour;
  const sold = new Sold(await soldSince(context, new Date(scope.asOf.getTime() - bookingMs), context));
  context.progress.done();
  const wasSold = ({ sku, location }: { sku: string; location: string }) =>
    sold.mayHaveMoved(sku, location) !== undefined;
  await markTakenOff(
    context.db,
    shownWithout.filter((line) => !wasSold(line)),
  );
  const held = candidates.filter(wasSold);
  if (held.length === 0) return;
  await holdItems(
    context.db,
    planId,
    held.map((item) => item.seq),
    'sold-since',
  );
  context.tally.waiting += held.length;
  context.note({
    kind: 'sold-since',
    message: `${counted(held.length, 'raise waits', 'raises wait')} for the next snapshot: orders for these SKUs changed in OTO after the ERP's figures were true${bookingMs === 0 ? '' : ', or so shortly before that the ERP may not have booked them'}.`,
    new: false,
    count: held.length,
  });
}

/** What the ERP booked after its figures were true is in OTO by now, or on its way out: the next snapshot knows of it. */
export async function considerNewer(context: RunContext, planId: number, asOf: Date): Promise<void> {
  const count = await holdNewer(context.db, planId, asOf);
  if (count === 0) return;
  context.tally.waiting += count;
  context.note({
    kind: 'newer-documents',
    message: `${counted(count, 'change waits', 'changes wait')} for the next snapshot: documents booked after the ERP's figures were true explain the difference.`,
    new: false,
    count,
  });
}

/** Where a file breaks off, further lots of a SKU that it does list may be missing: the sum of the rest is no reason to lower it. */
export async function holdCutShort(context: RunContext, planId: number): Promise<void> {
  const count = await holdLowering(context.db, planId, 'cut-short');
  if (count === 0) return;
  context.note({
    kind: 'cut-short',
    message: `${counted(count, 'figure was', 'figures were')} not lowered: the export breaks off, so that rows of theirs may be missing.`,
    hint: 'Let the ERP export again. The next export that is whole lowers them.',
    new: true,
    count,
  });
}
