import { isBridgeError } from '../../src/connector/index.ts';
import type { Row, Session } from './session.ts';
import { idOf, isRef } from './values.ts';

/** The supplier of a product: the first of its vendors in Odoo's order, those of the variant itself before those of its template. */
export type Suppliers = (product: Row) => string | undefined;

/**
 * Who delivers some products. The vendor is `partner_id`, and `name` up to Odoo 15. A user who may not see vendors gets products without.
 * A change of vendors alone does not change a product, so it shows when the product changes next.
 */
export async function suppliersOf(session: Session, rows: readonly Row[], signal: AbortSignal): Promise<Suppliers> {
  const templates = [...new Set(rows.flatMap((row) => idOf(row.product_tmpl_id) ?? []))];
  if (templates.length === 0) return () => undefined;
  const vendors = await vendorsOf(session, templates, signal);
  return (product) => {
    const own = vendors.filter(({ product_id }) => idOf(product_id) === product.id);
    const shared = vendors.filter(
      ({ product_id, product_tmpl_id }) =>
        idOf(product_id) === undefined && idOf(product_tmpl_id) === idOf(product.product_tmpl_id),
    );
    const [first] = [...own, ...shared];
    const partner = first?.partner_id ?? first?.name;
    return isRef(partner) ? partner[1] : undefined;
  };
}

async function vendorsOf(session: Session, templates: readonly number[], signal: AbortSignal): Promise<Row[]> {
  const model = 'product.supplierinfo';
  try {
    const fields = await session.having(
      model,
      ['partner_id', 'name', 'sequence', 'product_id', 'product_tmpl_id'],
      signal,
    );
    const domain = [['product_tmpl_id', 'in', templates]];
    const rows = await session.searchAll(model, { domain, fields }, signal);
    return rows.toSorted((a, b) => Number(a.sequence) - Number(b.sequence) || a.id - b.id);
  } catch (error) {
    if (!isBridgeError(error) || error.code !== 'CONNECTOR_AUTH') throw error;
    session.context.log.debug({ reason: error.message }, 'products come without their suppliers');
    return [];
  }
}
