import type { WebhookType } from '../oto/index.ts';
import { getPackingOrder } from '../store/packing.ts';
import { showProblem } from '../store/packing-news.ts';
import { type DueEvents, newestShipmentError } from '../store/webhook-work.ts';
import type { Bridge } from './context.ts';
import { isShipped } from './packing-status.ts';
import { type Refreshed, refreshOrder } from './refresh-order.ts';
import { parseEvent, plainText } from './webhook-body.ts';

/** Of OTO's tries to answer: whoever looks comes back by itself. */
const attempts = 2;

/** Types whose events make us look at the order that they name. */
const aboutOrders: readonly WebhookType[] = ['orderStatus', 'shipmentError'];

/**
 * The effect of all events of one order: a look at it, whatever they say. `readLists` asks for a reading of the lists of orders to be packed,
 * for all who ask at the time. Gives what came of it, in words. @throws BridgeError when OTO or the database cannot be read
 */
export async function lookAfterEvents(
  bridge: Bridge,
  orderId: string,
  types: DueEvents['types'],
  { readLists, signal }: { readonly readLists: () => Promise<boolean>; readonly signal: AbortSignal },
): Promise<string> {
  const effects: string[] = [];
  if (types.some((type) => aboutOrders.includes(type))) {
    const seen = await refreshOrder(bridge, orderId, { signal, attempts });
    effects.push(inWords(seen));
    if (types.includes('shipmentError') && (await tellOfProblem(bridge, orderId, seen)))
      effects.push('staff are shown what OTO said');
    if (seen.outcome === 'asked') return effects.join('; ');
  }
  if (types.includes('newOrders')) {
    const order = await getPackingOrder(bridge.db, orderId);
    if (order !== undefined && order.state !== 'left') effects.push('listed here already');
    else effects.push((await readLists()) ? listsRead : 'the packing flow is off');
  }
  return effects.join('; ');
}

const listsRead = 'the lists of orders to be packed are read';
const outcomes: Readonly<Record<Refreshed['outcome'], string>> = {
  packed: ': packed in OTO itself',
  left: ': it has left the station',
  unchanged: '',
  asked: `: new here, ${listsRead}`,
  unknown: ': not among the orders to be packed here',
};

function inWords({ status, outcome }: Refreshed): string {
  const shown = status === null ? 'OTO does not show the order' : `OTO shows the order as ${plainText(status, 60)}`;
  return `${shown}${outcomes[outcome]}`;
}

/**
 * What was wrong no call reads: these are the only words of an event that reach anybody, as plain text and as what OTO said. Not where the
 * order itself shows that a carrier has it.
 */
async function tellOfProblem({ db }: Bridge, orderId: string, { status }: Refreshed): Promise<boolean> {
  if (status === null || isShipped({ orderStatus: status, status: null })) return false;
  const event = await newestShipmentError(db, orderId);
  const body = event === undefined ? undefined : parseEvent(event.body);
  if (event === undefined || body === undefined) return false;
  const details = [plainText(body.deliveryCompany, 60), plainText(body.errorCode, 60)].filter((part) => part !== '');
  const message = plainText(body.errorMessage) || 'no reason given';
  const text = `OTO reported: ${message}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
  return showProblem(db, orderId, text, event.event_at ?? event.received_at);
}
