import { z } from 'zod';
import { isBridgeError } from '../../src/connector/index.ts';
import type { Domain, Row, Session } from './session.ts';
import { parsed } from './session.ts';
import { idOf, textOf } from './values.ts';

/** What is needed of a product wherever its goods are counted. */
export interface Article {
  readonly id: number;
  /** Undefined where the field that holds it is empty. */
  readonly sku: string | undefined;
  readonly active: boolean;
  readonly kind: 'storable' | 'kit' | 'service';
  readonly tracking: string;
  readonly unit: number | undefined;
}

/** The kits among the products. Undefined: this Odoo has no bills of materials. */
export type Kits = { readonly products: ReadonlySet<number>; readonly templates: ReadonlySet<number> } | undefined;

const articleFields = ['default_code', 'barcode', 'active', 'type', 'tracking', 'uom_id', 'product_tmpl_id'];

export async function fieldsOfProducts(session: Session, more: readonly string[], signal: AbortSignal) {
  return session.having('product.product', [...articleFields, 'is_storable', ...more], signal);
}

/** Products by a domain, those that the options leave out not among them. */
export async function readArticles(
  session: Session,
  domain: Domain,
  kits: Kits,
  signal: AbortSignal,
): Promise<Map<number, Article>> {
  const fields = await fieldsOfProducts(session, [], signal);
  const all = [...session.options.products.domain, ...domain];
  const rows = await session.searchAll('product.product', { domain: all, fields }, signal);
  return new Map(rows.map((row) => [row.id, articleOf(session, row, kits)]));
}

export function skuOf(session: Session, row: Row): string | undefined {
  return textOf(row[session.options.sku]);
}

export function articleOf(session: Session, row: Row, kits: Kits): Article {
  return {
    id: row.id,
    sku: skuOf(session, row),
    active: row.active !== false,
    kind: kindOf(row, kits),
    tracking: String(row.tracking ?? 'none'),
    unit: idOf(row.uom_id),
  };
}

/** Storable is `type: product` up to Odoo 17 and `is_storable` after. What is not tracked has no stock that could be read. */
function kindOf(row: Row, kits: Kits): Article['kind'] {
  const template = idOf(row.product_tmpl_id) ?? 0;
  if (kits?.products.has(row.id) === true || kits?.templates.has(template) === true) return 'kit';
  return row.is_storable === true || row.type === 'product' ? 'storable' : 'service';
}

/** Kits are products with a phantom bill of materials, known where Manufacturing is installed. */
export async function readKits(session: Session, signal: AbortSignal): Promise<Kits> {
  const domain = [
    ['type', '=', 'phantom'],
    ['active', '=', true],
  ];
  const fields = ['product_id', 'product_tmpl_id'];
  try {
    const rows = await session.searchAll('mrp.bom', { domain, fields }, signal);
    const ofVariants = rows.filter((row) => idOf(row.product_id) !== undefined);
    const ofTemplates = rows.filter((row) => idOf(row.product_id) === undefined);
    return {
      products: new Set(ofVariants.flatMap((row) => idOf(row.product_id) ?? [])),
      templates: new Set(ofTemplates.flatMap((row) => idOf(row.product_tmpl_id) ?? [])),
    };
  } catch (error) {
    // Before Odoo 19 an unknown model is a UserError, in the user's language.
    const unknown = ['CONNECTOR_UNSUPPORTED', 'CONNECTOR_REFUSED'];
    if (isBridgeError(error) && unknown.includes(error.code)) return undefined;
    throw error;
  }
}

/** SKUs that several active products have: Odoo allows it, and nobody can say which of them is meant. */
export function sharedSkus(articles: Iterable<Article>): Set<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { sku, active } of articles) {
    if (sku === undefined || !active) continue;
    if (seen.has(sku)) shared.add(sku);
    seen.add(sku);
  }
  return shared;
}

const count = z.number();

export async function countOf(session: Session, model: string, domain: Domain, signal: AbortSignal): Promise<number> {
  return parsed(count, await session.call(model, 'search_count', { args: { domain } }, signal), model);
}
