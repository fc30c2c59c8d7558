import { crashPoint } from '../lib/crash-point.ts';
import type { Lane } from '../model/index.ts';
import { createOperations } from '../store/operation-steps.ts';
import { noteOutcomes, type Plan, type PlanItem, planItems, setPlanStatus } from '../store/plans.ts';
import { holdRun } from '../store/run-hold.ts';
import type { Flow, RunContext } from './context.ts';
import { runLost } from './run-lock.ts';

export interface Moved {
  readonly item: PlanItem;
  readonly why: string;
}

export interface Applied {
  readonly operations: number;
  /** Items whose precondition no longer held. They are not sent. */
  readonly moved: readonly Moved[];
}

/**
 * Turns a plan into operations and the jobs that carry them, in one transaction: either all of it will be sent, or nothing.
 * With `recheck`, OTO's side is read again first and items that moved are dropped and named.
 */
export async function apply(
  context: RunContext,
  flow: Flow,
  plan: Plan,
  options: { readonly recheck: boolean },
): Promise<Applied> {
  const moved: Moved[] = [];
  if (options.recheck && flow.recheck !== undefined) {
    for await (const items of planItems(context.db, plan.id, { sendable: true })) {
      const reasons = await flow.recheck(items, context);
      for (const item of items) {
        const why = reasons.get(item.seq);
        if (why !== undefined) moved.push({ item, why });
      }
      await noteOutcomes(
        context.db,
        plan.id,
        [...reasons].map(([seq, why]) => ({ seq, outcome: `moved: ${why}` })),
      );
    }
  }
  let count = 0;
  await context.db.tx(async (tx) => {
    count = 0;
    // A process that froze long enough loses its run, and learns of it only after it has woken up: its figures are old by then.
    if (!(await holdRun(tx, context.run.id))) throw runLost(flow.name, 'another process has run the flow meanwhile');
    for await (const items of planItems(tx, plan.id, { sendable: true })) {
      const operations = await Promise.all(items.map((item) => flow.operation(item, context)));
      const ids = await createOperations(tx, operations, context.who);
      crashPoint('apply:created', ids);
      const ready: { id: number; lane: Lane }[] = [];
      const outcomes: { seq: number; outcome: string }[] = [];
      for (const [index, id] of ids.entries()) {
        const operation = operations[index];
        const item = items[index];
        if (operation === undefined || item === undefined) continue;
        outcomes.push({ seq: item.seq, outcome: id === undefined ? 'left out: already under way' : `operation ${id}` });
        if (id === undefined) continue;
        count += 1;
        if (operation.waitingFor == null) ready.push({ id, lane: operation.lane });
      }
      await noteOutcomes(tx, plan.id, outcomes);
      await flow.planned?.(items, context, tx);
      await context.jobs.enqueue(tx, ready);
      crashPoint('apply:queued', ready);
    }
    await setPlanStatus(tx, plan.id, 'applied', context.who);
    // Freshly loaded rows without statistics make every later claim slow.
    if (count > 1000) await tx.query('analyze operation');
  });
  crashPoint('apply:committed');
  return { operations: count, moved };
}
