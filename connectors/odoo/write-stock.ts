import Big from 'big.js';
import { z } from 'zod';
import { type ApplyResult, BridgeError, type Command, connectorErrors } from '../../src/connector/index.ts';
import { type Article, readArticles } from './catalogue.ts';
import { keyOf, literally } from './marks.ts';
import { type Places, readPlaces } from './places.ts';
import type { Session } from './session.ts';
import { parsed } from './session.ts';
import { heapsOf } from './stock.ts';
import { dialogOf } from './validate.ts';
import { decimalOf, decimalText, idOf } from './values.ts';

type WriteStock = Extract<Command, { name: 'write-stock' }>;

interface Wish {
  readonly article: Article;
  readonly code: string;
  readonly quantity: Big;
}

interface Booking {
  readonly article: Article;
  /** Where the difference is booked. */
  readonly location: number;
  /** What shall lie there. */
  readonly quantity: Big;
}

/** Quantities of one request to Odoo. */
const batch = 200;
const ids = z.array(z.number());

/**
 * Makes Odoo's figures what OTO's are, as an inventory count that carries our key. A line that bears the key already is left alone, so that
 * a repeat after a lost answer does not undo what was booked since.
 */
export async function writeStock(session: Session, command: WriteStock, signal: AbortSignal): Promise<ApplyResult> {
  const key = keyOf(session.context.source, command);
  const places = await readPlaces(session, signal);
  const { wishes, problems } = await wishesOf(session, places, command, signal);
  const written = await writtenBefore(session, key, signal);
  const todo = wishes.filter(({ article, code }) => !written.has(`${article.id}/${places.target(code)?.stock}`));
  let booked = 0;
  for (let start = 0; start < todo.length; start += batch) {
    const part = todo.slice(start, start + batch);
    const bookings = await bookingsOf(session, places, part, signal);
    if (bookings.length > 0) await count(session, bookings, key, signal);
    booked += bookings.length;
    const left = bookings.length === 0 ? [] : await bookingsOf(session, places, part, signal);
    if (left.length > 0) throw notWritten(left);
  }
  const [problem] = problems;
  if (problem !== undefined) {
    throw new BridgeError(connectorErrors.CONNECTOR_REFUSED, {
      message: `${problems.length} of ${command.lines.length} figures cannot be written to Odoo, the others were: ${problem}`,
      hint: 'Correct the product in Odoo, or the locations of the source; then repeat the operation.',
    });
  }
  return { outcome: booked === 0 && written.size > 0 ? 'already-done' : 'done', reference: key };
}

async function wishesOf(
  session: Session,
  places: Places,
  { lines }: WriteStock,
  signal: AbortSignal,
): Promise<{ wishes: Wish[]; problems: string[] }> {
  const field = session.options.sku;
  const articles: Article[] = [];
  for (let start = 0; start < lines.length; start += batch) {
    const skus = lines.slice(start, start + batch).map(({ sku }) => sku);
    const domain = [
      [field, 'in', skus],
      ['active', '=', true],
    ];
    articles.push(...(await readArticles(session, domain, undefined, signal)).values());
  }
  const wishes: Wish[] = [];
  const problems: string[] = [];
  for (const { sku, location, quantity } of lines) {
    const named = articles.filter((article) => article.sku === sku);
    const [article] = named;
    const wanted = decimalOf(quantity);
    const problem =
      article === undefined || named.length > 1
        ? `${named.length === 0 ? 'no active product has' : 'several active products have'} the SKU "${sku}"`
        : article.kind !== 'storable'
          ? `"${sku}" is not tracked in stock`
          : article.tracking !== 'none'
            ? `"${sku}" is tracked by lots or serial numbers, and OTO's figure does not say of which`
            : places.target(location) === undefined
              ? `Odoo has no ${session.options.locations} "${location}"`
              : wanted === undefined
                ? `"${quantity}" of "${sku}" is no number`
                : undefined;
    if (problem !== undefined) problems.push(problem);
    else if (article !== undefined && wanted !== undefined) wishes.push({ article, code: location, quantity: wanted });
  }
  return { wishes, problems };
}

/** The products and locations that a count with this key was booked for. */
async function writtenBefore(session: Session, key: string, signal: AbortSignal): Promise<Set<string>> {
  const domain = [
    ['reference', 'like', literally(key)],
    ['state', '=', 'done'],
  ];
  const fields = ['product_id', 'location_id', 'location_dest_id'];
  const moves = await session.searchAll('stock.move', { domain, fields }, signal);
  return new Set(
    moves.flatMap((row) =>
      [row.location_id, row.location_dest_id].map((place) => `${idOf(row.product_id)}/${idOf(place)}`),
    ),
  );
}

