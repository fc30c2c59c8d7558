import { type FigureKey, figureFacts } from '../store/explain.ts';
import type { Bridge } from './context.ts';
import { type Explanation, explain, type OrderUnits } from './explain.ts';
import { locationOf } from './locations.ts';
import type { SoldUnit } from './pull.ts';

/** OTO's orders by what they took where. */
export class Sold {
  readonly #bySku = new Map<string, SoldUnit[]>();
  /** Orders of which OTO does not say what was in them. */
  readonly #ofAnything: SoldUnit[] = [];

  constructor(sold: readonly SoldUnit[]) {
    for (const unit of sold) {
      if (unit.sku === null) {
        this.#ofAnything.push(unit);
        continue;
      }
      const units = this.#bySku.get(unit.sku);
      if (units === undefined) this.#bySku.set(unit.sku, [unit]);
      else units.push(unit);
    }
  }

  /** Orders that name a SKU. Those that name no location may have moved its figure anywhere. */
  of(sku: string, location: string): OrderUnits[] {
    return (this.#bySku.get(sku) ?? [])
      .filter(isAt(location))
      .map(({ orderId, quantity, mayBeBack }) => ({ orderId, quantity: quantity ?? 0, mayBeBack }));
  }

  /** The first order that may have moved a figure: one that names no SKU may have held any. */
  mayHaveMoved(sku: string, location: string): Pick<SoldUnit, 'orderId'> | undefined {
    return [...(this.#bySku.get(sku) ?? []), ...this.#ofAnything].find(isAt(location));
  }
}

function isAt(location: string): (unit: SoldUnit) => boolean {
  return (unit) => (unit.location ?? location) === location;
}

/** Takes figures of a source's locations apart, by its newest export and by what is known of OTO's side. In the order of `keys`. */
export async function explainFigures(
  bridge: Bridge,
  source: string,
  keys: readonly FigureKey[],
  sold: Sold,
): Promise<Explanation[]> {
  const { documents } = bridge.config.flows;
  const receiptsAreSent = documents?.enabled === true && documents.from === source;
  return (await figureFacts(bridge.db, source, keys)).map((facts) => {
    const place = locationOf(bridge.config, facts.location);
    return explain(
      facts,
      { buffer: place?.buffer ?? 0, receiptsByOrder: place?.receipts === 'order' && receiptsAreSent },
      sold.of(facts.sku, facts.location),
    );
  });
}
