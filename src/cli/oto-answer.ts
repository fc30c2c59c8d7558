import type { z } from 'zod';
import { BridgeError } from '../lib/errors.ts';
import { secretValues } from '../lib/secret.ts';
import { type ApiName, codeRow, type Endpoint, type Ok, readError, repeatHelps, type Trouble } from '../oto/index.ts';
import { cliErrors } from './errors.ts';

const afterUnknown = {
  repeat: 'Call it again.',
  'resend-if-unchanged': 'Read back whether it was taken before you call it again.',
  look: 'Calling it again answers whether it was taken: OTO refuses what is there already.',
  park: 'No call tells whether it was taken: look on the screens of OTO before you call it again.',
} as const satisfies Record<Endpoint['lostAnswer'], string>;

/** What a call that was not taken, or may have been, ends the command with. */
export function troubleOf(row: Endpoint, outcome: Trouble): BridgeError {
  const { kind, message } = outcome;
  if (kind === 'unknown' && row.effect === 'write') {
    return new BridgeError(cliErrors.CLI_OTO_UNKNOWN, {
      message: `OTO ${row.name}: nobody knows whether it was taken. It was sent once and is not repeated. ${message}`,
      hint: [meaningOf(outcome), afterUnknown[row.lostAnswer]].filter(Boolean).join(' '),
      data: { endpoint: row.name, outcome },
    });
  }
  const error = readError(row.name as ApiName, outcome, 1, undefined);
  const hint = meaningOf(outcome) ?? error.hint;
  const { code, recovery } = error;
  return new BridgeError({ code, recovery, meaning: '' }, { message: error.message, hint, data: error.data });
}

const repeats = {
  later: 'The same call may be taken later.',
  'after-looking': 'Look whether it was taken before you call it again.',
  no: 'The same call is refused again.',
} as const;

/** What OTO's code means, and whether calling again can help. */
function meaningOf(outcome: Trouble): string | undefined {
  const code = 'otoCode' in outcome ? outcome.otoCode : undefined;
  const row = codeRow(code);
  return row === undefined || code === undefined
    ? undefined
    : `${code} means: ${row.meaning}. ${repeats[repeatHelps(code)]}`;
}

/** An answer as OTO wrote it. */
export function answerOf({ raw }: Pick<Ok<unknown>, 'raw'>): unknown {
  return JSON.parse(raw.startsWith('\uFEFF') ? raw.slice(1) : raw);
}

/** The same with the values that the schema marks as secrets left out. */
export function withoutSecrets(schema: z.ZodType, value: unknown): unknown {
  const secrets = new Set(secretValues(schema, value).filter((text) => text !== ''));
  const clean = (part: unknown): unknown => {
    if (typeof part === 'string') return secrets.has(part) ? '[secret]' : part;
    if (Array.isArray(part)) return part.map(clean);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, clean(inner)]));
  };
  return clean(value);
}
