/**
 * One error class for the whole bridge. A code says what went wrong and stays stable between releases; the text says what
 * happened, what it means, and what to do next. Each folder declares its codes in its own `errors.ts` with `errorTable`;
 * a test collects all tables into `docs/errors.md`.
 */

/** What the one who meets the error should do: the recovery is part of the code, never guessed from the text. */
export type Recovery =
  /** The configuration or the environment has to be changed; repeating cannot help. */
  | 'fix-config'
  /** The data has to be changed at its source. */
  | 'fix-data'
  /** Passing trouble: a repeat, later, can help. */
  | 'retry'
  /** A person has to decide. */
  | 'ask'
  /** A fault of the bridge itself. */
  | 'report';

export interface ErrorCode {
  readonly code: string;
  readonly recovery: Recovery;
  /** One sentence for the table in the documentation. */
  readonly meaning: string;
}

/** Where the trouble is, as far as it is known. */
export interface ErrorPlace {
  readonly path?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: string | undefined;
  readonly value?: string | undefined;
}

export interface ErrorText {
  /** What happened, with the names and values that identify it. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string | undefined;
  readonly place?: ErrorPlace | undefined;
  readonly cause?: unknown;
  /** Plain data for `--json` output. Must not hold secrets. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

const brand = Symbol.for('oto-bridge.error');

export class BridgeError extends Error {
  readonly [brand] = true;
  readonly code: string;
  readonly recovery: Recovery;
  readonly hint: string | undefined;
  readonly place: ErrorPlace | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, text: ErrorText) {
    super(text.message, text.cause === undefined ? undefined : { cause: text.cause });
    this.name = 'BridgeError';
    this.code = code.code;
    this.recovery = code.recovery;
    this.hint = text.hint;
    this.place = text.place;
    this.data = text.data;
  }

  /** The form printed by `--json`. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      recovery: this.recovery,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.place === undefined ? {} : { place: this.place }),
      ...(this.data === undefined ? {} : { data: this.data }),
    };
  }
}

/** True for our error, also when a second copy of the package created it (a connector from npm). */
export function isBridgeError(error: unknown): error is BridgeError {
  return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true;
}

/** Declares a folder's codes: `{ CONFIG_INVALID: ['fix-config', 'The configuration …'] }` gives one `ErrorCode` a key. */
export function errorTable<const Key extends string>(
  rows: Readonly<Record<Key, readonly [recovery: Recovery, meaning: string]>>,
): { readonly [K in Key]: ErrorCode } {
  const entries = Object.entries<readonly [Recovery, string]>(rows).map(
    ([code, [recovery, meaning]]) => [code, { code, recovery, meaning }] as const,
  );
  return Object.fromEntries(entries) as { [K in Key]: ErrorCode };
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  // What a library throws need not be an Error.
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return typeof message === 'string' ? message : String(error);
}
