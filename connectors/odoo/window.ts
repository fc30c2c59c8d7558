import type { Domain, Row, Session } from './session.ts';
import { shifted } from './values.ts';

/** Everything that changed before `second` is read, and of that second everything up to `id`. */
export interface Position {
  readonly second: string;
  readonly id: number;
}

export interface Changed {
  readonly rows: readonly Row[];
  /** Where to go on after these rows. */
  readonly next: Position;
  readonly last: boolean;
}

const beginning: Position = { second: '1970-01-01 00:00:00', id: 0 };
const second = 1000;

/**
 * Records in the order of their last change, from a position on. Odoo sorts by microseconds and shows seconds, and compares with the one or
 * the other depending on its version, so a page never ends inside a second: what is left of its last second comes with the next page. A
 * second that fills a whole page (an import stamps thousands of records at once) is read by ids instead.
 */
export async function* changedRows(
  session: Session,
  model: string,
  { domain, fields }: { readonly domain: Domain; readonly fields: readonly string[] },
  from: Position | undefined,
  signal: AbortSignal,
): AsyncGenerator<Changed, void> {
  const { pageSize } = session.options;
  let at = from ?? beginning;
  for (;;) {
    if (at.id === 0) {
      const since = [...domain, ['write_date', '>=', at.second]];
      const order = 'write_date asc, id asc';
      const rows = await session.search(model, { domain: since, fields, order, limit: pageSize + 1 }, signal);
      const newest = secondOf(rows.at(-1));
      if (rows.length <= pageSize) {
        if (newest !== undefined) yield { rows, next: { second: shifted(newest, second), id: 0 }, last: true };
        return;
      }
      const whole = rows.filter((row) => secondOf(row) !== newest);
      if (newest !== undefined && whole.length > 0) {
        at = { second: newest, id: 0 };
        yield { rows: whole, next: at, last: false };
        continue;
      }
      at = { second: newest ?? at.second, id: 0 };
    }
    const within = [
      ...domain,
      ['write_date', '>=', at.second],
      ['write_date', '<', shifted(at.second, second)],
      ['id', '>', at.id],
    ];
    const rows = await session.search(model, { domain: within, fields, limit: pageSize + 1 }, signal);
    const page = rows.slice(0, pageSize);
    const more = rows.length > pageSize;
    at = more ? { second: at.second, id: page.at(-1)?.id ?? at.id } : { second: shifted(at.second, second), id: 0 };
    if (page.length > 0) yield { rows: page, next: at, last: false };
  }
}

export function secondOf(row: Row | undefined): string | undefined {
  const stamp = row?.write_date;
  return typeof stamp === 'string' ? stamp.slice(0, 19) : undefined;
}
