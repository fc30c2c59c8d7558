import type { OrderUnits } from './explain.ts';
import type { SoldUnit } from './pull.ts';

/** OTO's orders by what they took where. */
export class Sold {
  readonly #bySku = new Map<string, SoldUnit[]>();
  /** By location, the first order of which OTO does not say what was in it: it may have held any SKU. */
  readonly #ofAnything = new Map<string | null, SoldUnit>();

  constructor(sold: readonly SoldUnit[]) {
    for (const unit of sold) {
      if (unit.sku === null) {
        if (!this.#ofAnything.has(unit.location)) this.#ofAnything.set(unit.location, unit);
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

  /** An order that may have moved a figure. */
  mayHaveMoved(sku: string, location: string): Pick<SoldUnit, 'orderId'> | undefined {
    return this.#bySku.get(sku)?.find(isAt(location)) ?? this.#ofAnything.get(null) ?? this.#ofAnything.get(location);
  }
}

function isAt(location: string): (unit: SoldUnit) => boolean {
  return (unit) => (unit.location ?? location) === location;
}
