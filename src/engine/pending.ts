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

/** Looks at this many combinations at most; documents that cannot be told apart within that are left to a person. */
const budget = 50_000;

/** How much of a SKU may have arrived, by what OTO shows. */
interface Arrived {
  readonly least: number;
  readonly most: number;
}

/**
 * The documents of one location whose goods OTO shows. One with a line that did not arrive in full is out. Of the others, those that
 * share a SKU are judged together: only a combination that explains every line of all of them counts. Where several do, the one with
 * the fewest documents, then the oldest; their figures are the same.
 */
export function processedDocuments(documents: readonly PendingDocument[], readings: readonly KeyReading[]): number[] {
  const bySku = new Map(readings.map((reading) => [reading.sku, reading]));
  const arrived = new Map(readings.map((reading) => [reading.sku, arrivedOf(reading)]));
  const hasRisen = (document: PendingDocument) =>
    document.lines.some(({ sku, before }) => before == null || (bySku.get(sku)?.onHand ?? 0) > before);
  const mayBe = (document: PendingDocument) =>
    hasRisen(document) &&
    document.lines.every(({ sku, quantity }) => quantity <= (arrived.get(sku)?.most ?? Number.POSITIVE_INFINITY));
  return groups(documents.filter(mayBe)).flatMap((group) => {
    const skus = new Set(group.flatMap((document) => document.lines.map((line) => line.sku)));
    const limits = new Map([...skus].map((sku) => [sku, arrived.get(sku)] as const));
    // A figure that OTO does not name, or the ERP does not list, says nothing about any of them.
    if ([...limits.values()].some((limit) => limit === undefined)) return [];
    const known = limits as Map<string, Arrived>;
    // Nothing processed explains it as well: then nothing is proven.
    if ([...known.values()].every((limit) => limit.least <= 0)) return [];
    return smallest(group, known).map((document) => document.id);
  });
}

function arrivedOf({ base, onHand }: KeyReading): Arrived | undefined {
  if (onHand === null || onHand < 0) return undefined;
  // OTO shows 0 also where the figure would be below it.
  return onHand === 0 ? { least: 0, most: -base } : { least: onHand - base, most: onHand - base };
}

/** The smallest combination of documents whose lines add up to what arrived, the older ones first; empty where there is none. */
function smallest(documents: readonly PendingDocument[], arrived: ReadonlyMap<string, Arrived>): PendingDocument[] {
  const sums = new Map<string, number>();
  const rest = new Map<string, number>();
  const add = (to: Map<string, number>, document: PendingDocument, sign: 1 | -1) => {
    for (const { sku, quantity } of document.lines) to.set(sku, (to.get(sku) ?? 0) + sign * quantity);
  };
  for (const document of documents) add(rest, document, 1);
  const fits = (sku: string, { least, most }: Arrived) =>
    (sums.get(sku) ?? 0) <= most && (sums.get(sku) ?? 0) + (rest.get(sku) ?? 0) >= least;
  let best: PendingDocument[] | undefined;
  let looked = 0;
  const chosen: PendingDocument[] = [];
  const look = (index: number): void => {
    looked += 1;
    if (looked > budget || (best !== undefined && chosen.length >= best.length)) return;
    const document = documents[index];
    if (document === undefined) {
      best = [...chosen];
      return;
    }
    add(rest, document, -1);
    const touched = (): boolean => document.lines.every(({ sku }) => fits(sku, arrived.get(sku) as Arrived));
    chosen.push(document);
    add(sums, document, 1);
    if (touched()) look(index + 1);
    add(sums, document, -1);
    chosen.pop();
    if (touched()) look(index + 1);
    add(rest, document, 1);
  };
  if ([...arrived].every(([sku, limit]) => fits(sku, limit))) look(0);
  return looked > budget ? [] : (best ?? []);
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
