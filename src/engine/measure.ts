import { counted } from '../lib/text.ts';
import { formatDuration } from '../lib/time.ts';
import { type MovedFigure, measureRun, movedFigures, type Spread } from '../store/comparisons.ts';
import type { RunContext } from './context.ts';

/** SKUs that a sentence names at most; the note lists more, the operations all. */
const namedInText = 5;
const namedInNote = 100;

/** What the stock figures of a run came to: how old they were, how long nobody looked, what cost no call, and what others had moved. */
export async function measure(context: RunContext): Promise<void> {
  const { lag, window, alreadyTrue, moved } = await measureRun(context.db, context.run.id);
  // They count as landed, and as calls that were saved.
  context.tally.saved += alreadyTrue;
  context.tally.sent = Math.max(0, context.tally.sent - alreadyTrue);
  if (moved > 0) noteMoved(context, await movedFigures(context.db, context.run.id));
  if (lag === undefined) return;
  const words = ({ p50, p99 }: Spread, unit: number) =>
    `${formatDuration(p50 * unit)} for half of them, ${formatDuration(p99 * unit)} for 99 of 100`;
  const unguarded =
    window === undefined
      ? ''
      : ` From the reading of OTO's figure until ours was sent, in which nobody looked: ${words(window, 1)}.`;
  context.note({
    kind: 'lag',
    message: `From the ERP's as-of time until OTO had the figures: ${words(lag, 1000)}.${unguarded}`,
    new: false,
    seconds: lag,
    windowMs: window,
  });
}

/** Sales in OTO move figures all day long: it is for the next run to look again, not for a person. */
function noteMoved(context: RunContext, figures: readonly MovedFigure[]): void {
  const held = figures.filter((figure) => figure.held).length;
  context.tally.waiting += held;
  const places = [...Map.groupBy(figures, (figure) => figure.location)].map(([location, here]) => {
    const parts = [true, false].flatMap((isHeld) => {
      const some = here.filter((figure) => figure.held === isHeld);
      if (some.length === 0) return [];
      const names = some.slice(0, namedInText).map((figure) => figure.sku);
      const more = some.length > names.length ? ', …' : '';
      return [`${some.length} ${isHeld ? 'held back' : 'sent all the same'} (${names.join(', ')}${more})`];
    });
    return `${location}: ${parts.join(', ')}`;
  });
  context.note({
    kind: 'moved',
    message: `${counted(figures.length, 'figure was', 'figures were')} moved in OTO by others after the plan had read ${figures.length === 1 ? 'it' : 'them'}. ${places.join('; ')}.`,
    ...(held === 0 ? {} : { hint: 'What was held back is decided anew by the next run.' }),
    new: false,
    count: figures.length,
    figures: figures.slice(0, namedInNote),
  });
}
