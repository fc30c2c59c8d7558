/**
 * The ERP: what it knows, and the files that it exports. It is the model by which the bridge is judged, so nothing here is taken from
 * the bridge or its tables.
 */
import { seededRandom, seedOf } from '../../src/simulator/random.ts';
import { figureOfVersion, putWhole } from '../erp.ts';

/** OTO's location code to that of the ERP. At RUH1 the stock figure is left alone; at JED1 receipts and figures meet. */
export const erpCode = { RUH1: 'RUH-MAIN', JED1: 'JED-MAIN', DMM1: 'DMM-MAIN' } as const;
export type Place = keyof typeof erpCode;

export interface Receipt {
  readonly number: string;
  readonly location: Place;
  readonly bookedAt: Date;
  readonly lines: ReadonlyMap<string, number>;
}

export class Erp {
  readonly #dir: string;
  readonly #random: () => number;
  readonly skus: string[] = [];
  readonly versions = new Map<string, number>();
  /** On hand at JED1, by SKU. */
  readonly onHand = new Map<string, number>();
  readonly receipts = new Map<string, Receipt>();
  /** Keys whose figure was changed in a way that a guard should hold. */
  suspicious = 0;
  #files = 0;

  constructor(dir: string, seed: number, skuCount: number) {
    this.#dir = dir;
    this.#random = seededRandom(seedOf(seed, 'erp'));
    for (let index = 0; index < skuCount; index += 1) this.#addProduct();
  }

  /** How many of its changes should become operations. */
  async changeStock(changes: number): Promise<number> {
    const changed = new Set<string>();
    for (let index = 0; index < changes; index += 1) {
      const sku = this.#pick(this.skus);
      if (this.#random() < 0.75) {
        this.versions.set(sku, (this.versions.get(sku) ?? 0) + 1);
        changed.add(`DMM1 ${sku}`);
      } else {
        this.onHand.set(sku, this.#nextFigure(this.onHand.get(sku) ?? 0));
        changed.add(`JED1 ${sku}`);
      }
    }
    await this.exportStock();
    return changed.size;
  }

  /** Books receipts, exports them, and the figures with their goods. */
  async receive(count: number): Promise<number> {
    if (count === 0) return 0;
    const bookedAt = new Date();
    const rows = ['number,kind,date,bookedAt,location,sku,quantity'];
    let moved = 0;
    for (let index = 0; index < count; index += 1) {
      const number = `GRN-${String(this.receipts.size + 1).padStart(6, '0')}`;
      const location: Place = this.#random() < 0.1 ? 'JED1' : 'RUH1';
      const lines = new Map<string, number>();
      for (let line = 1 + Math.floor(this.#random() * 3); line > 0; line -= 1)
        lines.set(this.#pick(this.skus), 1 + Math.floor(this.#random() * 5));
      this.receipts.set(number, { number, location, bookedAt, lines });
      for (const [sku, quantity] of lines) {
        rows.push(
          `${number},purchase,${bookedAt.toISOString().slice(0, 10)},${bookedAt.toISOString()},${erpCode[location]},${sku},${quantity}`,
        );
        if (location === 'JED1') {
          this.onHand.set(sku, (this.onHand.get(sku) ?? 0) + quantity);
          moved += 1;
        }
      }
    }
    this.#files += 1;
    await putWhole(this.#dir, `documents-${String(this.#files).padStart(6, '0')}.csv`, rows);
    if (moved > 0) await this.exportStock();
    return count;
  }

  async launchProducts(count: number): Promise<number> {
    if (count === 0) return 0;
    for (let index = 0; index < count; index += 1) this.#addProduct();
    await this.exportProducts();
    await this.exportStock();
    // The product itself, and its figures at two locations.
    return count * 3;
  }

  async exportProducts(): Promise<void> {
    await putWhole(this.#dir, 'products.csv', [
      'sku,name,price',
      ...this.skus.map((sku) => `${sku},Product ${sku},10`),
    ]);
  }

  async exportStock(): Promise<void> {
    const rows = this.skus.flatMap((sku) => [
      `${sku},${erpCode.DMM1},${figureOfVersion(this.versions.get(sku) ?? 0)}`,
      `${sku},${erpCode.JED1},${this.onHand.get(sku) ?? 0}`,
    ]);
    await putWhole(this.#dir, 'stock.csv', ['sku,location,quantity', ...rows]);
  }

  /**
   * What OTO should show at the end, for every SKU at every location whose figure the ERP owns: what the ERP has, less the goods of
   * receipts that it has booked and that OTO's staff have not processed.
   */
  wanted(processed: ReadonlySet<string>): Map<string, number> {
    const figures = new Map<string, number>();
    for (const sku of this.skus) {
      figures.set(`DMM1 ${sku}`, figureOfVersion(this.versions.get(sku) ?? 0));
      figures.set(`JED1 ${sku}`, this.onHand.get(sku) ?? 0);
    }
    for (const { number, location, lines } of this.receipts.values()) {
      if (location !== 'JED1' || processed.has(number)) continue;
      for (const [sku, quantity] of lines) figures.set(`JED1 ${sku}`, (figures.get(`JED1 ${sku}`) ?? 0) - quantity);
    }
    for (const [key, figure] of figures) if (figure < 0) figures.set(key, 0);
    return figures;
  }

  #nextFigure(figure: number): number {
    const chance = this.#random();
    if (chance < 0.02 && figure > 0) {
      this.suspicious += 1;
      return figure * 12;
    }
    if (chance < 0.04 && figure >= 100) {
      this.suspicious += 1;
      return 0;
    }
    // Never far from where it was: a raise to the twelvefold by chance would be held as a mistaken unit.
    return Math.max(0, figure > 400 ? figure - 300 : figure + Math.floor(this.#random() * 41) - 18);
  }

  #addProduct(): void {
    const sku = `P-${String(this.skus.length + 1).padStart(5, '0')}`;
    this.skus.push(sku);
    this.versions.set(sku, 0);
    this.onHand.set(sku, 60 + Math.floor(this.#random() * 200));
  }

  #pick(list: readonly string[]): string {
    return list[Math.floor(this.#random() * list.length)] ?? '';
  }
}
