import { literally } from './marks.ts';
import type { Session } from './session.ts';

/** Whether a note that holds the key stands on one of these records. */
export async function hasNote(
  session: Session,
  model: string,
  ids: readonly number[],
  key: string,
  signal: AbortSignal,
): Promise<boolean> {
  const domain = [
    ['model', '=', model],
    ['res_id', 'in', ids],
    ['body', 'like', literally(`[${key}]`)],
  ];
  return (await session.search('mail.message', { domain, fields: ['res_id'], limit: 1 }, signal)).length > 0;
}

/** A note for the people who work with the record: it goes to nobody by mail. */
export async function addNote(session: Session, model: string, id: number, text: string, signal: AbortSignal) {
  const args = { body: text, message_type: 'comment', subtype_xmlid: 'mail.mt_note' };
  await session.call(model, 'message_post', { ids: [id], args, writes: true }, signal);
}
