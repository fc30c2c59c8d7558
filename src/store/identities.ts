import type { IdentityClash } from './products.ts';
import type { Queryable } from './queryable.ts';

/** Quarantine of products whose identity moved. What somebody rejected stands until the ERP says something else. */
const stands = `q.flow = 'products' and q.rule in ('sku-renamed', 'sku-reused') and (q.state = 'held' or (q.state = 'rejected' and q.ended_at is null))`;

/** Of some clashes those that nobody has rejected: what is rejected is not asked about again. */
export async function unrejectedClashes(
  db: Queryable,
  source: string,
  clashes: readonly IdentityClash[],
): Promise<IdentityClash[]> {
  const rows = await db.query<{ sku: string; erpId: string }>(
    `select q.sku, q.erp_id as "erpId" from quarantine q join unnest($2::text[], $3::text[]) as c(sku, erp_id) using (sku, erp_id)
     where ${stands} and q.state = 'rejected' and q.source = $1`,
    [source, clashes.map(({ sku }) => sku), clashes.map(({ erpId }) => erpId)],
  );
  const rejected = new Set(rows.map(({ sku, erpId }) => `${sku}\t${erpId}`));
  return clashes.filter(({ sku, erpId }) => !rejected.has(`${sku}\t${erpId}`));
}

/** Ends what was held or rejected of products that are what they were again. */
export async function endClashes(
  db: Queryable,
  source: string,
  products: readonly { readonly sku: string; readonly erpId: string | null }[],
): Promise<void> {
  await db.query(
    `update quarantine q set state = case q.state when 'held' then 'released' else q.state end,
       ended_at = case q.state when 'rejected' then now() end, decided_at = coalesce(q.decided_at, now()), decided_by = coalesce(q.decided_by, 'bridge'), note = coalesce(q.note, 'the ERP took it back')
     from unnest($2::text[], $3::text[]) as p(sku, erp_id) where ${stands} and q.source = $1 and q.erp_id = p.erp_id and q.sku <> p.sku`,
    [source, products.map(({ sku }) => sku), products.map(({ erpId }) => erpId)],
  );
}

/** Holds figures under both SKUs of products whose identity moved: nobody has said yet whose goods they are. Returns how many. */
export async function holdClashing(db: Queryable, planId: number, source: string): Promise<number> {
  const rows = await db.query(
    `update plan_item i set held = c.rule
     from (select distinct on (sku) sku, rule from (
       select q.rule, unnest(array[q.sku, p.sku]) as sku from quarantine q
       join product p on p.source = q.source and ((p.erp_id = q.erp_id and p.sku <> q.sku) or (p.sku = q.sku and p.erp_id <> q.erp_id))
       where ${stands} and q.source = $2) s order by sku, rule) c
     where i.plan_id = $1 and i.held is null and i.sku = c.sku returning i.seq`,
    [planId, source],
  );
  return rows.length;
}
