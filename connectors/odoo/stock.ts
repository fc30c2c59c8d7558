import Big from 'big.js';
import { z } from 'zod';
import {
  BridgeError,
  type Change,
  type Completeness,
  connectorErrors,
  type Manifest,
  type Page,
  type ReadRequest,
  stockKey,
  stockLevel,
} from '../../src/connector/index.ts';
import { type Article, countOf, type Kits, readArticles, readKits, sharedSkus } from './catalogue.ts';
import { type Places, readPlaces } from './places.ts';
import { rejectOf } from './reject.ts';
import { type Domain, parsed, type Row, type Session } from './session.ts';
import { decimalOf, decimalText, idOf } from './values.ts';

/** What lies in stock, added up by Odoo: lots, packages and owners of one product at one location are one figure. */
interface Heap {
  readonly product: number;
  readonly location: number;
  readonly quantity: unknown;
  readonly reserved: unknown;
  /** Records that were added up. */
  readonly records: number;
}

/** A read that found less than this share of what Odoo counts is no read. */
const leastShare = 0.9;

const inside: Domain = [['location_id.usage', '=', 'internal']];
const groups = z.array(z.looseObject({}));

/** One statement of Odoo's database, so one moment's truth for all products in it. */
export async function heapsOf(session: Session, domain: Domain, signal: AbortSignal): Promise<Heap[]> {
  const { rpc } = await session.standing(signal);
  const all = [...inside, ...domain];
  const by = ['product_id', 'location_id'];
  const sums = ['quantity:sum', 'reserved_quantity:sum'];
  const [method, args, suffix] =
    rpc.version >= 19
      ? (['formatted_read_group', { domain: all, groupby: by, aggregates: [...sums, '__count'] }, ':sum'] as const)
      : (['read_group', { domain: all, fields: sums, groupby: by, lazy: false }, ''] as const);
  const answer = await session.call('stock.quant', method, { args }, signal);
  return parsed(groups, answer, `stock.quant/${method}`).map((group) => ({
    product: idOf(group.product_id) ?? 0,
    location: idOf(group.location_id) ?? 0,
    quantity: group[`quantity${suffix}`],
    reserved: group[`reserved_quantity${suffix}`],
    records: Number(group.__count ?? 0),
  }));
}

/**
 * Every figure, by ranges of product ids: each range is one answer about all products in it, and together they leave no id out. Products
 * that lie nowhere get a zero in each warehouse; by single locations there would be too many, and they are left out.
 */
export async function* readStock(
  session: Session,
  { signal }: ReadRequest,
): AsyncGenerator<Page<'stock'> | Manifest, void> {
  signal.throwIfAborted();
  // Our clock before the first request: no figure is older.
  const asOf = new Date(session.context.now()).toISOString();
  const places = await readPlaces(session, signal);
  const kits = await readKits(session, signal);
  const articles = await readArticles(session, [], kits, signal);
  const ids = [...articles.keys()].sort((a, b) => a - b);
  const { pageSize, stock, products } = session.options;
  const reader = new StockReader(session, places, articles);
  const before = await countOf(session, 'stock.quant', inside, signal);
  let rows = 0;
  for (let start = 0; start === 0 || start < ids.length; start += pageSize) {
    const from = start === 0 ? 0 : (ids[start - 1] ?? 0);
    const isLast = start + pageSize >= ids.length;
    const to = isLast ? undefined : ids[start + pageSize - 1];
    const changes = await reader.range(from, to, kits, signal);
    if (stock.kits === 'compute') changes.push(...(await reader.kits(from, to, signal)));
    rows += changes.length;
    if (changes.length > 0) yield { changes, checkpoint: null, progress: isLast ? 1 : (start + pageSize) / ids.length };
    signal.throwIfAborted();
  }
  const counted = reader.records < before ? await countOf(session, 'stock.quant', inside, signal) : before;
  requireMost(reader.records, Math.min(before, counted));
  const leftOut = stock.kits === 'skip' ? [...articles.values()].filter(({ kind }) => kind === 'kit').length : 0;
  // Where something is left out on purpose, what is not listed is not zero.
  const isWhole = leftOut === 0 && products.domain.length === 0 && reader.records >= Math.min(before, counted);
  const completeness: Completeness = isWhole ? 'proven' : 'likely';
  yield { manifest: { asOf, completeness, expectedRows: rows, warnings: reader.warnings(leftOut) } };
}