/** What has to be booked so that each figure is what it shall be: none where it is already. */
async function bookingsOf(
  session: Session,
  places: Places,
  wishes: readonly Wish[],
  signal: AbortSignal,
): Promise<Booking[]> {
  const products = wishes.map(({ article }) => article.id);
  const heaps = await heapsOf(session, [['product_id', 'in', products]], signal);
  const loose = await looseOf(session, products, signal);
  return wishes.flatMap(({ article, code, quantity }) => {
    const target = places.target(code);
    if (target === undefined) return [];
    const there = heaps
      .filter(({ product, location }) => product === article.id && target.all.includes(location))
      .reduce((sum, heap) => sum.plus(decimalOf(heap.quantity) ?? 0), new Big(0));
    const difference = quantity.minus(there);
    if (difference.eq(0)) return [];
    const own = loose.get(`${article.id}/${target.stock}`) ?? new Big(0);
    return [{ article, location: target.stock, quantity: own.plus(difference) }];
  });
}

/** What lies at each location without a package and without an owner: that is what a count of ours corrects. */
async function looseOf(session: Session, products: readonly number[], signal: AbortSignal): Promise<Map<string, Big>> {
  const domain = [
    ['product_id', 'in', products],
    ['location_id.usage', '=', 'internal'],
    ['lot_id', '=', false],
    ['package_id', '=', false],
    ['owner_id', '=', false],
  ];
  const fields = ['product_id', 'location_id', 'quantity'];
  const sums = new Map<string, Big>();
  for (const row of await session.searchAll('stock.quant', { domain, fields }, signal)) {
    const key = `${idOf(row.product_id)}/${idOf(row.location_id)}`;
    sums.set(key, (sums.get(key) ?? new Big(0)).plus(decimalOf(row.quantity) ?? 0));
  }
  return sums;
}

async function count(session: Session, bookings: readonly Booking[], key: string, signal: AbortSignal): Promise<void> {
  const { rpc } = await session.standing(signal);
  if (rpc.version < 15) return countDocument(session, bookings, key, signal);
  const context = { inventory_mode: true, inventory_name: key };
  const vals_list = bookings.map(({ article, location, quantity }) => ({
    product_id: article.id,
    location_id: location,
    inventory_quantity: quantity.toNumber(),
  }));
  const made = await session.call('stock.quant', 'create', { args: { vals_list }, context, writes: true }, signal);
  const quants = parsed(ids, made, 'stock.quant/create');
  const call = { ids: quants, context, writes: true };
  const asked = dialogOf(await session.call('stock.quant', 'action_apply_inventory', call, signal));
  if (asked === undefined) return;
  throw new BridgeError(connectorErrors.CONNECTOR_WRITE, {
    message: `Odoo asks a person before it books the count: ${asked.name ?? ''} (${asked.res_model ?? asked.type}). Goods were moved at the same moment.`,
    hint: 'The bridge tries again with fresh figures.',
  });
}

/** Odoo 14 has inventories as documents, and their name is where our key stands. */
async function countDocument(
  session: Session,
  bookings: readonly Booking[],
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const line_ids = bookings.map(({ article, location, quantity }) => [
    0,
    0,
    { product_id: article.id, product_uom_id: article.unit, location_id: location, product_qty: quantity.toNumber() },
  ]);
  const vals = {
    name: key,
    product_ids: [[6, 0, bookings.map(({ article }) => article.id)]],
    location_ids: [[6, 0, [...new Set(bookings.map(({ location }) => location))]]],
    state: 'confirm',
    line_ids,
  };
  const args = { vals_list: [vals] };
  const made = parsed(ids, await session.call('stock.inventory', 'create', { args, writes: true }, signal), 'create');
  await session.call('stock.inventory', 'action_validate', { ids: made, writes: true }, signal);
}

function notWritten(left: readonly Booking[]): BridgeError {
  const [first] = left;
  return new BridgeError(connectorErrors.CONNECTOR_WRITE, {
    message: `Odoo took a count and shows another figure for ${left.length} of its products (first: "${first?.article.sku}", ${first === undefined ? '' : decimalText(first.quantity)} was counted).`,
    hint: 'Goods were moved at the same moment; the bridge tries again.',
  });
}
