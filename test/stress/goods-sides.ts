import type { SwitchValues } from '../../src/simulator/index.ts';

export type Sides = Partial<SwitchValues>;

/** The switches that touch stock or documents, each with its values. */
const values = {
  inventoryOrderStock: ['processed', 'accepted', 'created'],
  onHandFallsAt: ['picked', 'packed', 'shipped'],
  forecastIncludesInventoryOrders: [true, false],
  firstSet: ['create', 'refuse'],
  negativeSet: ['accept', 'refuse', 'clamp'],
  duplicateWaybill: ['accept', 'refuse', 'same'],
  unknownSkuInRead: ['absent', 'empty', 'refuse'],
  skusPerCall: [50, 20],
  tooManySkus: ['answer', 'cut', 'refuse', 'tooLong'],
  stockWithoutLocation: [false, true],
  figuresAsText: [false, true],
  quantityForm: ['any', 'text', 'number'],
  orderRows: ['full', 'sparse'],
  orderTimezone: ['UTC', 'Asia/Riyadh'],
  errorForm: ['both', 'old', 'new'],
  rateLimitAnswer: ['coded400', 'coded429', 'coded200', 'plain429', 'old400'],
} as const satisfies { readonly [Name in keyof SwitchValues]?: readonly SwitchValues[Name][] };

const names = Object.keys(values) as (keyof typeof values)[];

function pick(which: (name: (typeof names)[number], count: number) => number): Sides {
  return Object.fromEntries(names.map((name) => [name, values[name][which(name, values[name].length)]]));
}

/** One side of each, drawn. */
export function sidesOf(random: () => number): Sides {
  return pick((_, count) => Math.floor(random() * count));
}

/** What OTO is taken to do unless it is found to do otherwise, and so many other choices that every side of each is in one of them. */
export function everySide(): Sides[] {
  const most = Math.max(...names.map((name) => values[name].length));
  // Each begins somewhere else, so that not all second sides meet.
  const others = Array.from({ length: most }, (_, turn) => pick((name, count) => (turn + names.indexOf(name)) % count));
  return [pick(() => 0), ...others];
}

/** Every side, by name: for a test that no choice leaves one out. */
export function sides(): string[] {
  return names.flatMap((name) => values[name].map((value) => `${name} ${String(value)}`));
}
