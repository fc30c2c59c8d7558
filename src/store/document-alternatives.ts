import type { Queryable } from './queryable.ts';

/**
 * Of documents whose goods OTO has just shown, notes those that were open beside them with a SKU in common. Two receipts of two units
 * look alike: how many units arrived is known, and not always whose they were.
 */
export async function noteAlternatives(db: Queryable, documents: readonly number[]): Promise<void> {
  if (documents.length === 0) return;
  await db.query(
    `update document a set alternatives = f.ids
     from (
       select a.id, array_agg(distinct d.id) as ids
       from document a join document_line m on m.document_id = a.id
       join document d on d.location = a.location and d.state in ('sending', 'pending')
       join document_line l on l.document_id = d.id and l.sku = m.sku
       where a.id = any($1::bigint[]) group by a.id) f
     where a.id = f.id`,
    [documents],
  );
}

/** Documents whose goods OTO has shown, and that may have been those of document $1. */
const takenFor = `a.kind = 'purchase' and a.state = 'processed' and a.processed_by = 'read-back' and $1 = any(a.alternatives)`;

export async function mayBeMistaken(db: Queryable, document: number): Promise<boolean> {
  return (await db.query(`select from document a where ${takenFor} limit 1`, [document])).length > 0;
}

export interface Reopened {
  readonly id: number;
  readonly number: string;
}

interface Candidate extends Reopened {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

/**
 * Somebody says that a receipt has been processed. Where OTO does not show its goods beside all that counts as processed, they were
 * taken for those of another one that looked alike: that one waits again, and its units are taken off, as few as will do. Call before the
 * receipt itself is marked.
 */
export async function reopenMistaken(db: Queryable, document: number): Promise<Reopened[]> {
  const lines = await db.query<{ sku: string; lacking: number }>(
    `select l.sku, (l.quantity - coalesce(o.on_hand - b.on_hand, 0))::int as lacking
     from document d join document_line l on l.document_id = d.id
     left join receipt_base b on b.location = d.location and b.sku = l.sku
     left join oto_stock o on o.location = d.location and o.sku = l.sku
     where d.id = $1 and d.kind = 'purchase' and d.state = 'pending'
     -- Of two people who say it at once the second finds it said.
     for update of d`,
    [document],
  );
  const lacking = new Map(lines.filter((line) => line.lacking > 0).map((line) => [line.sku, line.lacking]));
  if (lacking.size === 0) return [];
  const candidates = await db.query<Candidate>(
    `select a.id, a.number, (select jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity)) from document_line l where l.document_id = a.id) as lines
     from document a
     where ${takenFor}
     order by a.processed_at desc, a.id desc for update`,
    [document],
  );
  const mistaken: Reopened[] = [];
  for (const { id, number, lines: theirs } of candidates) {
    if (!theirs.some(({ sku }) => (lacking.get(sku) ?? 0) > 0)) continue;
    for (const { sku, quantity } of theirs) lacking.set(sku, (lacking.get(sku) ?? 0) - quantity);
    mistaken.push({ id, number });
  }
  await db.query(
    `with moved as (
       update document set state = 'pending', processed_at = null, processed_by = null, alternatives = '{}',
         why = 'the goods that OTO showed were those of another document, as somebody says'
       where id = any($1::bigint[]) returning id, location
     ), goods as (
       select m.location, l.sku, sum(l.quantity) as quantity from moved m join document_line l on l.document_id = m.id group by m.location, l.sku
     )
     update receipt_base b set on_hand = b.on_hand - g.quantity from goods g where b.location = g.location and b.sku = g.sku`,
    [mistaken.map(({ id }) => id)],
  );
  return mistaken;
}
