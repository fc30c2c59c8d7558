import Big from 'big.js';
import { type ApplyResult, BridgeError, type Command, connectorErrors } from '../../src/connector/index.ts';
import { keyOf } from './marks.ts';
import { addNote, hasNote } from './notes.ts';
import type { Row, Session } from './session.ts';
import { isDone, validate } from './validate.ts';
import { decimalOf, idOf, isRef, textOf } from './values.ts';

type SetPackingStatus = Extract<Command, { name: 'set-packing-status' }>;

const pickingFields = ['name', 'state', 'picking_type_id', 'backorder_id'];
const open = ['draft', 'waiting', 'confirmed', 'assigned', 'partially_available'];

/**
 * Notes the status on the order's transfers, and validates them where the options say so: all steps of a delivery, the one that leaves the
 * house last. The transfers are found by their source document, which is the number of the sales order, or by their own number.
 */
export async function setPackingStatus(
  session: Session,
  command: SetPackingStatus,
  signal: AbortSignal,
): Promise<ApplyResult> {
  let pickings = await pickingsOf(session, command, signal);
  const key = keyOf(session.context.source, command);
  const ids = pickings.map(({ id }) => id);
  const name = (row: Row | undefined) => textOf(row?.name) ?? String(row?.id);
  if (await hasNote(session, 'stock.picking', ids, key, signal)) {
    return { outcome: 'already-done', reference: name(pickings.at(-1)) };
  }
  if (session.options.packing.validateAt === command.status) {
    const tried = new Set<number>();
    for (;;) {
      // A backorder that a transfer leaves is no step of this delivery: it is what was not packed.
      const next = pickings.find(
        (one) => !isDone(one) && !tried.has(one.id) && !tried.has(idOf(one.backorder_id) ?? 0),
      );
      if (next === undefined) break;
      tried.add(next.id);
      await finish(session, next, signal);
      // The end of one step may have made the next one.
      pickings = await pickingsOf(session, command, signal);
    }
  }
  const last = pickings.findLast(isDone) ?? pickings.at(-1);
  if (last === undefined) throw noPicking(command);
  // Written last: it says that all of it was done. A repeat finds the transfers done, and only notes it.
  const by = command.by === undefined ? '' : ` by ${command.by}`;
  const text = `OTO: order ${command.orderId} ${command.status}${by} at ${command.at} [${key}]`;
  await addNote(session, 'stock.picking', last.id, text, signal);
  return { outcome: 'done', reference: name(last) };
}

/** In the order in which they have to be done: those that another one waits for come first. */
async function pickingsOf(session: Session, command: SetPackingStatus, signal: AbortSignal): Promise<Row[]> {
  const { orderId, location } = command;
  const { companies } = await session.standing(signal);
  const domain = [
    ['state', '!=', 'cancel'],
    ['company_id', 'in', companies],
    '|',
    ['origin', '=', orderId],
    ['name', '=', orderId],
    ['picking_type_id.code', 'in', ['outgoing', 'internal']],
    ['picking_type_id.warehouse_id.code', '=', location.split('/')[0] ?? location],
  ];
  const rows = await session.searchAll('stock.picking', { domain, fields: pickingFields }, signal);
  if (rows.length === 0) throw noPicking(command);
  const types = await session.searchAll(
    'stock.picking.type',
    { domain: [['id', 'in', rows.flatMap((row) => idOf(row.picking_type_id) ?? [])]], fields: ['code'] },
    signal,
  );
  const leaves = new Set(types.filter(({ code }) => code === 'outgoing').map(({ id }) => id));
  const rank = (row: Row) =>
    (leaves.has(idOf(row.picking_type_id) ?? 0) ? 10 : 0) + (open.indexOf(String(row.state)) < 2 ? 2 : 0);
  // A backorder of what was shipped before is younger than what it came from.
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.id - b.id);
}

async function finish(session: Session, picking: Row, signal: AbortSignal): Promise<void> {
  const { shortage } = session.options.packing;
  const ids = [picking.id];
  if (picking.state === 'draft') await session.call('stock.picking', 'action_confirm', { ids, writes: true }, signal);
  await session.call('stock.picking', 'action_assign', { ids, writes: true }, signal).catch((error: unknown) => {
    // Odoo refuses where there is nothing (more) to reserve; what is missing shows below.
    if (!(error instanceof BridgeError && error.code === 'CONNECTOR_REFUSED')) throw error;
  });
  const missing = await missingOf(session, picking.id, signal);
  if (missing.length > 0) {
    if (shortage === 'refuse') throw tooLittle(picking, missing);
    if (shortage === 'force') await force(session, missing, signal);
  }
  await validate(session, picking, shortage, signal);
}

interface Missing {
  readonly move: number;
  readonly product: string;
  readonly wanted: Big;
  readonly there: Big;
}

/** Moves of which Odoo has reserved less than the order wants. */
async function missingOf(session: Session, picking: number, signal: AbortSignal): Promise<Missing[]> {
  const [reserved = ''] = await session.having('stock.move', ['reserved_availability', 'quantity'], signal);
  const domain = [
    ['picking_id', '=', picking],
    ['state', 'not in', ['done', 'cancel']],
  ];
  const fields = ['product_id', 'product_uom_qty', reserved];
  const rows = await session.searchAll('stock.move', { domain, fields }, signal);
  return rows.flatMap((row) => {
    const wanted = decimalOf(row.product_uom_qty) ?? new Big(0);
    const there = decimalOf(row[reserved]) ?? new Big(0);
    if (there.gte(wanted)) return [];
    return [{ move: row.id, product: isRef(row.product_id) ? row.product_id[1] : String(row.id), wanted, there }];
  });
}

/** All of it, whatever Odoo thinks lies there: its figure may fall below zero. */
async function force(session: Session, missing: readonly Missing[], signal: AbortSignal): Promise<void> {
  const fields = await session.having('stock.move', ['quantity_done', 'quantity', 'picked'], signal);
  for (const { move, wanted } of missing) {
    const quantity = wanted.toNumber();
    const vals = fields.includes('quantity_done') ? { quantity_done: quantity } : { quantity, picked: true };
    await session.call('stock.move', 'write', { ids: [move], args: { vals }, writes: true }, signal);
  }
}

function tooLittle(picking: Row, missing: readonly Missing[]): BridgeError {
  const first = missing
    .slice(0, 3)
    .map(({ product, wanted, there }) => `${product}: ${there.toFixed()} of ${wanted.toFixed()}`);
  return new BridgeError(connectorErrors.CONNECTOR_REFUSED, {
    message: `Odoo has too little in stock for ${textOf(picking.name) ?? picking.id} (${first.join('; ')}${missing.length > first.length ? '; …' : ''}), so it was not validated.`,
    hint: 'Correct the stock in Odoo and repeat the operation, or set `packing.shortage` to say what shall happen then.',
  });
}

function noPicking({ orderId, location }: SetPackingStatus): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_ORDER_UNKNOWN, {
    message: `Odoo has no transfer of warehouse "${location}" with the source document or number "${orderId}".`,
    hint: 'Are `flows.packing.orderField` and `orderPrefix` right, and was the order confirmed in Odoo?',
  });
}
