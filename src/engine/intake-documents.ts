import type { SourceConfig } from '../config/schema.ts';
import type { Change, Reject } from '../connector/types.ts';
import { toWhole } from '../lib/decimal.ts';
import { hashOf, sha256 } from '../lib/hash.ts';
import { counted } from '../lib/text.ts';
import { startOfDay } from '../lib/time.ts';
import type { StockDocument } from '../model/index.ts';
import { raiseAlarm } from '../store/alarms.ts';
import type { Tx } from '../store/db.ts';
import {
  getDocumentByKey,
  increasesOf,
  insertDocument,
  markDocumentReported,
  moveDocuments,
  type NewDocument,
  type StoredDocument,
  updateUnsent,
} from '../store/documents.ts';
import { hold } from '../store/quarantines.ts';
import type { Snapshot } from '../store/snapshots.ts';
import type { RunContext } from './context.ts';
import { type Intake, intake, type StorePage } from './intake.ts';
import { LocationMap, locationOf } from './locations.ts';

type DocumentChange = Exclude<Change<'documents'>, Reject>;

/** Reads a source's purchase receipts and disposals. What was sent before is never sent again, whatever the ERP makes of it. */
export async function intakeDocuments(context: RunContext, sourceName: string): Promise<Intake | undefined> {
  const source = context.config.sources[sourceName];
  if (source === undefined) throw new Error(`source ${sourceName} is not configured`);
  const map = new LocationMap(context.config, sourceName);
  const storePage: StorePage<'documents'> = async (tx, snapshot, changes) => {
    const rejects: Reject[] = [];
    let ignored = 0;
    for (const change of changes) {
      if (change.op === 'delete') continue;
      const mapped = map.find(change.value.location);
      if (mapped === 'ignored') {
        ignored += 1;
        continue;
      }
      const read =
        mapped === 'unmapped'
          ? reject(
              change,
              'location',
              change.value.location,
              `location "${change.value.location}" is neither mapped in locations nor listed in ignoreLocations`,
            )
          : toDocument(context, sourceName, source, snapshot, change, mapped.oto);
      if ('op' in read) rejects.push(read);
      else await store(context, tx, snapshot, read);
    }
    return { rejects, ignored };
  };
  return intake(context, sourceName, 'documents', storePage);
}

/** Source + company + kind + the ERP's internal id, else its number and year. */
export function documentKey(source: string, document: StockDocument): string {
  const identity = document.id ?? `${document.number}@${document.date.slice(0, 4)}`;
  return [source, document.company ?? '', document.kind, identity].join('/');
}

/** What stands in OTO, so that a person can search for it there: the ERP's number and a few letters that make it unique. */
export function referenceOf(key: string, number: string): string {
  return `${number}-${sha256(key).slice(0, 6).toUpperCase()}`;
}

function toDocument(
  context: RunContext,
  sourceName: string,
  source: SourceConfig,
  snapshot: Snapshot,
  change: DocumentChange & { op: 'upsert' },
  location: string,
): NewDocument | Reject {
  const document = change.value;
  const sums = new Map<string, number>();
  for (const line of document.lines) {
    const factor = line.unit === undefined || line.unit === '' ? '1' : source.units[line.unit];
    if (factor === undefined) {
      return reject(
        change,
        'unit',
        line.unit ?? '',
        `unit "${line.unit}" of SKU "${line.sku}" is not listed in sources.${sourceName}.units`,
      );
    }
    const whole = toWhole(line.quantity, factor, source.fraction);
    if (!whole.ok) return reject(change, 'quantity', line.quantity, `SKU "${line.sku}": ${whole.reason}`);
    if (whole.value <= 0)
      return reject(change, 'quantity', line.quantity, `SKU "${line.sku}": a line has to be greater than 0`);
    sums.set(line.sku, (sums.get(line.sku) ?? 0) + whole.value);
  }
  const key = documentKey(sourceName, document);
  const lines = [...sums].map(([sku, quantity]) => ({ sku, quantity }));
  const sorted = lines.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
  const mode = locationOf(context.config, location)?.[document.kind === 'purchase' ? 'receipts' : 'disposals'];
  const startFrom = context.config.flows.documents?.startFrom;
  const why =
    mode !== 'order'
      ? `its location has ${document.kind === 'purchase' ? 'receipts' : 'disposals'}: ${mode}`
      : startFrom === undefined
        ? 'the documents flow is not configured'
        : document.date < startFrom
          ? `dated before flows.documents.startFrom (${startFrom})`
          : null;
  return {
    key,
    source: sourceName,
    company: document.company ?? null,
    kind: document.kind,
    erpId: document.id ?? null,
    number: document.number,
    date: document.date,
    deliveryDate: document.deliveryDate ?? null,
    bookedAt:
      document.bookedAt === undefined
        ? startOfDay(document.date, context.config.timezone)
        : new Date(document.bookedAt),
    location,
    erpLocation: document.location,
    partner: document.partner ?? null,
    waybill: document.waybill ?? null,
    note: document.note ?? null,
    reference: referenceOf(key, document.number),
    hash: hashOf({ date: document.date, partner: document.partner ?? null, location, lines: sorted }),
    state: why === null ? 'new' : 'skipped',
    why,
    snapshotId: snapshot.id,
    lines,
  };
}

