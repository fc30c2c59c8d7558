import type { Queryable } from './queryable.ts';
import { partitionOf } from './snapshots.ts';
import { type StockScope, scopeValues, wanted } from './stock-plan.ts';

/** A stock figure that was set in OTO, and the documents whose goods were taken off it. */
export interface FigureSet {
  readonly sku: string;
  readonly location: string;
  readonly documents: readonly number[];
}

/** Notes which lines of open receipts a figure that was set is without. */
export async function noteTakenOff(db: Queryable, figures: readonly FigureSet[]): Promise<void> {
  const without = figures.filter((figure) => figure.documents.length > 0);
  if (without.length === 0) return;
  await db.query(
    `update document_line l set taken_off_at = now()
     from jsonb_to_recordset($1::jsonb) as f(sku text, location text, documents bigint[]), document d
     where l.sku = f.sku and l.document_id = any(f.documents) and l.taken_off_at is null and d.id = l.document_id
       and d.location = f.location and d.kind = 'purchase' and d.state in ('new', 'held', 'sending', 'pending')`,
    [JSON.stringify(without)],
    'note-taken-off',
  );
}

export interface LineKey {
  readonly document: number;
  readonly sku: string;
  readonly location: string;
}

/** Receipts that were not sent yet, and whose goods the ERP's figure may contain. */
const unsent = `d.kind = 'purchase' and d.booked_at <= $2 and l.taken_off_at is null and (d.state in ('new', 'held')
  or (d.state = 'sending' and exists (select from operation o where o.document_id = d.id and o.state = 'waiting')))`;

/** SKUs of such receipts at the locations of a scope, whether the snapshot lists them or not. */
export async function skusOfUnsent(db: Queryable, scope: StockScope): Promise<string[]> {
  const codes = scope.locations.filter((location) => location.receiptsByOrder).map((location) => location.code);
  const rows = await db.query<{ sku: string }>(
    `select distinct l.sku from document d join document_line l on l.document_id = d.id
     where ${unsent} and d.location = any($1::text[]) and ($3::text is null or l.sku = $3)`,
    [codes, scope.asOf, scope.sku],
  );
  return rows.map((row) => row.sku);
}

/** Lines of such receipts whose goods OTO's figure, as just read, is without: it is what is wanted, or there is nothing. */
export async function linesShownWithout(db: Queryable, scope: StockScope, readSince: Date): Promise<LineKey[]> {
  if (!scope.locations.some((location) => location.receiptsByOrder)) return [];
  if ((await skusOfUnsent(db, scope)).length === 0) return [];
  const first = `line as (
    select l.document_id, l.sku, d.location
    from document d join document_line l on l.document_id = d.id join place p on p.code = d.location and p."receiptsByOrder"
    where ${unsent} and ($3::text is null or l.sku = $3)
  ), `;
  return db.query<LineKey>(
    `with ${wanted(scope, { first, keys: 'select distinct sku, location from line' })}
     select l.document_id as document, l.sku, l.location
     from line l
     join oto_stock o on o.sku = l.sku and o.location = l.location and o.read_at >= $4
     left join wanted w on w.sku = l.sku and w.location = l.location
     where case when w.sku is not null then coalesce(o.on_hand, 0) = w.figure
         else coalesce(o.on_hand, 0) <= 0 and not exists (
           select from stock_doubt x where x.snapshot_id = ${Math.trunc(scope.snapshotId)} and x.sku = l.sku and x.location = l.location)
           and not exists (select from ${partitionOf(scope.snapshotId)} r where r.sku = l.sku and r.location = l.location) end`,
    [...scopeValues(scope), readSince],
  );
}

export async function markTakenOff(db: Queryable, lines: readonly LineKey[]): Promise<void> {
  if (lines.length === 0) return;
  await db.query(
    `update document_line l set taken_off_at = now() from unnest($1::bigint[], $2::text[]) as k(document, sku)
     where l.document_id = k.document and l.sku = k.sku and l.taken_off_at is null`,
    [lines.map((line) => line.document), lines.map((line) => line.sku)],
  );
}

export interface LineToTakeOff extends LineKey {
  readonly quantity: number;
  /** What OTO shows, as last read; null where it shows nothing. */
  readonly onHand: number | null;
  readonly readAt: Date | null;
}

/** Lines of receipts whose goods were not taken off yet, with the figure that OTO shows. */
export async function linesToTakeOff(db: Queryable, documents: readonly number[]): Promise<LineToTakeOff[]> {
  return db.query<LineToTakeOff>(
    `select l.document_id as document, l.sku, d.location, l.quantity, o.on_hand as "onHand", o.read_at as "readAt"
     from document_line l join document d on d.id = l.document_id
     left join oto_stock o on o.location = d.location and o.sku = l.sku
     where l.document_id = any($1::bigint[]) and l.taken_off_at is null order by d.location, l.sku, l.document_id`,
    [documents],
  );
}

/** A receipt whose goods a stock figure may have brought to OTO before the receipt was known. */
export interface LateReceipt {
  readonly id: number;
  /** Figures that may contain its goods are on their way just now: what OTO shows is not the last word. */
  readonly moving: boolean;
}

/**
 * Which of the documents are late: receipts booked at or before the newest stock snapshot that was sent, or may be sent just now, of
 * which some line was never taken off the figure that OTO shows. Sent as they are and processed, their goods would be in it twice.
 */
export async function lateReceipts(
  db: Queryable,
  source: string,
  documents: readonly number[],
): Promise<LateReceipt[]> {
  return db.query<LateReceipt>(
    `select d.id,
       exists (select from run r where r.flow = 'stock' and r.source = $2 and r.status = 'running')
       or exists (select from document_line l join operation o on o.kind = 'stock-set' and o.key = d.location || E'\\t' || l.sku
                  where l.document_id = d.id and o.state = 'ready')
       or exists (select from document_line l join operation o on o.kind = 'stock-set' and o.key = d.location || E'\\t' || l.sku
                  where l.document_id = d.id and o.state in ('sending', 'unknown')) as moving
     from document d
     where d.id = any($1::bigint[]) and d.kind = 'purchase'
       and d.booked_at <= (
         select max(s.as_of) from snapshot s where s.source = $2 and s.entity = 'stock' and s.status = 'complete'
           and (exists (select from plan p where p.snapshot_id = s.id and p.status = 'applied')
             or exists (select from run r where r.id = s.run_id and r.status = 'running')))
       and exists (select from document_line l where l.document_id = d.id and l.taken_off_at is null)`,
    [documents, source],
  );
}
