import type { Flow, PlanOutcome, RunContext } from '../engine/context.ts';
import { lookAtGone } from '../engine/packed-in-oto.ts';
import { openPlan } from '../engine/plan.ts';
import { pullPacking, requireLocations } from '../engine/pull.ts';
import { isBridgeError } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { clearAlarm, raiseAlarm } from '../store/alarms.ts';

/**
 * Orders ready for packing are read from OTO. What staff do with them is sent by `packing pick` and `packing pack`; what they do in OTO
 * itself shows when an order leaves the list.
 */
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
    await requireLocations(context, context);
    for (const code of codes) {
      const list = await pullPacking(context, code, context).catch((error: unknown) =>
        noticeRefusal(context, code, error),
      );
      progress.advance(1);
      if (list === undefined) continue;
      await clearAlarm(context.db, 'packing-refused', code);
      context.tally.read += list.orders;
      context.signs.set(`orders/${code}`, list.orders);
      changed += list.fresh.length + list.left.length;
      const gone = await lookAtGone(context, code);
      changed += gone.packed + gone.left;
      if (gone.packed > 0) {
        context.note({
          kind: 'packed-in-oto',
          message: `${code}: ${counted(gone.packed, 'order was', 'orders were')} packed in OTO itself${config.flows.packing?.to === undefined ? '' : '; the ERP is told'}.`,
          new: false,
          count: gone.packed,
        });
      }
      if (list.fresh.length + list.left.length > 0) {
        context.note({
          kind: 'packing',
          message: `${code}: ${counted(list.fresh.length, 'new order', 'new orders')} ready for packing, ${list.left.length} left the list.`,
          new: false,
          count: list.fresh.length,
        });
      }
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

/** OTO may have no packing list for a branch: one place that it refuses must not keep the others from being packed. */
async function noticeRefusal(context: RunContext, code: string, error: unknown): Promise<undefined> {
  if (!isBridgeError(error) || error.code !== 'OTO_REFUSED') throw error;
  const message = `OTO gives no packing list for ${code}: ${error.message}`;
  const hint = 'Is it a branch, or switched off in OTO? Its orders are not shown here.';
  const fresh = await raiseAlarm(context.db, { kind: 'packing-refused', subject: code, message, hint });
  context.note({ kind: 'packing-refused', message, hint, new: fresh });
}
