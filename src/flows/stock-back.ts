import { adoptedLocations } from '../engine/adoption.ts';
import type { Flow, PlanOutcome, RunContext } from '../engine/context.ts';
import { erpCodeOf } from '../engine/locations.ts';
import { openPlan } from '../engine/plan.ts';
import { pullFigures, pullProducts, requireLocations } from '../engine/pull.ts';
import { addPlanItems, type PlanItem } from '../store/plans.ts';
import { otoSkus } from '../store/products.ts';
import { figuresToWrite } from '../store/stock-back.ts';

/** OTO's figures of the locations that OTO owns, written to the ERP: never those of locations that the ERP owns. */
export const stockBack: Flow = {
  name: 'stock-back',
  title: 'Stock figures of locations that OTO owns, OTO to ERP',
  source: (config) => config.flows['stock-back']?.to ?? null,
  adoptable: (config) =>
    config.flows['stock-back'] === undefined
      ? []
      : config.locations.filter((location) => location.stock === 'oto').map((location) => location.oto),

  async plan(context): Promise<PlanOutcome> {
    const { db, config, filter } = context;
    const flow = config.flows['stock-back'];
    if (flow === undefined) return { kind: 'nothing-new' };
    const codes = stockBack
      .adoptable(config)
      .filter((code) => filter.location === undefined || code === filter.location);
    if (codes.length === 0) return { kind: 'nothing-new' };
    await requireLocations(context, context);
    await pullProducts(context, context);
    const skus = filter.sku === undefined ? await otoSkus(db) : [filter.sku];
    const readSince = await pullFigures(context, skus, codes, context);
    context.tally.read += skus.length;
    const rows = await figuresToWrite(db, codes, readSince);
    const adopted = await adoptedLocations(context, stockBack);
    const plan = await openPlan(context, 'stock-back', flow.to, null);
    const asOf = readSince.toISOString();
    await addPlanItems(
      db,
      plan.id,
      codes.flatMap((code) => {
        const lines = rows.filter((row) => row.location === code);
        if (lines.length === 0) return [];
        return [
          {
            kind: 'erp-stock',
            action: 'write',
            key: code,
            location: code,
            to: lines.length,
            detail: {
              asOf,
              lines: lines.map((line) => ({ sku: line.sku, quantity: line.on_hand, from: line.written })),
            },
            held: adopted.has(code) ? null : 'not-adopted',
          },
        ];
      }),
    );
    return { kind: 'planned', planId: plan.id };
  },

  operation(item: PlanItem, context: RunContext) {
    const { asOf, lines } = item.detail as { asOf: string; lines: { sku: string; quantity: number }[] };
    const location = item.location ?? '';
    return {
      kind: 'erp-command',
      flow: 'stock-back',
      runId: context.run.id,
      planId: item.plan_id,
      key: `write-stock/${location}`,
      lane: 'erp',
      location,
      request: {
        source: context.config.flows['stock-back']?.to ?? '',
        command: {
          name: 'write-stock',
          asOf,
          lines: lines.map((line) => ({
            sku: line.sku,
            location: erpCodeOf(context.config, location),
            quantity: String(line.quantity),
          })),
        },
      },
      precondition: { lines: lines.map((line) => ({ sku: line.sku, location, quantity: line.quantity })) },
    };
  },
};
