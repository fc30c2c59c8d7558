import { counted } from '../lib/text.ts';
import { day } from '../lib/time.ts';
import { moveDocuments, type StoredDocument } from '../store/documents.ts';
import { activeApprovals, hold, type NewQuarantine, type Quarantine } from '../store/quarantines.ts';
import { adoptedLocations } from './adoption.ts';
import type { Flow, RunContext } from './context.ts';

/** Which documents of a plan are held back, by id, and by which rule. `flow`: the one that sends them. */
export async function guardDocuments(
  context: RunContext,
  flow: Flow,
  open: readonly StoredDocument[],
): Promise<Map<number, string>> {
  const { db, config, run } = context;
  const { maxDocuments, maxDocumentAgeDays } = config.guards;
  const adopted = await adoptedLocations(context, flow);
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
