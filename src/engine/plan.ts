import { BridgeError } from '../lib/errors.ts';
import { pendingHash } from '../store/documents.ts';
import { createPlan, getPlan, type Plan } from '../store/plans.ts';
import type { Queryable } from '../store/queryable.ts';
import { lastSnapshot } from '../store/snapshots.ts';
import type { Bridge, RunContext } from './context.ts';
import { engineErrors } from './errors.ts';

/** Stores an empty plan with everything that it will have been made from: what moves later makes it stale. */
export async function openPlan(
  context: RunContext,
  flow: string,
  source: string | null,
  snapshotId: number | null,
  db: Queryable = context.db,
): Promise<Plan> {
  const { sku, location, undoes } = context.filter;
  return createPlan(db, {
    flow,
    runId: context.run.id,
    source,
    snapshotId,
    mappingHash: context.mappingHash,
    filter: {
      ...(sku === undefined ? {} : { sku }),
      ...(location === undefined ? {} : { location }),
      ...(undoes === undefined ? {} : { undoes }),
    },
  });
}

const entityOf: Readonly<Record<string, string>> = { stock: 'stock', products: 'products', documents: 'documents' };

/** Why a stored plan may no longer be applied; undefined while it may. */
export async function whyStale(bridge: Bridge, plan: Plan): Promise<string | undefined> {
  if (plan.status === 'stale') return plan.why ?? 'it was replaced';
  const maxAge = bridge.config.plans.maxAgeMinutes * 60_000;
  if (bridge.now() - plan.created_at.getTime() > maxAge) {
    return `it is older than plans.maxAgeMinutes (${bridge.config.plans.maxAgeMinutes})`;
  }
  if (plan.mapping_hash !== bridge.mappingHash) return 'the configuration maps something else since';
  if (plan.flow === 'stock' && plan.pending_hash !== (await pendingHash(bridge.db))) {
    return 'the set of pending inventory orders has changed since';
  }
  const entity = entityOf[plan.flow];
  if (plan.source !== null && entity !== undefined && plan.snapshot_id !== null) {
    const newest = await lastSnapshot(bridge.db, plan.source, entity);
    if (newest !== undefined && newest.id !== plan.snapshot_id) return 'a newer snapshot has been read since';
  }
  return undefined;
}

/** @throws BridgeError PLAN_UNKNOWN, WRONG_STATE */
export async function requireOpenPlan(bridge: Bridge, id: number): Promise<Plan> {
  const plan = await getPlan(bridge.db, id);
  if (plan === undefined) {
    throw new BridgeError(engineErrors.PLAN_UNKNOWN, {
      message: `There is no plan ${id}.`,
      hint: '`oto-bridge plan list` shows those that there are.',
    });
  }
  if (plan.status === 'applied' || plan.status === 'rejected') {
    throw new BridgeError(engineErrors.WRONG_STATE, {
      message: `Plan ${id} was ${plan.status} already.`,
      hint: `Make a new one with \`oto-bridge plan ${plan.flow}\`.`,
    });
  }
  return plan;
}
