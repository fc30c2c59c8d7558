import { counted } from '../lib/text.ts';
import { recentNotes } from '../store/runs.ts';
import type { Snapshot } from '../store/snapshots.ts';
import type { StockScope } from '../store/stock-plan.ts';
import { unlistedStock } from '../store/stock-unlisted.ts';
import type { RunContext } from './context.ts';
import { locationOf } from './locations.ts';

const kind = 'unlisted';
const rememberedRuns = 100;

/**
 * Says of which SKUs the figure stays although the configuration wants what is not listed to be zero: the read was not proven complete, or
 * rows of it were rejected. Otherwise nobody would see that an export which never proves anything never sells anything out. News once.
 */
export async function noticeUnlisted(context: RunContext, snapshot: Snapshot, scope: StockScope): Promise<void> {
  const { db, config, run } = context;
  const places = scope.locations
    .filter(({ code, absentIsZero }) => !absentIsZero && locationOf(config, code)?.missing === 'zero')
    .map(({ code }) => code);
  if (places.length === 0 || scope.sku !== null) return;
  const { count, sku, location } = await unlistedStock(db, snapshot.id, places);
  if (count === 0) return;
  const known = await recentNotes(db, run.flow, run.id, kind, rememberedRuns);
  const proven = snapshot.completeness === 'proven';
  context.note({
    kind,
    message: `${counted(count, 'figure', 'figures')} of OTO ${count === 1 ? 'is' : 'are'} not in the export (first: ${sku} at ${location}) and ${count === 1 ? 'stays as it is' : 'stay as they are'}: ${proven ? 'rows of it were rejected' : 'nothing proves it complete'}.`,
    hint: proven
      ? 'Mend the rejected rows: any of them may be the one that is missing.'
      : '`missing: zero` needs an export that states how many rows it has: a manifest beside the file, or its option `trailer`.',
    new: known.length === 0,
    count,
  });
}
