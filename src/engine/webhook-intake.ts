import { BridgeError, messageOf } from '../lib/errors.ts';
import { isDataError } from '../store/db.ts';
import { type ArrivedEvent, type StoredArrival, storeEvents } from '../store/webhooks.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';

/** Events of one statement: a second of the rate at which OTO could send them takes a few. */
const most = 500;
/** Statements at a time: the second and those after it only where so many wait that the one under way is slow. */
const mostWriters = 4;
const slowFrom = 16;
/** Events that wait for the database. More than these are told to come again, before the memory is full of them. */
const mostWaiting = 20_000;

interface Waiting {
  readonly event: ArrivedEvent;
  readonly stored: PromiseWithResolvers<StoredArrival>;
}

export interface WebhookIntake {
  /** Ends when the event is in the database, for good. @throws when it is not */
  store(event: ArrivedEvent): Promise<StoredArrival>;
}

/**
 * Stores what comes at the same time in one statement: while one is under way, the next fills up. So a lone event waits for nobody, and a
 * thousand of a second cost few commits.
 */
export function webhookIntake({ db, log, config }: Bridge): WebhookIntake {
  const lateDays = config.webhooks?.lateDays ?? 1;
  let waiting: Waiting[] = [];
  let writers = 0;

  async function write(some: readonly Waiting[]): Promise<void> {
    try {
      const arrivals = await storeEvents(
        db,
        some.map(({ event }) => event),
        lateDays,
      );
      for (const [index, { stored }] of some.entries()) stored.resolve(arrivals[index] as StoredArrival);
    } catch (error) {
      const [only] = some;
      // What the database cannot hold must not take those with it that came beside it.
      if (isDataError(error) && some.length > 1) {
        for (const one of some) await write([one]);
        return;
      }
      if (isDataError(error))
        log.error({ type: only?.event.type, reason: messageOf(error) }, 'an event of OTO cannot be stored');
      for (const { stored } of some) stored.reject(error);
    }
  }

  async function writeAll(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const some = waiting.slice(0, most);
        waiting = waiting.slice(most);
        await write(some);
      }
    } finally {
      writers -= 1;
    }
  }

  return {
    store(event) {
      if (waiting.length >= mostWaiting)
        return Promise.reject(
          new BridgeError(engineErrors.WEBHOOKS_FULL, {
            message: `${mostWaiting} events wait for the database.`,
            hint: 'Does it answer, and how fast?',
          }),
        );
      const stored = Promise.withResolvers<StoredArrival>();
      waiting.push({ event, stored });
      if (writers === 0 || (writers < mostWriters && waiting.length >= slowFrom)) {
        writers += 1;
        // The requests of this turn of the event loop come along.
        setImmediate(() => void writeAll());
      }
      return stored.promise;
    },
  };
}
