import { type ApplyResult, BridgeError, type Command, connectorErrors } from '../../src/connector/index.ts';
import { keyOf } from './marks.ts';
import { addNote, hasNote } from './notes.ts';
import type { Session } from './session.ts';
import { idOf, textOf } from './values.ts';

type NoteDocument = Extract<Command, { name: 'note-document' }>;

interface Target {
  readonly model: 'stock.picking' | 'stock.scrap';
  readonly id: number;
  readonly name: string;
}

/** Puts OTO's reference on the transfer or the scrap order that a document was. */
export async function noteDocument(session: Session, command: NoteDocument, signal: AbortSignal): Promise<ApplyResult> {
  const target = await targetOf(session, command.documentId, signal);
  const key = keyOf(session.context.source, command);
  if (await hasNote(session, target.model, [target.id], key, signal)) {
    return { outcome: 'already-done', reference: target.name };
  }
  const text = `${command.text} OTO: ${command.reference} [${key}]`;
  await addNote(session, target.model, target.id, text, signal);
  return { outcome: 'done', reference: target.name };
}

/** A document's id as the connector gives it (`stock.picking,12`), or the number that stands on the transfer. */
async function targetOf(session: Session, documentId: string, signal: AbortSignal): Promise<Target> {
  const [, model, digits] = /^(stock\.(?:picking|move)),(\d+)(?:@\d+)?$/.exec(documentId) ?? [];
  const id = Number(digits);
  if (model === 'stock.move') {
    const [field = ''] = await session.having('stock.scrap', ['move_ids', 'move_id'], signal);
    return one(
      session,
      'stock.scrap',
      [[field, field === 'move_ids' ? 'in' : '=', field === 'move_ids' ? [id] : id]],
      documentId,
      signal,
    );
  }
  const domain = model === undefined ? [['name', '=', documentId]] : [['id', '=', id]];
  return one(session, 'stock.picking', domain, documentId, signal);
}

async function one(
  session: Session,
  model: Target['model'],
  domain: readonly unknown[],
  documentId: string,
  signal: AbortSignal,
): Promise<Target> {
  const fields = model === 'stock.picking' ? ['name', 'company_id'] : ['name'];
  const found = await session.search(model, { domain, fields, limit: 2 }, signal);
  const { companies } = await session.standing(signal);
  const ours = found.filter(({ company_id }) => {
    const company = idOf(company_id);
    return company === undefined || companies.includes(company);
  });
  const [row] = ours;
  if (row !== undefined && ours.length === 1) return { model, id: row.id, name: textOf(row.name) ?? documentId };
  throw new BridgeError(connectorErrors.CONNECTOR_REFUSED, {
    message: `Odoo has ${ours.length === 0 ? 'no document' : 'several documents'} "${documentId}" that a note could be put on.`,
    hint: 'Was it deleted, or does it belong to another company?',
  });
}
