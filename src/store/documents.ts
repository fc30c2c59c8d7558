import type { DocumentKind } from '../model/index.ts';
import { maybe, one, type Queryable } from './queryable.ts';

export type DocumentState = 'new' | 'held' | 'sending' | 'pending' | 'processed' | 'skipped';

export interface DocumentLineRow {
  readonly sku: string;
  readonly quantity: number;
}

/** A purchase receipt or disposal of an ERP, and how far it is on its way into OTO. */
export interface StoredDocument {
  readonly id: number;
  readonly key: string;
  readonly source: string;
  readonly company: string | null;
  readonly kind: DocumentKind;
  readonly erp_id: string | null;
  readonly number: string;
  readonly date: string;
  readonly delivery_date: string | null;
  readonly booked_at: Date;
  readonly location: string;
  readonly erp_location: string;
  readonly partner: string | null;
  readonly waybill: string | null;
  readonly note: string | null;
  readonly reference: string;
  readonly hash: string;
  readonly reported_hash: string | null;
  readonly state: DocumentState;
  readonly why: string | null;
  readonly oto_id: string | null;
  readonly seen_at: Date;
  readonly sent_at: Date | null;
  readonly processed_at: Date | null;
  readonly processed_by: string | null;
  readonly lines: readonly DocumentLineRow[];
}

export interface NewDocument {
  readonly key: string;
  readonly source: string;
  readonly company: string | null;
  readonly kind: DocumentKind;
  readonly erpId: string | null;
  readonly number: string;
  readonly date: string;
  readonly deliveryDate: string | null;
  readonly bookedAt: Date;
  readonly location: string;
  readonly erpLocation: string;
  readonly partner: string | null;
  readonly waybill: string | null;
  readonly note: string | null;
  readonly reference: string;
  readonly hash: string;
  readonly state: DocumentState;
  readonly why: string | null;
  readonly snapshotId: number;
  readonly lines: readonly DocumentLineRow[];
}

const columns = `d.id, d.key, d.source, d.company, d.kind, d.erp_id, d.number, to_char(d.date, 'YYYY-MM-DD') as date,
  to_char(d.delivery_date, 'YYYY-MM-DD') as delivery_date, d.booked_at, d.location, d.erp_location, d.partner, d.waybill, d.note,
  d.reference, d.hash, d.reported_hash, d.state, d.why, d.oto_id, d.seen_at, d.sent_at, d.processed_at, d.processed_by,
  (select coalesce(jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity) order by l.line), '[]')
     from document_line l where l.document_id = d.id) as lines`;

export async function getDocumentByKey(db: Queryable, key: string): Promise<StoredDocument | undefined> {
  return maybe<StoredDocument>(db, `select ${columns} from document d where d.key = $1`, [key]);
}

/** What was sent on top of a document that grew, oldest first: their keys are its own, `#` and a number. */
export async function increasesOf(db: Queryable, key: string): Promise<StoredDocument[]> {
  return db.query<StoredDocument>(
    `select ${columns} from document d where starts_with(d.key, $1 || '#') order by d.id`,
    [key],
  );
}

export async function getDocument(db: Queryable, id: number): Promise<StoredDocument | undefined> {
  return maybe<StoredDocument>(db, `select ${columns} from document d where d.id = $1`, [id]);
}

/** Whether an earlier document carries the same waybill number: two receipts of one lorry, or what a receipt grew by. */
export async function sharesWaybill(
  db: Queryable,
  { id, waybill }: Pick<StoredDocument, 'id' | 'waybill'>,
): Promise<boolean> {
  if (waybill === null) return false;
  const rows = await db.query('select 1 from document where waybill = $1 and id < $2 limit 1', [waybill, id]);
  return rows.length > 0;
}

/** By our id, the ERP's number, our reference or the ERP's internal id: whatever a person has at hand. */
export async function findDocuments(db: Queryable, text: string): Promise<StoredDocument[]> {
  return db.query<StoredDocument>(
    `select ${columns} from document d where d.id::text = $1 or d.number = $1 or d.reference = $1 or d.erp_id = $1 order by d.id`,
    [text],
  );
}

export async function listDocuments(
  db: Queryable,
  filter: {
    states?: readonly DocumentState[] | undefined;
    location?: string | undefined;
    source?: string | undefined;
    limit?: number;
  },
): Promise<StoredDocument[]> {
  return db.query<StoredDocument>(
    `select ${columns} from document d
     where ($1::text[] is null or d.state = any($1)) and ($2::text is null or d.location = $2) and ($3::text is null or d.source = $3)
     order by d.booked_at, d.id limit $4`,
    [filter.states ?? null, filter.location ?? null, filter.source ?? null, filter.limit ?? 10_000],
  );
}

/** Stores a document that was not known. Undefined when another reader stored the same key first. */
export async function insertDocument(db: Queryable, document: NewDocument): Promise<number | undefined> {
  const row = await maybe<{ id: number }>(
    db,
    `insert into document (key, source, company, kind, erp_id, number, date, delivery_date, booked_at, location, erp_location,
       partner, waybill, note, reference, hash, state, why, snapshot_id)
     values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19) on conflict (key) do nothing returning id`,
    [
      document.key,
      document.source,
      document.company,
      document.kind,
      document.erpId,
      document.number,
      document.date,
      document.deliveryDate,
      document.bookedAt,
      document.location,
      document.erpLocation,
      document.partner,
      document.waybill,
      document.note,
      document.reference,
      document.hash,
      document.state,
      document.why,
      document.snapshotId,
    ],
  );
  if (row !== undefined) await replaceLines(db, row.id, document.lines);
  return row?.id;
}

