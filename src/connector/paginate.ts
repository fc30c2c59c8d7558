import { BridgeError } from '../lib/errors.ts';
import type { Completeness } from '../model/index.ts';
import { connectorErrors } from './errors.ts';

/** One answer of an API that gives its records in portions. */
export interface Portion<Item, Cursor> {
  readonly items: readonly Item[];
  /** How many records there are in all, where the API states it. */
  readonly total?: number | undefined;
  /** Where to go on. Undefined: this was the last portion. */
  readonly next?: Cursor | undefined;
}

export interface Paging<Item, Cursor> {
  readonly first: Cursor;
  fetch(cursor: Cursor, signal: AbortSignal): Promise<Portion<Item, Cursor>>;
  /** What tells two records apart, and never changes. */
  keyOf(item: Item): string;
  /**
   * What a cursor stands for. `key`: the records after one with a certain key, in an order that edits do not change; or a state that the
   * server keeps for this read. Then a record that is there all the time cannot be passed over. `place`: an offset or a page number.
   * Where a record goes away before it, the next one slides over the border unseen, and one more at the end makes the count right again.
   */
  readonly cursor: 'key' | 'place';
  readonly signal: AbortSignal;
}

/** What a read in portions came to: for the manifest. */
export interface PagedEnd {
  readonly completeness: Completeness;
  /** Only where it proves something: else an edit during the read would fail it. */
  readonly expectedRows: number | undefined;
  /** Why nothing is proven: for `warnings`, where that matters. */
  readonly doubt: string | undefined;
}

export interface Paged<Item> {
  /** The portions, one at a time; the next is fetched when it is asked for. */
  readonly portions: AsyncIterable<readonly Item[]>;
  /** After the last portion. Throws before it. */
  end(): PagedEnd;
}

/**
 * Follows an API from portion to portion, and judges whether all has come. `proven`: by key, and the total that the API states was the same
 * in every portion and is the number of records. `likely`: by place, or without a total. `unproven`: the total changed on the way, is not the
 * number of records, or a record came twice: the list moved while it was read.
 *
 * @throws BridgeError CONNECTOR_BAD_SOURCE where the API leads back to where it has been.
 */
export function paginate<Item, Cursor>(paging: Paging<Item, Cursor>): Paged<Item> {
  const keys = new Set<string>();
  const totals = new Set<number>();
  let twice = 0;
  let portions = 0;
  let stated = 0;
  let ended = false;

  async function* follow(): AsyncGenerator<readonly Item[]> {
    const been = new Set<string>();
    let cursor: Cursor | undefined = paging.first;
    while (cursor !== undefined) {
      paging.signal.throwIfAborted();
      const place = JSON.stringify(cursor);
      if (been.has(place)) {
        throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
          message: `The server leads back to a page that was read before (${place.slice(0, 100)}): the read would never end.`,
          hint: 'Report it to whoever runs the server; nothing of this read counts.',
        });
      }
      been.add(place);
      const portion: Portion<Item, Cursor> = await paging.fetch(cursor, paging.signal);
      portions += 1;
      if (portion.total !== undefined) {
        stated += 1;
        totals.add(portion.total);
      }
      for (const item of portion.items) {
        const key = paging.keyOf(item);
        if (keys.has(key)) twice += 1;
        keys.add(key);
      }
      if (portion.items.length > 0) yield portion.items;
      cursor = portion.next;
    }
    ended = true;
  }

  return {
    portions: follow(),
    end() {
      if (!ended) throw new Error('the last portion has not been read');
      const [total] = totals;
      const unproven = (doubt: string): PagedEnd => ({ completeness: 'unproven', expectedRows: undefined, doubt });
      if (twice > 0) return unproven(`${twice} records came twice: the list moved while it was read`);
      if (totals.size > 1) return unproven(`the total changed during the read: ${[...totals].join(', ')}`);
      if (total !== undefined && total !== keys.size)
        return unproven(`the server states ${total} records and gave ${keys.size}`);
      if (total === undefined || stated < portions || paging.cursor === 'place')
        return { completeness: 'likely', expectedRows: undefined, doubt: undefined };
      return { completeness: 'proven', expectedRows: total, doubt: undefined };
    },
  };
}
