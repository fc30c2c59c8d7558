import { BridgeError, isBridgeError } from './errors.ts';
import type { Redactor } from './redact.ts';

/** The same error without secrets in its text, stack, data and cause: what a foreign connector or a driver throws may quote one. */
export function cleanError(error: unknown, redactor: Redactor): unknown {
  if (typeof error === 'string') return redactor.text(error);
  if (!(error instanceof Error) && !isBridgeError(error)) return error;
  const whole = wholeText(error);
  if (redactor.text(whole) === whole) return error;
  const cause = error.cause === undefined ? undefined : cleanError(error.cause, redactor);
  const clean = isBridgeError(error)
    ? new BridgeError(
        { code: error.code, recovery: error.recovery, meaning: '' },
        {
          ...(redactor.data({ message: error.message, hint: error.hint, place: error.place, data: error.data }) as {
            message: string;
          }),
          cause,
        },
      )
    : Object.assign(new Error(redactor.text(error.message), { cause }), { name: error.name, ...codeOf(error) });
  if (error.stack !== undefined) clean.stack = redactor.text(error.stack);
  return clean;
}

function codeOf(error: Error): { code?: string } {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? { code } : {};
}

function wholeText(error: unknown, depth = 0): string {
  if (depth > 5) return '';
  if (!(error instanceof Error) && !isBridgeError(error)) return String(error);
  const { message, stack, cause } = error;
  const rest = isBridgeError(error) ? JSON.stringify([error.hint, error.place, error.data]) : '';
  return [message, stack, rest, cause === undefined ? '' : wholeText(cause, depth + 1)].join('\n');
}
