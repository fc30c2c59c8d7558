import { counted } from '../lib/text.ts';
import { clearStale, raiseAlarm } from '../store/alarms.ts';
import { codesGone, forgetCodes, holdLoweringAt } from '../store/erp-codes.ts';
import type { Standing } from '../store/standing.ts';
import type { StockScope } from '../store/stock-plan.ts';
import type { RunContext } from './context.ts';
import { LocationMap } from './locations.ts';

/** Alarms of codes; whole locations have `location-missing`. */
const kind = 'code-missing';

/**
 * A location of OTO may be the sum of several ERP codes. Where the export has nothing at all of one that it had before, the sum of the
 * others is no figure: nothing is lowered there until the code is back, a person says that it is empty (`--accept-missing`), or it is
 * taken out of the configuration.
 */
export async function holdMissingCodes(
  context: RunContext,
  planId: number,
  source: string,
  scope: StockScope,
  { alarms }: Standing,
): Promise<void> {
  const { db, config, filter } = context;
  let gone = await codesGone(db, source, scope.snapshotId);
  if (filter.acceptMissing === true && gone.length > 0) {
    await forgetCodes(db, source, gone);
    gone = [];
  }
  const map = new LocationMap(config, source);
  const known = new Set(scope.locations.map((location) => location.code));
  const missing = gone.flatMap((code) => {
    const mapped = map.find(code);
    return typeof mapped === 'object' && known.has(mapped.oto) ? [{ code, location: mapped.oto }] : [];
  });
  const places = [...new Set(missing.map(({ location }) => location))];
  const held = places.length === 0 ? 0 : await holdLoweringAt(db, planId, places, kind);
  const subjectOf = (code: string) => `${source}/${code}`;
  for (const { code, location } of missing) {
    const message = `The stock of "${source}" lists nothing at all for its location ${code}, which is a part of ${location}.`;
    const hint = `Nothing is lowered at ${location} meanwhile. Check the export; where the place is empty or gone, say so with \`oto-bridge sync stock --accept-missing\`, or take it out of locations[].erp.`;
    await raiseAlarm(db, { kind, subject: subjectOf(code), message, hint });
    // Each time: as long as a part is missing, no figure of the whole is sure.
    context.note({ kind, message, hint, new: true });
  }
  if (held > 0) {
    context.note({
      kind: 'not-lowered',
      message: `${counted(held, 'figure was', 'figures were')} not lowered, because a part of ${places.join(', ')} is missing.`,
      new: false,
      count: held,
    });
  }
  if (filter.location !== undefined || !alarms.includes(kind)) return;
  await clearStale(
    db,
    kind,
    source,
    missing.map(({ code }) => subjectOf(code)),
  );
}
