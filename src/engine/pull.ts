import { DateTime } from 'luxon';
import { BridgeError, isBridgeError } from '../lib/errors.ts';
import { day, minute } from '../lib/time.ts';
import { completeness, linesOf, type PackingOrder } from '../model/index.ts';
import type { ResponseOf } from '../oto/index.ts';
import type { Tx } from '../store/db.ts';
import { type Figure, storeFigures } from '../store/figures.ts';
import { type OtoLocation, recentLocations, storeLocations } from '../store/locations.ts';
import { cancelUnsent, changePackingOrder, type StoredPackingOrder } from '../store/packing.ts';
import { storePackingList } from '../store/packing-list.ts';
import { storeOtoProducts, unknownSkus } from '../store/products.ts';
import { databaseTime } from '../store/queryable.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';
import { type Progress, quiet } from './progress.ts';

interface PullOptions {
  readonly signal: AbortSignal;
  readonly progress?: Progress;
}

/** Reads the account's pickup locations, and names configured ones that do not exist. */
export async function pullLocations(bridge: Bridge, { signal }: PullOptions): Promise<OtoLocation[]> {
  // Always a wide range of creation dates: some clients report that the call needs one (sources disagree).
  const answer = await bridge.oto.read(
    'getPickupLocationList',
    { minDate: '2015-01-01', maxDate: DateTime.fromMillis(bridge.now()).plus({ days: 2 }).toFormat('yyyy-MM-dd') },
    { signal },
  );
  const found: OtoLocation[] = [];
  for (const [kind, list] of [
    ['warehouse', answer.warehouses],
    ['branch', answer.branches],
  ] as const) {
    for (const location of list ?? []) {
      found.push({ code: location.code, name: location.name ?? null, kind, city: location.city ?? null });
    }
  }
  await storeLocations(bridge.db, found);
  return found;
}

/** For so long it is believed that a location is still there: a receipt that has just come does not wait for the question. */
const locationsHoldMs = 10 * minute;

/** @throws BridgeError LOCATION_UNKNOWN */
export async function requireLocations(bridge: Bridge, options: PullOptions): Promise<void> {
  const recent = new Set(await recentLocations(bridge.db, locationsHoldMs));
  if (bridge.config.locations.every((location) => recent.has(location.oto))) return;
  const codes = new Set((await pullLocations(bridge, options)).map((location) => location.code));
  const missing = bridge.config.locations
    .filter((location) => !codes.has(location.oto))
    .map((location) => location.oto);
  if (missing.length === 0) return;
  throw new BridgeError(engineErrors.LOCATION_UNKNOWN, {
    message: `The OTO account has no location with the code ${missing.map((code) => `"${code}"`).join(', ')}.`,
    hint: `It has: ${[...codes].sort().join(', ') || 'none'}. Correct locations[].oto.`,
    data: { missing, existing: [...codes].sort() },
  });
}

/** Reads the whole product list. Returns how many SKUs it named. */
export async function pullProducts(bridge: Bridge, { signal, progress = quiet }: PullOptions): Promise<number> {
  let { productPageSize: pageSize } = bridge.config.oto;
  progress.step('reading the product list from OTO');
  const seen = new Set<string>();
  let longest = 0;
  for (let page = 1; page < 100_000; page += 1) {
    let products = await productPage(bridge, page, pageSize, signal);
    if (products === undefined && page === 1 && pageSize > documentedPageSize) {
      pageSize = documentedPageSize;
      products = await productPage(bridge, page, pageSize, signal);
    }
    if (products === undefined) break;
    const rows = products.flatMap((row) =>
      row.sku === undefined || row.sku === null || row.sku === ''
        ? []
        : [{ sku: row.sku, name: row.name ?? null, barcode: row.barcode ?? null }],
    );
    const fresh = rows.filter((row) => !seen.has(row.sku));
    for (const row of fresh) seen.add(row.sku);
    await storeOtoProducts(bridge.db, fresh);
    progress.advance(fresh.length);
    // No field says how many pages there are, and OTO may give fewer rows a page than asked: a page shorter than the first one is
    // the last. A page that names nothing new ends the list too: should OTO ignore a page number past the end and answer with a
    // page again, we would read for ever.
    if (products.length < longest || fresh.length === 0) break;
    longest = Math.max(longest, products.length);
  }
  progress.done();
  return seen.size;
}

/** The only page size that OTO's documents name; whether it takes a larger one they do not say. */
const documentedPageSize = 100;

