import { adoptedLocations } from '../engine/adoption.ts';
import type { Flow, PlanOutcome, RunContext } from '../engine/context.ts';
import { intakeDocuments } from '../engine/intake-documents.ts';
import { locationOf } from '../engine/locations.ts';
import { noticeLostZeros } from '../engine/lost-zeros.ts';
import { openPlan } from '../engine/plan.ts';
import { ensureProductsKnown, pullFigures, requireLocations } from '../engine/pull.ts';
import { counted } from '../lib/text.ts';
import { day, formatPlainDate } from '../lib/time.ts';
import { stockKey } from '../model/index.ts';
import { raiseAlarm } from '../store/alarms.ts';
import { type LateReceipt, lateReceipts, linesToTakeOff, markTakenOff } from '../store/document-lines.ts';
import {
  getDocument,
  listDocuments,
  moveDocuments,
  overduePending,
  type StoredDocument,
  sharesWaybill,
} from '../store/documents.ts';
import { getFigures } from '../store/figures.ts';
import type { NewOperation } from '../store/operation-steps.ts';
import { addPlanItems, type NewPlanItem, type PlanItem } from '../store/plans.ts';
import { unknownSkus } from '../store/products.ts';
import { activeApprovals, hold, type NewQuarantine, type Quarantine } from '../store/quarantines.ts';
import { noteBase } from '../store/receipt-base.ts';
import { stock } from './stock.ts';

/** Purchase receipts and disposals of the ERP become inventory orders in OTO: each once, whatever happens on the way. */
export const documents: Flow = {
  name: 'documents',
  title: 'Purchase receipts and disposals, ERP to OTO',
  source: (config) => config.flows.documents?.from ?? null,
  adoptable: (config) =>
    config.locations
      .filter((location) => location.source === config.flows.documents?.from)
      .filter((location) => location.receipts === 'order' || location.disposals === 'order')
      .map((location) => location.oto),

  async plan(context): Promise<PlanOutcome> {
    const { db, config, filter } = context;
    const flow = config.flows.documents;
    if (flow === undefined) return { kind: 'nothing-new' };
    await requireLocations(context, context);
    const read = await intakeDocuments(context, flow.from);
    await watchPending(context, flow.from, flow.pendingMaxDays);
    // Also those that an earlier run, or the stock flow, read and could not send yet.
    const open = await listDocuments(db, { states: ['new', 'held'], source: flow.from, location: filter.location });
    if (read === undefined && open.length === 0) return { kind: 'nothing-new' };
    const plan = await openPlan(context, 'documents', flow.from, read?.snapshot.id ?? null);
    if (open.length === 0) return { kind: 'planned', planId: plan.id };

    const skus = [...new Set(open.flatMap((document) => document.lines.map((line) => line.sku)))];
    // The forecast before sending is evidence should an answer get lost.
    await pullFigures(context, skus, [...new Set(open.map((document) => document.location))], context);
    await noticeLostZeros(context, await ensureProductsKnown(context, skus, context));
    const rules = await judge(context, open);
    const late = new Set<number>();
    for (const receipt of await countedAlready(
      context,
      open.filter((document) => !rules.has(document.id)),
    )) {
      if (receipt.moving) rules.set(receipt.id, 'awaits-stock');
      else late.add(receipt.id);
    }
    const sends = open.map(
      (document): NewPlanItem => ({
        kind: 'document',
        action: 'send',
        key: document.key,
        location: document.location,
        document_id: document.id,
        to: document.lines.reduce((sum, line) => sum + line.quantity, 0),
        detail: {
          number: document.number,
          kind: document.kind,
          date: document.date,
          reference: document.reference,
          lines: document.lines.length,
          ...(late.has(document.id) ? { late: true } : {}),
        },
        held: rules.get(document.id) ?? null,
      }),
    );
    await addPlanItems(db, plan.id, [...(await takeOff(context, [...late])), ...sends]);
    return { kind: 'planned', planId: plan.id };
  },

  async operation(item: PlanItem, context: RunContext) {
    if (item.kind === 'stock') return lowering(item, context);
    const document = item.document_id === null ? undefined : await getDocument(context.db, item.document_id);
    if (document === undefined) throw new Error(`the document of plan item ${item.plan_id}/${item.seq} is gone`);
    const skus = document.lines.map((line) => line.sku);
    const forecasted = Object.fromEntries(
      (await getFigures(context.db, { skus, location: document.location })).map((row) => [row.sku, row.forecasted]),
    );
    const unknown = await unknownSkus(context.db, skus);
    return {
      kind: 'inventory-order',
      flow: 'documents',
      runId: context.run.id,
      planId: item.plan_id,
      key: document.key,
      lane: 'documents',
      location: document.location,
      documentId: document.id,
      request: requestOf(document, await sharesWaybill(context.db, document)),
      precondition: { forecasted, reference: document.reference, ...(item.detail.late === true ? { late: true } : {}) },
      waitingFor: unknown.length > 0 ? 'products' : item.detail.late === true ? 'figures' : null,
    };
  },

  /** The figures that late receipts are taken off: one that moved is dropped, and its receipt waits for the stock flow. */
  async recheck(items, context) {
    const figures = items.filter((item) => item.kind === 'stock');
    return figures.length === 0 || stock.recheck === undefined ? new Map() : stock.recheck(figures, context);
  },

  async planned(items, _context, db) {
    const ids = items.flatMap((item) => (item.document_id === null ? [] : [item.document_id]));
    await moveDocuments(db, ids, ['new', 'held'], 'sending');
    await noteBase(db, ids);
    const late = items.flatMap((item) =>
      item.detail.late === true && item.document_id !== null ? [item.document_id] : [],
    );
    await markTakenOff(
      db,
      (await linesToTakeOff(db, late)).filter((line) => line.onHand === null || line.onHand <= 0),
    );
  },
};

