import type { PackingOrder } from './packing.ts';
import type { ShortReason } from './station.ts';

/** What has become of one SKU of an order while it is picked. */
export interface PickedLine {
  readonly counted: number;
  readonly short?: { readonly reason: ShortReason; readonly note: string | null; readonly by: string };
}
/** By SKU. What is not in it has not been touched. */
export type Progress = Readonly<Record<string, PickedLine>>;

/** A SKU of an order, of all lines that name it. */
export interface OrderLine {
  readonly sku: string;
  readonly name: string;
  /** Whole units. */
  readonly quantity: number;
}

/**
 * The items of an order by SKU: a scan does not tell one line of a SKU from another. One without a SKU goes by its name, or nobody could
 * count it; a part of a unit has to be fetched as a whole one.
 */
export function linesOf(items: PackingOrder['items']): OrderLine[] {
  const lines = new Map<string, { sku: string; name: string; quantity: number }>();
  for (const { sku: given, name, quantity } of items) {
    const sku = given || name || '?';
    const line = lines.get(sku) ?? { sku, name, quantity: 0 };
    lines.set(sku, line);
    line.quantity += quantity;
  }
  return [...lines.values()].map((line) => ({ ...line, quantity: Math.ceil(line.quantity) }));
}

/** Null-prototype, so that a SKU named like a property of objects is no line of an empty progress. */
export function lineOf(progress: Progress, sku: string): PickedLine {
  return Object.hasOwn(progress, sku) ? (progress[sku] ?? untouched) : untouched;
}

const untouched: PickedLine = { counted: 0 };

export function withLine(progress: Progress, sku: string, line: PickedLine): Progress {
  return Object.fromEntries([...Object.entries(progress).filter(([key]) => key !== sku), [sku, line]]);
}

export interface Totals {
  readonly lines: number;
  readonly units: number;
  readonly counted: number;
  readonly skus: readonly string[];
}

export function totalsOf(lines: readonly OrderLine[], progress: Progress): Totals {
  return {
    lines: lines.length,
    units: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    counted: lines.reduce((sum, { sku }) => sum + lineOf(progress, sku).counted, 0),
    skus: lines.map(({ sku }) => sku),
  };
}

/** `counted`: every unit. `short`: what is not counted is short, with its reason. `open`: something is neither. */
export function completeness(lines: readonly OrderLine[], progress: Progress): 'counted' | 'short' | 'open' {
  const missing = lines.filter(({ sku, quantity }) => lineOf(progress, sku).counted < quantity);
  if (missing.length === 0) return 'counted';
  return missing.every(({ sku }) => lineOf(progress, sku).short !== undefined) ? 'short' : 'open';
}

/**
 * What is left of the counts when OTO has changed the order, and what changed, in words; null where nothing did. A count stays where it still
 * fits. Of more than is wanted now, nobody knows what lies in the box: that SKU is counted anew.
 */
export function fitProgress(
  before: readonly OrderLine[],
  after: readonly OrderLine[],
  progress: Progress,
): { readonly progress: Progress; readonly changed: string | null } {
  const old = new Map(before.map((line) => [line.sku, line.quantity]));
  const now = new Map(after.map((line) => [line.sku, line.quantity]));
  const changes = [
    ...after.flatMap(({ sku, quantity }) => {
      const was = old.get(sku);
      if (was === quantity) return [];
      return [was === undefined ? `${sku}: ${quantity} more, new` : `${sku}: ${quantity} instead of ${was}`];
    }),
    ...before.flatMap(({ sku, quantity }) => (now.has(sku) ? [] : [`${sku}: no longer wanted (${quantity})`])),
  ];
  if (changes.length === 0) return { progress, changed: null };
  const kept = Object.entries(progress).flatMap(([sku, line]) => {
    const wanted = now.get(sku);
    if (wanted === undefined || line.counted > wanted) return [];
    return [[sku, wanted === old.get(sku) ? line : { counted: line.counted }] as const];
  });
  return { progress: Object.fromEntries(kept), changed: changes.join('; ') };
}
