/**
 * A person who looks parked work up in OTO and says what became of it. Uses the bridge's commands and OTO's own state, nothing else: no
 * table and no function of the bridge.
 */
import type { Control, OtoState } from './control.ts';
import type { Site } from './site.ts';

interface Parked {
  readonly id: number;
  readonly kind: string;
  readonly sku: string | null;
  readonly location: string | null;
  readonly order: string | null;
  readonly request: Readonly<Record<string, unknown>>;
}

interface Held {
  readonly id: number;
  readonly rule: string;
}

type Decision = readonly ['--landed' | '--resend' | '--cancel', ...string[]];

export class Person {
  readonly #site: Site;
  readonly #log = 'person';
  readonly decided = { landed: 0, resend: 0, cancel: 0 };
  approved = 0;

  constructor(site: Site) {
    this.#site = site;
  }

  /** Decides about everything that is parked now. Whatever cannot be decided now comes up again. */
  async decideParked(): Promise<number> {
    const listed = await this.#command<{ operations: Parked[] }>('operations', 'list', '--parked', '--limit', '1000');
    const parked = listed?.operations ?? [];
    if (parked.length === 0) return 0;
    const oto = await this.#site.control.state();
    const products = await skusOf(this.#site.control);
    for (const operation of parked) {
      const decision = decide(operation, oto, products);
      const note = `looked up in OTO: ${operation.kind}`;
      await this.#command('operations', 'resolve', String(operation.id), ...decision, '--note', note, '--no-wait');
      this.decided[decision[0].slice(2) as keyof typeof this.decided] += 1;
    }
    return parked.length;
  }

  /** Lets every other suspicious figure go, as somebody would who has counted the shelf; the others stay held. */
  async decideQuarantine(): Promise<void> {
    const listed = await this.#command<{ quarantine: Held[] }>('quarantine', 'list', '--limit', '1000');
    const fine = (listed?.quarantine ?? []).filter(({ id }) => id % 2 === 0).map(({ id }) => String(id));
    if (fine.length === 0) return;
    await this.#command('quarantine', 'approve', ...fine, '--note', 'counted on the shelf');
    this.approved += fine.length;
  }

  /** Tells the bridge which receipts OTO's staff have processed, where it has not seen that by itself. */
  async reportProcessed(location: string): Promise<number> {
    const listed = await this.#command<{ documents: { id: number; reference: string }[] }>(
      ...['documents', 'list', '--state', 'pending', '--location', location, '--limit', '10000'],
    );
    const { inventoryOrders } = await this.#site.control.state({ location });
    const processed = new Set(
      inventoryOrders.filter(({ status }) => status === 'processed').map(({ waybillNumber }) => waybillNumber),
    );
    const due = (listed?.documents ?? []).filter(({ reference }) => processed.has(reference));
    for (const { id } of due)
      await this.#command('documents', 'processed', String(id), '--note', "seen on OTO's screen");
    return due.length;
  }

  async #command<T>(...args: readonly string[]): Promise<T | undefined> {
    return (await this.#site.command<T>(this.#log, ...args)).json;
  }
}

function decide(operation: Parked, oto: OtoState, products: ReadonlySet<string>): Decision {
  const { kind, request, sku, location, order } = operation;
  switch (kind) {
    case 'inventory-order': {
      const found = oto.inventoryOrders.find(({ waybillNumber }) => waybillNumber === request.waybillNumber);
      return found === undefined ? ['--resend'] : ['--landed', '--oto-id', String(found.otoId)];
    }
    case 'product-create':
      return products.has(String(sku)) ? ['--landed'] : ['--resend'];
    case 'packing-status': {
      const found = oto.orders.find(({ orderId }) => orderId === order);
      return found?.history.some(({ status }) => status === request.packingStatus) === true
        ? ['--landed']
        : ['--resend'];
    }
    case 'stock-set': {
      // A figure that somebody else has moved since is not for a person to repeat: the next run sets what is right by then.
      const found = oto.stock.find((row) => row.sku === sku && row.location === location);
      return found !== undefined && found.onHand === Number(request.qty) ? ['--landed'] : ['--cancel'];
    }
    default:
      throw new Error(`nobody has told the person what to do about a parked ${kind}`);
  }
}

/** Products that OTO has: all of them were made by calls. */
async function skusOf(control: Control): Promise<Set<string>> {
  const calls = await control.calls({ endpoint: 'createProduct', effect: 'true' });
  return new Set(calls.map(({ params }) => String(params?.sku)));
}