/**
 * The body of createInventoryOrder. Our reference stands where a person can search for it, because OTO echoes nothing back.
 * A waybill number that another document carries as well is not used as one: OTO may refuse the second, or take it for the first.
 */
export function requestOf(document: StoredDocument, shared: boolean): Record<string, unknown> {
  return {
    action: document.kind === 'purchase' ? 'inbound' : 'outbound',
    locationCode: document.location,
    orderDate: formatPlainDate(document.date),
    ...(document.delivery_date === null ? {} : { deliveryDate: formatPlainDate(document.delivery_date) }),
    waybillNumber: shared ? document.reference : (document.waybill ?? document.reference),
    description: [document.reference, shared ? document.waybill : null, document.partner, document.note]
      .filter((text) => text !== null && text !== '')
      .join(' · '),
    items: document.lines.map((line) => ({ sku: line.sku, qty: line.quantity })),
  };
}

/** Which documents are held back, and by which rule. */
async function judge(context: RunContext, open: readonly StoredDocument[]): Promise<Map<number, string>> {
  const { db, config, run } = context;
  const { maxDocuments, maxDocumentAgeDays } = config.guards;
  const adopted = await adoptedLocations(context, documents);
  const approvals = await activeApprovals(db, 'documents');
  const approved = (rule: string, document: StoredDocument) =>
    approvals.some((approval: Quarantine) => approval.rule === rule && approval.document_id === document.id);
  const rules = new Map<number, string>();
  const held: NewQuarantine[] = [];
  const keep = (document: StoredDocument, rule: string, reason: string) => {
    rules.set(document.id, rule);
    held.push({
      flow: 'documents',
      rule,
      location: document.location,
      documentId: document.id,
      direction: 'document',
      reason,
      runId: run.id,
    });
  };
  const tooOld = context.now() - maxDocumentAgeDays * day;
  let sent = 0;
  for (const document of open) {
    if (!adopted.has(document.location)) {
      rules.set(document.id, 'not-adopted');
    } else if (document.booked_at.getTime() < tooOld && !approved('document-age', document)) {
      keep(
        document,
        'document-age',
        `${document.number} was booked ${document.date}, more than ${maxDocumentAgeDays} days ago`,
      );
    } else if (sent >= maxDocuments && !approved('max-documents', document)) {
      keep(
        document,
        'max-documents',
        `${open.length} documents would be sent, more than guards.maxDocuments (${maxDocuments})`,
      );
    } else sent += 1;
  }
  const fresh = await hold(db, held);
  const heldIds = held.flatMap((row) => (row.documentId == null ? [] : [row.documentId]));
  await moveDocuments(db, heldIds, ['new'], 'held', { why: 'held back: see quarantine' });
  if (held.length > 0) {
    context.note({
      kind: 'quarantine',
      message: `${counted(held.length, 'document is', 'documents are')} held back. ${held[0]?.reason ?? ''}.`,
      hint: '`oto-bridge quarantine list` shows them; `quarantine approve ID` lets one go.',
      new: fresh > 0,
      count: held.length,
    });
  }
  return rules;
}

