import type { Config } from '../config/schema.ts';
import type { Quarantine } from '../store/quarantines.ts';
import type { LocationShape } from '../store/stock-plan.ts';

/** The factors by which a mistaken unit of measure changes a figure: a dozen, a case, a thousand. */
export const unitFactors = [12, 24, 1000] as const;

export interface LocationSuspicion {
  readonly location: string;
  readonly rule: 'known-share' | 'zero-share' | 'change-share';
  readonly which: 'all' | 'zero' | 'changed';
  /** How many changes it holds. */
  readonly count: number;
  readonly reason: string;
}

type Guards = Config['guards'];

/**
 * Judges each location as a whole, before its single figures. A share is judged only where enough SKUs are known: of three SKUs,
 * one that sells out is no sign of a broken file.
 */
export function judgeLocations(shapes: readonly LocationShape[], guards: Guards): LocationSuspicion[] {
  const suspicions: LocationSuspicion[] = [];
  for (const shape of shapes) {
    const { location, known, nonZero, listed, rows, zeroed, changed } = shape;
    if (rows === 0) continue;
    if (known >= guards.shareMinimum && listed / known < guards.minimumKnownShare) {
      suspicions.push({
        location,
        rule: 'known-share',
        which: 'all',
        count: changed,
        reason: `the snapshot lists ${listed} of the ${known} SKUs known at ${location} (${percent(listed / known)}), less than ${percent(guards.minimumKnownShare)}: it may be cut short`,
      });
      continue;
    }
    if (nonZero >= guards.shareMinimum && zeroed / nonZero > guards.zeroShare) {
      suspicions.push({
        location,
        rule: 'zero-share',
        which: 'zero',
        count: zeroed,
        reason: `${zeroed} of ${nonZero} stocked SKUs at ${location} (${percent(zeroed / nonZero)}) would become 0, more than ${percent(guards.zeroShare)}`,
      });
    }
    if (known >= guards.shareMinimum && changed / known > guards.changeShare) {
      suspicions.push({
        location,
        rule: 'change-share',
        which: 'changed',
        count: changed,
        reason: `${changed} of ${known} SKUs at ${location} (${percent(changed / known)}) would change, more than ${percent(guards.changeShare)}`,
      });
    }
  }
  return suspicions;
}

/** Whether an approval covers a suspicion over a whole location: same rule and place, and no more changes than were approved. */
export function coversLocation(approval: Quarantine, suspicion: LocationSuspicion): boolean {
  return (
    approval.rule === suspicion.rule &&
    approval.location === suspicion.location &&
    approval.sku === '' &&
    suspicion.count <= (approval.to ?? 0)
  );
}

/** Whether an approval covers the change of one figure: same rule, key and direction, and not beyond the approved figure. */
export function coversFigure(
  approval: Quarantine,
  change: { rule: string; sku: string; location: string; from: number; to: number },
): boolean {
  const direction = change.to < change.from ? 'lower' : 'raise';
  return (
    approval.rule === change.rule &&
    approval.sku === change.sku &&
    approval.location === change.location &&
    approval.direction === direction &&
    (direction === 'lower' ? change.to >= (approval.to ?? 0) : change.to <= (approval.to ?? 0))
  );
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