/** A document that changed before it was sent is simply the newer one. */
export async function updateUnsent(db: Queryable, id: number, document: NewDocument): Promise<void> {
  await db.query(
    `update document set delivery_date = $2, booked_at = $3, location = $4, erp_location = $5, waybill = $6, note = $7, hash = $8,
       snapshot_id = $9 where id = $1`,
    [
      id,
      document.deliveryDate,
      document.bookedAt,
      document.location,
      document.erpLocation,
      document.waybill,
      document.note,
      document.hash,
      document.snapshotId,
    ],
  );
  await replaceLines(db, id, document.lines);
}

async function replaceLines(db: Queryable, id: number, lines: readonly DocumentLineRow[]): Promise<void> {
  await db.query('delete from document_line where document_id = $1', [id]);
  await db.query(
    `insert into document_line (document_id, line, sku, quantity)
     select $1, ordinality, sku, quantity from unnest($2::text[], $3::bigint[]) with ordinality as l(sku, quantity, ordinality)`,
    [id, lines.map((line) => line.sku), lines.map((line) => line.quantity)],
  );
}

/**
 * Moves documents on. `from` protects what has moved on meanwhile; the ids that moved come back. The goods of a document that is known
 * to be processed are no sign of another one any more: what OTO shows is compared with a base that has them.
 */
export async function moveDocuments(
  db: Queryable,
  ids: readonly number[],
  from: readonly DocumentState[],
  to: DocumentState,
  change: { why?: string | null; otoId?: string | null; by?: string } = {},
): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `with moved as (
       update document set state = $3, why = $4, oto_id = coalesce($5, oto_id),
         sent_at = case when $3 = 'pending' then coalesce(sent_at, now()) else sent_at end,
         processed_at = case when $3 = 'processed' then now() else processed_at end,
         processed_by = case when $3 = 'processed' then $6 else processed_by end
       where id = any($1::bigint[]) and state = any($2::text[]) returning id, kind, location
     ), arrived as (
       select m.location, l.sku, sum(case m.kind when 'purchase' then l.quantity else -l.quantity end) as quantity
       from moved m join document_line l on l.document_id = m.id where $3 = 'processed' group by m.location, l.sku
     ), raised as (
       update receipt_base b set on_hand = b.on_hand + a.quantity from arrived a where b.location = a.location and b.sku = a.sku
     )
     select id from moved`,
    [ids, from, to, change.why ?? null, change.otoId ?? null, change.by ?? null],
  );
  return rows.map((row) => row.id);
}

export async function markDocumentReported(db: Queryable, id: number, hash: string): Promise<void> {
  await db.query('update document set reported_hash = $2 where id = $1', [id, hash]);
}

/** A query for one text that changes with every document that starts or stops being pending: a plan made under another set is stale. */
export const pendingHashOf = `select md5(coalesce(string_agg(id || ':' || hash, ',' order by id), '')) as hash from document
  where kind = 'purchase' and state in ('new', 'held', 'sending', 'pending')`;

export async function pendingHash(db: Queryable): Promise<string> {
  return (await one<{ hash: string }>(db, pendingHashOf)).hash;
}

export async function countDocuments(db: Queryable): Promise<{ state: DocumentState; count: number }[]> {
  const rows = await db.query<{ state: DocumentState; count: number }>(
    'select state, count(*) from document group by state order by state',
  );
  return rows.map((row) => ({ state: row.state, count: Number(row.count) }));
}

export async function overduePending(db: Queryable, source: string, maxDays: number): Promise<StoredDocument[]> {
  return db.query<StoredDocument>(
    `select ${columns} from document d
     where d.source = $1 and d.state = 'pending' and d.sent_at < now() - $2 * interval '1 day' order by d.id`,
    [source, maxDays],
  );
}

/** How many documents of a source are newer than the one with an id, by location, and which the newest is. */
export async function arrivedDocuments(
  db: Queryable,
  source: string,
  after: number | null,
): Promise<{ last: number; places: { location: string; count: number }[] }> {
  const places = await db.query<{ location: string; count: number; last: string }>(
    `select location, count(*)::int as count, max(id) as last from document where source = $1 and id > $2 group by location`,
    [source, after ?? 0],
  );
  const last = Math.max(after ?? 0, ...places.map((place) => Number(place.last)));
  return { last, places: places.map(({ location, count }) => ({ location, count })) };
}

/**
 * Units by which other documents of the operation's location, sent and landed since it was written, change what is expected there: by
 * SKU, disposals below zero.
 */
export async function unitsLandedSince(
  db: Queryable,
  operation: { readonly id: number; readonly location: string | null; readonly created_at: Date },
): Promise<Map<string, number>> {
  const rows = await db.query<{ sku: string; units: number }>(
    `select l.sku, sum(case d.kind when 'disposal' then -l.quantity else l.quantity end)::float8 as units
     from operation o join document d on d.id = o.document_id join document_line l on l.document_id = d.id
     where o.kind = 'inventory-order' and o.state = 'landed' and o.id <> $1 and o.location = $2 and o.settled_at > $3
     group by l.sku`,
    [operation.id, operation.location, operation.created_at],
  );
  return new Map(rows.map(({ sku, units }) => [sku, units]));
}
