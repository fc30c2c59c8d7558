import type { NewOperation } from '../store/operation-steps.ts';
import type { PlanItem } from '../store/plans.ts';
import type { RunContext } from './context.ts';

/** The operation that makes OTO's figure what a plan says. `flow`: whose operation it is. */
export function setFigure(item: PlanItem, { run }: RunContext, flow: string): NewOperation {
  return {
    kind: 'stock-set',
    flow,
    runId: run.id,
    planId: item.plan_id,
    key: item.key,
    lane: item.to === 0 ? 'to-zero' : item.action === 'lower' ? 'lowering' : 'raising',
    location: item.location,
    sku: item.sku,
    // `set`: the level itself, so that a repeat cannot add up. OTO's examples send the quantity as text.
    request: { actionType: 'set', locationCode: item.location, sku: item.sku, qty: item.to },
    precondition: {
      onHand: item.from,
      readAt: item.detail.readAt ?? null,
      wanted: item.to,
      documents: item.detail.documents ?? [],
      ...(item.detail.approved === undefined ? {} : { approved: item.detail.approved }),
      ...(item.detail.undoes === undefined ? {} : { undoes: item.detail.undoes }),
    },
  };
}
