import Big from 'big.js';
import { isBridgeError } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { emptiedFigures } from '../store/stock-emptied.ts';
import type { StockScope } from '../store/stock-plan.ts';
import type { Bridge, RunContext } from './context.ts';
import { LocationMap } from './locations.ts';

/** What the ERP's ledger says of one SKU at one location of ours. */
export interface Moved {
  readonly sku: string;
  readonly location: string;
  /** In base units: positive came in, negative went out. */
  readonly units: number;
  readonly bookedAt: Date;
  readonly reference: string;
}

/**
 * What the ERP has moved of some SKUs since a moment, oldest first. Undefined: the source's connector cannot be asked.
 * @throws BridgeError where the ERP cannot be read
 */
export async function movedSince(
  bridge: Bridge,
  source: string,
  skus: readonly string[],
  since: Date,
  { signal }: { readonly signal: AbortSignal },
): Promise<Moved[] | undefined> {
  const { definition, connector } = await bridge.source(source);
  const read = connector.read.movements;
  if (definition.supports.read.movements?.bySku !== true || read === undefined) return undefined;
  const wanted = new Set(skus);
  const map = new LocationMap(bridge.config, source);
  const units = bridge.config.sources[source]?.units ?? {};
  const found = new Map<string, Moved>();
  for await (const item of read({ since: null, signal, only: { skus, bookedFrom: since.toISOString() } })) {
    for (const change of 'manifest' in item ? [] : item.changes) {
      if (change.op === 'delete') found.delete(change.key);
      if (change.op !== 'upsert') continue;
      const { sku, location, quantity, unit, bookedAt, reference } = change.value;
      const mapped = map.find(location);
      const factor = unit === undefined || unit === '' ? '1' : units[unit];
      const at = new Date(bookedAt);
      if (typeof mapped !== 'object' || factor === undefined || !wanted.has(sku) || at <= since) continue;
      const moved = new Big(quantity).times(factor).toNumber();
      found.set(change.key, {
        sku,
        location: mapped.oto,
        units: moved,
        bookedAt: at,
        reference: reference ?? change.key,
      });
    }
  }
  return [...found.values()].sort((a, b) => a.bookedAt.getTime() - b.bookedAt.getTime());
}

/** Figures that the ledger is asked about in one run. Where more become 0 at once, that itself wants a person. */
const mostAsked = 200;

/**
 * Of a plan's figures that fall from much to 0 those for which the ERP's ledger accounts: what it moved since the last export that had
 * some leaves no more than the ERP says now. A ledger that cannot be read accounts for nothing.
 */
export async function movedToZero(
  context: RunContext,
  planId: number,
  source: string,
  scope: StockScope,
): Promise<number[]> {
  const { db, config, log, signal } = context;
  const { definition } = await context.source(source);
  if (definition.supports.read.movements?.bySku !== true) return [];
  const plan = { id: planId, source, snapshotId: scope.snapshotId };
  const emptied = await emptiedFigures(db, plan, {
    minimum: config.guards.strayZeroFrom,
    most: mostAsked,
    kept: config.retention.stockSnapshots,
  });
  const [first] = emptied;
  if (first === undefined) return [];
  const since = new Date(Math.min(...emptied.map(({ asOf }) => asOf.getTime())));
  const skus = [...new Set(emptied.map(({ sku }) => sku))];
  const moved = await movedSince(context, source, skus, since, { signal }).catch((error: unknown) => {
    if (!isBridgeError(error)) throw error;
    log.warn(
      { source, reason: error.message },
      'the movements of the ERP could not be read: figures that fall to 0 are judged without them',
    );
    return undefined;
  });
  const accounted = emptied.filter(({ sku, location, before, asOf, erp }) => {
    const own = (moved ?? []).filter((one) => one.sku === sku && one.location === location && one.bookedAt > asOf);
    return before + own.reduce((sum, { units }) => sum + units, 0) <= erp;
  });
  const [one] = accounted;
  if (one === undefined) return [];
  context.note({
    kind: 'moved-to-zero',
    message: `${counted(accounted.length, 'figure falls', 'figures fall')} to 0, and the movements of "${source}" account for it (first: ${one.sku} at ${one.location}, ${one.from} until now).`,
    new: false,
    count: accounted.length,
  });
  return accounted.map(({ seq }) => seq);
}
