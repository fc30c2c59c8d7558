import { type Change, type Manifest, type Page, product, type ReadRequest } from '../../src/connector/index.ts';
import { articleOf, countOf, fieldsOfProducts, type Kits, readKits, skuOf } from './catalogue.ts';
import { readChanges } from './changes.ts';
import { rejectOf } from './reject.ts';
import type { Row, Session } from './session.ts';
import { type Suppliers, suppliersOf } from './suppliers.ts';
import { decimalOf, decimalText, idOf, isRef, textOf } from './values.ts';
import { changedRows } from './window.ts';

const more = ['display_name', 'lst_price', 'description_sale', 'categ_id'];

/** Products that were created or changed since the checkpoint; archived ones come as not active. */
export async function* readProducts(
  session: Session,
  request: ReadRequest,
): AsyncGenerator<Page<'products'> | Manifest, void> {
  const { signal } = request;
  signal.throwIfAborted();
  const fields = await fieldsOfProducts(session, more, signal);
  const kits = await readKits(session, signal);
  const { domain } = session.options.products;
  const { rpc } = await session.standing(signal);
  yield* readChanges(
    session,
    {
      model: 'product.product',
      domain,
      fields,
      changes: async (rows) => {
        const owners = await ownersOf(session, rows, signal);
        const suppliers = await suppliersOf(session, rows, signal);
        return rows.flatMap((row) => changeOf(session, row, kits, owners, suppliers) ?? []);
      },
      ...(templatesTell(rpc.version) ? { elsewhere: (since) => ofTemplates(session, since, fields, signal) } : {}),
      // The count comes after the read: what was added meanwhile makes it too high, and then nothing is claimed.
      completeness: async (records) =>
        (await countOf(session, 'product.product', domain, signal)) === records ? 'proven' : 'likely',
    },
    request,
  );
}

/** Up to Odoo 16 a change of a template (its price, its name) leaves its variants' `write_date` as it is. */
export function templatesTell(version: number): boolean {
  return version < 17;
}

/** Variants of templates that were changed since. */
async function* ofTemplates(
  session: Session,
  since: string,
  fields: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Row[], void> {
  const from = { second: since, id: 0 };
  const feed = { domain: [], fields: ['write_date'] };
  for await (const { rows } of changedRows(session, 'product.template', feed, from, signal)) {
    const changed = new Map(rows.map((row) => [row.id, row.write_date]));
    const domain = [...session.options.products.domain, ['product_tmpl_id', 'in', [...changed.keys()]]];
    const variants = await session.searchAll('product.product', { domain, fields }, signal);
    yield variants.map((row) => ({ ...row, write_date: changed.get(idOf(row.product_tmpl_id) ?? 0) }));
  }
}

/** For each SKU of these rows, the active products that have it: Odoo lets several have one. */
async function ownersOf(session: Session, rows: readonly Row[], signal: AbortSignal): Promise<Map<string, number[]>> {
  const { sku, products } = session.options;
  const skus = [...new Set(rows.flatMap((row) => skuOf(session, row) ?? []))];
  const owners = new Map<string, number[]>();
  if (skus.length === 0) return owners;
  const domain = [...products.domain, [sku, 'in', skus], ['active', '=', true]];
  for (const row of await session.searchAll('product.product', { domain, fields: [sku] }, signal)) {
    const code = skuOf(session, row) ?? '';
    owners.set(code, [...(owners.get(code) ?? []), row.id]);
  }
  return owners;
}

function changeOf(
  session: Session,
  row: Row,
  kits: Kits,
  owners: ReadonlyMap<string, readonly number[]>,
  suppliers: Suppliers,
): Change<'products'> | undefined {
  const key = String(row.id);
  const { sku, kind, active } = articleOf(session, row, kits);
  if (sku === undefined) {
    // Delivery charges, down payments and their like: nobody misses them in a warehouse.
    if (kind === 'service') return undefined;
    const reason = `product ${row.id} (${textOf(row.display_name) ?? ''}) has no ${session.options.sku}, which is its SKU`;
    return { op: 'reject', key, column: session.options.sku, reason };
  }
  const sharing = owners.get(sku) ?? [];
  // The SKU went over to another product: this one is history.
  if (!active && sharing.length > 0) return undefined;
  if (sharing.length > 1) {
    const reason = `${sharing.length} active products of Odoo have the SKU "${sku}" (ids ${sharing.slice(0, 5).join(', ')})`;
    return { op: 'reject', key, column: session.options.sku, value: sku, reason };
  }
  const price = decimalOf(row.lst_price);
  const barcode = textOf(row.barcode);
  const description = textOf(row.description_sale);
  const supplier = suppliers(row);
  const result = product.safeParse({
    id: key,
    sku,
    name: row.display_name,
    price: price === undefined ? String(row.lst_price) : decimalText(price),
    ...(barcode === undefined ? {} : { barcode }),
    ...(description === undefined ? {} : { description }),
    ...(isRef(row.categ_id) ? { category: row.categ_id[1] } : {}),
    ...(supplier === undefined ? {} : { supplier }),
    active,
    type: kind,
  });
  return result.success ? { op: 'upsert', key, value: result.data } : rejectOf(key, row, result.error);
}
