import Big from 'big.js';
import { DateTime } from 'luxon';
import { z } from 'zod';
import type { Checkpoint } from '../../src/connector/index.ts';

interface Settings {
  readonly type: 'time' | 'number';
  /** Seconds, or numbers. */
  readonly overlap: number;
}

/** How far the documents were read. `seen`: what was read of the overlap, by key: the cursor and a mark of the content. */
const checkpoint = z.object({ last: z.string(), seen: z.record(z.string(), z.tuple([z.string(), z.string()])) });

/** Of more than these the oldest are forgotten: they are read again, and the bridge knows them. */
const mostSeen = 20_000;

const beginning = { time: '1970-01-01 00:00:00', number: '0' } as const;

/**
 * The place of a read in a column that rises with each change. A transaction that is committed late carries an earlier value than what was
 * read before it: so each read begins an overlap earlier, and leaves out what it has seen.
 */
export class Cursor {
  readonly #settings: Settings;
  #last: string | undefined;
  readonly #seen: Map<string, readonly [at: string, mark: string]>;

  constructor(settings: Settings, since: Checkpoint) {
    const parsed = checkpoint.safeParse(since).data;
    this.#settings = settings;
    this.#last = parsed?.last;
    // In the order of the cursor again: JSON puts keys that look like numbers first.
    this.#seen = new Map(
      Object.entries(parsed?.seen ?? {}).sort(([, [a]], [, [b]]) => (this.isBefore(a, b) ? -1 : a === b ? 0 : 1)),
    );
  }

  /** Where the query begins. */
  get since(): string {
    return this.#last === undefined ? beginning[this.#settings.type] : this.#earlier(this.#last);
  }

  /** False where this very content was read before. */
  isNew(key: string, mark: string): boolean {
    return this.#seen.get(key)?.[1] !== mark;
  }

  /** Whether a value of the cursor stands before another, as the query has to order them. */
  isBefore(value: string, other: string): boolean {
    if (this.#settings.type === 'number') return new Big(value).lt(other);
    return bare(value) < bare(other);
  }

  /** Documents come in the order of the cursor. */
  note(key: string, value: string, mark: string): void {
    this.#seen.delete(key);
    this.#seen.set(key, [value, mark]);
    if (this.#last === undefined || this.isBefore(this.#last, value)) this.#last = value;
  }

  /** What the next read needs. */
  checkpoint(): Checkpoint {
    if (this.#last === undefined) return null;
    const from = this.#earlier(this.#last);
    for (const [key, [value]] of this.#seen) {
      if (this.#seen.size <= mostSeen && !this.isBefore(value, from)) break;
      this.#seen.delete(key);
    }
    return { last: this.#last, seen: Object.fromEntries([...this.#seen].map(([key, one]) => [key, [...one]])) };
  }

  #earlier(value: string): string {
    const { type, overlap } = this.#settings;
    if (type === 'number') return new Big(value).minus(overlap).toFixed();
    const zoned = value !== withoutZone(value);
    const time = DateTime.fromSQL(value, { zone: 'utc' }).minus({ seconds: overlap });
    return time.toFormat(zoned ? "yyyy-MM-dd HH:mm:ss.SSS'+00:00'" : 'yyyy-MM-dd HH:mm:ss.SSS');
  }
}

/** A value that no cursor of the type can hold. */
export function isNoCursor(value: string, type: Settings['type']): boolean {
  return type === 'number' ? !/^-?\d+(\.\d+)?$/.test(value) : !DateTime.fromSQL(value, { zone: 'utc' }).isValid;
}

/** A time without its zone: the session's is UTC, so it is the same for all. With all digits of its fraction, texts compare as times do. */
function bare(time: string): string {
  const [whole = '', fraction = ''] = withoutZone(time).split('.');
  return `${whole}.${fraction.padEnd(6, '0')}`;
}

function withoutZone(time: string): string {
  return time.replace(/[+-]\d\d(:?\d\d)?$/, '');
}
