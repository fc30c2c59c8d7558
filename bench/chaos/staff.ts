/** People at the warehouse: customers order, packers mark what they have picked and packed, and others process what was received. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, seedOf } from '../../src/simulator/random.ts';
import type { Erp } from './erp.ts';
import type { Site } from './site.ts';

interface Marked {
  readonly orders: readonly { readonly order: string; readonly state: string }[];
}

export class Staff {
  readonly #site: Site;
  readonly #erp: Erp;
  readonly #random: () => number;
  readonly #toPick: string[] = [];
  readonly #toPack: string[] = [];
  #packing: Promise<void> | undefined;
  #unpacking: Promise<unknown> = Promise.resolve();
  orders = 0;

  constructor(site: Site, erp: Erp, seed: number) {
    this.#site = site;
    this.#erp = erp;
    this.#random = seededRandom(seedOf(seed, 'staff'));
  }

  /** Some customers order. Their goods are at the location whose figures the bridge leaves alone. */
  async customersOrder(): Promise<void> {
    for (let count = 1 + Math.floor(this.#random() * 3); count > 0; count -= 1) {
      this.orders += 1;
      const orderId = `SO-${this.orders}`;
      // Only what OTO has surely had for long: a product of the first export.
      const sku = this.#erp.skus[Math.floor(this.#random() * 20)] ?? '';
      await this.#site.control.orderReady(orderId, 'RUH1', sku);
      this.#toPick.push(orderId);
    }
  }

  /** One packer works at a time, and takes all orders that have come meanwhile. */
  pack(): void {
    this.#packing ??= this.#packAll().finally(() => {
      this.#packing = undefined;
    });
  }

  async idle(): Promise<void> {
    this.pack();
    await this.#packing;
  }

  async #packAll(): Promise<void> {
    for (let failures = 0; this.#toPick.length + this.#toPack.length > 0 && failures < 10; ) {
      const done = (await this.#mark('pick', this.#toPick)) + (await this.#mark('pack', this.#toPack));
      if (done > 0) continue;
      failures += 1;
      await sleep(500);
      await this.#site.command('packer', 'pull', 'packing');
    }
  }

  /** Marks some of the orders; those that the bridge could not even try come up again. How many it took. */
  async #mark(step: 'pick' | 'pack', orders: string[]): Promise<number> {
    const some = orders.splice(0, 8);
    if (some.length === 0) return 0;
    const { json } = await this.#site.command<Marked>('packer', 'packing', step, ...some);
    const states = new Map((json?.orders ?? []).map(({ order, state }) => [order, state]));
    const untried = some.filter((order) => (states.get(order) ?? 'not-sent') === 'not-sent');
    orders.push(...untried);
    if (step === 'pick') this.#toPack.push(...some.filter((order) => states.get(order) === 'landed'));
    return some.length - untried.length;
  }

  /** Somebody unpacks about half of what has arrived. The next who comes waits: nothing is unpacked twice. */
  processReceipts(location: string): Promise<void> {
    const done = this.#unpacking.then(() => this.#unpack(location));
    this.#unpacking = done.catch(() => undefined);
    return done;
  }

  async #unpack(location: string): Promise<void> {
    const { inventoryOrders } = await this.#site.control.state({ location });
    for (const { otoId, status } of inventoryOrders)
      if (status === 'new' && otoId % 2 === 0) await this.#site.control.processInventoryOrder(otoId);
  }
}
