import type { Bridge } from '../engine/context.ts';
import { formatDuration } from '../lib/time.ts';
import { type Lane, lanes } from '../model/index.ts';
import { laneShares, unlimitedSlowedTo } from '../oto/index.ts';
import { landedLately, rateState } from '../store/rate.ts';
import { moment } from './output.ts';

export interface RateStatus {
  /** As configured. */
  readonly requestsPerSecond: number | 'unlimited';
  /** Calls a second allowed just now; null: no limit. */
  readonly now: number | null;
  /** OTO has asked for fewer calls, and not all of the rate is back. */
  readonly reduced: boolean;
  /** Nothing is sent before. */
  readonly pausedUntil: string | null;
  /** From when on all of the rate is allowed again, if OTO asks no more. */
  readonly fullFrom: string | null;
  readonly since: string | null;
  readonly why: string | null;
}

/** How fast OTO may be called just now, and in how many seconds each lane is empty at that. */
export async function rateStatus(
  { db, config }: Bridge,
  toSend: ReadonlyMap<Lane, number>,
): Promise<{ rate: RateStatus; ends: ReadonlyMap<Lane, number> }> {
  const state = await rateState(db);
  const { requestsPerSecond } = config.oto;
  const reduced = state.part < 1 || state.blockedUntil !== null;
  const full = requestsPerSecond === 'unlimited' ? unlimitedSlowedTo : requestsPerSecond;
  const now = requestsPerSecond === 'unlimited' && !reduced ? null : full * state.part;
  const pause = state.blockedUntil === null ? 0 : (state.blockedUntil.getTime() - state.now.getTime()) / 1000;
  return {
    rate: {
      requestsPerSecond,
      now,
      reduced,
      pausedUntil: state.blockedUntil?.toISOString() ?? null,
      fullFrom: state.fullFrom?.toISOString() ?? null,
      since: reduced ? (state.slowedAt?.toISOString() ?? null) : null,
      why: reduced ? state.why : null,
    },
    ends: now === null ? endsByMeasure(toSend, await measured(db, toSend)) : endsByRate(toSend, now, pause),
  };
}

/** Calls a second that each lane has made in the last minute. Asked only where something waits. */
async function measured(db: Bridge['db'], toSend: ReadonlyMap<Lane, number>): Promise<ReadonlyMap<Lane, number>> {
  if (![...toSend.values()].some((count) => count > 0)) return new Map();
  const rows = await landedLately(db, 60);
  return new Map(
    rows.flatMap(({ lane, count }) => {
      const name = lanes[lane];
      return name === undefined ? [] : [[name, count / 60] as const];
    }),
  );
}

function endsByMeasure(
  toSend: ReadonlyMap<Lane, number>,
  perSecond: ReadonlyMap<Lane, number>,
): ReadonlyMap<Lane, number> {
  const ends = new Map<Lane, number>();
  for (const [lane, count] of toSend) {
    const speed = perSecond.get(lane) ?? 0;
    if (count > 0 && speed > 0) ends.set(lane, count / speed);
  }
  return ends;
}

/** Seconds until each lane is empty: lanes share the rate by their shares, and what one that is empty leaves goes to the others. */
export function endsByRate(
  toSend: ReadonlyMap<Lane, number>,
  perSecond: number,
  pauseSeconds: number,
): ReadonlyMap<Lane, number> {
  const left = new Map<Exclude<Lane, 'erp'>, number>();
  for (const [lane, count] of toSend) if (lane !== 'erp' && count > 0) left.set(lane, count);
  const ends = new Map<Lane, number>();
  let passed = pauseSeconds;
  while (left.size > 0) {
    const shares = [...left.keys()].reduce((sum, lane) => sum + laneShares[lane], 0);
    const speed = (lane: Exclude<Lane, 'erp'>): number => (perSecond * laneShares[lane]) / shares;
    const next = Math.min(...[...left].map(([lane, count]) => count / speed(lane)));
    passed += next;
    for (const [lane, count] of left) {
      const rest = count - next * speed(lane);
      if (rest > 1e-6) {
        left.set(lane, rest);
        continue;
      }
      left.delete(lane);
      ends.set(lane, passed);
    }
  }
  return ends;
}

/** Why it goes slower than configured. Undefined: it does not. */
export function reducedText(rate: RateStatus, timezone: string): string | undefined {
  if (!rate.reduced) return undefined;
  const speed = `${Number(rate.now?.toFixed(2))} calls a second in place of ${rate.requestsPerSecond}`;
  const pause = rate.pausedUntil === null ? '' : `nothing until ${moment(new Date(rate.pausedUntil), timezone)}, then `;
  const full =
    rate.fullFrom === null
      ? ''
      : ` It comes back step by step, all of it in ${formatDuration(Date.parse(rate.fullFrom) - Date.now())} unless OTO asks again.`;
  return `OTO ASKED FOR FEWER CALLS${rate.since === null ? '' : ` at ${moment(new Date(rate.since), timezone)}`} (${rate.why ?? 'no reason known'}): ${pause}${speed}.${full}`;
}
