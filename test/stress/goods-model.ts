/** What truly happens to the goods of one history: kept apart from the bridge, its tables and its rules. All times in epoch ms. */
import type { Simulator } from '../../src/simulator/index.ts';

export const minute = 60_000;

type InventoryOrder = Simulator['state']['inventoryOrders'] extends Map<number, infer Order> ? Order : never;

/** The inventory orders of an account by the ERP's number: what a person would search OTO's screens for. */
export class OrderSearch {
  readonly #simulator: Simulator;
  readonly #found = new Map<string, InventoryOrder>();
  #seen = 0;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  /** Throws where a document is in OTO twice. */
  find(number: string): InventoryOrder | undefined {
    const { inventoryOrders } = this.#simulator.state;
    if (inventoryOrders.size > this.#seen) {
      for (const order of [...inventoryOrders.values()].slice(this.#seen)) {
        const name = (order.description ?? '').replace(/-[0-9A-F]{6}( .*)?$/, '');
        if (this.#found.has(name)) throw new Error(`${name} is in OTO twice`);
        this.#found.set(name, order);
      }
      this.#seen = inventoryOrders.size;
    }
    return this.#found.get(number);
  }
}

/** How a location is configured, as far as the figures depend on it. */
export interface Place {
  readonly oto: string;
  readonly erp: string;
  readonly receipts: 'order' | 'stock';
  readonly disposals: 'order' | 'stock';
  readonly buffer: number;
}

export interface Receipt {
  readonly number: string;
  readonly kind: 'purchase' | 'disposal';
  readonly lines: Readonly<Record<string, number>>;
  readonly bookedAt: number;
  /** The ERP's export tells the day only. */
  readonly dateOnly: boolean;
  /** From when on the goods are there to be processed. */
  readonly arrivesAt: number;
  /** When the ERP's export of documents lists it. */
  readonly listedAt: number;
  /** Written into an export. */
  written: boolean;
  /** A figure with its goods was read before the document was there. */
  late: boolean;
}

interface Sale {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
  /** When the ERP books it: with the order, or so long after the goods have left on hand. */
  readonly books: 'ahead' | number;
  fellAt: number | undefined;
  bookedAt: number;
}

interface Exit {
  readonly sku: string;
  readonly quantity: number;
  readonly bookedAt: number;
}

interface Booking {
  readonly at: number;
  readonly sku: string;
  readonly quantity: number;
}

/** Limits that hold for a key until the next clean stock run. */
interface Windows {
  /** The as-of time of the last export that was applied whole. */
  asOf: number;
  /** Units that left OTO and that this export had not booked. */
  unbooked: number;
}

export interface Bound {
  readonly shown: number;
  readonly shelf: number;
  readonly most: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** One history: two SKUs at one location, with a life of their own. */
export class History {
  readonly id: number;
  readonly place: Place;
  readonly skus: readonly [string, string];
  readonly trace: string[] = [];
  readonly documents: Receipt[] = [];
  readonly sales: Sale[] = [];
  readonly #exits: Exit[] = [];
  readonly #gains: Exit[] = [];
  readonly #bookings: Booking[] = [];
  readonly #initial: ReadonlyMap<string, number>;
  readonly #windows: ReadonlyMap<string, Windows>;
  readonly #random: () => number;
  readonly #simulator: Simulator;
  readonly #search: OrderSearch;
  readonly #saleLag: number;
  #number = 0;

  constructor(options: {
    id: number;
    place: Place;
    random: () => number;
    simulator: Simulator;
    search: OrderSearch;
    at: number;
    /** How long after the goods have left OTO the ERP books a sale at most, in ms. */
    saleLag: number;
  }) {
    const { id, place, random, simulator, at } = options;
    this.id = id;
    this.place = place;
    this.#random = random;
    this.#simulator = simulator;
    this.#search = options.search;
    this.#saleLag = options.saleLag;
    this.skus = [`H${id}-A`, `H${id}-B`];
    this.#initial = new Map(this.skus.map((sku) => [sku, 4 + this.#below(30)]));
    this.#windows = new Map(this.skus.map((sku) => [sku, { asOf: 0, unbooked: 0 }]));
    for (const [sku, quantity] of this.#initial) this.#bookings.push({ at: at - minute, sku, quantity });
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  initial(sku: string): number {
    return this.#initial.get(sku) ?? 0;
  }

  /** What the ERP says was there at a moment. */
  erp(sku: string, at: number): number {
    return this.#bookings.reduce((sum, one) => (one.sku === sku && one.at <= at ? sum + one.quantity : sum), 0);
  }

  shown(sku: string): number {
    return this.#simulator.state.figures.find(sku, this.place.oto)?.now.onHand ?? 0;
  }

  /** Units that nobody has spoken for: of those on the shelves, and of those that OTO shows. */
  #free(sku: string, at: number): number {
    const reserved = this.#simulator.state.figures.find(sku, this.place.oto)?.now.reserved ?? 0;
    const leaving = this.documents.reduce(
      (sum, one) => (one.kind === 'disposal' && this.orderOf(one)?.moved !== true ? sum + (one.lines[sku] ?? 0) : sum),
      0,
    );
    return Math.min(this.shelf(sku, at), this.shown(sku)) - reserved - leaving;
  }

  orderOf(document: Receipt): InventoryOrder | undefined {
    return this.#search.find(document.number);
  }

  /** What stands on the shelves, as far as OTO's staff have dealt with it: the figure that OTO should show. */
  shelf(sku: string, at: number): number {
    let sum = this.initial(sku);
    for (const document of this.documents) {
      const quantity = document.lines[sku] ?? 0;
      const sign = document.kind === 'purchase' ? 1 : -1;
      const mode = document.kind === 'purchase' ? this.place.receipts : this.place.disposals;
      const done = mode === 'order' ? this.orderOf(document)?.moved === true : document.bookedAt <= at;
      if (done) sum += sign * quantity;
    }
    for (const sale of this.sales) if (sale.sku === sku && this.#hasFallen(sale)) sum -= sale.quantity;
    for (const exit of this.#exits) if (exit.sku === sku) sum -= exit.quantity;
    for (const gain of this.#gains) if (gain.sku === sku) sum += gain.quantity;
    return sum;
  }

  #hasFallen(sale: Sale): boolean {
    const order = this.#simulator.state.orders.get(sale.orderId);
    return order?.fulfilled === true && order.status !== 'canceled';
  }

  /** Whether something happens now. */
  pick(share: number): boolean {
    return this.#chance(share);
  }

  /** When something happened last. */
  actedAt = 0;

  /** One thing that happens, of those that can. */
  act(at: number): void {
    this.actedAt = at;
    this.book(at);
    const [a, b] = this.skus;
    const sku = this.#chance(0.6) ? a : b;
    const roll = this.#random();
    if (roll < 0.2) this.#receive(at, sku);
    else if (roll < 0.28) this.#dispose(at, sku);
    else if (roll < 0.5) this.#process(at);
    else if (roll < 0.62) this.#sell(at, sku);
    else if (roll < 0.8) this.#advance(at);
    else if (roll < 0.84) this.#cancel(at);
    else if (roll < 0.95) this.#exit(at, sku);
    else this.#gain(at, sku);
    this.book(at);
  }

  #say(at: number, text: string): void {
    this.trace.push(`${new Date(at).toISOString().slice(11, 19)} ${text}`);
  }

  #receive(at: number, sku: string): void {
    if (this.documents.length >= 7) return;
    const other = this.skus.find((one) => one !== sku) ?? sku;
    const lines = { [sku]: 1 + this.#below(6), ...(this.#chance(0.35) ? { [other]: 1 + this.#below(6) } : {}) };
    const kind = this.#below(5);
    // Booked and there at once; listed late; booked ahead of the goods; booked after the goods came; known by its day only.
    const bookedAt = kind === 3 ? at + this.#below(40) * minute : at;
    this.#add({
      kind: 'purchase',
      lines,
      bookedAt,
      dateOnly: kind === 4,
      arrivesAt: kind === 2 ? at + this.#below(60) * minute : at,
      listedAt: kind === 1 ? at + this.#below(60) * minute : bookedAt,
    });
    this.#say(
      at,
      `receipt ${JSON.stringify(lines)} ${['', 'listed late', 'booked ahead', 'booked late', 'by day'][kind]}`,
    );
  }

  #dispose(at: number, sku: string): void {
    const most = this.#free(sku, at);
    if (most < 1 || this.documents.length >= 7) return;
    const lines = { [sku]: 1 + this.#below(Math.min(3, most)) };
    const late = this.#chance(0.3);
    this.#add({
      kind: 'disposal',
      lines,
      bookedAt: at,
      dateOnly: false,
      arrivesAt: at,
      listedAt: late ? at + this.#below(40) * minute : at,
    });
    this.#say(at, `disposal ${JSON.stringify(lines)}${late ? ' listed late' : ''}`);
  }

