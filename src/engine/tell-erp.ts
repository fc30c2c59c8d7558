import type { PackingStatus } from '../model/index.ts';
import type { Tx } from '../store/db.ts';
import { createOperations } from '../store/operation-steps.ts';
import type { Bridge } from './context.ts';
import { erpCodeOf } from './locations.ts';

export interface Packed {
  readonly orderId: string;
  readonly status: PackingStatus;
  readonly location: string | null;
  readonly by: string;
  readonly runId: number | null;
}

/** Writes down that the ERP is to hear of a packing status, and the job that tells it, where the configuration says so. */
export async function tellErp(bridge: Bridge, tx: Tx, { orderId, status, location, by, runId }: Packed): Promise<void> {
  const { packing } = bridge.config.flows;
  if (packing?.to === undefined) return;
  const erpOrder = orderId.startsWith(packing.orderPrefix) ? orderId.slice(packing.orderPrefix.length) : orderId;
  const [id] = await createOperations(
    tx,
    [
      {
        kind: 'erp-command',
        flow: 'packing',
        runId,
        key: `set-packing-status/${orderId}/${status}`,
        lane: 'erp',
        location,
        orderId,
        request: {
          source: packing.to,
          command: {
            name: 'set-packing-status',
            orderId: erpOrder,
            status,
            at: new Date(bridge.now()).toISOString(),
            by,
            location: erpCodeOf(bridge.config, location ?? ''),
          },
        },
      },
    ],
    bridge.who,
  );
  if (id !== undefined) await bridge.jobs.enqueue(tx, [{ id, lane: 'erp' }]);
}
