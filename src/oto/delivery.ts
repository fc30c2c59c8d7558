import { messageOf } from '../lib/errors.ts';
import type { Spent } from './client-types.ts';
import type { Delivery, SendOptions } from './exchange.ts';
import type { Entry } from './gate.ts';
import { heldBack } from './outcome.ts';
import type { Line, Transport, WireRequest } from './transport.ts';
import type { Timer } from './wait.ts';

/** A turn may pass while a connection is made or this process is busy; more often than this it is too busy to send anything. */
const turnAttempts = 20;

/** A call that is to be sent once. */
export interface Outgoing {
  /** Waits for its turn. */
  enter(): Promise<Entry>;
  /** Its request, asked for in its turn. Undefined: there is nothing to send after all. */
  prepare(): WireRequest | undefined;
  /** Whether it goes over a connection of its own. */
  readonly fresh: boolean;
  readonly options: Pick<SendOptions, 'signal' | 'beforeSend'>;
}

export interface Delivered {
  /** Undefined: there was nothing to send after all. */
  readonly delivery: Delivery | undefined;
  /** By the timer's clock. */
  readonly sentAt: number;
}

export interface Courier {
  /**
   * Sends once, in a turn that is still good when the connection is there and this process gets to it: a call that is late would add to
   * the next second.
   */
  deliver(call: Outgoing, spent: Spent): Promise<Delivered>;
  /** Requests handed to the transport. */
  readonly sent: number;
}

export function createCourier(transport: Transport, timer: Timer, closing: AbortSignal): Courier {
  let sent = 0;

  async function deliverOver(line: Line, call: Outgoing, spent: Spent): Promise<Delivered> {
    for (let attempt = 0; attempt < turnAttempts; attempt += 1) {
      const asked = timer.now();
      let entry: Entry;
      try {
        entry = await call.enter();
      } catch (error) {
        return notSent(closing.aborted ? 'the client is closed' : messageOf(error));
      }
      const sentAt = timer.now();
      spent.waiting += sentAt - asked;
      const { turn } = entry;
      try {
        const request = call.prepare();
        if (request === undefined) {
          turn.unused();
          return { delivery: undefined, sentAt };
        }
        sent += 1;
        const delivery = await line.send(request, call.options, turn.until);
        if (delivery.kind !== 'late') {
          spent.sending += timer.now() - sentAt;
          return { delivery, sentAt };
        }
        sent -= 1;
        turn.unused();
      } finally {
        entry.leave();
      }
    }
    return notSent('each turn had passed before the call could be sent');
  }

  async function deliverApart(call: Outgoing, spent: Spent): Promise<Delivered> {
    const line = transport.open();
    try {
      return await deliverOver(line, call, spent);
    } finally {
      await line.close();
    }
  }

  return {
    get sent() {
      return sent;
    },
    deliver: (call, spent) => (call.fresh ? deliverApart(call, spent) : deliverOver(transport, call, spent)),
  };
}

function notSent(why: string): Delivered {
  return { delivery: { kind: 'not-sent', cause: 'fenced', message: heldBack(why).message }, sentAt: 0 };
}
