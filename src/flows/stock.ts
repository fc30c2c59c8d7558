import { adoptedLocations } from '../engine/adoption.ts';
import type { Flow, PlanOutcome, RunContext } from '../engine/context.ts';
import { guardStock } from '../engine/guard-stock.ts';
import { considerNewer, considerSold, holdCutShort } from '../engine/hold-stock.ts';
import { intakeDocuments } from '../engine/intake-documents.ts';
import { intakeStock } from '../engine/intake-stock.ts';
import { noticeLateWrites } from '../engine/late-writes.ts';
import { noticeLostZeros } from '../engine/lost-zeros.ts';
import { holdMissingCodes } from '../engine/missing-codes.ts';
import { openPlan } from '../engine/plan.ts';
import { pullFigures, pullProducts, requireLocations } from '../engine/pull.ts';
import { setFigure } from '../engine/set-figure.ts';
import { settlePending } from '../engine/settle-pending.ts';
import { noticeMissing, noticeNegative } from '../engine/stock-notices.ts';
import { ownedByErp, scopeOf } from '../engine/stock-scope.ts';
import { noticeUnlisted } from '../engine/unlisted.ts';
import { stockKey } from '../model/index.ts';
import { linesShownWithout, skusOfUnsent } from '../store/document-lines.ts';
import { forgetDriftElsewhere, noteDrift } from '../store/drift.ts';
import { getFigures } from '../store/figures.ts';
import { holdClashing } from '../store/identities.ts';
import { endParkedFigures } from '../store/parked-figures.ts';
import { noteRead, type PlanItem } from '../store/plans.ts';
import { dropOldStock, type Snapshot, unusedStock } from '../store/snapshots.ts';
import { standing } from '../store/standing.ts';
import { holdKnown, holdLocation } from '../store/stock-holds.ts';
import { type Compared, knownFigures, type StockScope, writeStockItems } from '../store/stock-plan.ts';
import { listSkus } from '../store/stock-skus.ts';

/** Stock figures of the ERP, set in OTO: the level that each SKU should have at each location, and only where it differs. */
export const stock: Flow = {
  name: 'stock',
  title: 'Stock figures, ERP to OTO',
  source: (config) => config.flows.stock?.from ?? null,
  adoptable: (config) => ownedByErp(config).map((location) => location.oto),

  async plan(context): Promise<PlanOutcome> {
    const source = context.config.flows.stock?.from;
    if (source === undefined) return { kind: 'nothing-new' };
    await requireLocations(context, context);
    const read = await intakeStock(context, source);
    if (read?.rows === 0) return { kind: 'empty' };
    const snapshot = read?.snapshot ?? (await unusedRead(context, source));
    if (snapshot === undefined) return { kind: 'nothing-new' };
    return planFrom(context, source, snapshot);
  },

  operation(item: PlanItem, context: RunContext) {
    return {
      ...setFigure(item, context, 'stock'),
      waitingFor: item.detail.product === false ? `product ${item.sku}` : null,
    };
  },

  async recheck(items, context) {
    const skus = [...new Set(items.flatMap((item) => (item.sku === null ? [] : [item.sku])))];
    const locations = [...new Set(items.flatMap((item) => (item.location === null ? [] : [item.location])))];
    const readAt = await pullFigures(context, skus, locations, context);
    const now = new Map(
      (await getFigures(context.db, { skus })).map((row) => [stockKey(row.sku, row.location), row.on_hand]),
    );
    const moved = new Map<number, string>();
    for (const item of items) {
      const onHand = now.get(stockKey(item.sku ?? '', item.location ?? '')) ?? null;
      if (onHand !== item.from)
        moved.set(item.seq, `OTO showed ${item.from ?? 'nothing'} when planned and shows ${onHand ?? 'nothing'} now`);
    }
    // What has been read just now need not be read once more before it is sent.
    await noteRead(
      context.db,
      items.filter((item) => !moved.has(item.seq)),
      readAt,
    );
    return moved;
  },
};

/** A source that moves its files away shows them once: a run that broke off, or held back what is free now, left the read to this one. */
async function unusedRead(context: RunContext, source: string): Promise<Snapshot | undefined> {
  const snapshot = await unusedStock(context.db, source);
  if (snapshot === undefined) return undefined;
  context.note({
    kind: 'earlier-read',
    message: `"${source}" had nothing new. Its stock of ${snapshot.as_of?.toISOString() ?? 'an earlier run'}, read by run ${snapshot.run_id ?? '?'}, had not been used to the end and is used now.`,
    new: false,
  });
  return snapshot;
}

