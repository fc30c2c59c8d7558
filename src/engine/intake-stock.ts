import type { Change, Reject } from '../connector/types.ts';
import { toWhole } from '../lib/decimal.ts';
import { partitionOf } from '../store/snapshots.ts';
import { addDoubts, stockRowText } from '../store/stock-plan.ts';
import type { RunContext } from './context.ts';
import { type Intake, intake, type StorePage } from './intake.ts';
import { LocationMap } from './locations.ts';

type StockChange = Exclude<Change<'stock'>, Reject>;

/** Reads a source's stock into a partition of its own: mapped to OTO locations, in whole base units. */
export async function intakeStock(context: RunContext, sourceName: string): Promise<Intake | undefined> {
  const config = context.config.sources[sourceName];
  if (config === undefined) throw new Error(`source ${sourceName} is not configured`);
  const map = new LocationMap(context.config, sourceName);
  const storePage: StorePage<'stock'> = async (tx, snapshot, changes, rejected) => {
    const rows: string[] = [];
    const rejects: Reject[] = [];
    const doubts: { sku: string; location: string; reason: string }[] = [];
    let ignored = 0;
    for (const change of changes) {
      if (change.op === 'delete') continue;
      const { sku, location, quantity, unit } = change.value;
      const mapped = map.find(location);
      if (mapped === 'ignored') {
        ignored += 1;
        continue;
      }
      if (mapped === 'unmapped') {
        rejects.push(
          rejectOf(
            change,
            'location',
            location,
            `location "${location}" is neither mapped in locations nor listed in ignoreLocations`,
          ),
        );
        continue;
      }
      const doubt = (column: string, value: string, reason: string) => {
        rejects.push(rejectOf(change, column, value, reason));
        doubts.push({ sku, location: mapped.oto, reason });
      };
      if (sku.includes(',')) {
        doubt('sku', sku, 'OTO reads stock by SKUs joined with commas, so a SKU with a comma can never be read back');
        continue;
      }
      const factor = unit === undefined || unit === '' ? '1' : config.units[unit];
      if (factor === undefined) {
        doubt('unit', unit ?? '', `unit "${unit}" is not listed in sources.${sourceName}.units`);
        continue;
      }
      const whole = toWhole(quantity, factor, config.fraction);
      if (!whole.ok) {
        doubt('quantity', quantity, whole.reason);
        continue;
      }
      rows.push(stockRowText(sku, mapped.oto, location, snapshot.id, whole.value));
    }
    // A row that the connector rejected may be one of several for its key: without it their sum would be too low.
    for (const reject of rejected) {
      const [sku, location] = (reject.key ?? '').split('\t');
      if (sku === undefined || location === undefined) continue;
      const mapped = map.find(location);
      if (typeof mapped === 'object') doubts.push({ sku, location: mapped.oto, reason: reject.reason });
    }
    if (rows.length > 0) {
      await tx.copyInto(
        `copy ${partitionOf(snapshot.id)} (snapshot_id, sku, location, erp_location, quantity) from stdin`,
        chunksOf(rows),
      );
    }
    await addDoubts(tx, snapshot.id, doubts);
    return { rejects, ignored };
  };
  return intake(context, sourceName, 'stock', storePage);
}

async function* chunksOf(rows: readonly string[]): AsyncGenerator<string> {
  for (let start = 0; start < rows.length; start += 1000) yield rows.slice(start, start + 1000).join('');
}

function rejectOf(change: StockChange, column: string, value: string, reason: string): Reject {
  return { op: 'reject', key: change.key, column, value, reason, ...change.place };
}
