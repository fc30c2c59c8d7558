import { z } from 'zod';
import { BridgeError, connectorErrors } from '../../src/connector/index.ts';
import type { OdooOptions } from './options.ts';
import { parsed, type Row, type Session } from './session.ts';
import { textOf } from './values.ts';

/** What Odoo answers instead of doing what it was asked: a dialog, with HTTP 200. */
const dialog = z.looseObject({
  type: z.string(),
  res_model: z.string().optional(),
  name: z.string().optional(),
  context: z.record(z.string(), z.unknown()).optional(),
});

export type Dialog = z.output<typeof dialog>;

/** The dialog that an answer is, if it is one. */
export function dialogOf(answer: unknown): Dialog | undefined {
  const found = dialog.safeParse(answer);
  return found.success && found.data.type.startsWith('ir.actions.') ? found.data : undefined;
}

export function isDone(picking: Row): boolean {
  return picking.state === 'done';
}

type Shortage = OdooOptions['packing']['shortage'];

/** Answers to Odoo's questions that can be given beforehand. */
function answersOf(shortage: Shortage, id: number): Record<string, unknown> {
  const sms = { skip_sms: true };
  if (shortage === 'backorder') return { ...sms, skip_backorder: true };
  if (shortage === 'drop') return { ...sms, skip_backorder: true, picking_ids_not_to_backorder: [id] };
  return sms;
}

/** Validates a transfer, and believes only its state: 200 with a dialog means that nothing has happened. */
export async function validate(session: Session, picking: Row, shortage: Shortage, signal: AbortSignal): Promise<void> {
  const ids = [picking.id];
  const context = answersOf(shortage, picking.id);
  const call = { ids, context, writes: true };
  let asked = dialogOf(await session.call('stock.picking', 'button_validate', call, signal));
  // Up to Odoo 16: nobody has entered what was done, shall it be all that is reserved?
  if (asked?.res_model === 'stock.immediate.transfer') asked = await allReserved(session, asked, context, signal);
  const [after] = await session.search(
    'stock.picking',
    { domain: [['id', '=', picking.id]], fields: ['state'] },
    signal,
  );
  if (after?.state === 'done') return;
  const name = textOf(picking.name) ?? picking.id;
  throw new BridgeError(connectorErrors.CONNECTOR_REFUSED, {
    message:
      asked === undefined
        ? `Odoo did not validate ${name}: it is "${String(after?.state)}" and not done.`
        : `Odoo asks a person before it validates ${name}: ${asked.name ?? ''} (${asked.res_model ?? asked.type}). Nothing was validated.`,
    hint: `Validate ${name} in Odoo and answer its question; the operation can then be repeated.`,
  });
}

async function allReserved(
  session: Session,
  asked: Dialog,
  answers: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Dialog | undefined> {
  const context = { ...asked.context, ...answers };
  const made = await session.call(
    'stock.immediate.transfer',
    'create',
    { args: { vals_list: [{}] }, context, writes: true },
    signal,
  );
  const ids = parsed(z.array(z.number()).min(1), made, 'stock.immediate.transfer/create');
  return dialogOf(await session.call('stock.immediate.transfer', 'process', { ids, context, writes: true }, signal));
}
