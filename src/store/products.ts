import type { Product } from '../model/index.ts';
import type { Queryable } from './queryable.ts';

export interface StagedProduct {
  readonly sku: string;
  readonly erpId: string | null;
  readonly data: Product;
  readonly hash: string;
}

export interface StoredProduct {
  readonly source: string;
  readonly sku: string;
  readonly erp_id: string | null;
  readonly data: Product;
  readonly hash: string;
  readonly type: string;
  readonly active: boolean;
  readonly sent_hash: string | null;
}

/** A product whose identity moved: its SKU was renamed, or its SKU now belongs to another product of the ERP. */
export interface IdentityClash {
  readonly sku: string;
  readonly erpId: string;
  readonly rule: 'sku-renamed' | 'sku-reused';
  readonly other: string;
}

/** Finds products of a page that clash with what is known: same ERP id under another SKU, or same SKU under another ERP id. */
export async function identityClashes(
  db: Queryable,
  source: string,
  page: readonly { sku: string; erpId: string | null }[],
): Promise<IdentityClash[]> {
  const withId = page.filter((row) => row.erpId !== null);
  if (withId.length === 0) return [];
  return db.query<IdentityClash>(
    `with incoming as (select * from unnest($2::text[], $3::text[]) as i(sku, erp_id))
     select i.sku, i.erp_id as "erpId", 'sku-renamed' as rule, p.sku as other
       from incoming i join product p on p.source = $1 and p.erp_id = i.erp_id and p.sku <> i.sku
     union all
     select i.sku, i.erp_id, 'sku-reused', p.erp_id
       from incoming i join product p on p.source = $1 and p.sku = i.sku and p.erp_id <> i.erp_id`,
    [source, withId.map((row) => row.sku), withId.map((row) => row.erpId)],
  );
}

export async function storeProducts(
  db: Queryable,
  source: string,
  snapshotId: number,
  products: readonly StagedProduct[],
): Promise<void> {
  if (products.length === 0) return;
  await db.query(
    `insert into product (source, sku, erp_id, data, hash, type, active, snapshot_id)
     select $1, sku, erp_id, data, hash, data->>'type', (data->>'active')::boolean, $2
     from jsonb_to_recordset($3::jsonb) as p(sku text, erp_id text, data jsonb, hash text)
     on conflict (source, sku) do update set erp_id = coalesce(excluded.erp_id, product.erp_id), data = excluded.data,
       hash = excluded.hash, type = excluded.type, active = excluded.active, snapshot_id = excluded.snapshot_id,
       updated_at = case when product.hash = excluded.hash then product.updated_at else now() end`,
    [
      source,
      snapshotId,
      JSON.stringify(
        products.map((product) => ({
          sku: product.sku,
          erp_id: product.erpId,
          data: product.data,
          hash: product.hash,
        })),
      ),
    ],
  );
}

/**
 * Products that OTO does not have: the ones to create. Of the newest read alone where it lists everything; with null of all reads, where
 * each lists what has changed. One that OTO refused in just this form within the last 20 hours is left out: it would only be refused again.
 */
export async function productsToCreate(
  db: Queryable,
  source: string,
  snapshotId: number | null,
  sku: string | null,
): Promise<StoredProduct[]> {
  return db.query<StoredProduct>(
    `select p.* from product p
     where p.source = $1 and ${snapshotId === null ? '$2::bigint is null' : 'p.snapshot_id = $2'} and p.active and p.type <> 'service'
       and ($3::text is null or p.sku = $3)
       and not exists (select from oto_product o where o.sku = p.sku)
       and not exists (select from operation q where q.kind = 'product-create' and q.key = p.sku and q.state = 'waiting')
       and not exists (select from operation q where q.kind = 'product-create' and q.key = p.sku and q.state in ('sending', 'unknown'))
       and not exists (select from operation q where q.kind = 'product-create' and q.key = p.sku and q.state in ('parked', 'refused')
                         and (q.state = 'parked'
                           or (q.settled_at > now() - interval '20 hours' and q.precondition->>'hash' = p.hash)))
     order by p.sku`,
    [source, snapshotId, sku],
  );
}

export interface ProductDrift {
  readonly sku: string;
  readonly hash: string;
  readonly field: string;
  readonly erp: string;
  readonly oto: string;
}