/**
 * Receipts whose goods a stock figure may have brought to OTO before the receipt itself was known. Sent as they are, and processed,
 * their goods would be counted twice.
 */
async function countedAlready(context: RunContext, open: readonly StoredDocument[]): Promise<LateReceipt[]> {
  const { db, config } = context;
  const source = config.flows.documents?.from ?? '';
  if (config.flows.stock?.enabled !== true || config.flows.stock.from !== source) return [];
  const pushed = await adoptedLocations(context, stock);
  const late = await lateReceipts(
    db,
    source,
    open.filter((document) => pushed.has(document.location)).map((document) => document.id),
  );
  const moving = late.filter((receipt) => receipt.moving).length;
  if (late.length > moving) {
    context.note({
      kind: 'late-receipts',
      message: `${counted(late.length - moving, 'receipt', 'receipts')} came after a stock figure that may contain the goods: these are taken off OTO's figures first.`,
      new: false,
      count: late.length - moving,
    });
  }
  if (moving > 0) {
    context.tally.waiting += moving;
    context.note({
      kind: 'awaits-stock',
      message: `${counted(moving, 'receipt waits', 'receipts wait')}: stock figures that may contain the goods are being sent just now.`,
      hint: 'The next run of this flow sends them.',
      new: false,
      count: moving,
    });
  }
  return late;
}

/** The figures that have to be lowered before late receipts are sent: OTO's own, less their units. */
async function takeOff(context: RunContext, late: readonly number[]): Promise<NewPlanItem[]> {
  const lines = await linesToTakeOff(context.db, late);
  return [...Map.groupBy(lines, (line) => stockKey(line.sku, line.location)).values()].flatMap((group) => {
    const [first] = group;
    // Where OTO shows nothing, there is nothing that could be counted twice.
    if (first === undefined || first.onHand === null || first.onHand <= 0) return [];
    const units = group.reduce((sum, line) => sum + line.quantity, 0);
    const to = Math.max(0, first.onHand - units);
    return [
      {
        kind: 'stock',
        action: to === 0 ? 'zero' : 'lower',
        key: `${first.location}\t${first.sku}`,
        sku: first.sku,
        location: first.location,
        from: first.onHand,
        to,
        detail: { pending: units, documents: group.map((line) => line.document), readAt: first.readAt?.toISOString() },
      },
    ];
  });
}

function lowering(item: PlanItem, context: RunContext): NewOperation {
  return {
    kind: 'stock-set',
    flow: 'documents',
    runId: context.run.id,
    planId: item.plan_id,
    key: item.key,
    lane: item.to === 0 ? 'to-zero' : 'lowering',
    location: item.location,
    sku: item.sku,
    request: { actionType: 'set', locationCode: item.location, sku: item.sku, qty: item.to },
    precondition: {
      onHand: item.from,
      readAt: item.detail.readAt ?? null,
      wanted: item.to,
      documents: item.detail.documents ?? [],
    },
  };
}

/** Inventory orders that OTO's staff have left alone for too long. */
async function watchPending(context: RunContext, source: string, maxDays: number): Promise<void> {
  for (const document of await overduePending(context.db, source, maxDays)) {
    // Only a pending receipt at a location whose figure the ERP owns holds units back. The others are a matter of OTO's staff alone.
    const counts = document.kind === 'purchase' && locationOf(context.config, document.location)?.stock === 'erp';
    if (!counts) continue;
    const message = `${document.number} was sent to OTO as ${document.reference} more than ${maxDays} days ago and its effect is not known.`;
    const hint = `If it was processed there, say so: \`oto-bridge documents processed ${document.id}\`. Until then its units are taken off the stock figure.`;
    const fresh = await raiseAlarm(context.db, {
      kind: 'pending-overdue',
      subject: String(document.id),
      message,
      hint,
    });
    if (fresh) context.note({ kind: 'pending-overdue', message, hint, new: true });
  }
}
