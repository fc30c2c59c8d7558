import type { Flow, PlanOutcome, RunContext } from '../engine/context.ts';
import { guardDocuments } from '../engine/guard-documents.ts';
import { intakeDocuments } from '../engine/intake-documents.ts';
import { countedAlready, takeOff } from '../engine/late-receipts.ts';
import { locationOf } from '../engine/locations.ts';
import { noticeLostZeros } from '../engine/lost-zeros.ts';
import { openPlan } from '../engine/plan.ts';
import { ensureProductsKnown, pullFigures, requireLocations } from '../engine/pull.ts';
import { setFigure } from '../engine/set-figure.ts';
import { formatPlainDate } from '../lib/time.ts';
import { raiseAlarm } from '../store/alarms.ts';
import { linesToTakeOff, markTakenOff } from '../store/document-lines.ts';
import {
  getDocument,
  listDocuments,
  moveDocuments,
  overduePending,
  type StoredDocument,
  sharesWaybill,
} from '../store/documents.ts';
import { getFigures } from '../store/figures.ts';
import { addPlanItems, type NewPlanItem, type PlanItem } from '../store/plans.ts';
import { unknownSkus } from '../store/products.ts';
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
    const rules = await guardDocuments(context, documents, open);
    const late = new Set<number>();
    for (const receipt of await countedAlready(
      context,
      stock,
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
    if (item.kind === 'stock') return setFigure(item, context, 'documents');
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
