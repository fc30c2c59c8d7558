import { counted } from '../lib/text.ts';
import { clearAlarms, raiseAlarm } from '../store/alarms.ts';
import type { Standing } from '../store/standing.ts';
import { type Compared, firstNegative, type StockScope } from '../store/stock-plan.ts';
import type { RunContext } from './context.ts';

/** A location of which the export lists nothing at all. */
export async function noticeMissing(
  context: RunContext,
  source: string,
  shapes: readonly { readonly location: string; readonly rows: number }[],
  { alarms }: Standing,
): Promise<void> {
  const subjectOf = ({ location }: { readonly location: string }) => `${source}/${location}`;
  const listed = shapes.filter((shape) => shape.rows > 0);
  if (alarms.includes('location-missing')) await clearAlarms(context.db, 'location-missing', listed.map(subjectOf));
  if (context.filter.sku !== undefined) return;
  for (const shape of shapes) {
    if (shape.rows > 0) continue;
    const message = `The stock of "${source}" lists nothing at all for location ${shape.location}.`;
    const hint = 'Its figures in OTO were left alone. Check the export, or take the location out of the configuration.';
    await raiseAlarm(context.db, { kind: 'location-missing', subject: subjectOf(shape), message, hint });
    // Every time: as long as a whole location is missing, no run of it is fine.
    context.note({ kind: 'location-missing', message, hint, new: true });
  }
}

/** ERP figures below 0. */
export async function noticeNegative(
  context: RunContext,
  scope: StockScope,
  compared: readonly Compared[],
): Promise<void> {
  for (const handling of ['reject', 'clamp'] as const) {
    const places = scope.locations.filter(({ negative }) => negative === handling).map(({ code }) => code);
    const count = compared.reduce((sum, place) => sum + (places.includes(place.location) ? place.negative : 0), 0);
    if (count === 0) continue;
    const first = await firstNegative(context.db, scope, handling);
    if (handling === 'reject') context.tally.rejected += count;
    const what =
      handling === 'reject'
        ? `${counted(count, 'negative figure was', 'negative figures were')} left out, as configured`
        : `${counted(count, 'negative figure counts', 'negative figures count')} as 0`;
    context.note({
      kind: 'negative',
      message: `${what} (first: ${first?.sku} at ${first?.location}: ${first?.erp}).`,
      new: false,
      count,
    });
  }
}
