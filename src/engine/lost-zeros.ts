import { counted } from '../lib/text.ts';
import { lookalikeSkus } from '../store/products.ts';
import type { RunContext } from './context.ts';

/**
 * Says of which SKUs OTO has another one that differs by leading zeros alone: a spreadsheet ate them on one side. Nothing is mapped,
 * since both may be real. Said every time: as long as it is so, goods stand under a SKU that nobody sells.
 *
 * @param unknown SKUs of the ERP that OTO does not have.
 */
export async function noticeLostZeros(context: RunContext, unknown: readonly string[]): Promise<void> {
  if (unknown.length === 0) return;
  const pairs = await lookalikeSkus(context.db, unknown);
  const [first] = pairs;
  if (first === undefined) return;
  context.note({
    kind: 'lost-zeros',
    message: `OTO does not have ${counted(pairs.length, 'SKU', 'SKUs')} of the ERP, but ${pairs.length === 1 ? 'one that differs' : 'others that differ'} by leading zeros alone: the ERP says "${first.sku}", OTO "${first.known}".`,
    hint: 'Codes lose their zeros where a file is opened in a spreadsheet and saved. Export again without one, or let the column be filled up: `{ expression: \'row["SKU"].padStart(8, "0")\' }`.',
    new: true,
    count: pairs.length,
  });
}
