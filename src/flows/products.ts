import { unadopted } from '../engine/adoption.ts';
import type { Flow, PlanOutcome, RunContext } from '../engine/context.ts';
import { intakeProducts } from '../engine/intake-products.ts';
import { openPlan } from '../engine/plan.ts';
import { pullProducts } from '../engine/pull.ts';
import { counted } from '../lib/text.ts';
import type { Product } from '../model/index.ts';
import { addPlanItems, type NewPlanItem, type PlanItem } from '../store/plans.ts';
import { markReported, productsToCreate, type StoredProduct, unreportedDrift } from '../store/products.ts';
import { activeApprovals, hold, releaseOthers } from '../store/quarantines.ts';

/** Products of the ERP that OTO does not have are created there. OTO has no update call: a changed one is reported, once. */
export const products: Flow = {
  name: 'products',
  title: 'Products, ERP to OTO',
  source: (config) => config.flows.products?.from ?? null,
  adoptable: () => ['*'],

  async plan(context): Promise<PlanOutcome> {
    const { db, config } = context;
    const source = config.flows.products?.from;
    if (source === undefined) return { kind: 'nothing-new' };
    const { definition } = await context.source(source);
    // A read of what has changed does not list again what an earlier one brought and nobody has sent since: planned only, or held back.
    const lists = definition.supports.read.products?.mode === 'full';
    const read = await intakeProducts(context, source);
    if (read === undefined && lists) return { kind: 'nothing-new' };
    if (read?.rows === 0 && lists) return { kind: 'empty' };
    const snapshotId = read?.snapshot.id ?? null;
    const toCreate = () => productsToCreate(db, source, lists ? snapshotId : null, context.filter.sku ?? null);
    if (read === undefined && (await toCreate()).length === 0) return { kind: 'nothing-new' };
    await pullProducts(context, context);
    const missing = await toCreate();
    const held = await heldSurplus(context, missing, snapshotId);
    const plan = await openPlan(context, 'products', source, snapshotId);
    await addPlanItems(
      db,
      plan.id,
      missing.map(
        (product, index): NewPlanItem => ({
          kind: 'product',
          action: 'create',
          key: product.sku,
          sku: product.sku,
          detail: { name: product.data.name, hash: product.hash, request: requestOf(product.data) },
          held: held(index),
        }),
      ),
    );
    if (read !== undefined) {
      await reportDrift(context, source, read.snapshot.id);
      context.tally.saved += Math.max(0, read.rows - read.snapshot.rejects - missing.length);
    }
    return { kind: 'planned', planId: plan.id };
  },

  operation(item: PlanItem, context: RunContext) {
    const { hash, request } = item.detail as { hash: string; request: Record<string, unknown> };
    return {
      kind: 'product-create',
      flow: 'products',
      runId: context.run.id,
      planId: item.plan_id,
      key: item.key,
      lane: 'products',
      sku: item.key,
      request,
      precondition: { hash },
    };
  },
};

/** The body of createProduct. `taxAmount` is always sent: OTO's table calls it optional, its error OTO1129 calls it required. */
export function requestOf(product: Product): Record<string, unknown> {
  const {
    sku,
    name,
    price,
    taxAmount,
    barcode,
    secondBarcode,
    description,
    category,
    brandId,
    imageUrl,
    hsCode,
    origin,
    type,
  } = product;
  const optional = {
    barcode,
    secondBarcode,
    description,
    category,
    brandId,
    productImage: imageUrl,
    hsCode,
    itemOrigin: origin,
    bundleItems: type === 'kit' ? true : undefined,
  };
  return {
    sku,
    productName: name,
    price,
    taxAmount: taxAmount ?? '0',
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== '')),
  };
}

/** More new products than one run may create wait for approval, so that a wrong file does not fill the account. */
async function heldSurplus(
  context: RunContext,
  missing: readonly StoredProduct[],
  snapshotId: number | null,
): Promise<(index: number) => string | null> {
  if ((await unadopted(context, products)).length > 0) return () => 'not-adopted';
  const { maxCreates } = context.config.guards;
  if (missing.length <= maxCreates) {
    // What an earlier run held has gone meanwhile, or is no longer wanted: it waits for nobody.
    if (context.filter.sku === undefined)
      await releaseOthers(context.db, 'products', ['max-creates'], context.run.started_at);
    return () => null;
  }
  const approvals = await activeApprovals(context.db, 'products');
  if (approvals.some((approval) => approval.rule === 'max-creates' && missing.length <= (approval.to ?? 0)))
    return () => null;
  const surplus = missing.length - maxCreates;
  const reason = `${missing.length} products would be created, more than guards.maxCreates (${maxCreates}): the last ${surplus} wait`;
  const fresh = await hold(context.db, [
    {
      flow: 'products',
      rule: 'max-creates',
      direction: 'create',
      to: missing.length,
      reason,
      snapshotId,
      runId: context.run.id,
    },
  ]);
  context.note({
    kind: 'quarantine',
    message: reason,
    hint: '`oto-bridge quarantine approve ID` lets all of them go.',
    new: fresh > 0,
    count: surplus,
  });
  return (index) => (index < maxCreates ? null : 'max-creates');
}

async function reportDrift(context: RunContext, source: string, snapshotId: number): Promise<void> {
  const drifts = await unreportedDrift(context.db, source, snapshotId);
  if (drifts.length === 0) return;
  await markReported(context.db, source, drifts);
  const first = drifts[0];
  context.note({
    kind: 'product-drift',
    message: `${counted(drifts.length, 'product differs', 'products differ')} from what OTO has (first: ${first?.sku}, ${first?.field}: "${first?.erp}" in the ERP, "${first?.oto}" in OTO).`,
    hint: "OTO's API cannot change a product: correct it on OTO's product page. Each difference is reported once.",
    new: false,
    count: drifts.length,
  });
}
