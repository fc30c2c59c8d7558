import { counted } from '../lib/text.ts';
import {
  activeApprovals,
  heldByOlderSnapshots,
  hold,
  type NewQuarantine,
  releaseOthers,
} from '../store/quarantines.ts';
import { holdItems, holdLocation, type StockSuspect, strayZeros, unitJumps } from '../store/stock-holds.ts';
import {
  type Compared,
  type KnownFigures,
  type LocationShape,
  locationShapes,
  type StockScope,
} from '../store/stock-plan.ts';
import type { RunContext } from './context.ts';
import { coversFigure, coversLocation, judgeLocations, unitFactors } from './guard.ts';

/**
 * Holds back what looks wrong in a stock plan, and only that. Each held change is in quarantine with its reason until somebody
 * approves it; an approval is applied to the fresh figures of the next run.
 */
export async function guardStock(
  context: RunContext,
  planId: number,
  scope: StockScope,
  compared: readonly Compared[],
  known: readonly KnownFigures[],
): Promise<readonly LocationShape[]> {
  const { db, config } = context;
  const { guards } = config;
  const startedAt = new Date(context.now());
  const [approvals, shapes, olderZeros] = await Promise.all([
    activeApprovals(db, 'stock'),
    locationShapes(db, planId, scope, compared, known),
    heldByOlderSnapshots(db, 'stock', 'stray-zero', scope.asOf),
  ]);
  const held: NewQuarantine[] = [];
  const common = { flow: 'stock', snapshotId: scope.snapshotId, runId: context.run.id } as const;

  // A run for one SKU sees too little of a location to judge its shares.
  for (const suspicion of scope.sku === null ? judgeLocations(shapes, guards) : []) {
    if (approvals.some((approval) => coversLocation(approval, suspicion))) continue;
    const count = await holdLocation(db, planId, suspicion.location, suspicion.rule, suspicion.which);
    if (count === 0) continue;
    held.push({
      ...common,
      rule: suspicion.rule,
      location: suspicion.location,
      direction: suspicion.which,
      to: suspicion.count,
      reason: suspicion.reason,
    });
  }

  const holdFigures = async (
    rule: string,
    suspects: readonly StockSuspect[],
    reason: (suspect: StockSuspect) => string,
  ) => {
    const uncovered = suspects.filter(
      (suspect) => !approvals.some((approval) => coversFigure(approval, { rule, ...suspect })),
    );
    await holdItems(
      db,
      planId,
      uncovered.map((suspect) => suspect.seq),
      rule,
    );
    for (const suspect of uncovered) {
      held.push({
        ...common,
        rule,
        location: suspect.location,
        sku: suspect.sku,
        direction: suspect.to < suspect.from ? 'lower' : 'raise',
        from: suspect.from,
        to: suspect.to,
        reason: reason(suspect),
      });
    }
  };
  const changes = compared.some((place) => place.differs > 0);
  const [jumps, zeros] = await Promise.all([
    changes && guards.unitJump ? unitJumps(db, planId, unitFactors) : [],
    changes ? strayZeros(db, planId, guards.strayZeroFrom) : [],
  ]);
  await holdFigures(
    'unit-jump',
    jumps,
    ({ sku, location, from, to }) =>
      `${sku} at ${location} would go from ${from} to ${to}, exactly ${to > from ? `×${to / from}` : `÷${from / to}`}: a unit of measure may be mistaken`,
  );
  // Another reading of the same export is no second snapshot: only one of a later time confirms a zero.
  const saidBefore = new Set(olderZeros.map((row) => `${row.location}\t${row.sku}`));
  await holdFigures(
    'stray-zero',
    // A second snapshot in a row that says 0 is no slip any more.
    zeros.filter((suspect) => !saidBefore.has(`${suspect.location}\t${suspect.sku}`)),
    ({ sku, location, from }) =>
      `${sku} at ${location} would fall from ${from} to 0 in one step, and no document explains it`,
  );

  const fresh = await hold(db, held);
  if (scope.sku === null && context.filter.location === undefined) {
    await releaseOthers(
      db,
      'stock',
      ['known-share', 'zero-share', 'change-share', 'unit-jump', 'stray-zero'],
      startedAt,
    );
  }
  if (held.length > 0) {
    context.note({
      kind: 'quarantine',
      message: `${counted(held.length, 'suspicious change is', 'suspicious changes are')} held back${fresh < held.length ? `, ${fresh} of them for the first time` : ''}. ${held[0]?.reason ?? ''}`,
      hint: '`oto-bridge quarantine list` shows each with its reason; `quarantine approve ID` lets it go with the next run.',
      new: fresh > 0,
      count: held.length,
    });
  }
  return shapes;
}
