import type Big from 'big.js';
import { type Article, type Kits, readArticles } from './catalogue.ts';
import type { Place, Places } from './places.ts';
import type { Domain, Row, Session } from './session.ts';
import { decimalOf, idOf, isStamp, textOf } from './values.ts';

/** One line of Odoo's ledger of finished movements, in base units. */
export interface Line {
  readonly id: number;
  /** Undefined where the options leave the product out. */
  readonly article: Article | undefined;
  readonly product: number;
  /** Undefined where Odoo's figure is no number. */
  readonly quantity: Big | undefined;
  readonly from: Place | undefined;
  readonly to: Place | undefined;
  readonly picking: number | undefined;
  readonly move: number | undefined;
  readonly company: number | undefined;
  /** When it was booked, in UTC. */
  readonly date: string;
  readonly reference: string;
  readonly isCount: boolean;
  readonly isScrap: boolean;
}

const lineFields = [
  'product_id',
  'location_id',
  'location_dest_id',
  'picking_id',
  'move_id',
  'company_id',
  'date',
  'reference',
  // From Odoo 17 on in base units; before, what was done, in the line's own unit.
  'quantity_product_uom',
  'qty_done',
  'product_uom_id',
];
const moveFields = ['is_inventory', 'inventory_id', 'scrapped', 'scrap_id', 'origin', 'reference'];

/** Reads lines whole: with their products, moves, places and units. */
export class Ledger {
  readonly #session: Session;
  readonly #kits: Kits;
  readonly places: Places;
  readonly #articles = new Map<number, Article>();
  readonly #units = new Map<number, { readonly factor: Big; readonly rounding: Big }>();

  constructor(session: Session, places: Places, kits: Kits) {
    this.#session = session;
    this.places = places;
    this.#kits = kits;
  }

  /** What has to be read of a line so that `lines` can make it whole. */
  fields(signal: AbortSignal): Promise<string[]> {
    return this.#session.having('stock.move.line', lineFields, signal);
  }

  async read(domain: Domain, signal: AbortSignal): Promise<Line[]> {
    const fields = await this.fields(signal);
    return this.lines(await this.#session.searchAll('stock.move.line', { domain, fields }, signal), signal);
  }

  async lines(rows: readonly Row[], signal: AbortSignal): Promise<Line[]> {
    const wanted = [...new Set(rows.flatMap((row) => idOf(row.product_id) ?? []))];
    const missing = wanted.filter((id) => !this.#articles.has(id));
    if (missing.length > 0) {
      const found = await readArticles(this.#session, [['id', 'in', missing]], this.#kits, signal);
      for (const [id, article] of found) this.#articles.set(id, article);
    }
    const moves = await this.#moves(rows, signal);
    if (rows.some((row) => row.quantity_product_uom === undefined)) await this.#readUnits(signal);
    return rows.map((row) => this.#line(row, moves.get(idOf(row.move_id) ?? 0)));
  }

  async #moves(rows: readonly Row[], signal: AbortSignal): Promise<Map<number, Row>> {
    const ids = [...new Set(rows.flatMap((row) => idOf(row.move_id) ?? []))];
    if (ids.length === 0) return new Map();
    const fields = await this.#session.having('stock.move', moveFields, signal);
    const found = await this.#session.searchAll('stock.move', { domain: [['id', 'in', ids]], fields }, signal);
    return new Map(found.map((row) => [row.id, row]));
  }

  /** Up to Odoo 16 a line is in a unit of its own. */
  async #readUnits(signal: AbortSignal): Promise<void> {
    if (this.#units.size > 0) return;
    const fields = ['factor_inv', 'rounding'];
    for (const row of await this.#session.searchAll('uom.uom', { fields }, signal)) {
      const factor = decimalOf(row.factor_inv);
      const rounding = decimalOf(row.rounding);
      if (factor !== undefined && rounding !== undefined) this.#units.set(row.id, { factor, rounding });
    }
  }

  #line(row: Row, move: Row | undefined): Line {
    const product = idOf(row.product_id) ?? 0;
    const article = this.#articles.get(product);
    const picking = idOf(row.picking_id);
    const to = this.places.get(idOf(row.location_dest_id));
    const isScrap = move?.scrapped === true || idOf(move?.scrap_id) !== undefined;
    // Odoo 14 does not say which moves are counts: those to or from the place for losses that belong to nothing else.
    const from = this.places.get(idOf(row.location_id));
    const unsaid = move?.is_inventory === undefined && picking === undefined && !isScrap;
    const isCount =
      move?.is_inventory === true ||
      idOf(move?.inventory_id) !== undefined ||
      (unsaid && (from?.usage === 'inventory' || to?.usage === 'inventory'));
    return {
      id: row.id,
      article,
      product,
      quantity: this.#quantity(row, article),
      from,
      to,
      picking,
      move: idOf(row.move_id),
      company: idOf(row.company_id),
      date: isStamp(row.date) ? row.date : '',
      reference: [textOf(row.reference), textOf(move?.reference), textOf(move?.origin)].find(Boolean) ?? String(row.id),
      isCount,
      isScrap,
    };
  }

  #quantity(row: Row, article: Article | undefined): Big | undefined {
    if (row.quantity_product_uom !== undefined) return decimalOf(row.quantity_product_uom);
    const done = decimalOf(row.qty_done);
    const unit = idOf(row.product_uom_id);
    if (done === undefined || unit === undefined || article?.unit === undefined || unit === article.unit) return done;
    const own = this.#units.get(unit);
    const base = this.#units.get(article.unit);
    if (own === undefined || base === undefined) return undefined;
    const exact = done.times(own.factor).div(base.factor);
    // Odoo rounds to the base unit's step, half up.
    return exact.div(base.rounding).round(0, 1).times(base.rounding);
  }
}