/** Reads what OTO shows of a snapshot's SKUs, and plans. */
async function planFrom(context: RunContext, source: string, snapshot: Snapshot): Promise<PlanOutcome> {
  const { db } = context;
  await readReceipts(context, source);
  const scope = await scopeOf(context, source, snapshot);
  if (scope === undefined) return { kind: 'nothing-new' };
  const codes = scope.locations.map((location) => location.code);
  await using skus = await listSkus(db, scope, await skusOfUnsent(db, scope));
  const readSince = await pullFigures(context, skus, codes, context);
  await settlePending(context, codes, readSince);
  // A figure that OTO does not name may belong to a product that it does not have: then the operation waits for the product.
  if ((await skus.unknown(codes, readSince, 1)).length > 0) {
    await pullProducts(context, context);
    await noticeLostZeros(context, await skus.unknown(codes, readSince, 10_000));
  }
  const planId = await compareFigures(context, source, snapshot, scope, readSince);
  // A run for one SKU says nothing of a location.
  if (scope.sku === null) {
    await noteDrift(db, planId, context.run.id, codes);
    await forgetDriftElsewhere(
      db,
      ownedByErp(context.config).map((location) => location.oto),
    );
  }
  return { kind: 'planned', planId };
}

/** Stores the plan: what differs between the ERP's figures and OTO's, as they have been read, and what of it is held back. */
export async function compareFigures(
  context: RunContext,
  source: string,
  snapshot: Snapshot,
  scope: StockScope,
  readSince: Date,
): Promise<number> {
  const { db } = context;
  const counting = knownFigures(db, scope);
  // Heard where it is waited for, should there be no plan.
  counting.catch(() => undefined);
  // Two tables of a million rows are joined in memory. The server has to expect that every figure differs, and would sort them all.
  const settings = { work_mem: '64MB', enable_sort: 'off' } as const;
  const planned = db.tx(async (tx) => {
    const { id } = await openPlan(context, 'stock', source, scope.snapshotId, tx);
    return { id, compared: await writeStockItems(tx, id, scope, readSince) };
  }, settings);
  const [planId] = await Promise.all([
    planned.then(async ({ id, compared }) => {
      await holdBack(context, id, source, snapshot, scope, { compared, known: await counting, readSince });
      return id;
    }),
    // A table takes a moment to go. One thing at a time beside the comparison: with three the two that are waited for would be slower.
    counting.then(() => dropOldStock(db, source, context.config.retention.stockSnapshots)),
  ]);
  return planId;
}

interface Found {
  readonly compared: readonly Compared[];
  /** Figures that OTO has at each location. */
  readonly known: ReadonlyMap<string, number>;
  readonly readSince: Date;
}

/** Holds what of a plan may not be sent, each change for the first of its reasons, and says what is wrong with the export. */
async function holdBack(
  context: RunContext,
  planId: number,
  source: string,
  snapshot: Snapshot,
  scope: StockScope,
  { compared, known, readSince }: Found,
): Promise<void> {
  const { db } = context;
  context.tally.saved += compared.reduce((sum, place) => sum + place.equal, 0);
  const changes = compared.some((place) => place.differs > 0);
  // One after the other these looks would take as long as a small export.
  const [before, shownWithout, adopted] = await Promise.all([
    standing(db, scope.asOf),
    linesShownWithout(db, scope, readSince),
    adoptedLocations(context, stock),
    changes ? noticeLateWrites(context, planId) : undefined,
    changes ? holdKnown(db, planId) : undefined,
  ]);
  if (before.parked) await endParkedFigures(db, scope, readSince, context.who);
  if (changes) {
    if (before.products) await holdClashing(db, planId, source);
    if (before.newer) await considerNewer(context, planId, scope.asOf);
  }
  if (changes || shownWithout.length > 0) await considerSold(context, planId, scope, shownWithout);
  if (changes && snapshot.completeness === 'unproven') await holdCutShort(context, planId);
  await holdMissingCodes(context, planId, source, scope, before);
  const shapes = await guardStock(context, planId, source, scope, { compared, known, before });
  await Promise.all([
    noticeMissing(context, source, shapes, before),
    noticeNegative(context, scope, compared),
    noticeUnlisted(context, snapshot, scope),
    holdUnadopted(context, planId, adopted),
  ]);
}

/**
 * Receipts that the ERP figure may contain have to be known before it is used: one that is sent later as an inventory order would
 * otherwise be counted twice.
 */
async function readReceipts(context: RunContext, source: string): Promise<void> {
  const { documents } = context.config.flows;
  if (documents?.enabled !== true || documents.from !== source) return;
  const counted = { ...context.tally };
  await intakeDocuments(context, source);
  // They are the documents flow's rows, not this run's.
  context.tally.read = counted.read;
}

async function holdUnadopted(context: RunContext, planId: number, adopted: ReadonlySet<string>): Promise<void> {
  for (const code of stock.adoptable(context.config)) {
    if (!adopted.has(code)) await holdLocation(context.db, planId, code, 'not-adopted', 'all');
  }
}
