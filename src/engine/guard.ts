import type { Config } from '../config/schema.ts';
import { counted } from '../lib/text.ts';
import type { Glance } from '../store/stock-glance.ts';
import type { Leap, PlaceChanges, Suspicion } from '../store/stock-suspects.ts';

/** The factors by which a mistaken unit of measure changes a single figure: a dozen, a case, a thousand. */
export const unitFactors = [12, 24, 1000] as const;

/** The factors that many figures at once may be off by: rows that stand twice, units, a decimal separator that was misread. */
export const leapFactors = [2, 6, 10, 12, 24, 48, 100, 144, 1000] as const;

/** What one look at the changes has to call a leap: no rule trips by less. Figures a tenth below the smallest factor still count as near to it. */
export const leapBounds = { nearest: leapFactors[0] * 0.89, exact: unitFactors[0] } as const;

/** Figures of a location: what the guards judge shares by. */
export interface LocationShape {
  readonly location: string;
  /** SKUs with a figure in OTO. */
  readonly known: number;
  /** Known SKUs that the snapshot lists. */
  readonly listed: number;
  /** Rows that the snapshot has for the location at all. */
  readonly rows: number;
  /** Compared SKUs of which OTO shows more than 0. */
  readonly stocked: number;
  /** SKUs that this bridge has set to 0 within `guards.erosionDays`, and that are 0 still. */
  readonly zeroedBefore: number;
  readonly zeroed: number;
  readonly zeroedUnits: number;
  readonly changed: number;
}

type Guards = Config['guards'];

/** Locations of which a snapshot lists too little: nothing that it says of them can be trusted. */
export function judgeKnown(
  shapes: readonly Pick<LocationShape, 'location' | 'known' | 'listed' | 'rows'>[],
  guards: Guards,
): Suspicion[] {
  return shapes.flatMap(({ location, known, listed, rows }) =>
    rows > 0 && known >= guards.shareMinimum && listed / known < guards.minimumKnownShare
      ? [
          {
            rule: 'known-share',
            location,
            group: '',
            which: 'all',
            cause: `the snapshot lists ${listed} of the ${known} SKUs known at ${location} (${percent(listed / known)}), less than ${percent(guards.minimumKnownShare)}: it may be cut short`,
          } as const,
        ]
      : [],
  );
}

/**
 * Judges each location as a whole. A share is judged only where enough SKUs are concerned: of three SKUs, one that sells out is no sign
 * of a broken file. Zeros are judged together with those of the last days, so that no file can empty a location bit by bit.
 */
export function judgeLocations(shapes: readonly LocationShape[], guards: Guards): Suspicion[] {
  const suspicions: Suspicion[] = [];
  for (const shape of shapes) {
    const { location, rows, stocked, zeroed, zeroedBefore, listed, changed } = shape;
    if (rows === 0) continue;
    const zeros = { rule: 'zero-share', location, group: '', which: 'zero' } as const;
    const all = stocked + zeroedBefore;
    if (stocked >= guards.shareMinimum && zeroed / stocked > guards.zeroShare) {
      suspicions.push({
        ...zeros,
        cause: `${zeroed} of ${stocked} stocked SKUs at ${location} (${percent(zeroed / stocked)}) would become 0, more than ${percent(guards.zeroShare)}`,
      });
    } else if (
      zeroed > 0 &&
      zeroedBefore > 0 &&
      all >= guards.shareMinimum &&
      (zeroed + zeroedBefore) / all > guards.erosionShare
    ) {
      suspicions.push({
        ...zeros,
        cause: `${zeroed} more SKUs at ${location} would become 0, and with the ${zeroedBefore} of the last ${counted(guards.erosionDays, 'day', 'days')} that is ${percent((zeroed + zeroedBefore) / all)} of ${all}, more than ${percent(guards.erosionShare)}`,
      });
    }
    if (listed >= guards.shareMinimum && changed / listed > guards.changeShare) {
      suspicions.push({
        rule: 'change-share',
        location,
        group: '',
        which: 'changed',
        cause: `${changed} of ${listed} SKUs at ${location} (${percent(changed / listed)}) would change, more than ${percent(guards.changeShare)}`,
      });
    }
  }
  return suspicions;
}

/**
 * Whether no rule can suspect anything of a plan: nothing falls to 0, leaps or rises too high, and every location is listed and changes
 * within its shares. Most plans are so, and judging their changes one by one takes longer than reading a small export.
 */
