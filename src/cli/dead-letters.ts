import type { DeadLetter } from '../jobs/dead.ts';
import { BridgeError } from '../lib/errors.ts';
import { cliErrors } from './errors.ts';
import { moment, table } from './output.ts';

export function deadJson(letter: DeadLetter): Record<string, unknown> {
  return { ...letter, queuedAt: letter.queuedAt.toISOString(), deadAt: letter.deadAt.toISOString() };
}

export function deadText(letters: readonly DeadLetter[], timezone: string): string {
  if (letters.length === 0) return 'There are no dead letters.';
  return [
    table(
      ['id', 'queue', 'tries', 'queued', 'given up', 'holds', 'why'],
      letters.map((letter) => [
        letter.id,
        letter.queue,
        letter.tries,
        moment(letter.queuedAt, timezone),
        moment(letter.deadAt, timezone),
        letter.operations.length === 0 ? 'nothing' : `${letter.operations.length} operations`,
        letter.cause.slice(0, 120),
      ]),
    ),
    '',
    'What they hold is not worked on until `oto-bridge operations retry --dead --yes` queues them again.',
  ].join('\n');
}

/** Those that were shown under the token. @throws BridgeError CLI_USAGE where one of them is gone */
export function requireShownDead(token: string, letters: readonly DeadLetter[]): readonly DeadLetter[] {
  const ids = new Set(token.split(','));
  const shown = letters.filter(({ id }) => ids.has(id));
  if (shown.length === ids.size) return shown;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `${ids.size} dead letters were shown; ${shown.length} of them are still there. Nothing was queued.`,
    hint: 'Run the command without --yes to see what there is now.',
  });
}