/** Products that differ from what OTO has or was sent, and whose present state has not been reported. OTO has no update call. */
export async function unreportedDrift(db: Queryable, source: string, snapshotId: number): Promise<ProductDrift[]> {
  return db.query<ProductDrift>(
    `select p.sku, p.hash,
       case when o.name is not null and o.name <> p.data->>'name' then 'name'
            when o.barcode is not null and o.barcode <> '' and o.barcode <> coalesce(p.data->>'barcode', '') then 'barcode'
            else 'data' end as field,
       case when o.name is not null and o.name <> p.data->>'name' then p.data->>'name'
            when o.barcode is not null and o.barcode <> '' and o.barcode <> coalesce(p.data->>'barcode', '') then coalesce(p.data->>'barcode', '')
            else 'changed since it was sent' end as erp,
       case when o.name is not null and o.name <> p.data->>'name' then o.name
            when o.barcode is not null and o.barcode <> '' and o.barcode <> coalesce(p.data->>'barcode', '') then o.barcode
            else 'as it was sent' end as oto
     from product p join oto_product o on o.sku = p.sku
     where p.source = $1 and p.snapshot_id = $2 and p.hash is distinct from p.reported_hash
       and ((o.name is not null and o.name <> p.data->>'name')
         or (o.barcode is not null and o.barcode <> '' and o.barcode <> coalesce(p.data->>'barcode', ''))
         or (p.sent_hash is not null and p.sent_hash <> p.hash))
     order by p.sku`,
    [source, snapshotId],
  );
}

export async function markReported(
  db: Queryable,
  source: string,
  drifts: readonly { sku: string; hash: string }[],
): Promise<void> {
  await db.query(
    `update product p set reported_hash = d.hash
     from unnest($2::text[], $3::text[]) as d(sku, hash) where p.source = $1 and p.sku = d.sku`,
    [source, drifts.map((drift) => drift.sku), drifts.map((drift) => drift.hash)],
  );
}

export async function storeOtoProducts(
  db: Queryable,
  products: readonly { sku: string; name: string | null; barcode: string | null }[],
): Promise<void> {
  if (products.length === 0) return;
  await db.query(
    `insert into oto_product (sku, name, barcode, known_by)
     select distinct on (sku) sku, name, barcode, 'list' from unnest($1::text[], $2::text[], $3::text[]) as p(sku, name, barcode)
     on conflict (sku) do update set name = excluded.name, barcode = excluded.barcode, known_by = 'list', seen_at = now()`,
    [products.map((p) => p.sku), products.map((p) => p.name), products.map((p) => p.barcode)],
  );
}

/** A product that OTO has for certain: it answered our call, or said that the SKU exists. */
export async function noteOtoProduct(
  db: Queryable,
  product: { sku: string; productId: number | null; knownBy: 'created' | 'exists'; hash: string | null },
): Promise<void> {
  await db.query(
    `insert into oto_product (sku, product_id, known_by) values ($1, $2, $3)
     on conflict (sku) do update set product_id = coalesce(excluded.product_id, oto_product.product_id), seen_at = now()`,
    [product.sku, product.productId, product.knownBy],
  );
  if (product.hash !== null) {
    await db.query('update product set sent_hash = $2 where sku = $1 and sent_hash is null', [
      product.sku,
      product.hash,
    ]);
  }
}

export async function unknownSkus(db: Queryable, skus: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ sku: string }>(
    `select w.sku from unnest($1::text[]) as w(sku) where not exists (select from oto_product p where p.sku = w.sku)`,
    [skus],
  );
  return rows.map((row) => row.sku);
}

/** Of SKUs made of digits, those whose like OTO has with more or fewer zeros in front; for each, one of OTO's. */
export async function lookalikeSkus(
  db: Queryable,
  skus: readonly string[],
): Promise<{ readonly sku: string; readonly known: string }[]> {
  return db.query<{ sku: string; known: string }>(
    `select w.sku, min(p.sku) as known
     from unnest($1::text[]) as w(sku) join oto_product p on ltrim(p.sku, '0') = ltrim(w.sku, '0')
     where w.sku ~ '^[0-9]*[1-9][0-9]*$' and p.sku <> w.sku
     group by w.sku order by w.sku`,
    [skus],
  );
}

/** SKUs of products that are of other types than these. */
export async function skusOfOtherTypes(db: Queryable, types: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ sku: string }>('select distinct sku from product where not type = any($1::text[])', [
    types,
  ]);
  return rows.map((row) => row.sku);
}

export async function otoSkus(db: Queryable): Promise<string[]> {
  return (await db.query<{ sku: string }>('select sku from oto_product order by sku')).map((row) => row.sku);
}

/** Accepts that an ERP product goes by another SKU, or that a SKU belongs to another ERP product: the former link is undone. */
export async function linkIdentity(
  db: Queryable,
  clash: { readonly source: string | null; readonly erp_id: string | null; readonly sku: string },
): Promise<void> {
  // The next read stores the product anew under its SKU and id; what stands in the way is the row that remembers the old pair.
  await db.query(
    `update product set erp_id = null where source = $1 and ((erp_id = $2 and sku <> $3) or (sku = $3 and erp_id <> $2))`,
    [clash.source, clash.erp_id, clash.sku],
  );
}

/** Products that OTO does not have, whatever was known of them. */
export async function forgetProducts(db: Queryable, skus: readonly string[]): Promise<void> {
  if (skus.length > 0) await db.query('delete from oto_product where sku = any($1::text[])', [skus]);
}
