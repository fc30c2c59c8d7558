/**
 * Whether something that a flow always brings has stopped coming, or has become less than it ever was, by its own history alone.
 * Pure: no clock, no database. docs/alerts.md says the same in words.
 *
 * There is no list of holidays and no share of runs that must have an effect: a flow that is quiet each night and each weekend is quiet
 * in its history too. What is compared is *how long* nothing came, and what came *at the same time of the weeks before*.
 */

/** What one run brought of one thing: rows, documents, operations. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly amount: number;
}

const hour = 3_600_000;
const day = 24 * hour;
const week = 7 * day;

/** A history that says less than this says nothing: its first weekend, for one, would look like a break. */
export const youngest = { runs: 10, effects: 5, days: 7 } as const;

/** From this on a silence that came only once is taken for an accident: whatever belongs to the pattern has come three times. */
const threeWeeks = 3 * week;

/** As many weeks are looked back at for what came at the same time. */
const weeksBack = 4;

/** Where silences differ from each other, one has to outlast the longest by this much. */
const irregular = 1.5;

export interface Silence {
  /** When something came last. */
  readonly since: number;
  /** How long it has been. */
  readonly lasts: number;
  /** The longest that it has been before. */
  readonly longest: number;
}

/**
 * Undefined: `now` brought something, or the silence is no longer than usual, or the history is too young to tell.
 *
 * It is too long (a) where it lasts half as long again as the longest one of the history, or just as long where most of them are of that
 * length; or (b) where in each of the four weeks before something came at these hours, and more than twice as often as in any silence
 * that ended by itself.
 *
 * @param past earlier runs, oldest first.
 */
export function silenceOf(past: readonly Sample[], now: Sample): Silence | undefined {
  if (now.amount > 0) return undefined;
  const effects = past.filter((sample) => sample.amount > 0).map((sample) => sample.at);
  const [first, last] = [effects[0], effects.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (past.length < youngest.runs || effects.length < youngest.effects || last - first < youngest.days * day) {
    return undefined;
  }
  const mayForget = last - first >= threeWeeks;
  const gaps = effects.slice(1).map((at, index) => at - (effects[index] ?? at));
  const usual = forgetting(gaps, mayForget);
  const longest = Math.max(...usual);
  const slack = slackOf(past);
  const lasts = now.at - last;
  const found = { since: last, lasts, longest };
  const regular = usual.filter((gap) => gap >= 0.9 * longest).length >= usual.length / 2;
  if (lasts >= (regular ? longest - Math.min(slack, longest * 0.02) : longest * irregular)) return found;

  const score = missedAt(effects, past, { from: last, to: now.at }, slack);
  if (score < 1) return undefined;
  const start = past[0]?.at ?? last;
  if (last - weeksBack * week < start) return undefined;
  const begin = start + (weeksBack - 1) * week;
  const before = effects.slice(1).flatMap((end, index) => {
    const from = effects[index] ?? end;
    if (from < begin) return [];
    // The last run in it without an effect: then it was as silent as it ever got.
    const to = lastBefore(past, end) ?? from;
    return to <= from ? 0 : missedAt(effects, past, { from, to }, slack);
  });
  // How the rule would have done so far: where that is not known, it says nothing.
  if (before.length < youngest.effects) return undefined;
  const worst = Math.max(0, ...forgetting(before, mayForget));
  return score > 2 * worst ? found : undefined;
}

/** How often something came at these hours of the earlier weeks, in the week in which it came least. 0 where fewer than three are known. */
function missedAt(
  effects: readonly number[],
  past: readonly Sample[],
  { from, to }: { readonly from: number; readonly to: number },
  slack: number,
): number {
  const start = past[0]?.at ?? from;
  let least = Number.POSITIVE_INFINITY;
  let weeks = 0;
  for (let back = 1; back <= weeksBack; back += 1) {
    const shift = back * week;
    if (from - shift < start) break;
    weeks += 1;
    // Runs begin a little sooner or later: what came at the very beginning is the effect that this silence follows.
    const count = countIn(effects, from - shift + slack, to - shift + slack);
    least = Math.min(least, count);
  }
  return weeks < weeksBack - 1 ? 0 : least;
}

/** How many of the sorted times lie in (from, to]. */
function countIn(times: readonly number[], from: number, to: number): number {
  return Math.max(0, placeAfter(times, to) - placeAfter(times, from));
}

/** How many of the sorted times are not after `at`. */
function placeAfter(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastBefore(past: readonly Sample[], at: number): number | undefined {
  let [low, high] = [0, past.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((past[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return past[low - 1]?.at;
}

/** Without the one value that stands out, where there is one: a break that was mended is no habit. */
function forgetting(values: readonly number[], may: boolean): readonly number[] {
  if (!may) return values;
  const [top = 0, second = 0] = values.toSorted((a, b) => b - a);
  return top > irregular * second ? values.filter((value) => value !== top) : values;
}

/** How far two runs of the same hour may lie apart: less than half of what usually lies between two runs. */
function slackOf(past: readonly Sample[]): number {
  const steps = past
    .slice(1)
    .map((sample, index) => sample.at - (past[index]?.at ?? 0))
    .toSorted((a, b) => a - b);
  return Math.min(0.4 * (steps[steps.length >> 1] ?? 0), hour / 2);
}

export interface Shrink {
  /** The least that there has been before. */
  readonly least: number;
}

/** Below this share of the least that there ever was, something has gone. */
const shrunkShare = 0.5;
/** Fewer rows than this say nothing by their number. */
const fewRows = 20;

/**
 * Whether a list has become far shorter than it ever was: less than half of its shortest. The last week does not count as history, so a
 * size that has lasted longer than that is the new usual one. Undefined: it has not, or the history is too young to tell.
 *
 * @param past earlier runs that listed something, oldest first.
 */
export function shrinkOf(past: readonly Sample[], now: Sample): Shrink | undefined {
  const known = past.filter((sample) => sample.amount > 0 && sample.at <= now.at - week);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (known.length < youngest.effects || last.at - first.at < youngest.days * day) return undefined;
  const sizes = known.map((sample) => sample.amount).toSorted((a, b) => a - b);
  const [lowest = 0, second = 0] = sizes;
  // One that was short once and whole again is no size that it has.
  const least = last.at - first.at >= threeWeeks && lowest < shrunkShare * second ? second : lowest;
  return least >= fewRows && now.amount < shrunkShare * least ? { least } : undefined;
}