/** Zeros are claimed for all that is not found, so what Odoo counts by itself has to be found. */
function requireMost(found: number, counted: number): void {
  if (found >= counted * leastShare) return;
  throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
    message: `Odoo counts ${counted} records of stock and showed ${found} of them: nothing of this read counts.`,
    hint: 'Look for a module or an access rule that hides stock, and report it.',
  });
}

class StockReader {
  readonly #session: Session;
  readonly #places: Places;
  readonly #articles: Map<number, Article>;
  readonly #shared: Set<string>;
  readonly #owners: Map<string, number>;
  #retired = 0;
  /** Records of stock that were seen so far. */
  records = 0;

  constructor(session: Session, places: Places, articles: Map<number, Article>) {
    this.#session = session;
    this.#places = places;
    this.#articles = articles;
    this.#shared = sharedSkus(articles.values());
    const active = [...articles.values()].filter((one) => one.active && one.sku !== undefined);
    this.#owners = new Map(active.map(({ sku = '', id }) => [sku, id]));
  }

  /** Figures of the products whose ids lie above `from`, up to `to`. */
  async range(from: number, to: number | undefined, kits: Kits, signal: AbortSignal): Promise<Change<'stock'>[]> {
    // By the path: of a reference itself Odoo 19 finds none to be more or less than a number, without a word.
    const domain = [['product_id.id', '>', from], ...(to === undefined ? [] : [['product_id.id', '<=', to]])];
    const heaps = await heapsOf(this.#session, domain, signal);
    this.records += heaps.reduce((sum, heap) => sum + heap.records, 0);
    // Created since the products were read: they have no number above the last one, so they are in the last range.
    const fresh = heaps.map(({ product }) => product).filter((id) => !this.#articles.has(id));
    if (to === undefined && fresh.length > 0) {
      const found = await readArticles(this.#session, [['id', 'in', [...new Set(fresh)]]], kits, signal);
      for (const [id, article] of found) this.#articles.set(id, article);
    }
    const sums = this.#zeros(from, to);
    const changes: Change<'stock'>[] = [];
    for (const heap of heaps) {
      const article = this.#articles.get(heap.product);
      const code = this.#places.get(heap.location)?.code;
      // A location of no warehouse, a product that the options leave out, a kit: the figure is nobody's.
      if (article === undefined || code === undefined || article.kind === 'kit') continue;
      const figure = this.#figureOf(heap);
      if (article.sku === undefined && figure?.eq(0) === true) continue;
      const key = stockKey(article.sku ?? `#${article.id}`, code);
      const problem = this.#problemOf(article, figure, heap);
      if (problem !== undefined) {
        // A sum without one of its parts would be too low.
        sums.delete(`${article.id}\t${code}`);
        changes.push({ op: 'reject', key, ...problem });
        continue;
      }
      if (this.#isRetired(article)) {
        if (figure?.eq(0) === false) this.#retired += 1;
        continue;
      }
      const id = `${article.id}\t${code}`;
      const sum = sums.get(id);
      sums.set(id, { article, code, figure: (sum?.figure ?? new Big(0)).plus(figure ?? 0) });
    }
    for (const { article, code, figure } of sums.values()) changes.push(this.#change(article, code, figure));
    return withoutHalves(changes);
  }

  /** As many of each kit as Odoo can make of what lies in a warehouse. */
  async kits(from: number, to: number | undefined, signal: AbortSignal): Promise<Change<'stock'>[]> {
    const ids = [...this.#articles.values()]
      .filter(({ id, kind, active }) => kind === 'kit' && active && id > from && (to === undefined || id <= to))
      .map(({ id }) => id);
    if (ids.length === 0) return [];
    const field = this.#session.options.stock.figure === 'available' ? 'free_qty' : 'qty_available';
    const changes: Change<'stock'>[] = [];
    for (const { code, root } of this.#places.warehouses.filter(({ active }) => active)) {
      const domain = [['id', 'in', ids]];
      const search = { domain, fields: [field], context: { location: root } };
      for (const row of await this.#session.searchAll('product.product', search, signal)) {
        const article = this.#articles.get(row.id);
        const figure = decimalOf(row[field]);
        if (article === undefined) continue;
        const problem = this.#problemOf(article, figure, { quantity: row[field] });
        if (problem === undefined) changes.push(this.#change(article, code, figure ?? new Big(0)));
        else changes.push({ op: 'reject', key: stockKey(article.sku ?? `#${article.id}`, code), ...problem });
      }
    }
    return changes;
  }

  warnings(kits: number): string[] {
    const retired = this.#retired;
    return [
      ...(kits === 0
        ? []
        : [
            `${kits} kits have no figure of their own and are left out, so that what Odoo does not list is not taken as zero. With \`stock.kits: compute\` they are counted.`,
          ]),
      ...(retired === 0
        ? []
        : [
            `${retired} figures belong to archived products whose SKU another product has now: they are left out. Their goods still lie there.`,
          ]),
    ];
  }

  #zeros(from: number, to: number | undefined) {
    const sums = new Map<string, { article: Article; code: string; figure: Big }>();
    if (this.#session.options.locations !== 'warehouse') return sums;
    const codes = this.#places.warehouses.filter(({ active }) => active).map(({ code }) => code);
    for (const article of this.#articles.values()) {
      const { id, sku, active, kind } = article;
      if (id <= from || (to !== undefined && id > to)) continue;
      if (sku === undefined || this.#shared.has(sku) || !active || kind !== 'storable') continue;
      for (const code of codes) sums.set(`${id}\t${code}`, { article, code, figure: new Big(0) });
    }
    return sums;
  }

  #figureOf({ quantity, reserved }: Heap): Big | undefined {
    const onHand = decimalOf(quantity);
    if (this.#session.options.stock.figure === 'on-hand') return onHand;
    const held = decimalOf(reserved);
    return held === undefined ? undefined : onHand?.minus(held);
  }

  #isRetired({ id, sku, active }: Article): boolean {
    const owner = this.#owners.get(sku ?? '');
    return !active && owner !== undefined && owner !== id;
  }

  #problemOf({ id, sku, active }: Article, figure: Big | undefined, { quantity }: { readonly quantity: unknown }) {
    const column = this.#session.options.sku;
    if (sku === undefined)
      return { column, reason: `product ${id} lies in stock and has no ${column}, which is its SKU` };
    if (active && this.#shared.has(sku)) {
      return { column, value: sku, reason: `several active products of Odoo have the SKU "${sku}"` };
    }
    if (figure === undefined) {
      return { column: 'quantity', value: String(quantity), reason: `quantity of product ${id} is no number` };
    }
    return undefined;
  }

  #change(article: Article, location: string, figure: Big): Change<'stock'> {
    const { sku = '', id } = article;
    const key = stockKey(sku, location);
    const row: Row = { id, default_code: sku, location };
    const result = stockLevel.safeParse({ sku, location, quantity: decimalText(figure), productId: String(id) });
    return result.success ? { op: 'upsert', key, value: result.data } : rejectOf(key, row, result.error);
  }
}

/** A figure of which one part was rejected is rejected as a whole: the rest alone would be too low. */
function withoutHalves(changes: readonly Change<'stock'>[]): Change<'stock'>[] {
  const rejected = new Set(changes.flatMap((change) => (change.op === 'reject' ? [change.key] : [])));
  return changes.filter((change) => change.op === 'reject' || !rejected.has(change.key));
}
