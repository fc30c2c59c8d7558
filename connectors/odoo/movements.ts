import type Big from 'big.js';
import { type Change, type Manifest, movement, type Page, type ReadRequest } from '../../src/connector/index.ts';
import { readKits } from './catalogue.ts';
import { readChanges } from './changes.ts';
import { Ledger, type Line } from './ledger.ts';
import { isOurs } from './marks.ts';
import { type Place, readPlaces } from './places.ts';
import { rejectOf } from './reject.ts';
import type { Domain, Session } from './session.ts';
import { decimalText, isStamp, stampOf, textOf } from './values.ts';

/**
 * Odoo's ledger: every finished line that changes a figure, whatever it belongs to. One from a place that is counted to another one is two
 * movements; one within the same figure is none.
 */
export async function* readMovements(
  session: Session,
  request: ReadRequest,
): AsyncGenerator<Page<'movements'> | Manifest, void> {
  const { signal } = request;
  signal.throwIfAborted();
  const ledger = new Ledger(session, await readPlaces(session, signal), await readKits(session, signal));
  const domain: Domain = [['state', '=', 'done'], ...sinceOf(session), ...narrowed(session, request.only)];
  yield* readChanges(
    session,
    {
      model: 'stock.move.line',
      domain,
      fields: await ledger.fields(signal),
      changes: async (rows) => (await ledger.lines(rows, signal)).flatMap((line) => changesOf(session, line)),
    },
    request,
  );
}

function sinceOf({ options }: Session): Domain {
  const { from } = options.documents;
  return from === undefined ? [] : [['date', '>=', `${from} 00:00:00`]];
}

function narrowed({ options }: Session, only: ReadRequest['only']): Domain {
  if (only === undefined) return [];
  return [
    [`product_id.${options.sku}`, 'in', only.skus],
    ['date', '>=', stampOf(Date.parse(only.bookedFrom))],
  ];
}

function changesOf(session: Session, line: Line): Change<'movements'>[] {
  const { article, from, to } = line;
  // What the options leave out, and what has no stock of its own. What the bridge has written is no news to it.
  if (article === undefined || article.kind !== 'storable' || isOurs(line.reference)) return [];
  if (from?.code === to?.code) return [];
  const sides = [
    ['out', from],
    ['in', to],
  ] as const;
  return sides.flatMap(([side, place]) => (place?.code === undefined ? [] : [changeOf(session, line, side, place)]));
}

function changeOf(session: Session, line: Line, side: 'in' | 'out', place: Place): Change<'movements'> {
  const key = `stock.move.line,${line.id}/${side}`;
  const { article, quantity, date } = line;
  const column = session.options.sku;
  if (article?.sku === undefined) {
    return {
      op: 'reject',
      key,
      column,
      reason: `product ${line.product} was moved and has no ${column}, which is its SKU`,
    };
  }
  if (quantity === undefined) {
    return { op: 'reject', key, column: 'quantity', reason: `the quantity of ${article.sku} is no number` };
  }
  const result = movement.safeParse({
    id: key,
    sku: article.sku,
    location: place.code,
    quantity: signed(quantity, side),
    bookedAt: isStamp(date) ? `${date.slice(0, 19).replace(' ', 'T')}Z` : date,
    reference: textOf(line.reference),
  });
  return result.success ? { op: 'upsert', key, value: result.data } : rejectOf(key, undefined, result.error);
}

function signed(quantity: Big, side: 'in' | 'out'): string {
  return decimalText(side === 'in' ? quantity : quantity.neg());
}
