import { performance } from 'node:perf_hooks';
import { crashPoint } from '../lib/crash-point.ts';
import { isBridgeError } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import { day } from '../lib/time.ts';
import { lanes } from '../model/index.ts';
import type { NotTaken, Paused } from '../oto/index.ts';
import { type Comparable, comparable, type OwnFigure, ownFigures } from '../store/comparisons.ts';
import { storeFigures } from '../store/figures.ts';
import { type Transition, transition } from '../store/operation-steps.ts';
import type { Bridge } from './context.ts';
import { locationOf } from './locations.ts';
import { unread } from './unread.ts';

/** What is known of a figure right before it is sent. */
export type Judgement =
  /** `shown`: OTO's figure, where it could be trusted. `moved`: what somebody else has made of it since it was planned. */
  | { readonly kind: 'send'; readonly readAt: number; readonly shown?: number | null; readonly moved?: string }
  /** OTO shows the wanted figure. */
  | { readonly kind: 'already'; readonly shown: number }
  /** Not to be sent unread, and OTO does not let itself be read just now. */
  | { readonly kind: 'unread'; readonly outcome: NotTaken | Paused };

export interface Comparison {
  /** Which of the operations that are left may be claimed now, and which may not be sent by this push at all. */
  next(
    left: readonly number[],
    portion: number,
    signal: AbortSignal | undefined,
  ): Promise<{
    readonly claimable: readonly number[];
    /** Held back for good: OTO's figure was moved. */
    readonly held: readonly number[];
    /** Tried again later: OTO cannot be read. */
    readonly later: readonly number[];
  }>;
  /** Undefined: nothing was compared. */
  of(id: number): Judgement | undefined;
}

/** How long a read may take, in milliseconds. */
export interface Patience {
  readonly lowering: number;
  readonly raising: number;
}

/** What OTO showed of one key; null where it named no figure. */
interface Shown {
  readonly onHand: number | null;
  /** When it was asked, by our clock. */
  readonly readAt: number;
}

/**
 * Compares stock figures with what OTO shows, before they are claimed: so a crash between reading and sending leaves them as they were, a
 * slow read takes nothing from the lease, and one that fails uses up no try. A figure whose plan has read OTO within
 * `push.compareWithinSeconds` is not read again, nor one that was read for an earlier claim of the same push.
 *
 * What OTO shows decides: the wanted figure already, then nothing is sent. What it showed when planned, or what the bridge itself sent
 * since, then the figure goes. Anything else was moved by somebody: a figure that lowers it goes all the same, because the lower figure is
 * the safe one; one that raises it could give back what was sold meanwhile, and goes only where the location says `moved: overwrite`.
 * Where OTO cannot be read, lowerings go unread, and raises wait.
 */
