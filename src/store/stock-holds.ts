import type { Queryable } from './queryable.ts';

/**
 * Figures that need no new operation: one that waits for its product says the same already, or OTO refused just this one within the
 * last 20 hours and would only refuse it again. Where OTO shows another figure than it did then, it may take it now. So it may where it
 * refused the SKU, which it has listed since; where it has not, the figure waits for its product. Three times, since OTO may list what it
 * does not take.
 */
export async function holdKnown(db: Queryable, planId: number): Promise<void> {
  await db.query(
    `update plan_item i set held = o.state
     from (
       select key, state, request from operation where kind = 'stock-set' and state = 'waiting'
       union all
       select key, state, request from operation f
       where kind = 'stock-set' and state = 'refused' and settled_at > now() - interval '20 hours' and not (
         (answer ->> 'otoCode' = 'OTO1126' or (answer ->> 'otoCode' is null and answer ->> 'message' ~* '\\mskus?\\M' and answer ->> 'message' !~* '\\minventory\\M'))
         and not exists (select from oto_product p where p.sku = f.sku and p.seen_at <= f.settled_at)
         and (select count(*) from operation r where r.kind = 'stock-set' and r.key = f.key and r.state = 'refused'
                and r.settled_at > now() - interval '20 hours') < 3)) o
     where i.plan_id = $1 and i.held is null and o.key = i.key and (o.request->>'qty')::bigint = i."to"`,
    [planId],
  );
}

/**
 * Holds changes that documents booked after the as-of time explain: the ERP's figure cannot know of them yet. What newer disposals take
 * out is taken off every figure: a raise that is none then is held. A lowering is held where OTO shows no more than the figure and the
 * goods of newer receipts that were processed.
 */
export async function holdNewer(db: Queryable, planId: number, asOf: Date): Promise<number> {
  await db.query(
    `update plan_item i set detail = i.detail || jsonb_build_object('newer', n.units),
       "to" = greatest(i."to" - n.units, case i.action when 'raise' then coalesce(i."from", 0) else 0 end),
       action = case when i.action = 'lower' and i."to" <= n.units then 'zero' else i.action end
     from (select d.location, l.sku, sum(l.quantity)::bigint as units from document d join document_line l on l.document_id = d.id
           where d.kind = 'disposal' and d.state in ('sending', 'pending', 'processed') and d.booked_at > $2
           group by d.location, l.sku) n
     where i.plan_id = $1 and i.held is null and i."to" > 0 and i.location = n.location and i.sku = n.sku`,
    [planId, asOf],
  );
  const rows = await db.query(
    `update plan_item i set held = 'newer-documents' where i.plan_id = $1 and i.held is null and (
       (i.action = 'raise' and i.detail ? 'newer' and "to" <= coalesce("from", 0))
       or ("to" < "from" and "from" <= "to" + (
         select coalesce(sum(l.quantity), 0) from document d join document_line l on l.document_id = d.id
         where d.kind = 'purchase' and d.state = 'processed' and d.booked_at > $2 and d.location = i.location and l.sku = i.sku)))
     returning seq`,
    [planId, asOf],
  );
  return rows.length;
}

export async function holdItems(db: Queryable, planId: number, seqs: readonly number[], rule: string): Promise<void> {
  if (seqs.length === 0) return;
  await db.query('update plan_item set held = $3 where plan_id = $1 and seq = any($2::int[]) and held is null', [
    planId,
    seqs,
    rule,
  ]);
}

/** Holds every change of a location, or only the ones that set a figure to zero. Returns how many. */
export async function holdLocation(
  db: Queryable,
  planId: number,
  location: string,
  rule: string,
  which: 'zero' | 'changed' | 'all',
): Promise<number> {
  const rows = await db.query(
    `update plan_item set held = $3 where plan_id = $1 and location = $2 and held is null
       and case $4 when 'zero' then "to" = 0 and "from" > 0 when 'changed' then "from" > 0 else true end
     returning seq`,
    [planId, location, rule, which],
  );
  return rows.length;
}

/** Holds every change that lowers a figure. Returns how many. */
export async function holdLowering(db: Queryable, planId: number, rule: string): Promise<number> {
  const rows = await db.query(
    'update plan_item set held = $2 where plan_id = $1 and held is null and "to" < "from" returning seq',
    [planId, rule],
  );
  return rows.length;
}

/** Raises of figures that OTO has: the ones that could give sold units back. */
export async function raises(db: Queryable, planId: number): Promise<{ seq: number; sku: string; location: string }[]> {
  return db.query(
    `select seq, sku, location from plan_item where plan_id = $1 and held is null and action = 'raise' order by seq`,
    [planId],
  );
}
