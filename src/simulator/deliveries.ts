import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { messageOf } from '../lib/errors.ts';
import type { WebhookType } from '../oto/webhook-signature.ts';
import { orderOf } from './customer-orders.ts';
import type { CreditChange, OrderStatusChange, ShipmentFailure } from './events.ts';
import type { CustomerOrder } from './order-record.ts';
import type { World } from './state.ts';
import { bodies, dressed } from './webhook-bodies.ts';
import type { Webhook } from './webhook-book.ts';

/** One try to deliver an event. */
export interface Delivery {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly webhook: number;
  readonly type: WebhookType;
  readonly orderId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** From 1. */
  readonly attempt: number;
  /** Sent once more although it was taken. */
  readonly again: boolean;
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
}

/** What the admin route and tests may send; the order has to exist. */
export const eventInput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('orderStatus'), orderId: z.string(), status: z.string().optional() }),
  z.strictObject({ type: z.literal('newOrders'), orderId: z.string() }),
  z.strictObject({
    type: z.literal('shipmentError'),
    orderId: z.string(),
    errorMessage: z.string().default('The carrier refused the shipment'),
    errorCode: z.string().default('deliveryCompanyError'),
    deliveryCompany: z.string().default('Aramex'),
  }),
  z.strictObject({ type: z.literal('walletTransaction'), orderId: z.string(), amount: z.number().default(-20) }),
]);
export type EventInput = z.input<typeof eventInput>;

export interface Deliveries {
  /** Sends an event as if it had just happened, also a status that the order does not have. @throws SIMULATOR_NOT_FOUND */
  send(input: EventInput): void;
  /** Oldest first; the last ten thousand. */
  list(): readonly Delivery[];
  /** Resolves when everything is delivered or given up. */
  idle(): Promise<void>;
  clear(): void;
  close(): Promise<void>;
}

const kept = 10_000;
const gatherMs = 100;
const firstPauseMs = 200;
const patienceMs = 10_000;

/** Tells the account's webhooks what happens in it. */
export function createDeliveries(world: World): Deliveries {
  const { state, now } = world;
  const closing = new AbortController();
  const agent = new Agent({
    connections: 4,
    headersTimeout: patienceMs,
    bodyTimeout: patienceMs,
    connect: { timeout: patienceMs },
  });
  const underWay = new Set<Promise<void>>();
  const waiting = new Map<number, (() => Promise<void>)[]>();
  let log: Delivery[] = [];
  let seq = 0;

  function begin(work: () => Promise<void>): void {
    // What fails stands in the log; after the end nobody asks.
    const one = work().catch(() => undefined);
    underWay.add(one);
    void one.then(() => underWay.delete(one));
  }

  function tell(type: WebhookType, order: CustomerOrder, plain: Record<string, unknown>, at: number): void {
    for (const webhook of state.webhooks.of(type)) {
      const body = dressed(world, webhook, plain, at);
      begin(async () => {
        const { deliveryDelayMs } = world.switches.values;
        if (deliveryDelayMs > 0) await sleep(deliveryDelayMs, undefined, { signal: closing.signal, ref: false });
        const line = waiting.get(webhook.id) ?? [];
        line.push(() => deliver(webhook, order.orderId, body));
        if (waiting.has(webhook.id)) return;
        waiting.set(webhook.id, line);
        await empty(webhook.id, line);
      });
    }
  }

  /** One after the other, as long as something waits. */
  async function empty(id: number, line: (() => Promise<void>)[]): Promise<void> {
    try {
      while (line.length > 0) {
        const isReversed = world.switches.values.deliveryOrder === 'reversed';
        if (isReversed) await sleep(gatherMs, undefined, { signal: closing.signal, ref: false });
        const some = line.splice(0);
        for (const one of isReversed ? some.reverse() : some) await one();
      }
    } finally {
      waiting.delete(id);
    }
  }

  async function deliver(webhook: Webhook, orderId: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const { deliveryRetries, deliveriesAgain } = world.switches.values;
    let taken = 0;
    for (let attempt = 1; taken <= deliveriesAgain && attempt <= deliveryRetries + 1 + taken; attempt += 1) {
      const again = taken > 0;
      const status = await post(webhook, body);
      log.push({
        seq: ++seq,
        at: now(),
        webhook: webhook.id,
        type: webhook.webhookType,
        orderId,
        body,
        attempt,
        again,
        status,
      });
      if (log.length > kept * 2) log = log.slice(-kept);
      if (status !== null && status >= 200 && status < 300) taken += 1;
      else await sleep(firstPauseMs * 2 ** (attempt - 1), undefined, { signal: closing.signal, ref: false });
    }
  }

  async function post({ url, method, authorizationKey }: Webhook, body: object): Promise<number | null> {
    const bearer = world.switches.values.webhookAuthorization === 'bearer' ? 'Bearer ' : '';
    try {
      const answer = await request(url, {
        method: method.toUpperCase() === 'PUT' ? 'PUT' : 'POST',
        headers: {
          'content-type': 'application/json',
          ...(authorizationKey === undefined ? {} : { authorization: `${bearer}${authorizationKey}` }),
        },
        body: JSON.stringify(body),
        dispatcher: agent,
        signal: closing.signal,
      });
      await answer.body.dump();
      return answer.statusCode;
    } catch (error) {
      if (closing.signal.aborted) throw new Error(messageOf(error));
      return null;
    }
  }

  const onStatus = ({ order, status, at, description }: OrderStatusChange): void => {
    const { newOrdersAt, packingTold } = world.switches.values;
    if (packingTold || (status !== 'picked' && status !== 'packed'))
      tell('orderStatus', order, bodies.orderStatus(world, order, status, description ?? ''), at);
    if (status === newOrdersAt) tell('newOrders', order, bodies.newOrders(world, order), at);
  };
  const onFailure = (failure: ShipmentFailure): void =>
    tell('shipmentError', failure.order, bodies.shipmentError(failure), failure.at);
  const onCredit = ({ order, amount, at }: CreditChange): void =>
    tell('walletTransaction', order, bodies.walletTransaction(order, amount), at);
  state.events.on('orderStatus', onStatus).on('shipmentError', onFailure).on('walletTransaction', onCredit);

  return {
    send(input) {
      const event = eventInput.parse(input);
      const order = orderOf(world, event.orderId);
      const at = now();
      if (event.type === 'orderStatus')
        tell('orderStatus', order, bodies.orderStatus(world, order, event.status ?? order.status, ''), at);
      else if (event.type === 'newOrders') tell('newOrders', order, bodies.newOrders(world, order), at);
      else if (event.type === 'walletTransaction')
        tell('walletTransaction', order, bodies.walletTransaction(order, event.amount), at);
      else tell('shipmentError', order, bodies.shipmentError({ ...event, order }), at);
    },
    list: () => log.slice(-kept),
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    clear() {
      log = [];
    },
    async close() {
      state.events.off('orderStatus', onStatus).off('shipmentError', onFailure).off('walletTransaction', onCredit);
      closing.abort(new Error('the simulator is closed'));
      await Promise.all(underWay);
      await agent.destroy();
    },
  };
}
