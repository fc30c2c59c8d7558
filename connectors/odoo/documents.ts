import Big from 'big.js';
import {
  type Change,
  type DocumentKind,
  type Manifest,
  type Page,
  type ReadRequest,
  stockDocument,
} from '../../src/connector/index.ts';
import { readKits } from './catalogue.ts';
import { readChanges } from './changes.ts';
import { Ledger, type Line } from './ledger.ts';
import { isOurs } from './marks.ts';
import type { OdooOptions } from './options.ts';
import type { Place } from './places.ts';
import { readPlaces } from './places.ts';
import { rejectOf } from './reject.ts';
import type { Domain, Row, Session } from './session.ts';
import { dateIn, decimalText, idOf, isRef, isStamp, textOf } from './values.ts';

/** Lines that are one document: those of a transfer, or a move of its own, of one kind at one place. */
interface Draft {
  readonly id: string;
  readonly kind: DocumentKind;
  readonly place: Place;
  readonly picking: number | undefined;
  readonly lines: Line[];
}

/** Over the edge of the stock: in from a vendor, or out to nobody who bought it. */
const crossing: Domain = [
  '|',
  '&',
  ['location_id.usage', '=', 'supplier'],
  ['location_dest_id.usage', '=', 'internal'],
  '&',
  ['location_id.usage', '=', 'internal'],
  ['location_dest_id.usage', 'in', ['supplier', 'inventory']],
];

const pickingFields = ['name', 'partner_id', 'date_done', 'origin', 'company_id'];

/**
 * Goods that came from a vendor, and goods that left for good. What counts is that they crossed the edge of the stock, not what kind of
 * transfer they belong to: a receipt in several steps crosses it once, and a customer's return is no purchase.
 */
export async function* readDocuments(
  session: Session,
  request: ReadRequest,
): AsyncGenerator<Page<'documents'> | Manifest, void> {
  const { signal } = request;
  signal.throwIfAborted();
  const ledger = new Ledger(session, await readPlaces(session, signal), await readKits(session, signal));
  const domain = finishedLines(session.options);
  yield* readChanges(
    session,
    {
      model: 'stock.move.line',
      domain,
      fields: ['picking_id', 'move_id'],
      changes: async (rows) => documentsOf(session, ledger, domain, rows, signal),
    },
    request,
  );
}

/** Lines of the ledger that documents are made of. */
export function finishedLines({ documents: { from } }: OdooOptions): Domain {
  return [['state', '=', 'done'], ...(from === undefined ? [] : [['date', '>=', `${from} 00:00:00`]]), ...crossing];
}

/** The whole documents that some changed lines belong to: a document with half of its lines would be another one. */
async function documentsOf(
  session: Session,
  ledger: Ledger,
  domain: Domain,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<Change<'documents'>[]> {
  const pickings = idsOf(rows, 'picking_id');
  const moves = idsOf(
    rows.filter((row) => idOf(row.picking_id) === undefined),
    'move_id',
  );
  const lines = await ledger.read([...domain, '|', ['picking_id', 'in', pickings], ['move_id', 'in', moves]], signal);
  const drafts = new Map<string, Draft>();
  for (const line of lines) {
    const kind = kindOf(session, line);
    const place = kind === 'purchase' ? line.to : line.from;
    if (kind === undefined || place?.code === undefined || isOurs(line.reference)) continue;
    // Of goods that are not tracked there is no stock, and nothing to receive.
    if (line.article !== undefined && line.article.kind === 'service') continue;
    const draft = draftOf(session, line, kind, place);
    const known = drafts.get(`${draft.kind}/${draft.id}`) ?? draft;
    known.lines.push(line);
    drafts.set(`${draft.kind}/${draft.id}`, known);
  }
  const heads = await headsOf(session, [...drafts.values()], signal);
  return [...drafts].flatMap(([key, draft]) => changeOf(session, key, draft, heads.get(draft.picking ?? 0)) ?? []);
}

function idsOf(rows: readonly Row[], field: string): number[] {
  return [...new Set(rows.flatMap((row) => idOf(row[field]) ?? []))];
}

/** Undefined: a sale, a customer's return, a count, a production, goods between warehouses. None of them is a document for OTO. */
function kindOf(session: Session, { from, to, isCount }: Line): DocumentKind | undefined {
  if (isCount || from === undefined || to === undefined) return undefined;
  if (from.usage === 'supplier' && to.usage === 'internal') return 'purchase';
  if (from.usage !== 'internal') return undefined;
  if (to.usage === 'supplier') return session.options.documents.vendorReturns === 'disposal' ? 'disposal' : undefined;
  return to.usage === 'inventory' ? 'disposal' : undefined;
}

function draftOf(session: Session, line: Line, kind: DocumentKind, place: Place): Draft {
  // Scrap belongs to no transfer, though Odoo lets it be booked on one.
  const alone = line.isScrap || line.picking === undefined;
  const record = alone ? `stock.move,${line.move}` : `stock.picking,${line.picking}`;
  const id = session.options.locations === 'warehouse' ? record : `${record}@${place.id}`;
  return { id, kind, place, picking: alone ? undefined : line.picking, lines: [] };
}

async function headsOf(session: Session, drafts: readonly Draft[], signal: AbortSignal): Promise<Map<number, Row>> {
  const ids = [...new Set(drafts.flatMap(({ picking }) => picking ?? []))];
  if (ids.length === 0) return new Map();
  const search = { domain: [['id', 'in', ids]], fields: pickingFields };
  return new Map((await session.searchAll('stock.picking', search, signal)).map((row) => [row.id, row]));
}

function changeOf(
  session: Session,
  key: string,
  { id, kind, place, lines }: Draft,
  head: Row | undefined,
): Change<'documents'> | undefined {
  const [first] = lines;
  if (first === undefined || isOurs(head?.origin)) return undefined;
  const sums = new Map<string, Big>();
  for (const { article, product, quantity } of lines) {
    const column = session.options.sku;
    if (article === undefined) continue;
    if (article.sku === undefined) {
      return { op: 'reject', key, column, reason: `product ${product} on it has no ${column}, which is its SKU` };
    }
    if (quantity === undefined) {
      return { op: 'reject', key, column: 'quantity', reason: `the quantity of ${article.sku} on it is no number` };
    }
    sums.set(article.sku, (sums.get(article.sku) ?? new Big(0)).plus(quantity));
  }
  const moved = [...sums].filter(([, quantity]) => !quantity.eq(0));
  if (moved.length === 0) return undefined;
  const booked = isStamp(head?.date_done) ? head.date_done : first.date;
  const partner = isRef(head?.partner_id) ? head.partner_id[1] : undefined;
  const note = textOf(head?.origin);
  const result = stockDocument.safeParse({
    id,
    kind,
    company: first.company === undefined ? undefined : String(first.company),
    number: textOf(head?.name) ?? first.reference,
    date: isStamp(booked) ? dateIn(booked, session.context.timezone) : booked,
    bookedAt: isStamp(booked) ? `${booked.slice(0, 19).replace(' ', 'T')}Z` : undefined,
    location: place.code,
    ...(partner === undefined ? {} : { partner }),
    ...(note === undefined ? {} : { note }),
    lines: moved.map(([sku, quantity]) => ({ sku, quantity: decimalText(quantity) })),
  });
  return result.success ? { op: 'upsert', key, value: result.data } : rejectOf(key, head, result.error);
}
