import { type FigureKey, figureFacts } from '../store/explain.ts';
import type { Bridge } from './context.ts';
import { type Explanation, explain } from './explain.ts';
import { locationOf } from './locations.ts';
import type { Sold } from './sold.ts';

/** Takes figures of a source's locations apart, by its newest export and by what is known of OTO's side. In the order of `keys`. */
export async function explainFigures(
  bridge: Bridge,
  source: string,
  keys: readonly FigureKey[],
  sold: Sold,
): Promise<Explanation[]> {
  const { documents } = bridge.config.flows;
  const receiptsAreSent = documents?.enabled === true && documents.from === source;
  return (await figureFacts(bridge.db, source, keys)).map((facts) => {
    const place = locationOf(bridge.config, facts.location);
    return explain(
      facts,
      { buffer: place?.buffer ?? 0, receiptsByOrder: place?.receipts === 'order' && receiptsAreSent },
      sold.of(facts.sku, facts.location),
    );
  });
}