export async function compare(bridge: Bridge, ids: readonly number[], patience: Patience): Promise<Comparison> {
  const { db, config, now } = bridge;
  const rows = config.push.compareBeforeSet ? await db.withReconnect(() => comparable(db, ids)) : [];
  const byId = new Map(rows.map((row) => [row.id, row]));
  const shown = new Map<string, Shown>();
  const judged = new Map<number, Judgement>();
  const withinMs = config.push.compareWithinSeconds * 1000;
  let failed: NotTaken | Paused | undefined;

  /** Clocks of several machines may differ a little, in either direction. Without a time, it is not. */
  const isFresh = (readAt: number) => Math.abs(now() - readAt) <= withinMs;
  const isKnown = (row: Comparable) => isFresh(shown.get(row.key)?.readAt ?? plannedAt(row));

  return {
    of: (id) => judged.get(id),

    async next(left, portion, signal) {
      if (byId.size === 0) return { claimable: left, held: [], later: [] };
      const resting = left.filter((id) => byId.get(id)?.due === false);
      if (resting.length > 0) return { claimable: [], held: [], later: resting };
      const claimable = left.slice(0, portion);
      const notRead = (some: readonly number[]) =>
        some.flatMap((id) => {
          const row = byId.get(id);
          return row === undefined || isKnown(row) ? [] : [row];
        });
      let wanted: readonly Comparable[] = notRead(claimable);
      if (wanted.length === 0) return { claimable, held: [], later: [] };
      const held: number[] = [];
      let answered: ReadonlyMap<string, Shown> = new Map();
      if (failed === undefined) {
        wanted = fillReads(wanted, notRead(left.slice(portion)), config.oto.skusPerRead);
        for (const row of wanted) judged.delete(row.id);
        const reading = await read(bridge, wanted, patience, signal);
        crashPoint('compare:read', wanted);
        failed = reading.failed;
        answered = reading.figures;
        for (const [key, figure] of answered) shown.set(key, figure);
        held.push(...(await decide(wanted.filter((row) => answered.has(row.key)))));
      }
      const sendable = claimable.filter((id) => !held.includes(id));
      if (failed === undefined) return { claimable: sendable, held, later: [] };
      // Raises wait. Those of this portion are claimed and given back, so that each says why it waits.
      const raises = new Set(notRead(left).flatMap((row) => (isRaise(row) && !answered.has(row.key) ? [row.id] : [])));
      for (const id of claimable) if (raises.has(id)) judged.set(id, { kind: 'unread', outcome: failed });
      return {
        claimable: sendable,
        held,
        later: left.slice(portion).filter((id) => raises.has(id)),
      };
    },
  };

  /** Judges what has just been read. The ids of those that are held back come back. */
  async function decide(compared: readonly Comparable[]): Promise<number[]> {
    if (compared.length === 0) return [];
    // A figure without a time is taken for a day old.
    const ages = compared.map((row) => now() - (plannedAt(row) || now() - day));
    const sinceRead = Math.max(...compared.map((row) => now() - (shown.get(row.key)?.readAt ?? now())));
    const recentMs = sinceRead + config.oto.settleSeconds * 1000;
    const own = Map.groupBy(
      await db.withReconnect(() =>
        ownFigures(
          db,
          compared.map((row) => row.key),
          { sinceMs: Math.max(recentMs, ...ages), recentMs },
        ),
      ),
      (figure) => figure.key,
    );
    const holds: { row: Comparable; seen: Shown; moved: string }[] = [];
    for (const row of compared) {
      const seen = shown.get(row.key);
      if (seen === undefined) continue;
      const verdict = judge(row, seen, own.get(row.key) ?? []);
      const overwrite = locationOf(config, row.location)?.moved === 'overwrite';
      if (verdict.kind === 'send' && verdict.moved !== undefined && !overwrite && !lowers(row, seen.onHand)) {
        holds.push({ row, seen, moved: verdict.moved });
      } else judged.set(row.id, verdict);
    }
    return hold(bridge, holds);
  }
}

/** Whether a figure that was moved is lowered by ours. Where OTO names none any more, what it showed before decides. */
function lowers({ wanted, before }: Comparable, onHand: number | null): boolean {
  return wanted < (onHand ?? before ?? 0);
}

function judge(row: Comparable, { onHand, readAt }: Shown, own: readonly OwnFigure[]): Judgement {
  // OTO may still show what was there before our own last call: what it shows proves nothing.
  if (own.some((figure) => figure.recent)) return { kind: 'send', readAt };
  if (onHand === row.wanted) return { kind: 'already', shown: onHand };
  // No figure and 0 are alike here: nothing was there that could have been sold.
  const unchanged = (onHand ?? 0) === (row.before ?? 0);
  if (unchanged || own.some((figure) => figure.quantity === onHand)) return { kind: 'send', readAt, shown: onHand };
  const was = row.before === null ? 'no figure' : String(row.before);
  return {
    kind: 'send',
    readAt,
    shown: onHand,
    moved: `OTO showed ${was} when planned and ${onHand ?? 'no figure'} right before`,
  };
}

