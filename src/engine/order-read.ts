import type { Tx } from '../store/db.ts';
import {
  cancelUnsent,
  changePackingOrder,
  lockPackingOrder,
  type OrderChange,
  setPackingState,
} from '../store/packing.ts';
import { openPackingSteps } from '../store/packing-list.ts';
import { noteAction } from '../store/station-actions.ts';
import type { Bridge } from './context.ts';
import { isBeyond, isShipped, type PackingShown, troubleOf, whyGone } from './packing-status.ts';
import { tellErp } from './tell-erp.ts';

/** Who is named where OTO does not say. */
export const byOto = 'OTO';

/** `packed`: in OTO itself, and the ERP hears of it. `left`: nobody is to pick or pack it any more. */
export type Noted = 'packed' | 'left' | 'unchanged' | 'unknown';

export interface NoteOptions {
  readonly runId?: number | null;
  /** An operation that is just being sent: what it is about to say is not yet said. */
  readonly sending?: number;
}

/** Holds fast what a read of the order shows, in one transaction. `refused`: OTO does not show it. */
export async function noteOrderRead(
  bridge: Bridge,
  orderId: string,
  read: PackingShown | 'refused',
  { runId = null, sending }: NoteOptions = {},
): Promise<Noted> {
  return bridge.db.tx(async (tx) => {
    const order = await lockPackingOrder(tx, orderId);
    if (order === undefined) return 'unknown';
    const change: OrderChange = { looked_at: new Date() };
    const gone = read === 'refused' ? 'OTO does not show this order any more' : whyGone(read.orderStatus);
    if (read !== 'refused') {
      change.refs = { ...order.refs, ...read.refs };
      const trouble = troubleOf(read);
      if (trouble !== null) change.problem = trouble;
      else if (isShipped(read)) change.problem = null;
    }
    await changePackingOrder(tx, orderId, change);
    // One that OTO does not show and that was packed here has most likely been archived.
    if (gone !== null && !(read === 'refused' && order.state === 'packed')) {
      if (order.state === 'left' && order.why === gone) return 'unchanged';
      return leave(bridge, tx, order, order.state === 'packed' ? `${gone}, after it was packed` : gone);
    }
    if (read === 'refused' || order.state === 'packed') return 'unchanged';
    const open = (await openPackingSteps(tx, orderId)).filter((id) => id !== sending);
    // What we are about to say of it tells whether it is true.
    if (open.length > 0) return 'unchanged';
    if (read.status === 'packed' || isBeyond(read.status, 'packed')) {
      await setPackingState(tx, orderId, 'packed', byOto);
      await clearClaim(tx, orderId);
      await tellErp(bridge, tx, {
        orderId,
        status: 'packed',
        location: order.location,
        by: byOto,
        runId,
        refs: { ...order.refs, ...read.refs },
      });
      if (isBeyond(read.status, 'packed')) {
        await leave(bridge, tx, order, `OTO shows it as ${read.orderStatus ?? read.status}`);
      } else await note(tx, order, 'pack', 'packed in OTO itself');
      return 'packed';
    }
    if (read.status === 'picked' && sending === undefined && order.claim_staff === null && isUntouched(order)) {
      await setPackingState(tx, orderId, 'picked', byOto);
      await note(tx, order, 'pick', 'picked in OTO itself');
      return 'unchanged';
    }
    if (order.state === 'left') {
      const shown = read.orderStatus === null ? '' : ` (${read.orderStatus})`;
      const why = `it left the list in OTO, which does not show it as packed${shown}`;
      await changePackingOrder(tx, orderId, { why });
    }
    return 'unchanged';
  });
}

type Order = NonNullable<Awaited<ReturnType<typeof lockPackingOrder>>>;

function isUntouched({ state, progress }: Order): boolean {
  return (state === 'ready' || state === 'left') && Object.keys(progress).length === 0;
}

async function leave(bridge: Bridge, tx: Tx, order: Order, why: string): Promise<'left'> {
  await cancelUnsent(tx, order.order_id, { who: bridge.who, why: `the order has left: ${why}` });
  await changePackingOrder(tx, order.order_id, { state: 'left', why });
  await clearClaim(tx, order.order_id);
  await note(tx, order, 'left', why);
  return 'left';
}

async function clearClaim(tx: Tx, orderId: string): Promise<void> {
  await changePackingOrder(tx, orderId, { claim_staff: null, claim_name: null, claim_since: null, claim_last: null });
}

async function note(tx: Tx, order: Order, type: string, message: string): Promise<void> {
  await noteAction(tx, { orderId: order.order_id, location: order.location, type, by: byOto, message });
}
