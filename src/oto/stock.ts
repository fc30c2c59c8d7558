import { isBridgeError } from '../lib/errors.ts';
import { joinSignals } from '../lib/signals.ts';
import type { ResponseOf } from './api.ts';
import { readBatches, type UnreadableSku } from './batch.ts';
import { saysSkuUnknown } from './codes.ts';
import type { Outcome } from './outcome.ts';
import { type ReadOptions, readUntilAnswered } from './read.ts';
import { queryOf } from './request.ts';
import type { Timer } from './wait.ts';

/** One row of checkInventoryStock. An `undefined` figure is unknown, not 0; without `pickupLocationCode` the stock is tied to no location. */
export type StockEntry = ResponseOf<'checkInventoryStock'>['stock'][string][number];

/** What OTO says about one SKU. `known: false` is never 0. */
export type StockReading =
  /** OTO knows the SKU; an empty list says that it has no stock row for it. */
  | { readonly sku: string; readonly known: true; readonly entries: readonly StockEntry[] }
  /** `absent`: the answer lacks the key. `refused`: OTO refuses a read of this SKU. The others cannot be asked for. */
  | { readonly sku: string; readonly known: false; readonly reason: 'absent' | 'refused' | UnreadableSku['reason'] };

export interface StockReadOptions extends ReadOptions {
  /** Asks for one location's rows only; whether OTO heeds it is documented once, so rows of others may still come. */
  readonly location?: string | undefined;
  /** Called when a request is handed to the socket: what is answered was true then or later. False holds it back. */
  readonly beforeSend?: (() => boolean) | undefined;
}

export interface StockReadSetup {
  readonly skusPerRead: number;
  readonly urlLimit: number;
  /** Without the query. */
  readonly address: string;
  /** Reads under way at the same time. */
  readonly ahead: number;
  readonly timer: Timer;
}

type Answer = ResponseOf<'checkInventoryStock'>;
type ReadOnce = (
  params: { sku: string; pickupLocationCode?: string },
  signal: AbortSignal | undefined,
) => Promise<Outcome<Answer>>;

/** Yields the readings batch by batch, in the order of `skus`; throws what `read` throws. */
export async function* readStock(
  once: ReadOnce,
  skus: Iterable<string>,
  setup: StockReadSetup,
  options: StockReadOptions,
): AsyncGenerator<readonly StockReading[], void, void> {
  const { location } = options;
  const filter = location === undefined ? {} : { pickupLocationCode: location };
  const baseBytes = `${setup.address}?${queryOf({ sku: '', ...filter })}`.length;
  const stop = new AbortController();
  using joined = joinSignals(options.signal, stop.signal);
  const { signal } = joined;

  const limits = { ...setup, baseBytes };
  /** How many keys of one call OTO has been seen to answer: up to there an absent key is no sign of a cut. */
  let answeredUpTo = 1;

  const ask = (skus: readonly string[]): Promise<Answer> =>
    readUntilAnswered('checkInventoryStock', (until) => once({ sku: skus.join(','), ...filter }, until), setup.timer, {
      ...options,
      signal,
    });

  async function readBatch(skus: readonly string[], isRepeat = false): Promise<readonly StockReading[]> {
    let answer: Answer;
    try {
      answer = await ask(skus);
    } catch (error) {
      if (skus.length === 1 && isSkuRefusal(error))
        return skus.map((sku) => ({ sku, known: false, reason: 'refused' }));
      if (skus.length === 1 || !mayBeSize(error)) throw error;
      // One unknown SKU may spoil the read of all, or they are too many for one call: halving tells.
      const half = Math.ceil(skus.length / 2);
      const readings = [...(await readBatch(skus.slice(0, half))), ...(await readBatch(skus.slice(half)))];
      if (readings.every((reading) => reading.known || reading.reason !== 'refused')) shrinkTo(half);
      return readings;
    }
    const known = (sku: string): boolean => Object.hasOwn(answer.stock, sku);
    const last = skus.findLastIndex(known) + 1;
    answeredUpTo = Math.max(answeredUpTo, last);
    // OTO documents no limit. Should it answer the first ones of a call and leave out the rest, these would look unknown.
    const believed = isRepeat && last === 0 ? skus.length : answeredUpTo;
    const doubtful = skus.slice(believed);
    if (doubtful.length === 0) return skus.map((sku) => readingOf(sku, answer));
    // The last ones first: what was cut off then comes at once.
    const again = (await readBatch(doubtful.toReversed(), true)).toReversed();
    if (again.some((reading) => reading.known)) shrinkTo(believed);
    return [...skus.slice(0, believed).map((sku) => readingOf(sku, answer)), ...again];
  }

  function shrinkTo(skusPerRead: number): void {
    limits.skusPerRead = Math.min(limits.skusPerRead, skusPerRead);
  }

  const ahead: Promise<readonly StockReading[]>[] = [];
  try {
    for (const batch of readBatches(skus, limits)) {
      const reading =
        batch.kind === 'read'
          ? readBatch(batch.skus)
          : Promise.resolve([{ sku: batch.sku, known: false, reason: batch.reason }] as const);
      // It is awaited in its turn; until then its failure must not end the process.
      reading.catch(() => {});
      ahead.push(reading);
      if (ahead.length >= setup.ahead) yield await (ahead.shift() ?? []);
    }
    for (const reading of ahead.splice(0)) yield await reading;
  } finally {
    stop.abort(new Error('the stock read has ended'));
  }
}

function readingOf(sku: string, answer: Answer): StockReading {
  return Object.hasOwn(answer.stock, sku)
    ? { sku, known: true, entries: answer.stock[sku] ?? [] }
    : { sku, known: false, reason: 'absent' };
}

function outcomeOf(error: unknown): Outcome<unknown> | undefined {
  return isBridgeError(error) ? ((error.data ?? {}) as { outcome?: Outcome<unknown> }).outcome : undefined;
}

function isSkuRefusal(error: unknown): boolean {
  const outcome = outcomeOf(error);
  return outcome?.kind === 'refused' && outcome.status !== 0 && saysSkuUnknown(outcome);
}

/** Whether a smaller call may fare better: OTO or a gateway before it has answered, and refused this one. */
function mayBeSize(error: unknown): boolean {
  const outcome = outcomeOf(error);
  if (outcome?.kind === 'refused') return outcome.status !== 0;
  return outcome?.kind === 'unknown' && outcome.status !== undefined && outcome.status >= 400 && outcome.status < 500;
}