/** Undefined: OTO refuses the page, because it is too large or past the end. @throws BridgeError where the refusal cannot mean that */
async function productPage(
  bridge: Bridge,
  page: number,
  pageSize: number,
  signal: AbortSignal,
): Promise<ResponseOf<'productList'>['products'] | undefined> {
  try {
    return (await bridge.oto.read('productList', { pageSize, currentPage: page }, { signal })).products;
  } catch (error) {
    const mayBe = page > 1 || pageSize > documentedPageSize;
    if (mayBe && isBridgeError(error) && error.code === 'OTO_REFUSED') return undefined;
    throw error;
  }
}

/** Makes sure that it is known which of the SKUs OTO has: asks for the product list only when some are unknown. */
export async function ensureProductsKnown(
  bridge: Bridge,
  skus: readonly string[],
  options: PullOptions,
): Promise<string[]> {
  if ((await unknownSkus(bridge.db, skus)).length > 0) await pullProducts(bridge, options);
  return unknownSkus(bridge.db, skus);
}

/** Many SKUs, of which only a portion is in memory at a time. */
export interface SkuPages {
  readonly count: number;
  pages(): AsyncIterable<readonly string[]>;
}

async function* readings(bridge: Bridge, skus: readonly string[] | SkuPages, signal: AbortSignal) {
  if (!('pages' in skus)) return yield* bridge.oto.stock(skus, { signal });
  for await (const page of skus.pages()) yield* bridge.oto.stock(page, { signal });
}

/**
 * Reads OTO's figures of SKUs at the configured locations. Every key asked for gets a row: with null where OTO's answer names
 * none. Returns when the first read began: rows with an older time were not read.
 */
export async function pullFigures(
  bridge: Bridge,
  skus: readonly string[] | SkuPages,
  locations: readonly string[],
  { signal, progress = quiet }: PullOptions,
): Promise<Date> {
  const since = new Date(bridge.now());
  const wanted = new Set(locations);
  progress.step('reading stock from OTO', 'pages' in skus ? skus.count : skus.length);
  let figures: Figure[] = [];
  let readAt = new Date(bridge.now());
  const flush = async () => {
    await storeFigures(bridge.db, figures, readAt);
    figures = [];
    readAt = new Date(bridge.now());
  };
  for await (const batch of readings(bridge, skus, signal)) {
    for (const reading of batch) {
      progress.advance(1);
      // A SKU that cannot be asked for stays unread; one that OTO's answer lacks, or that OTO refuses to know, is read as unnamed.
      if (!reading.known && reading.reason !== 'absent' && reading.reason !== 'refused') continue;
      const left = new Set(wanted);
      for (const entry of reading.known ? reading.entries : []) {
        const code = entry.pickupLocationCode;
        if (code === undefined || code === null || !left.delete(code)) continue;
        figures.push({
          sku: reading.sku,
          location: code,
          onHand: entry.quantityOnHand ?? null,
          forecasted: entry.quantityForecasted ?? null,
        });
      }
      for (const location of left) figures.push({ sku: reading.sku, location, onHand: null, forecasted: null });
    }
    if (figures.length >= 2000) await flush();
  }
  await flush();
  progress.done();
  return since;
}

/** Reads the orders ready for packing at one location. */
export async function pullPacking(
  bridge: Bridge,
  location: string,
  { signal }: PullOptions,
): Promise<{ orders: number; fresh: string[]; left: string[] }> {
  const readAt = await databaseTime(bridge.db);
  const answer = await bridge.oto.read('getPackingOrders', { warehouseCode: location }, { signal });
  const orders: PackingOrder[] = answer.orders.map((order) => ({
    orderId: String(order.orderId),
    items: (order.items ?? []).map((item) => ({
      sku: item.sku ?? '',
      name: item.name ?? '',
      quantity: item.quantity ?? 0,
    })),
  }));
  const { fresh, left } = await bridge.db.tx(async (tx) => {
    const stored = await storePackingList(tx, location, orders, readAt);
    for (const order of stored.changed) await takeBackPick(bridge, tx, order);
    return stored;
  });
  return { orders: orders.length, fresh, left };
}

/** A pick that OTO has not been told of is none any more where the order has grown since. */
async function takeBackPick(bridge: Bridge, tx: Tx, order: StoredPackingOrder): Promise<void> {
  if (order.state !== 'picked' || completeness(linesOf(order.items), order.progress) !== 'open') return;
  const why = 'OTO has changed the order since';
  const gone = await cancelUnsent(tx, order.order_id, { who: bridge.who, why, only: order.pick_operation });
  if (gone.length > 0) await changePackingOrder(tx, order.order_id, { state: 'picking', pick_operation: null });
}

