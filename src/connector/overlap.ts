import Big from 'big.js';
import { z } from 'zod';
import type { Checkpoint } from './types.ts';

export interface OverlapSettings {
  /** What the column or field holds that rises with each change. */
  readonly type: 'time' | 'number';
  /** How far before the last value each read begins again: seconds, or numbers. */
  readonly overlap: number;
  /** Where the first read begins, as the source writes such values. Default: 1970, or 0. */
  readonly beginning?: string | undefined;
}

/** How far it was read. `seen`: what was read of the overlap, by key: the value and a mark of the content. */
const checkpoint = z.object({ last: z.string(), seen: z.record(z.string(), z.tuple([z.string(), z.string()])) });

const beginning = { time: '1970-01-01 00:00:00', number: '0' } as const;

/** Of more than these the oldest are forgotten: they are read again, and the bridge knows them. */
const mostSeen = 20_000;

/**
 * The place of a read in a value that rises with each change of a record. A transaction that is committed late carries an earlier value than
 * what was read before it: so each read begins an overlap earlier, and leaves out what it has seen, by key and content. Times are texts as the
 * source writes them (`2026-11-20 08:15:00.123+00`, `2026-11-20T08:15:00Z`), with or without a zone, all in one manner.
 */
export class OverlapCursor {
  readonly #settings: OverlapSettings;
  #last: string | undefined;
  readonly #seen: Map<string, readonly [at: string, mark: string]>;

  constructor(settings: OverlapSettings, since: Checkpoint) {
    const parsed = checkpoint.safeParse(since).data;
    this.#settings = settings;
    this.#last = parsed?.last;
    this.#seen = new Map(Object.entries(parsed?.seen ?? {}));
  }

  /** Where the query begins: it has to give what is at or after this. */
  get since(): string {
    const { type, beginning: first = beginning[type] } = this.#settings;
    return this.#last === undefined ? first : this.#earlier(this.#last);
  }

  /** Whether a text can be such a value. */
  fits(value: string): boolean {
    return this.#settings.type === 'number' ? /^-?\d+(\.\d+)?$/.test(value) : timeOf(value) !== undefined;
  }

  /** False where this very content was read before. */
  isNew(key: string, mark: string): boolean {
    return this.#seen.get(key)?.[1] !== mark;
  }

  isBefore(value: string, other: string): boolean {
    if (this.#settings.type === 'number') return new Big(value).lt(other);
    const [one, two] = [timeOf(value), timeOf(other)];
    if (one === undefined || two === undefined) return value < other;
    return one.ms === two.ms ? one.micros < two.micros : one.ms < two.ms;
  }

  note(key: string, value: string, mark: string): void {
    this.#seen.set(key, [value, mark]);
    if (this.#last === undefined || this.isBefore(this.#last, value)) this.#last = value;
  }

  /** What the next read needs. */
  checkpoint(): Checkpoint {
    if (this.#last === undefined) return null;
    const from = this.#earlier(this.#last);
    for (const [key, [value]] of this.#seen) if (this.isBefore(value, from)) this.#seen.delete(key);
    const seen = [...this.#seen];
    if (seen.length > mostSeen)
      seen.sort(([, [a]], [, [b]]) => (this.isBefore(a, b) ? -1 : this.isBefore(b, a) ? 1 : 0));
    const kept = seen.slice(-mostSeen);
    return { last: this.#last, seen: Object.fromEntries(kept.map(([key, one]) => [key, [...one]])) };
  }

  #earlier(value: string): string {
    const { type, overlap } = this.#settings;
    if (type === 'number') return new Big(value).minus(overlap).toFixed();
    const time = timeOf(value);
    if (time === undefined) return value;
    // In the zone that it was written in, and in the same manner.
    const wall = new Date(time.wall - overlap * 1000).toISOString();
    if (time.separator === '') return wall.slice(0, 10);
    return `${wall.slice(0, 23).replace('T', time.separator)}${time.zone}`;
  }
}

interface Time {
  readonly ms: number;
  /** Beyond milliseconds. */
  readonly micros: number;
  /** What clocks of its zone show, as if that were UTC. */
  readonly wall: number;
  /** Between day and clock; empty where there is a day alone. */
  readonly separator: string;
  readonly zone: string;
}

const written = /^(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

function timeOf(text: string): Time | undefined {
  const [, day, separator = '', clock = '00:00', fraction = '', zone = ''] = written.exec(text) ?? [];
  if (day === undefined) return undefined;
  const digits = fraction.padEnd(6, '0');
  const wall = Date.parse(`${day}T${clock}Z`) + Number(digits.slice(0, 3));
  if (Number.isNaN(wall)) return undefined;
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes ?? 0)) * 60_000 * (sign === '-' ? -1 : 1);
  return { ms: wall - offset, micros: Number(digits.slice(3, 6)), wall, separator, zone };
}
