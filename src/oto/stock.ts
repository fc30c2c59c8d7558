import { isBridgeError } from '../lib/errors.ts';
import { readBatches, type UnreadableSku } from './batch.ts';
import { saysSkuUnknown } from './codes.ts';
import type { ResponseOf } from './endpoints.ts';
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
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);

  async function readBatch(batch: readonly string[]): Promise<readonly StockReading[]> {
    const params = { sku: batch.join(','), ...filter };
    let answer: Answer;
    try {
      answer = await readUntilAnswered('checkInventoryStock', (until) => once(params, until), setup.timer, {
        ...options,
        signal,
      });
    } catch (error) {
      if (!isSkuRefusal(error)) throw error;
      // One unknown SKU may spoil the read of all: it is found by halving, and the others are read without it.
      const half = Math.ceil(batch.length / 2);
      if (batch.length === 1) return batch.map((sku) => ({ sku, known: false, reason: 'refused' }));
      return [...(await readBatch(batch.slice(0, half))), ...(await readBatch(batch.slice(half)))];
    }
    return batch.map((sku) =>
      Object.hasOwn(answer.stock, sku)
        ? { sku, known: true, entries: answer.stock[sku] ?? [] }
        : { sku, known: false, reason: 'absent' },
    );
  }

  const ahead: Promise<readonly StockReading[]>[] = [];
  try {
    for (const batch of readBatches(skus, { ...setup, baseBytes })) {
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

function isSkuRefusal(error: unknown): boolean {
  if (!isBridgeError(error)) return false;
  const { outcome } = (error.data ?? {}) as { outcome?: Outcome<unknown> };
  return outcome?.kind === 'refused' && outcome.status !== 0 && saysSkuUnknown(outcome);
}
