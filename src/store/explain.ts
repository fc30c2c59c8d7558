import type { DocumentKind } from '../model/index.ts';
import type { DocumentState } from './documents.ts';
import { maybe, type Queryable } from './queryable.ts';
import { isStaged, partitionOf } from './snapshots.ts';

/** A document that has to do with a figure: it is open, or newer than what the ERP's figure knows. */
export interface FigureDocument {
  readonly id: number;
  readonly number: string;
  readonly kind: DocumentKind;
  readonly state: DocumentState;
  readonly bookedAt: Date;
  readonly processedBy: string | null;
  readonly quantity: number;
}

/** What the last plan made of the newest export held back, or sent. */
export interface FigureItem {
  readonly plan: number;
  readonly to: number;
  readonly held: string | null;
  readonly outcome: string | null;
}

export interface FigureOperation {
  readonly id: number;
  readonly quantity: number;
  readonly state: string;
  readonly why: string | null;
}

/** What the bridge itself set the figure to last. */
export interface FigureWritten {
  readonly operation: number;
  readonly quantity: number;
  readonly at: Date;
  /** The export of stock that it was made from; null: its plan is not kept any more. */
  readonly snapshot: number | null;
  /** The run whose setting of it was taken back. */
  readonly undoes: number | null;
}

/** Everything that is known of one figure. */
export interface FigureFacts {
  readonly sku: string;
  readonly location: string;
  readonly snapshot: { readonly id: number; readonly asOf: Date } | null;
  /** Null: the newest export does not list it, and that says nothing of it. */
  readonly erp: number | null;
  /** The export does not list it, and what it does not list is zero. */
  readonly absent: boolean;
  /** Why a row of it was rejected. */
  readonly doubt: string | null;
  readonly onHand: number | null;
  readonly readAt: Date | null;
  readonly documents: readonly FigureDocument[];
  readonly item: FigureItem | null;
  readonly operation: FigureOperation | null;
  /** Null: it never set it, or so long ago that its operation is not kept any more. */
  readonly written: FigureWritten | null;
}

type Key = { readonly key: string };

/** One figure. `absent`: that the newest export does not list it makes it zero. */
export interface FigureKey {
  readonly sku: string;
  readonly location: string;
  readonly absent?: boolean;
}

/** Facts of figures of one source's locations, as of its newest export of stock. */
export async function figureFacts(db: Queryable, source: string, keys: readonly FigureKey[]): Promise<FigureFacts[]> {
  const snapshot = await maybe<{ id: number; asOf: Date }>(
    db,
    `select id, as_of as "asOf" from snapshot where source = $1 and entity = 'stock' and status = 'complete' and as_of is not null
     order by id desc limit 1`,
    [source],
  );
  const texts = keys.map(({ sku, location }) => `${location}\t${sku}`);
  const values = [keys.map(({ location }) => location), keys.map(({ sku }) => sku)];
  const key = 'unnest($1::text[], $2::text[]) as k(location, sku)';
  const name = `k.location || E'\\t' || k.sku as key`;
  const kept = snapshot !== undefined && (await isStaged(db, snapshot.id));
  const [erp, doubts, figures, documents, items, operations, landed] = await Promise.all([
    kept
      ? db.query<Key & { quantity: number }>(
          `select ${name}, sum(r.quantity)::bigint as quantity from ${key}
           join ${partitionOf(snapshot.id)} r on r.location = k.location and r.sku = k.sku group by k.location, k.sku`,
          values,
        )
      : [],
    db.query<Key & { reason: string }>(
      `select ${name}, x.reason from ${key} join stock_doubt x on x.location = k.location and x.sku = k.sku and x.snapshot_id = $3`,
      [...values, snapshot?.id ?? 0],
    ),
    db.query<Key & { onHand: number | null; readAt: Date }>(
      `select ${name}, o.on_hand as "onHand", o.read_at as "readAt" from ${key}
       join oto_stock o on o.location = k.location and o.sku = k.sku`,
      values,
    ),
    db.query<Key & FigureDocument>(
      `select ${name}, d.id, d.number, d.kind, d.state, d.booked_at as "bookedAt", d.processed_by as "processedBy", l.quantity
       from ${key} join document_line l on l.sku = k.sku join document d on d.id = l.document_id and d.location = k.location
       where d.state in ('new', 'held', 'sending', 'pending') or (d.state = 'processed' and d.booked_at > $3)
       order by d.booked_at, d.id`,
      [...values, snapshot?.asOf ?? new Date(0)],
    ),
    db.query<Key & FigureItem>(
      `select distinct on (i.key) i.key, i.plan_id as plan, i."to", i.held, i.outcome
       from plan p join plan_item i on i.plan_id = p.id
       where p.flow = 'stock' and p.snapshot_id = $2 and i.key = any($1::text[]) order by i.key, i.plan_id desc`,
      [texts, snapshot?.id ?? 0],
    ),
    db.query<Key & FigureOperation>(
      `select distinct on (key) key, id, (request->>'qty')::bigint as quantity, state, why from operation
       where kind = 'stock-set' and key = any($1::text[]) order by key, id desc`,
      [texts],
    ),
    db.query<Key & FigureWritten>(
      `select distinct on (o.key) o.key, o.id as operation, (o.request->>'qty')::bigint as quantity, o.settled_at as at,
         p.snapshot_id as snapshot, (o.precondition #>> '{undoes,run}')::bigint as undoes
       from operation o left join plan p on p.id = o.plan_id
       where o.kind = 'stock-set' and o.key = any($1::text[]) and o.state = 'landed' order by o.key, o.id desc`,
      [texts],
    ),
  ]);
  const by = <Row extends Key>(rows: readonly Row[]) => new Map(rows.map((row) => [row.key, row]));
  const found = {
    erp: by(erp),
    doubts: by(doubts),
    figures: by(figures),
    items: by(items),
    operations: by(operations),
    landed: by(landed),
  };
  const written = Map.groupBy(documents, (row) => row.key);
  return keys.map(({ sku, location, absent = false }, index): FigureFacts => {
    const text = texts[index] ?? '';
    const quantity = found.erp.get(text)?.quantity;
    const item = found.items.get(text);
    const operation = found.operations.get(text);
    const last = found.landed.get(text);
    return {
      sku,
      location,
      snapshot: snapshot ?? null,
      erp: quantity !== undefined ? Number(quantity) : absent ? 0 : null,
      absent: quantity === undefined && absent,
      doubt: found.doubts.get(text)?.reason ?? null,
      onHand: found.figures.get(text)?.onHand ?? null,
      readAt: found.figures.get(text)?.readAt ?? null,
      documents: (written.get(text) ?? []).map(({ key: _, ...document }) => document),
      item:
        item === undefined ? null : { plan: item.plan, to: Number(item.to), held: item.held, outcome: item.outcome },
      operation:
        operation === undefined
          ? null
          : { id: operation.id, quantity: Number(operation.quantity), state: operation.state, why: operation.why },
      written: last === undefined ? null : writtenOf(last),
    };
  });
}

function writtenOf({ operation, quantity, at, snapshot, undoes }: FigureWritten): FigureWritten {
  return { operation, quantity: Number(quantity), at, snapshot, undoes };
}
