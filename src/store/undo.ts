import type { OperationKind, OperationState } from '../model/index.ts';
import type { Queryable } from './queryable.ts';

/** A figure that a run has set in OTO. */
export interface SetByRun {
  readonly key: string;
  readonly sku: string;
  readonly location: string;
  /** The last of the run's operations for it. */
  readonly operation: number;
  readonly wrote: number;
  /** What OTO showed when the first of them was planned; null: it named no figure. */
  readonly before: number | null;
  /** What somebody else had made of it between the plan and the call. */
  readonly moved: string | null;
  /** OTO showed it already, and no call was made. */
  readonly already: boolean;
  /** What OTO shows, as it was read last. */
  readonly shows: number | null;
  readonly readAt: Date | null;
  /** An operation for the same figure that came later, and took effect or still may. */
  readonly newer: number | null;
  /** A receipt of the SKU that OTO's staff have still to process. */
  readonly receipt: string | null;
}

const ofRun = `run_id = $1 and (state in ('sending', 'unknown') or state not in ('sending', 'unknown'))`;

const landedFigures = `${ofRun} and kind = 'stock-set' and flow = 'stock' and state = 'landed'`;

/** What has to be read of OTO before a run is undone. */
export interface RunScope {
  readonly skus: readonly string[];
  /** When the first of its figures was sent; null where none was. */
  readonly sentAt: Date | null;
}

export async function scopeOfRun(db: Queryable, runId: number): Promise<RunScope> {
  const rows = await db.query<{ sku: string; sentAt: Date | null }>(
    `select sku, min(sent_at) as "sentAt" from operation where ${landedFigures} group by sku order by sku`,
    [runId],
  );
  const times = rows.flatMap(({ sentAt }) => (sentAt === null ? [] : [sentAt.getTime()]));
  return {
    skus: rows.map(({ sku }) => sku),
    sentAt: times.length === 0 ? null : new Date(times.reduce((first, time) => Math.min(first, time))),
  };
}

/** The figures that a run has set, in portions. */
export async function* figuresOfRun(db: Queryable, runId: number, portion = 10_000): AsyncGenerator<SetByRun[]> {
  for (let after = ''; ; ) {
    const rows = await db.query<SetByRun>(
      `with own as (
         select id, key, sku, location, (request ->> 'qty')::bigint as qty, precondition -> 'onHand' as before, moved,
           evidence = 'already-true' as already
         from operation where ${landedFigures} and key > $2
       ), figure as (
         select key, min(sku) as sku, min(location) as location, max(id) as operation,
           (array_agg(qty order by id desc))[1] as wrote, (array_agg(before order by id))[1] as before,
           string_agg(moved, '; ' order by id) as moved, bool_and(already) as already
         from own group by key order by key limit $3
       )
       select f.key, f.sku, f.location, f.operation, f.wrote, (f.before #>> '{}')::bigint as before, f.moved, f.already,
         o.on_hand as shows, o.read_at as "readAt", n.id as newer,
         (select min(d.number) from document_line l join document d on d.id = l.document_id
          where l.sku = f.sku and d.location = f.location and d.kind = 'purchase' and d.state in ('new', 'held', 'sending', 'pending')) as receipt
       from figure f left join oto_stock o on o.location = f.location and o.sku = f.sku
       left join lateral (
         select max(id) as id from (
           select id, kind from operation where key = f.key and state in ('ready', 'waiting')
           union all select id, kind from operation where key = f.key and state in ('sending', 'unknown')
           union all select id, kind from operation where key = f.key and state in ('landed', 'parked')) e
         where e.kind = 'stock-set' and e.id > f.operation) n on true
       order by f.key`,
      [runId, after, portion],
    );
    if (rows.length > 0) yield rows.map(inNumbers);
    const last = rows.at(-1);
    if (last === undefined || rows.length < portion) return;
    after = last.key;
  }
}

function inNumbers(row: SetByRun): SetByRun {
  return {
    ...row,
    wrote: Number(row.wrote),
    before: row.before === null ? null : Number(row.before),
    shows: row.shows === null ? null : Number(row.shows),
  };
}

/** What a run has done that no figure is: by kind and state, and its figures that are still on their way. */
export async function restOfRun(
  db: Queryable,
  runId: number,
): Promise<
  { readonly kind: OperationKind; readonly flow: string; readonly state: OperationState; readonly count: number }[]
> {
  return db.query(
    `select kind, flow, state, count(*)::int as count from operation
     where ${ofRun} and state not in ('superseded', 'cancelled', 'refused') and not (kind = 'stock-set' and flow = 'stock' and state = 'landed')
     group by kind, flow, state order by 1, 2, 3`,
    [runId],
  );
}
