import type { Queryable } from './queryable.ts';

/**
 * Which of the given operations must not be sent again, and why: a repeat of them would undo something newer. By operation id.
 * `figureMaxAgeMs`: how long a stock figure stays fit to be sent.
 */
export async function whyNotAgain(
  db: Queryable,
  ids: readonly number[],
  figureMaxAgeMs: number,
): Promise<Map<number, string>> {
  const rows = await db.query<{ id: number; why: string }>(
    `select id, why from (
       select o.id, case
         when n.id is not null then 'operation ' || n.id || ' is newer'
         when d.state not in ('new', 'held', 'sending') then 'its document is ' || d.state
         when o.kind = 'stock-set' and o.created_at < now() - $2 * interval '1 millisecond'
           then 'its figure is too old: the next sync of stock makes a fresh one'
       end as why
       from operation o
       left join document d on d.id = o.document_id
       left join lateral (
         -- By key in three parts, as the indexes hold them.
         select id from (
           select id, kind from operation where key = o.key and state in ('ready', 'waiting')
           union all select id, kind from operation where key = o.key and state in ('sending', 'unknown')
           union all select id, kind from operation where key = o.key and state in ('landed', 'refused', 'parked')
           -- A later step of the same order, unless it still waits behind this one.
           union all select id, kind from operation
             where o.kind = 'packing-status' and order_id = o.order_id and state in ('sending', 'unknown', 'landed')) n
         where n.kind = o.kind and n.id > o.id
         order by n.id desc limit 1) n on true
       where o.id = any($1::bigint[])) as judged
     where why is not null`,
    [ids, figureMaxAgeMs],
  );
  return new Map(rows.map((row) => [row.id, row.why]));
}