/** When what OTO showed was read for the plan, by the clock of who planned; not a number where nobody wrote it down. */
function plannedAt({ readAt }: Comparable): number {
  return readAt === null ? Number.NaN : Date.parse(readAt);
}

function isRaise(row: Comparable): boolean {
  return lanes[row.lane] !== 'lowering';
}

/** Adds those that come next, as long as the reads that are needed anyhow have room for their SKUs. */
function fillReads(
  first: readonly Comparable[],
  others: readonly Comparable[],
  skusPerRead: number,
): readonly Comparable[] {
  const skus = new Set(first.map((row) => row.sku));
  const room = Math.ceil(skus.size / skusPerRead) * skusPerRead;
  const added = others.filter((row) => skus.has(row.sku) || (skus.size < room && skus.add(row.sku)));
  return [...first, ...added];
}

async function read(
  bridge: Bridge,
  rows: readonly Comparable[],
  patience: Patience,
  signal: AbortSignal | undefined,
): Promise<{ figures: Map<string, Shown>; failed: NotTaken | Paused | undefined }> {
  const figures = new Map<string, Shown>();
  const bySku = Map.groupBy(rows, (row) => row.sku);
  // In the lane of the figures themselves: what is less urgent than a zero may not take its turn for being a read.
  const lane = rows.every(isRaise) ? 'raising' : 'lowering';
  using ends = joinSignals(AbortSignal.timeout(Math.ceil(patience[lane])), signal);
  const started = performance.now();
  /** When the first request went out. */
  let readAt = Number.NaN;
  const beforeSend = () => {
    if (Number.isNaN(readAt)) readAt = bridge.now();
    return true;
  };
  try {
    for await (const batch of bridge.oto.stock(bySku.keys(), {
      signal: ends.signal,
      lane,
      attempts: 2,
      beforeSend,
    })) {
      for (const reading of batch) {
        // One that cannot be asked for goes as it was planned.
        if (!reading.known && reading.reason !== 'absent' && reading.reason !== 'refused') continue;
        for (const row of bySku.get(reading.sku) ?? []) {
          const entries = reading.known ? reading.entries : [];
          const entry = entries.find((one) => one.pickupLocationCode === row.location);
          figures.set(row.key, { onHand: entry?.quantityOnHand ?? null, readAt });
        }
      }
    }
    return { figures, failed: undefined };
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const failed = unread(error, "OTO's figure");
    if (signal?.aborted === true) return { figures, failed };
    bridge.log.warn(
      { reason: failed.message, figures: rows.length - figures.size, ms: Math.round(performance.now() - started) },
      "OTO's figures could not be read before sending: lowerings go, raises wait",
    );
    return { figures, failed };
  }
}

/** Ends those that would raise a figure that was moved. The next run reads both sides anew. */
async function hold(
  bridge: Bridge,
  holds: readonly { row: Comparable; seen: Shown; moved: string }[],
): Promise<number[]> {
  if (holds.length === 0) return [];
  const steps = holds.map(
    ({ row, seen, moved }): Transition => ({
      id: row.id,
      to: 'superseded',
      moved,
      why: `held back: ${moved}. ${row.wanted} might give back what was sold meanwhile; the next run decides anew`,
      detail: { before: row.before, wanted: row.wanted, shown: seen.onHand },
    }),
  );
  await bridge.db.withReconnect(() =>
    bridge.db.tx(async (tx) => {
      const gone = new Set(await transition(tx, 'ready', steps, bridge.who));
      const known = holds.filter(({ row }) => gone.has(row.id));
      for (const [readAt, group] of Map.groupBy(known, ({ seen }) => seen.readAt)) {
        const figures = group.map(({ row, seen }) => ({
          sku: row.sku,
          location: row.location,
          onHand: seen.onHand,
          forecasted: null,
        }));
        await storeFigures(tx, figures, new Date(readAt));
      }
    }),
  );
  return steps.map(({ id }) => id);
}
