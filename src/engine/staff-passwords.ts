import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { BridgeError } from '../lib/errors.ts';
import { engineErrors } from './errors.ts';
import { plainPin } from './staff-pin.ts';

/**
 * Argon2id with 64 MiB, three passes and one lane (RFC 9106, section 4, its choice for little memory, in one lane): some 80 ms of one
 * processor, which a person does not feel and a guesser of PINs does.
 */
const cost = { memoryCost: 65_536, timeCost: 3, parallelism: 1 };
/** Two at once take 128 MiB, however many people sign in. Who would wait behind a hundred others is told to come again. */
const bounds = { atOnce: 2, waiting: 100 };

export interface Passwords {
  hash(pin: string): Promise<string>;
  /** `stored` undefined: nobody has that name. It takes the same work, and never fits. @throws BridgeError STAFF_BUSY */
  verify(stored: string | undefined, pin: string): Promise<boolean>;
  /** How often the function was worked out, for whatever reason. */
  readonly worked: number;
}

export function createPasswords({ atOnce, waiting: longest } = bounds): Passwords {
  let worked = 0;
  let running = 0;
  const waiting: (() => void)[] = [];

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= longest) throw busy();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await promise;
    } else {
      running += 1;
    }
    try {
      worked += 1;
      return await work();
    } finally {
      // Whoever is next takes over the place.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  // Of a PIN that nobody knows, made at the first use and then kept.
  let nobodys: Promise<string> | undefined;
  return {
    hash: (pin) => inTurn(() => hash(plainPin(pin), cost)),
    async verify(stored, pin) {
      nobodys ??= hash(randomBytes(32), cost);
      const another = await nobodys;
      const fits = await inTurn(() => verify(stored ?? another, plainPin(pin)));
      return fits && stored !== undefined;
    },
    get worked() {
      return worked;
    },
  };
}

function busy(): BridgeError {
  return new BridgeError(engineErrors.STAFF_BUSY, {
    message: 'Too many people sign in at this moment.',
    hint: 'Try again in a few seconds.',
  });
}
