import type { Config } from '../config/schema.ts';
import type { Snapshot } from '../store/snapshots.ts';
import type { LocationRule, StockScope } from '../store/stock-plan.ts';
import type { RunContext } from './context.ts';

/** The locations whose figures the stock flow's source owns. */
export function ownedByErp(config: Config) {
  const source = config.flows.stock?.from;
  return config.locations.filter((location) => location.source === source && location.stock === 'erp');
}

/** What a read is compared for; undefined where there is no location of it. */
export async function scopeOf(
  context: Pick<RunContext, 'config' | 'filter' | 'source'>,
  source: string,
  snapshot: Snapshot,
): Promise<StockScope | undefined> {
  const { config, filter } = context;
  const places = ownedByErp(config).filter(
    (location) => filter.location === undefined || location.oto === filter.location,
  );
  if (places.length === 0 || snapshot.as_of === null) return undefined;
  const { documents } = config.flows;
  const receiptsAreSent = documents?.enabled === true && documents.from === source;
  // What is not listed is zero only where nothing can have been lost on the way, and where the ERP or the configuration says so.
  const complete = snapshot.completeness === 'proven' && snapshot.rejects === 0;
  const { definition } = await context.source(source);
  const zerosAreOmitted = definition.supports.read.stock?.zeros === 'omitted';
  const locations = places.map(
    (location): LocationRule => ({
      code: location.oto,
      buffer: location.buffer,
      negative: location.negative,
      absentIsZero: complete && (location.missing === 'zero' || zerosAreOmitted),
      absentOf: location.missing === 'zero' ? null : source,
      receiptsByOrder: receiptsAreSent && location.receipts === 'order',
    }),
  );
  return {
    snapshotId: snapshot.id,
    asOf: snapshot.as_of,
    locations,
    sku: filter.sku ?? null,
    types: config.flows.stock?.types ?? [],
    lots: snapshot.lots,
    // Only what was rejected leaves a key in doubt.
    doubts: snapshot.rejects > 0,
  };
}
