/** What an ERP and the people around it do, many times faster than at a real site. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultInput, Simulator } from '../../src/simulator/index.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import { figureOfVersion, putWhole } from '../erp.ts';

const skuCount = 400;
const locations = ['JED', 'DMM'] as const;
type Place = (typeof locations)[number];

export class Erp {
  readonly #dir: string;
  readonly #random = seededRandom(20_261_121);
  readonly skus: string[];
  /** Newest version of the figure of `SKU place`. */
  readonly versions = new Map<string, number>();
  readonly receipts: string[] = [];
  #files = 0;

  constructor(dir: string, simulator: Simulator) {
    this.#dir = dir;
    simulator.seed({ products: skuCount, stock: 10 });
    this.skus = [...simulator.state.products.keys()];
    for (const sku of this.skus) for (const place of locations) this.versions.set(`${sku} ${place}`, 0);
  }

  /** A full export with some figures changed. */
  async exportStock(changes: number): Promise<void> {
    for (let index = 0; index < changes; index += 1) {
      const key = `${this.#pick()} ${this.#place()}`;
      this.versions.set(key, (this.versions.get(key) ?? 0) + 1);
    }
    const rows = this.skus.flatMap((sku) =>
      locations.map((place) => `${sku},${place}-MAIN,${figureOfVersion(this.versions.get(`${sku} ${place}`) ?? 0)}`),
    );
    await putWhole(this.#dir, 'stock.csv', ['sku,location,quantity', ...rows]);
  }

  async exportReceipts(count: number): Promise<void> {
    const rows = ['number,kind,date,location,sku,quantity'];
    const date = new Date().toISOString().slice(0, 10);
    for (let index = 0; index < count; index += 1) {
      const number = `GRN-${String(this.receipts.length + 1).padStart(6, '0')}`;
      this.receipts.push(number);
      for (const sku of new Set([this.#pick(), this.#pick()]))
        rows.push(`${number},purchase,${date},RUH-MAIN,${sku},2`);
    }
    this.#files += 1;
    await putWhole(this.#dir, `documents-${String(this.#files).padStart(6, '0')}.csv`, rows);
  }

  /** A full export; the products that OTO does not have yet are created there. */
  async exportProducts(created: number): Promise<void> {
    const rows = this.skus.map((sku) => `${sku},Product ${sku},10`);
    for (let index = 1; index <= created; index += 1) rows.push(`NEW-${index},Product NEW-${index},10`);
    await putWhole(this.#dir, 'products.csv', ['sku,name,price', ...rows]);
  }

  /** An ERP clears its folder of what is old. */
  async tidy(olderMs: number): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      if (!name.startsWith('documents-')) continue;
      const { mtimeMs } = await stat(join(this.#dir, name));
      if (mtimeMs < Date.now() - olderMs) await rm(join(this.#dir, name), { force: true });
    }
  }

  #pick(): string {
    return this.skus[Math.floor(this.#random() * this.skus.length)] ?? '';
  }

  #place(): Place {
    return locations[Math.floor(this.#random() * locations.length)] ?? 'JED';
  }
}

/** What goes wrong in turn. Calls that make documents get a lost answer only now and then: a person has to settle each. */
export const troubles: readonly { readonly name: string; begin(simulator: Simulator): void }[] = [
  { name: 'outage', begin: (simulator) => simulator.beginOutage(2) },
  ...(
    [
      ['429', { endpoint: '*', kind: 'status429', count: 20, retryAfterSeconds: 1 }],
      ['503', { endpoint: 'updateStockQuantity', kind: 'status503', count: 10, effect: true }],
      ['reset after', { endpoint: 'updateStockQuantity', kind: 'resetAfter', count: 5 }],
      ['OTO1143', { endpoint: '*', kind: 'oto1143', count: 20 }],
      ['reset before', { endpoint: '*', kind: 'resetBefore', count: 10 }],
      ['hanging', { endpoint: 'updateStockQuantity', kind: 'hangAfter', count: 3 }],
      ['forbidden', { endpoint: 'updateStockQuantity', kind: 'forbidden', count: 2 }],
      ['lost receipt', { endpoint: 'createInventoryOrder', kind: 'hangAfter', count: 1 }],
      ['slow', { endpoint: '*', kind: 'latency', ms: 150, count: 100 }],
      ['torn JSON', { endpoint: 'checkInventoryStock', kind: 'truncatedJson', count: 3 }],
      ['refused receipt call', { endpoint: 'createInventoryOrder', kind: 'oto1143', count: 3 }],
    ] as const satisfies readonly (readonly [string, FaultInput])[]
  ).map(([name, fault]) => ({
    name,
    begin: (simulator: Simulator) => {
      simulator.faults.add(fault);
    },
  })),
];
