import { counted } from '../lib/text.ts';
import { clearOtherAlarms, raiseAlarm } from '../store/alarms.ts';
import { applyApprovals, collectGroups, collectHeld, collectItems } from '../store/guard-tables.ts';
import { type GuardTrip, noteTrips } from '../store/guard-trips.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Standing } from '../store/standing.ts';
import { glance } from '../store/stock-glance.ts';
import { type Compared, doubtful, type StockScope } from '../store/stock-plan.ts';
import {
  endRejections,
  type HeldPlace,
  holdRejected,
  holdSuspects,
  type JudgedScope,
  releaseJudged,
} from '../store/stock-quarantine.ts';
import {
  leaps,
  type PlaceChanges,
  placeChanges,
  stockedInGroups,
  suspectPlaces,
  suspectStillHeld,
  suspectStrayZeros,
  suspectTooHigh,
  suspectUnitJumps,
  zeroedLately,
} from '../store/stock-suspects.ts';
import type { RunContext } from './context.ts';
import {
  isCalm,
  judgeable,
  judgeEmptied,
  judgeGroups,
  judgeKnown,
  judgeLeaps,
  judgeLocations,
  type LocationShape,
  leapBounds,
  leapFactors,
  unitFactors,
} from './guard.ts';
import { movedToZero } from './movements.ts';

/** From so many snapshots in a row on, a guard that trips is more than an event. */
const keepsFrom = 3;

type Listed = Pick<LocationShape, 'location' | 'known' | 'listed' | 'rows' | 'stocked'>;

/** What a snapshot was compared with. */
export interface Comparison {
  readonly compared: readonly Compared[];
  /** Figures that OTO has at each location. */
  readonly known: ReadonlyMap<string, number>;
  readonly before: Standing;
}

/**
 * Holds back what looks wrong in a stock plan, and only that. Each held figure is in quarantine with its reason until somebody
 * approves it; an approval is applied to the fresh figures of the next run. What somebody rejected stays as it is in OTO, and is
 * asked about again only when the ERP's figure changes.
 */
export async function guardStock(
  context: RunContext,
  planId: number,
  source: string,
  scope: StockScope,
  { compared, known, before }: Comparison,
): Promise<readonly Listed[]> {
  const { db, run, filter, config } = context;
  const listed = await listedAt(db, scope, compared, known);
  const changes = compared.some(({ differs }) => differs > 0);
  const judged: JudgedScope = {
    runId: run.id,
    locations: filter.location === undefined ? null : [filter.location],
    sku: scope.sku,
    unlisted: listed.filter(({ rows }) => rows === 0).map(({ location }) => location),
  };
  const nothingStands = !before.held && !before.rejected && !before.approved && !before.tripped;
  if (nothingStands && (!changes || isCalm(listed, await glance(db, planId, leapBounds), config.guards))) {
    if (scope.sku === null) await noteKeeping(context, [], before);
    return listed;
  }
  // Before the transaction: the ERP is asked.
  const accounted = !changes ? [] : await movedToZero(context, planId, source, scope);
  const { places, rejected, trips } = await db.tx(async (tx) => {
    const rejected = before.rejected ? await holdRejected(tx, planId) : 0;
    const suspects = changes ? await suspect(context, tx, planId, scope, listed, before, accounted) : 0;
    const places = suspects > 0 ? await holdSuspects(tx, { planId, runId: run.id, snapshotId: scope.snapshotId }) : [];
    if (before.held) await releaseJudged(tx, judged);
    if (before.rejected) await endRejections(tx, planId, scope.snapshotId, scope.sku);
    const noted = scope.sku === null && (before.tripped || places.length > 0);
    const trips = noted ? await noteTrips(tx, places, scope.snapshotId, judged) : [];
    return { places, rejected, trips };
  });
  noteHeld(context, places);
  if (rejected > 0) {
    context.note({
      kind: 'rejected',
      message: `${counted(rejected, 'figure stays', 'figures stay')} as OTO shows ${rejected === 1 ? 'it' : 'them'}: somebody rejected what the ERP says.`,
      hint: '`oto-bridge quarantine list --rejected` shows them.',
      new: false,
      count: rejected,
    });
  }
  if (scope.sku === null) await noteKeeping(context, trips, before);
  return listed;
}

async function listedAt(
  db: Queryable,
  scope: StockScope,
  compared: readonly Compared[],
  known: ReadonlyMap<string, number>,
): Promise<Listed[]> {
  const doubts = await doubtful(db, scope);
  return scope.locations
    .map(({ code }) => code)
    .sort()
    .map((location) => {
      const found = compared.find((row) => row.location === location);
      const doubted = doubts.find((row) => row.location === location);
      return {
        location,
        known: known.get(location) ?? 0,
        listed: (found?.listed ?? 0) + (doubted?.listed ?? 0),
        rows: (found?.rows ?? 0) + (doubted?.rows ?? 0),
        stocked: found?.stocked ?? 0,
      };
    });
}

