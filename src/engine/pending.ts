/**
 * Which inventory orders have been processed, judged by what OTO shows. OTO has no call that reads an inventory order back, so the
 * only sign is that its on hand has moved by just their goods, on every line, in two readings. What else moves on hand is known:
 * figures that we set, which the base follows, and customers' orders, of which it is known that they changed and not whether their
 * units had left before. So what has moved is known within limits. The ERP's figure says nothing here: it moves for reasons of its
 * own, and a sale over the counter of just as many units would look like goods that arrived.
 */
export interface PendingDocument {
  readonly id: number;
  /** Units that come in; less than 0 where they go out. */
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

/** How many units of a SKU have come in since its documents were sent, less those that went out, by what OTO shows. */
export interface Arrived {
  readonly sku: string;
  readonly least: number;
  readonly most: number;
}

/** Looks at this many combinations at most; documents that cannot be told apart within that are left to a person. */
const budget = 50_000;

/**
 * The documents of one location whose goods OTO shows. Those that share a SKU are judged together: only combinations that explain every
 * line of all of them count. Of several, the one with the fewest goods that come in is taken, if no other has fewer of any SKU: in doubt
 * too little is shown. Of those with the same goods it is the one with the fewest documents, then the oldest.
 */
export function processedDocuments(documents: readonly PendingDocument[], readings: readonly Arrived[]): number[] {
  const arrived = new Map(readings.map((reading) => [reading.sku, reading]));
  const leaving = new Map<string, number>();
  for (const { sku, quantity } of documents.flatMap((document) => document.lines))
    if (quantity < 0) leaving.set(sku, (leaving.get(sku) ?? 0) - quantity);
  // One with a line that cannot have arrived in full is out.
  const mayBe = (document: PendingDocument) =>
    document.lines.every(
      ({ sku, quantity }) => quantity <= (arrived.get(sku)?.most ?? Number.POSITIVE_INFINITY) + (leaving.get(sku) ?? 0),
    );
  return groups(documents.filter(mayBe)).flatMap((group) => {
    const skus = new Set(group.flatMap((document) => document.lines.map((line) => line.sku)));
    const limits = [...skus].map((sku) => arrived.get(sku));
    const known = limits.filter((limit) => limit !== undefined);
    // A figure that OTO does not name says nothing about any of them.
    if (known.length < limits.length) return [];
    // Nothing processed explains it as well: then nothing is proven.
    if (known.every(({ least, most }) => least <= 0 && most >= 0)) return [];
    return fewestGoods(group, new Map(known.map((limit) => [limit.sku, limit]))).map((document) => document.id);
  });
}

class Sums {
  readonly #units = new Map<string, number>();

  of(sku: string): number {
    return this.#units.get(sku) ?? 0;
  }

  add(document: PendingDocument, sign: 1 | -1, which: 'all' | 'in' | 'out' = 'all'): void {
    for (const { sku, quantity } of document.lines) {
      if (which === 'all' || quantity > 0 === (which === 'in')) this.#units.set(sku, this.of(sku) + sign * quantity);
    }
  }
}

interface Combination {
  readonly documents: readonly PendingDocument[];
  /** Units that come in, in the order of the SKUs. */
  readonly goods: readonly number[];
  readonly total: number;
}

/** The combination of documents that explains what arrived with the fewest goods; empty where there is none, or no single one. */
function fewestGoods(
  documents: readonly PendingDocument[],
  arrived: ReadonlyMap<string, Arrived>,
): readonly PendingDocument[] {
  const [net, goods, restIn, restOut] = [new Sums(), new Sums(), new Sums(), new Sums()];
  for (const document of documents) {
    restIn.add(document, 1, 'in');
    restOut.add(document, 1, 'out');
  }
  const fits = ({ sku, least, most }: Arrived) =>
    net.of(sku) + restOut.of(sku) <= most && net.of(sku) + restIn.of(sku) >= least;
  const skus = [...arrived.keys()];
  // Then all combinations have the same goods, and a longer one is no better.
  const alike =
    [...arrived.values()].every(({ least, most }) => least === most) &&
    documents.every((document) => document.lines.every(({ quantity }) => quantity > 0));
  const found: { best?: Combination } = {};
  /** For each SKU, the fewest units that any combination has of it. */
  let fewest: readonly number[] = skus.map(() => Number.POSITIVE_INFINITY);
  let looked = 0;
  const chosen: PendingDocument[] = [];
  const take = () => {
    const units = skus.map((sku) => goods.of(sku));
    const total = units.reduce((sum, one) => sum + one, 0);
    fewest = units.map((one, index) => Math.min(one, fewest[index] ?? one));
    const { best } = found;
    if (best === undefined || total < best.total || (total === best.total && chosen.length < best.documents.length))
      found.best = { documents: [...chosen], goods: units, total };
  };
  const choose = (document: PendingDocument, sign: 1 | -1) => {
    net.add(document, sign);
    goods.add(document, sign, 'in');
  };
  const look = (index: number): void => {
    looked += 1;
    if (looked > budget || (alike && chosen.length >= (found.best?.documents.length ?? Number.POSITIVE_INFINITY)))
      return;
    const document = documents[index];
    if (document === undefined) {
      take();
      return;
    }
    restIn.add(document, -1, 'in');
    restOut.add(document, -1, 'out');
    const touched = (): boolean => document.lines.every(({ sku }) => fits(arrived.get(sku) as Arrived));
    chosen.push(document);
    choose(document, 1);
    if (touched()) look(index + 1);
    choose(document, -1);
    chosen.pop();
    if (touched()) look(index + 1);
    restIn.add(document, 1, 'in');
    restOut.add(document, 1, 'out');
  };
  if ([...arrived.values()].every(fits)) look(0);
  const { best } = found;
  if (looked > budget || best === undefined) return [];
  return best.goods.every((units, index) => units === fewest[index]) ? best.documents : [];
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
