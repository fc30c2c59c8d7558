import type { Bound, Dialect } from './statement.ts';

/** One row of a result: every value as the text that the database makes of it. Times are in UTC where they carry a zone. */
export type Row = Readonly<Record<string, string | null>>;

/** One connection, in one transaction. Closing it without `commit` takes back what was written. */
export interface Transaction extends AsyncDisposable {
  /** Rows, and how many were changed. */
  run(statement: Bound): Promise<{ readonly rows: readonly Row[]; readonly affected: number }>;
  /** The rows of a SELECT, in portions, as they come: at no time are all of them in memory. */
  portions(statement: Bound, size: number): AsyncIterable<readonly Row[]>;
  commit(): Promise<void>;
}

export interface Database {
  readonly dialect: Dialect;
  /** `read`: a transaction that cannot write, and sees one moment's truth. */
  begin(kind: 'read' | 'write', signal: AbortSignal): Promise<Transaction>;
  /** Payloads of a channel; ends with `signal`, throws when the connection is lost. Absent where the database has no such thing. */
  listen?(channel: string, signal: AbortSignal): AsyncIterable<string>;
}

/** What both drivers need to connect. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly ssl: { readonly ca: string } | undefined;
  readonly timeoutMs: number;
  /** What went wrong, as an error for people. `what` names the query. */
  readonly explain: (error: unknown, signal: AbortSignal, what?: string) => Error;
}