/** Collects the suspects of a plan, by every rule. Gives how many suspicions there are. */
export async function suspect(
  { config: { guards, flows } }: Pick<RunContext, 'config'>,
  tx: Queryable,
  planId: number,
  scope: StockScope,
  listed: readonly Listed[],
  before: Standing,
  accounted: readonly number[],
): Promise<number> {
  // A run for one SKU sees too little of a location to judge its shares.
  const whole = scope.sku === null;
  const unknown = whole ? judgeKnown(listed, guards) : [];
  const { maxFigure } = guards;
  const items = await collectItems(tx, { planId, maxFigure, whole: unknown.map(({ location }) => location) });
  if (items === 0) return 0;
  if (before.approved) await applyApprovals(tx, planId);
  let suspects = 0;
  if (whole) {
    const source = flows.products?.from;
    if (source !== undefined && guards.groups.length > 0) await collectGroups(tx, source, guards.groups);
    const changes = await placeChanges(tx);
    const shapes = await shapesOf(tx, listed, changes, guards.erosionDays);
    const candidates = judgeable(changes, guards);
    const stocked = source === undefined ? [] : await stockedInGroups(tx, source, candidates);
    const groups = candidates.map((place) => ({
      ...place,
      stocked: stocked.find((row) => row.location === place.location && row.group === place.group)?.stocked ?? 0,
    }));
    const found = guards.unitJump
      ? await leaps(tx, leapFactors, Math.min(guards.shareMinimum, guards.groupMinimum))
      : [];
    suspects += await suspectPlaces(tx, [
      ...unknown,
      ...judgeLeaps(found, guards),
      ...judgeLocations(shapes, guards),
      ...judgeGroups(groups, guards),
    ]);
    suspects += await suspectStrayZeros(tx, guards.strayZeroFrom, scope.asOf, judgeEmptied(shapes, guards), accounted);
  } else {
    if (before.held) suspects += await suspectStillHeld(tx);
    suspects += await suspectStrayZeros(tx, guards.strayZeroFrom, scope.asOf, new Map(), accounted);
  }
  if (guards.unitJump) suspects += await suspectUnitJumps(tx, unitFactors);
  suspects += await suspectTooHigh(tx, maxFigure);
  if (suspects > 0) await collectHeld(tx);
  return suspects;
}

async function shapesOf(
  tx: Queryable,
  listed: readonly Listed[],
  changes: readonly PlaceChanges[],
  days: number,
): Promise<LocationShape[]> {
  const at = (location: string) => changes.find((row) => row.location === location && row.group === '');
  const zeroing = listed.map(({ location }) => location).filter((location) => (at(location)?.zeroed ?? 0) > 0);
  const before = await zeroedLately(tx, zeroing, days);
  return listed.map((place) => {
    const { zeroed = 0, zeroedUnits = 0, changed = 0 } = at(place.location) ?? {};
    const zeroedBefore = before.find((row) => row.location === place.location)?.count ?? 0;
    return { ...place, zeroed, zeroedUnits, changed, zeroedBefore };
  });
}

function noteHeld(context: RunContext, places: readonly HeldPlace[]): void {
  const sum = (field: 'count' | 'fresh') => places.reduce((total, place) => total + place[field], 0);
  const [count, fresh] = [sum('count'), sum('fresh')];
  if (count === 0) return;
  const most = places.slice(0, 5).map((place) => `${place.count} by ${whereOf(place)}`);
  const rest = places.length > most.length ? ` and ${places.length - most.length} more` : '';
  context.note({
    kind: 'quarantine',
    message: `${counted(count, 'suspicious change is', 'suspicious changes are')} held back${fresh === count ? '' : fresh === 0 ? ' as before' : `, ${fresh} of them for the first time`}: ${most.join(', ')}${rest}. ${places[0]?.reason ?? ''}.`,
    hint: `\`oto-bridge quarantine list --run ${context.run.id}\` shows them; \`quarantine approve\` lets them go with the next run, \`quarantine reject\` keeps OTO as it is.`,
    new: fresh > 0,
    count,
  });
}

/** A guard that trips again and again is either right, and nobody listens, or set too tight: both are for a person. */
async function noteKeeping(context: RunContext, trips: readonly GuardTrip[], { alarms }: Standing): Promise<void> {
  const keeping = trips.filter(({ times }) => times >= keepsFrom);
  const subjectOf = (trip: GuardTrip) =>
    `stock/${trip.rule}/${trip.location}${trip.group === '' ? '' : `/${trip.group}`}`;
  for (const trip of keeping) {
    const message = `The guard ${whereOf(trip)} has held changes back in ${trip.times} exports in a row, since ${trip.since.toISOString()}: ${trip.held} now.`;
    const hint = `\`oto-bridge quarantine list --rule ${trip.rule} --location ${trip.location}\` shows them: approve or reject them, let the ERP be mended, or set the limit under \`guards\` otherwise.`;
    const fresh = await raiseAlarm(context.db, { kind: 'guard-keeps', subject: subjectOf(trip), message, hint });
    context.note({ kind: 'guard-keeps', message, hint, new: fresh, count: trip.held });
  }
  if (context.filter.location !== undefined || !alarms.includes('guard-keeps')) return;
  await clearOtherAlarms(context.db, 'guard-keeps', keeping.map(subjectOf));
}

function whereOf({ rule, location, group }: { rule: string; location: string; group: string }): string {
  return `${rule} at ${location}${group === '' ? '' : ` in ${group}`}`;
}
