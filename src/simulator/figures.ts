/**
 * Stock of one SKU at one location. A figure never changes: each movement puts a new one in its place and keeps the old one,
 * so a stale read can answer what was true before and a test can see why a number is what it is.
 */
export interface Figure {
  readonly onHand: number;
  readonly reserved: number;
  readonly incoming: number;
  readonly outgoing: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cause: Cause;
  /** What moved it: a transactionID, an otoId, an order id. */
  readonly reference: string | number | undefined;
}

export type Cause =
  | 'seed'
  | 'set'
  | 'adjust'
  /** Changed by somebody else, past the API. */
  | 'import'
  | 'inventory-order-created'
  | 'inventory-order-rejected'
  | 'inventory-order-processed'
  | 'order-created'
  | 'order-updated'
  | 'order-fulfilled'
  | 'order-canceled'
  | 'order-returned';

export interface StockRow {
  readonly sku: string;
  readonly location: string;
  now: Figure;
  past: readonly Figure[];
  /** Whether OTO has an inventory row for it. An open inventory order alone makes none. */
  stocked: boolean;
}

export interface Move {
  readonly onHand?: number;
  readonly reserved?: number;
  readonly incoming?: number;
  readonly outgoing?: number;
}

const keptFigures = 100;
const noPast: readonly Figure[] = [];

export class Figures {
  /** By SKU, one row a location. A short list instead of a second map: an account has few locations and many SKUs. */
  readonly #rows = new Map<string, StockRow[]>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  ofSku(sku: string): readonly StockRow[] {
    return this.#rows.get(sku) ?? [];
  }

  find(sku: string, location: string): StockRow | undefined {
    return this.#rows.get(sku)?.find((row) => row.location === location);
  }

  *all(): IterableIterator<StockRow> {
    for (const rows of this.#rows.values()) yield* rows;
  }

  clear(): void {
    this.#rows.clear();
  }

  /** Adds to the figures of one key. `stocked` says that the movement makes an inventory row. */
  move(sku: string, location: string, by: Move, cause: Cause, reference?: string | number, stocked = true): StockRow {
    const row = this.find(sku, location);
    const before = row?.now;
    const now: Figure = {
      onHand: (before?.onHand ?? 0) + (by.onHand ?? 0),
      reserved: (before?.reserved ?? 0) + (by.reserved ?? 0),
      incoming: (before?.incoming ?? 0) + (by.incoming ?? 0),
      outgoing: (before?.outgoing ?? 0) + (by.outgoing ?? 0),
      at: this.#now(),
      cause,
      reference,
    };
    if (row === undefined) return this.put({ sku, location, now, past: noPast, stocked });
    row.past = [...row.past.slice(1 - keptFigures), row.now];
    row.now = now;
    row.stocked ||= stocked;
    return row;
  }

  put(row: StockRow): StockRow {
    const rows = this.#rows.get(row.sku);
    if (rows === undefined) this.#rows.set(row.sku, [row]);
    else rows.push(row);
    return row;
  }
}

/** How far a stale read looks back: so many milliseconds, or so many changes of each key. */
export interface Staleness {
  readonly ms?: number | undefined;
  readonly versions?: number | undefined;
}

/** The figure that a read answers; undefined when there was none yet. */
export function figureSeen(row: StockRow, now: number, stale: Staleness | undefined): Figure | undefined {
  if (stale === undefined) return row.now;
  const { ms, versions } = stale;
  if (versions !== undefined) return versions === 0 ? row.now : row.past[row.past.length - versions];
  const limit = now - (ms ?? 0);
  return row.now.at <= limit ? row.now : row.past.findLast((figure) => figure.at <= limit);
}

/** quantityForecasted: what is expected once everything open is done. */
export function forecastOf(figure: Figure, includesInventoryOrders: boolean): number {
  const expected = includesInventoryOrders ? figure.incoming - figure.outgoing : 0;
  return figure.onHand - figure.reserved + expected;
}