async function store(context: RunContext, tx: Tx, snapshot: Snapshot, document: NewDocument): Promise<void> {
  const known = await getDocumentByKey(tx, document.key);
  if (known === undefined) {
    await insertDocument(tx, document);
    return;
  }
  // One that went back to what was sent at first is news again, where a later state of it was sent or reported.
  if ((known.reported_hash ?? known.hash) === document.hash) return;
  if (known.date !== document.date || (known.partner ?? '') !== (document.partner ?? '')) {
    const fresh = await hold(tx, [
      {
        flow: 'documents',
        rule: 'key-reused',
        location: document.location,
        documentId: known.id,
        direction: 'identity',
        reason: `${document.number} was known as a document of ${known.date} from "${known.partner ?? ''}" and came again as one of ${document.date} from "${document.partner ?? ''}"`,
        snapshotId: snapshot.id,
        runId: context.run.id,
      },
    ]);
    context.tally.quarantined += 1;
    if (fresh > 0) {
      context.note({
        kind: 'key-reused',
        message: `Document ${document.number} came again under the same key, with another date or partner.`,
        hint: 'It is not sent. Let the ERP give it an id of its own, or reject it with `oto-bridge quarantine reject`.',
        new: true,
      });
    }
    return;
  }
  if (known.state === 'new' || known.state === 'held') {
    noticeShrunk(context, known, document);
    await updateUnsent(tx, known.id, document);
    // Moved to a location whose stock figure carries its goods, for one.
    if (document.state === 'skipped') {
      await moveDocuments(tx, [known.id], ['new', 'held'], 'skipped', { why: document.why });
    }
    return;
  }
  if (known.state === 'skipped') return;
  await reportChange(context, tx, known, document);
}

/** The ERP may have corrected a document before it was sent; or it wrote it in two parts, and the second takes the first one's place. */
function noticeShrunk(context: RunContext, known: StoredDocument, document: NewDocument): void {
  const after = new Map(document.lines.map((line) => [line.sku, line.quantity]));
  const fewer = known.lines.filter((line) => (after.get(line.sku) ?? 0) < line.quantity);
  const [first] = fewer;
  if (first === undefined) return;
  context.note({
    kind: 'document-shrunk',
    message: `Document ${document.number} came again before it was sent, with less in ${counted(fewer.length, 'line', 'lines')} (first: ${first.sku}, ${first.quantity} before, ${after.get(first.sku) ?? 0} now). It is sent as it is now.`,
    hint: 'Where the ERP spreads one document over several files, its parts have to come as one: option `documentsSpan: drop` of the connector csv.',
    new: true,
  });
}

/** A document that changed after it was sent. OTO cannot change an inventory order, so the difference is a matter of its own. */
async function reportChange(context: RunContext, tx: Tx, known: StoredDocument, document: NewDocument): Promise<void> {
  const increases = await increasesOf(tx, known.key);
  const before = new Map<string, number>();
  for (const line of [known, ...increases].flatMap((sent) => sent.lines)) {
    before.set(line.sku, (before.get(line.sku) ?? 0) + line.quantity);
  }
  const increase = document.lines
    .map((line) => ({ sku: line.sku, quantity: line.quantity - (before.get(line.sku) ?? 0) }))
    .filter((line) => line.quantity > 0);
  const after = new Map(document.lines.map((line) => [line.sku, line.quantity]));
  const decreased = [...before].some(([sku, quantity]) => (after.get(sku) ?? 0) < quantity);
  await markDocumentReported(tx, known.id, document.hash);
  if (
    context.config.flows.documents?.onChange === 'send-increase' &&
    increase.length > 0 &&
    !decreased &&
    known.location === document.location
  ) {
    await insertDocument(tx, {
      ...document,
      key: `${known.key}#${increases.length + 2}`,
      reference: `${known.reference}/${increases.length + 2}`,
      hash: hashOf(increase),
      state: 'new',
      why: null,
      lines: increase,
    });
    return;
  }
  await raiseAlarm(tx, {
    kind: 'document-changed',
    subject: document.key,
    message: `Document ${document.number} changed in the ERP after it was sent to OTO as ${known.reference}.`,
    hint: 'OTO cannot change an inventory order: let the warehouse correct it there.',
  });
  context.note({
    kind: 'document-changed',
    message: `Document ${document.number} changed after it was sent.`,
    hint: `OTO has it as ${known.reference}; correct it there. \`oto-bridge documents show ${known.id}\` shows what was sent.`,
    new: true,
  });
}

function reject(change: DocumentChange, column: string, value: string, reason: string): Reject {
  return { op: 'reject', key: change.key, column, value, reason, ...change.place };
}
