import type { StoredDocument } from '../store/documents.ts';
import type { Operation, OperationEvent } from '../store/operations.ts';
import { moment, table } from './output.ts';

/** An operation with all of its steps. */
export type Told = Operation & { readonly events: readonly OperationEvent[] };

export function documentJson(document: StoredDocument): Record<string, unknown> {
  return {
    id: document.id,
    key: document.key,
    source: document.source,
    company: document.company,
    kind: document.kind,
    erpId: document.erp_id,
    number: document.number,
    date: document.date,
    deliveryDate: document.delivery_date,
    bookedAt: document.booked_at.toISOString(),
    location: document.location,
    partner: document.partner,
    waybill: document.waybill,
    note: document.note,
    reference: document.reference,
    state: document.state,
    why: document.why,
    otoId: document.oto_id,
    lines: document.lines,
    seenAt: document.seen_at.toISOString(),
    sentAt: document.sent_at?.toISOString() ?? null,
    processedAt: document.processed_at?.toISOString() ?? null,
    processedBy: document.processed_by,
  };
}

/** A document with its operations, for a terminal. */
export function showText(document: StoredDocument, operations: readonly Told[], timezone: string): string {
  return [
    `${document.kind} ${document.number} of ${document.date} (${document.id}): ${document.state}`,
    `  why         ${document.why ?? ''}`,
    `  reference   ${document.reference}   (search for it in OTO)`,
    `  OTO number  ${document.oto_id ?? ''}`,
    `  location    ${document.location} (ERP: ${document.erp_location})`,
    `  partner     ${document.partner ?? ''}`,
    `  booked      ${moment(document.booked_at, timezone)}`,
    `  sent        ${moment(document.sent_at, timezone)}`,
    `  processed   ${document.processed_at === null ? '' : `${moment(document.processed_at, timezone)} (${document.processed_by})`}`,
    '',
    table(
      ['SKU', 'quantity'],
      document.lines.map((line) => [line.sku, line.quantity]),
    ).replace(/^/gm, '  '),
    ...operations.flatMap((row) => [
      '',
      `  operation ${row.id}: ${row.state}`,
      ...row.events.map(
        (event) =>
          `    ${moment(event.at, timezone)}  ${event.from ?? 'planned'} → ${event.to}  ${event.why}  (${event.who})`,
      ),
    ]),
  ].join('\n');
}