  #add(document: Omit<Receipt, 'number' | 'written' | 'late'>): void {
    this.#number += 1;
    const number = `${document.kind === 'purchase' ? 'R' : 'D'}-${this.id}-${this.#number}`;
    this.documents.push({ ...document, number, written: false, late: false });
    const sign = document.kind === 'purchase' ? 1 : -1;
    for (const [sku, quantity] of Object.entries(document.lines))
      this.#bookings.push({ at: document.bookedAt, sku, quantity: sign * quantity });
  }

  /** OTO's staff accept or process an inventory order whose goods are there. */
  #process(at: number): void {
    const open = this.documents.flatMap((document) => {
      const order = document.arrivesAt <= at ? this.orderOf(document) : undefined;
      return order === undefined || order.status === 'processed' ? [] : [{ document, order }];
    });
    const one = open[this.#below(open.length)];
    if (one === undefined) return;
    const { staff } = this.#simulator;
    if (one.order.status === 'new' && this.#chance(0.3)) {
      staff.acceptInventoryOrder(one.order.otoId);
      this.#say(at, `staff accept ${one.document.number}`);
      return;
    }
    staff.processInventoryOrder(one.order.otoId);
    this.#say(at, `staff process ${one.document.number}`);
  }

  #sell(at: number, sku: string): void {
    const most = this.#free(sku, at);
    if (most < 1 || this.sales.length >= 8) return;
    const quantity = 1 + this.#below(Math.min(3, most));
    const orderId = `SO-${this.id}-${this.sales.length + 1}`;
    this.#simulator.staff.createOrder({ orderId, location: this.place.oto, items: [{ sku, quantity }] });
    const books = this.#chance(0.3) ? ('ahead' as const) : this.#chance(0.5) ? 0 : this.#below(this.#saleLag + 1);
    const sale: Sale = { orderId, sku, quantity, books, fellAt: undefined, bookedAt: Number.POSITIVE_INFINITY };
    this.sales.push(sale);
    if (books === 'ahead') this.#bookSale(sale, at);
    this.#say(
      at,
      `order ${orderId} of ${quantity} ${sku}, ERP books ${books === 'ahead' ? 'ahead' : `${Math.round(books / minute)} min after`}`,
    );
  }

  #bookSale(sale: Sale, at: number): void {
    sale.bookedAt = at;
    this.#bookings.push({ at, sku: sale.sku, quantity: -sale.quantity });
  }

  #open(): Sale[] {
    return this.sales.filter(({ orderId }) => {
      const status = this.#simulator.state.orders.get(orderId)?.status;
      return status !== undefined && status !== 'canceled' && status !== 'pickedUp';
    });
  }

  #advance(at: number, sale = this.#open()[0]): void {
    if (sale === undefined) return;
    const { staff, state } = this.#simulator;
    const status = state.orders.get(sale.orderId)?.status;
    if (status === 'new') staff.readyOrder(sale.orderId);
    else if (status === 'assignedToWarehouse') staff.pickOrder(sale.orderId);
    else if (status === 'picked') staff.packOrder(sale.orderId);
    else staff.shipOrder(sale.orderId);
    this.#say(at, `order ${sale.orderId} is ${state.orders.get(sale.orderId)?.status}`);
  }

  #cancel(at: number): void {
    const sale = this.#open()[0];
    if (sale === undefined) return;
    this.#simulator.staff.cancelOrder(sale.orderId);
    this.#say(at, `order ${sale.orderId} is canceled`);
    // The ERP takes back what it has booked, some time later.
    if (sale.bookedAt === Number.POSITIVE_INFINITY) return;
    const back = Math.max(at, sale.bookedAt) + this.#below(20) * minute;
    this.#bookings.push({ at: back, sku: sale.sku, quantity: sale.quantity });
  }

  /** Goods leave without OTO: a sale over the counter, breakage. The ERP books it at once or some time later. */
  #exit(at: number, sku: string): void {
    const most = this.#free(sku, at);
    if (most < 1) return;
    const quantity = 1 + this.#below(Math.min(4, most));
    const bookedAt = this.#chance(0.6) ? at : at + this.#below(30) * minute;
    this.#exits.push({ sku, quantity, bookedAt });
    this.#bookings.push({ at: bookedAt, sku, quantity: -quantity });
    this.#say(at, `ERP sells ${quantity} ${sku}${bookedAt > at ? ', booked later' : ''}`);
  }

  #gain(at: number, sku: string): void {
    const quantity = 1 + this.#below(4);
    this.#gains.push({ sku, quantity, bookedAt: at });
    this.#bookings.push({ at, sku, quantity });
    this.#say(at, `ERP finds ${quantity} ${sku}`);
  }

  /** Books what has left OTO. */
  book(at: number): void {
    for (const sale of this.sales) {
      if (sale.fellAt === undefined && this.#hasFallen(sale)) {
        sale.fellAt = at;
        if (sale.books !== 'ahead') this.#bookSale(sale, at + sale.books);
      }
    }
  }

  /** Documents that the next export lists, and their lines. */
  list(at: number): Receipt[] {
    const now = this.documents.filter((document) => !document.written && document.listedAt <= at);
    for (const document of now) document.written = true;
    return now;
  }

  /** An export as of a moment is read: what it contains, and is not listed yet, may be shown until the document is. */
  read(asOf: number): void {
    for (const document of this.documents) {
      if (
        document.kind === 'purchase' &&
        this.place.receipts === 'order' &&
        !document.written &&
        document.bookedAt <= asOf
      )
        document.late = true;
    }
  }

  /** A run of stock has ended. `clean`: nothing of it failed or was left over. */
  ranStock(asOf: number, clean: boolean): void {
    for (const [sku, windows] of this.#windows) {
      const unbooked = this.sales
        .filter(
          (sale) => sale.sku === sku && sale.fellAt !== undefined && sale.bookedAt > asOf && this.#hasFallen(sale),
        )
        .reduce((sum, sale) => sum + sale.quantity, 0);
      windows.unbooked = clean ? unbooked : Math.max(windows.unbooked, unbooked);
      if (clean) windows.asOf = asOf;
    }
    if (clean) for (const document of this.documents) if (document.written) document.late = false;
  }

  /** The most that OTO may show of a SKU, and what each part of it is. */
  bound(sku: string, at: number): Bound {
    const windows = this.#windows.get(sku);
    const asOf = windows?.asOf ?? 0;
    const shelf = this.shelf(sku, at);
    const parts = {
      soldWithoutOto: this.#exits.reduce(
        (sum, exit) => (exit.sku === sku && exit.bookedAt > asOf ? sum + exit.quantity : sum),
        0,
      ),
      disposed: this.documents.reduce(
        (sum, one) =>
          one.kind === 'disposal' && this.place.disposals === 'stock' && one.bookedAt <= at && one.bookedAt > asOf
            ? sum + (one.lines[sku] ?? 0)
            : sum,
        0,
      ),
      notListed: this.documents.reduce(
        (sum, one) => (one.late && this.orderOf(one) === undefined ? sum + (one.lines[sku] ?? 0) : sum),
        0,
      ),
      soldUnbooked: windows?.unbooked ?? 0,
    };
    const most = shelf + Object.values(parts).reduce((sum, part) => sum + part, 0);
    return { shown: this.shown(sku), shelf, most, parts };
  }

  /** Nothing more happens: orders leave, bookings are made, everything is listed. Gives the moment from which that is so. */
  end(at: number): number {
    for (const sale of this.#open()) {
      while (this.#simulator.state.orders.get(sale.orderId)?.status !== 'pickedUp') this.#advance(at, sale);
    }
    this.book(at);
    return Math.max(
      at,
      ...this.#bookings.map((one) => one.at),
      ...this.documents.flatMap((one) => [one.arrivesAt, one.listedAt]),
    );
  }
}
