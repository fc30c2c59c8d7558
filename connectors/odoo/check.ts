import { readKits } from './catalogue.ts';
import { readPlaces } from './places.ts';
import type { Session } from './session.ts';

/** What is read, each with a field whose rights are those of the model. */
const models = ['product.product', 'stock.quant', 'stock.move', 'stock.move.line', 'stock.picking', 'uom.uom'];

/** Signs in, and asks for one record of everything that is read: a missing right shows here and not in the night. */
export async function check(session: Session, signal: AbortSignal): Promise<void> {
  for (const model of models) await session.search(model, { fields: ['write_date'], limit: 1 }, signal);
  await readPlaces(session, signal);
  await readKits(session, signal);
}
