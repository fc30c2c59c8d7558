/**
 * Which pending inventory orders have been processed, judged by what OTO shows. OTO has no call that reads an inventory order back,
 * so the only sign is that its on hand shows the goods: on every line the uncorrected figure, in two readings. That alone could be
 * chance, where the ERP sold just as much as is pending; so some line also has to show more than before, which no sale can do.
 */
export interface PendingDocument {
  readonly id: number;
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    /** What OTO showed before it was sent, or what was set since; absent where that is not known. */
    readonly before?: number | null | undefined;
  }[];
}

export interface KeyReading {
  readonly sku: string;
  /** The figure were none of the pending documents processed: ERP − all pending − buffer, before clamping. */
  readonly base: number;
  /** What OTO shows. */
  readonly onHand: number | null;
}

/** More than this many documents that share SKUs are left to a person: their combinations could explain anything. */
const limit = 12;

/**
 * The documents of one location whose goods OTO shows. Documents that share a SKU are judged together: only a combination that
 * explains every line of all of them counts. Where several do, the one with the fewest documents, then the oldest; their figures
 * are the same.
 */
export function processedDocuments(documents: readonly PendingDocument[], readings: readonly KeyReading[]): number[] {
  const bySku = new Map(readings.map((reading) => [reading.sku, reading]));
  return groups(documents).flatMap((group) => {
    if (group.length > limit) return [];
    const skus = [...new Set(group.flatMap((document) => document.lines.map((line) => line.sku)))];
    if (skus.some((sku) => (bySku.get(sku)?.onHand ?? null) === null)) return [];
    const hasRisen = (document: PendingDocument) =>
      document.lines.some(({ sku, before }) => before == null || (bySku.get(sku)?.onHand ?? 0) > before);
    const explains = (subset: readonly PendingDocument[]) =>
      skus.every((sku) => {
        const reading = bySku.get(sku);
        const arrived = subset
          .flatMap((document) => document.lines)
          .filter((line) => line.sku === sku)
          .reduce((sum, line) => sum + line.quantity, 0);
        return reading !== undefined && Math.max(reading.base + arrived, 0) === reading.onHand;
      });
    // Nothing processed explains it as well: then nothing is proven.
    if (explains([])) return [];
    const best = subsets(group).find((subset) => subset.every(hasRisen) && explains(subset));
    return best?.map((document) => document.id) ?? [];
  });
}

/** Non-empty combinations, small ones first, older documents first. */
function subsets<T>(items: readonly T[]): T[][] {
  const all: T[][] = [];
  for (let mask = 1; mask < 2 ** items.length; mask += 1)
    all.push(items.filter((_, index) => (mask & (1 << index)) !== 0));
  return all.sort((a, b) => a.length - b.length);
}

function groups(documents: readonly PendingDocument[]): PendingDocument[][] {
  const result: { skus: Set<string>; documents: PendingDocument[] }[] = [];
  for (const document of documents) {
    const skus = new Set(document.lines.map((line) => line.sku));
    const touching = result.filter((group) => [...skus].some((sku) => group.skus.has(sku)));
    const merged = { skus, documents: [document] };
    for (const group of touching) {
      for (const sku of group.skus) merged.skus.add(sku);
      merged.documents.unshift(...group.documents);
      result.splice(result.indexOf(group), 1);
    }
    result.push(merged);
  }
  return result.map((group) => group.documents.sort((a, b) => a.id - b.id));
}