export interface SoldUnit {
  /** Null: OTO does not say what was in the order. */
  readonly sku: string | null;
  readonly location: string | null;
  readonly orderId: string | null;
  /** Null: OTO does not say. */
  readonly quantity: number | null;
  /** When the order changed last, in epoch milliseconds, of whole seconds: the latest reading of a date whose zone is not known. */
  readonly changedAt: number;
  /** It was canceled or came back: its units may have been put back on hand. */
  readonly mayBeBack: boolean;
}

/** By the words of OTO's statuses: canceled, returned, reverseShipment, undeliveredAttempt, … */
const back = /cancel|return|reverse|reject|fail|undeliver|lost/i;

/**
 * SKUs of OTO orders modified since a moment, each with the location where the order says one. OTO writes dates without a zone
 * and no document names it: unless configured, an order counts as modified when either reading of its date says so.
 */
export async function soldSince(bridge: Bridge, moment: Date, { signal }: PullOptions): Promise<SoldUnit[]> {
  const { orderLookbackDays, orderTimezone } = bridge.config.oto;
  const zones = orderTimezone === undefined ? ['UTC', bridge.config.timezone] : [orderTimezone];
  const date = (at: number) => DateTime.fromMillis(at, { zone: bridge.config.timezone }).toFormat('yyyy-MM-dd');
  const range = { minDate: date(bridge.now() - orderLookbackDays * day), maxDate: date(bridge.now() + 2 * day) };
  const sold: SoldUnit[] = [];
  const seen = new Set<string>();
  for (let page = 1; page < 10_000; page += 1) {
    const answer = await bridge.oto.read('orders', { ...range, perPage: 100, page }, { signal });
    let fresh = 0;
    for (const order of answer.orders) {
      const id = String(order.id ?? order.orderId);
      if (seen.has(id)) continue;
      seen.add(id);
      fresh += 1;
      const latest = (dates: readonly (string | undefined)[]) =>
        Math.max(...dates.flatMap((written) => zones.map((zone) => momentOf(written, zone))));
      if (order.modifiedDate !== undefined && !isSince(latest([order.modifiedDate]), moment)) continue;
      // Rows of some accounts have no items or no date: then the order itself tells when it changed, and what left with it.
      const isWhole = order.modifiedDate !== undefined && order.items.length > 0;
      const { changed, items } = isWhole
        ? { changed: [order.modifiedDate], items: order.items }
        : await wholeOrder(bridge, order, signal);
      const changedAt = latest(changed);
      if (!isSince(changedAt, moment)) continue;
      const common = {
        orderId: order.orderId ?? null,
        location: order.pickupLocationCode ?? null,
        changedAt,
        mayBeBack: order.status === undefined || back.test(order.status),
      };
      for (const { sku, quantity } of items)
        if (sku !== undefined) sold.push({ ...common, sku, quantity: quantity ?? null });
      if (items.every((item) => item.sku === undefined)) sold.push({ ...common, sku: null, quantity: null });
    }
    if (answer.orders.length < 100 || fresh === 0) break;
  }
  return sold;
}

type OrderRow = ResponseOf<'orders'>['orders'][number];

/** An order with its items, and every moment at which it changed: `yyyy-MM-ddTHH:mm:ss` in its history. */
async function wholeOrder(
  bridge: Bridge,
  row: OrderRow,
  signal: AbortSignal,
): Promise<{ changed: (string | undefined)[]; items: OrderRow['items'] }> {
  const by = row.orderId === undefined ? { otoId: row.id } : { orderId: row.orderId };
  const order = await bridge.oto.read('orderDetails', by, { signal });
  const history = order.statusHistory.map((step) => step.date?.replace('T', ' ').slice(0, 19));
  const changed = row.modifiedDate !== undefined ? [row.modifiedDate] : history.length > 0 ? history : [undefined];
  return { changed, items: order.items };
}

/** In epoch milliseconds. A date that cannot be read might be new: in doubt the order counts. */
function momentOf(written: string | undefined, zone: string): number {
  const at = DateTime.fromFormat(written ?? '', 'yyyy-MM-dd HH:mm:ss', { zone });
  return at.isValid ? at.toMillis() : Number.POSITIVE_INFINITY;
}

/** OTO writes whole seconds, so the second of the moment itself counts as since. */
export function isSince(changedAt: number, moment: Date): boolean {
  return changedAt >= Math.floor(moment.getTime() / 1000) * 1000;
}
