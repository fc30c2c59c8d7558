import type { Bound } from './statement.ts';
import type { Dialect } from './tokens.ts';

/** One row of a result: every value as the text that the database makes of it. Times are in UTC where they carry a zone. */
export type Row = Readonly<Record<string, string | null>>;

/** One connection, in one transaction. Closing it without `commit` takes back what was written. */
export interface Transaction extends AsyncDisposable {
  /** Rows, and how many were changed. */
  run(statement: Bound): Promise<{ readonly rows: readonly Row[]; readonly affected: number }>;
  /**
   * The rows of a SELECT, in portions, as they come: at no time are all of them in memory. `order` names the columns that they are ordered by, for
   * a dialect in which the statement's own order is lost.
   */
  portions(statement: Bound, size: number, order?: readonly string[]): AsyncIterable<readonly Row[]>;
  /** Names of a SELECT's columns, where the database tells them without running it. */
  columns?(statement: Bound): Promise<readonly string[]>;
  commit(): Promise<void>;
}

export interface Database {
  readonly dialect: Dialect;
  /** Whether all that one transaction reads is one moment's truth: only then does a count prove that nothing is missing. */
  readonly oneMoment: boolean;
  /** `read`: a transaction that is never committed. */
  begin(kind: 'read' | 'write', signal: AbortSignal): Promise<Transaction>;
  /** Payloads of a channel; ends with `signal`, throws when the connection is lost. Absent where the database has no such thing. */
  listen?(channel: string, signal: AbortSignal): AsyncIterable<string>;
}

/** What every driver needs to connect. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly ssl: { readonly ca: string } | undefined;
  readonly timeoutMs: number;
  /** Path of the options, for messages. */
  readonly path: string;
  /** What went wrong, as an error for people. `what` names the query. */
  readonly explain: (error: unknown, signal: AbortSignal, what?: string) => Error;
}