export function isCalm(
  shapes: readonly Omit<LocationShape, 'zeroedBefore' | 'zeroed' | 'zeroedUnits' | 'changed'>[],
  { changed, highest, zeros, leaps }: Glance,
  guards: Guards,
): boolean {
  if (zeros || (leaps && guards.unitJump) || (highest ?? 0) > guards.maxFigure) return false;
  // A group may change by more than its share where its location does not.
  if (guards.groups.length > 0 && guards.groupChangeShare < 1) return false;
  if (judgeKnown(shapes, guards).length > 0) return false;
  const nothing = { zeroedBefore: 0, zeroed: 0, zeroedUnits: 0 };
  const places = shapes.map((shape) => ({ ...shape, ...nothing, changed: changed[shape.location] ?? 0 }));
  return judgeLocations(places, guards).length === 0;
}

/** Product groups with changes that are enough to be judged. */
export function judgeable(changes: readonly PlaceChanges[], guards: Guards): PlaceChanges[] {
  return changes.filter(
    ({ group, zeroed, changed }) =>
      group !== '' &&
      ((zeroed > 0 && zeroed > guards.groupMinimum * guards.groupZeroShare) ||
        (guards.groupChangeShare < 1 && changed > guards.groupMinimum * guards.groupChangeShare)),
  );
}

/** Judges product groups at a location: a whole range may be wrong although it is little of the location. */
export function judgeGroups(
  groups: readonly (PlaceChanges & { readonly stocked: number })[],
  guards: Guards,
): Suspicion[] {
  return groups.flatMap(({ location, group, stocked, zeroed, changed }) => {
    if (stocked < guards.groupMinimum) return [];
    const of = (count: number) =>
      `${count} of ${stocked} stocked SKUs of ${group} at ${location} (${percent(count / stocked)})`;
    return [
      ...(zeroed / stocked > guards.groupZeroShare
        ? [
            {
              rule: 'zero-share',
              location,
              group,
              which: 'zero',
              cause: `${of(zeroed)} would become 0, more than ${percent(guards.groupZeroShare)}`,
            } as const,
          ]
        : []),
      ...(changed / stocked > guards.groupChangeShare
        ? [
            {
              rule: 'change-share',
              location,
              group,
              which: 'changed',
              cause: `${of(changed)} would change, more than ${percent(guards.groupChangeShare)}`,
            } as const,
          ]
        : []),
    ];
  });
}

/**
 * Finds places where more than half of the changes are about one factor away from OTO's figures, all in one direction. `leaps` come
 * with the commonest factor of a place and direction first. What trips for a location is not said of its groups again.
 */
export function judgeLeaps(leaps: readonly Leap[], guards: Guards): Suspicion[] {
  const suspicions = new Map<string, Suspicion>();
  for (const { location, group, direction, factor, near, considered } of leaps) {
    const enough = group === '' ? guards.shareMinimum : guards.groupMinimum;
    if (considered < enough || near * 2 <= considered) continue;
    if (suspicions.has(`${location}\t\t${direction}`) || suspicions.has(`${location}\t${group}\t${direction}`))
      continue;
    const where = group === '' ? location : `${location} of ${group}`;
    const why =
      factor === 2
        ? 'rows may stand in the export twice'
        : 'a unit of measure, or a decimal separator, may be mistaken';
    suspicions.set(`${location}\t${group}\t${direction}`, {
      rule: 'unit-shift',
      location,
      group,
      which: { factor, direction },
      cause: `${near} of ${considered} changed figures at ${where} are about ${direction === 'raise' ? '×' : '÷'}${factor} of what OTO shows: ${why}`,
    });
  }
  return [...suspicions.values()];
}

/**
 * Locations that would be emptied in one step, with units enough to be no matter of course. The share alone does not tell where there
 * are few SKUs; a second snapshot that says the same does.
 */
export function judgeEmptied(shapes: readonly LocationShape[], guards: Guards): Map<string, string> {
  return new Map(
    shapes
      .filter(
        ({ rows, stocked, zeroed, zeroedUnits }) =>
          rows > 0 && stocked > 1 && zeroed === stocked && zeroedUnits >= guards.strayZeroFrom,
      )
      .map(({ location, stocked, zeroedUnits }) => [
        location,
        `all ${stocked} stocked SKUs at ${location}, ${zeroedUnits} units together, would fall to 0 in one step`,
      ]),
  );
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
