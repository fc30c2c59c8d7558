import type { Flow, PlanOutcome } from '../engine/context.ts';
import { openPlan } from '../engine/plan.ts';
import { pullPacking } from '../engine/pull.ts';
import { counted } from '../lib/text.ts';

/** Orders ready for packing are read from OTO. What staff do with them is sent by `packing pick` and `packing pack`. */
export const packing: Flow = {
  name: 'packing',
  title: 'Orders ready for packing, OTO to the bridge; results to the ERP',
  source: (config) => config.flows.packing?.to ?? null,
  adoptable: () => [],

  async plan(context): Promise<PlanOutcome> {
    const { config, filter, progress } = context;
    const codes = config.locations
      .map((location) => location.oto)
      .filter((code) => filter.location === undefined || code === filter.location);
    progress.step('reading orders ready for packing', codes.length);
    let changed = 0;
    for (const code of codes) {
      const list = await pullPacking(context, code, context);
      context.tally.read += list.orders;
      changed += list.fresh.length + list.left.length;
      if (list.fresh.length + list.left.length > 0) {
        context.note({
          kind: 'packing',
          message: `${code}: ${counted(list.fresh.length, 'new order', 'new orders')} ready for packing, ${list.left.length} left the list.`,
          new: false,
          count: list.fresh.length,
        });
      }
      progress.advance(1);
    }
    progress.done();
    if (changed === 0) return { kind: 'nothing-new' };
    const plan = await openPlan(context, 'packing', null, null);
    return { kind: 'planned', planId: plan.id };
  },

  operation() {
    throw new Error('packing plans hold no items');
  },
};
