import { crashPoint } from '../lib/crash-point.ts';
import { clearAlarm, clearOtherAlarms, ensureAlarm } from '../store/alarms.ts';
import { releaseWaiting, supersedeOld, supersedeParked, sweepLapsed } from '../store/operation-claims.ts';
import { type Carried, longWaiting, readyOperations } from '../store/operations.ts';
import { claimProbes, endPause } from '../store/pauses.ts';
import { endIdleClaims } from '../store/station-actions.ts';
import type { Bridge } from './context.ts';
import { notice } from './notice.ts';
import { prove } from './prove.ts';

export interface TendOptions {
  /** Since when this process tends, by the database's clock: a job that was taken earlier may belong to a dead worker. */
  readonly takenBefore: Date;
  readonly signal: AbortSignal;
  /** Also the looks that cost more: at the start, and every few seconds. */
  readonly thorough: boolean;
}

/**
 * Looks after what no job carries: lapsed leases, unproven outcomes, pauses, operations whose wait is over or whose job is gone.
 * Safe to run in several processes at once.
 */
export async function tend(bridge: Bridge, { takenBefore, signal, thorough }: TendOptions): Promise<void> {
  const { db, config } = bridge;
  crashPoint('sweep:committed', await sweepLapsed(db, config.oto.settleSeconds * 1000, bridge.who));
  await probePauses(bridge);
  await prove(bridge, signal);
  const released = await db.tx(async (tx) => {
    const ready = await releaseWaiting(tx, bridge.who);
    crashPoint('release:moved', ready);
    await bridge.jobs.enqueue(tx, ready);
    return ready;
  });
  crashPoint('release:committed', released);
  await supersedeOld(db, config.push.figureMaxAgeMinutes * 60_000, bridge.who);
  if (!thorough) return;
  if (config.flows.packing !== undefined) await endIdleClaims(db, config.flows.packing.claimMinutes);
  await supersedeParked(db, bridge.who);
  await requeueLost(bridge, takenBefore);
  await noticeLongWaits(bridge);
  await notice(bridge, takenBefore);
}

async function noticeLongWaits(bridge: Bridge): Promise<void> {
  const waits = await longWaiting(bridge.db);
  await clearOtherAlarms(
    bridge.db,
    'product-missing',
    waits.map((wait) => wait.sku),
  );
  for (const { sku, since } of waits) {
    await ensureAlarm(bridge.db, {
      kind: 'product-missing',
      subject: sku,
      message: `The figure of "${sku}" has waited since ${since.toISOString()} for a product that OTO does not have.`,
      hint: 'Does the ERP export this product, and did OTO refuse it? `oto-bridge operations list --state refused` shows refusals.',
    });
  }
}

/** A pause ends by itself: OTO is asked whether it lets us in again. */
async function probePauses(bridge: Bridge): Promise<void> {
  for (const pause of await claimProbes(bridge.db, bridge.config.oto.probeSeconds * 1000)) {
    const works =
      pause.scope === 'account' ? (await bridge.oto.refreshNow()).kind === 'ok' : await familyWorks(bridge, pause.name);
    if (!works) continue;
    await endPause(bridge.db, pause.scope, pause.name);
    await clearAlarm(bridge.db, 'paused', pause.name);
    bridge.log.info({ scope: pause.scope, name: pause.name }, 'the pause is over: OTO lets us again');
  }
}

/** A read of the family answers whether its calls are allowed again; where it has none, one operation is let through as the probe. */
async function familyWorks(bridge: Bridge, family: string): Promise<boolean> {
  const { oto, config } = bridge;
  const location = config.locations[0]?.oto ?? '';
  const outcome =
    family === 'products'
      ? await oto.call('productList', { pageSize: 1, currentPage: 1 })
      : family === 'stock' || family === 'documents'
        ? await oto.call('checkInventoryStock', { sku: 'oto-bridge-probe' })
        : family === 'packing'
          ? await oto.call('getPackingOrders', { warehouseCode: location })
          : family === 'locations'
            ? await oto.call('getPickupLocationList', {})
            : await oto.call('orders', { perPage: 1, page: 1 });
  return outcome.kind === 'ok' || outcome.kind === 'refused';
}

/** Ready operations looked at in one go. */
const portion = 5000;
/** Where the round over the ready operations goes on, by bridge. */
const rounds = new WeakMap<Bridge, Carried>();

/** Ready operations whose job is gone (a queue that was purged, a worker that died) get a new one. */
async function requeueLost(bridge: Bridge, takenBefore: Date): Promise<void> {
  const ready = await readyOperations(bridge.db, rounds.get(bridge), portion);
  const last = ready.at(-1);
  if (ready.length === portion && last !== undefined) rounds.set(bridge, last);
  else rounds.delete(bridge);
  const jobs = new Map(
    ready.flatMap((operation) => (operation.job_id === null ? [] : [[operation.job_id, operation.lane] as const])),
  );
  const alive = await bridge.jobs.alive(
    [...jobs].map(([id, lane]) => ({ id, lane })),
    takenBefore,
  );
  const lost = ready.filter((operation) => operation.job_id === null || !alive.has(operation.job_id));
  if (lost.length === 0) return;
  await bridge.db.tx((tx) => bridge.jobs.enqueue(tx, lost));
  bridge.log.info({ count: lost.length }, 'queued again: operations whose job was gone');
}
