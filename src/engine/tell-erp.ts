import type { Command, PackingStatus } from '../model/index.ts';
import type { Tx } from '../store/db.ts';
import { getDocument } from '../store/documents.ts';
import { createOperations, type NewOperation } from '../store/operation-steps.ts';
import { changePackingOrder } from '../store/packing.ts';
import type { Bridge } from './context.ts';
import { erpCodeOf } from './locations.ts';

export interface Packed {
  readonly orderId: string;
  readonly status: PackingStatus;
  readonly location: string | null;
  readonly by: string;
  readonly runId: number | null;
  /** What else OTO knows the order by. */
  readonly refs: Readonly<Record<string, string>>;
}

/**
 * Writes down that the ERP is to hear of a packing status, and the job that tells it, where the configuration says so. Where OTO's order has
 * nothing that the ERP could know it by, the order says so.
 */
export async function tellErp(bridge: Bridge, tx: Tx, packed: Packed): Promise<void> {
  const { packing } = bridge.config.flows;
  if (packing?.to === undefined) return;
  const { orderId, status, location, by, runId } = packed;
  const erpOrder = erpOrderOf(packing, packed);
  if (erpOrder === undefined) {
    const why = `OTO's order has no ${packing.orderField}, by which the ERP would know it`;
    await changePackingOrder(tx, orderId, { erp_operation: null, erp_unmatched: why });
    return;
  }
  const operation = await ask(bridge, tx, packing.to, `set-packing-status/${orderId}/${status}`, {
    about: { flow: 'packing', runId, location, orderId },
    command: {
      name: 'set-packing-status',
      orderId: erpOrder,
      status,
      at: new Date(bridge.now()).toISOString(),
      by,
      location: erpCodeOf(bridge.config, location ?? ''),
    },
  });
  if (operation !== undefined) {
    await changePackingOrder(tx, orderId, { erp_operation: operation, erp_unmatched: null });
  }
}

type Matching = Pick<NonNullable<Bridge['config']['flows']['packing']>, 'orderField' | 'orderPrefix'>;

/** The order as the ERP knows it; undefined where OTO's has no such field. */
function erpOrderOf({ orderField, orderPrefix }: Matching, { orderId, refs }: Packed): string | undefined {
  const value = orderField === 'orderId' ? orderId : refs[orderField];
  if (value === undefined) return undefined;
  return value.startsWith(orderPrefix) ? value.slice(orderPrefix.length) : value;
}

/** Writes down that the ERP's document is to bear the reference under which OTO has it, where the configuration says so. */
export async function noteInErp(bridge: Bridge, tx: Tx, documentId: number, runId: number | null): Promise<void> {
  if (bridge.config.flows.documents?.note !== true) return;
  const document = await getDocument(tx, documentId);
  if (document === undefined) return;
  const { source, location, erp_id, number, reference, oto_id } = document;
  await ask(bridge, tx, source, `note-document/${documentId}`, {
    about: { flow: 'documents', runId, location },
    command: {
      name: 'note-document',
      documentId: erp_id ?? number,
      reference,
      text: `OTO has it${oto_id === null ? '' : ` as inventory order ${oto_id}`}.`,
    },
  });
}

type About = Pick<NewOperation, 'flow' | 'runId' | 'location' | 'orderId'>;
type WithoutId<C> = C extends Command ? Omit<C, 'id'> : never;

async function ask(
  bridge: Bridge,
  tx: Tx,
  source: string,
  key: string,
  { about, command }: { readonly about: About; readonly command: WithoutId<Command> },
): Promise<number | undefined> {
  const operation: NewOperation = { ...about, kind: 'erp-command', key, lane: 'erp', request: { source, command } };
  const [id] = await createOperations(tx, [operation], bridge.who);
  if (id !== undefined) await bridge.jobs.enqueue(tx, [{ id, lane: 'erp' }]);
  return id;
}
