import type { Dialect } from './tokens.ts';
import { aroundTsql, bracketed } from './tsql.ts';

/** Statements of our own, as a dialect says them. */
export interface Grammar {
  readonly port: number;
  /** A name, quoted. */
  quoted(name: string): string;
  /** A statement around a SELECT of the configuration. */
  around(before: string, query: string, after: string): string;
  /** The database's clock in UTC, as `2026-11-20T08:15:00.123`. */
  readonly clock: string;
  /** Keeps a command's id; meets no row where it is kept already, also by another process that has not ended yet. */
  keepOnce(table: string): string;
}

// On lines of their own: a query may end in a comment.
const around: Grammar['around'] = (before, query, after) => `${before} (\n${query}\n) oto_bridge_query ${after}`;

const columns = '(operation, applied_at)';

export const grammars: Readonly<Record<Dialect, Grammar>> = {
  postgres: {
    port: 5432,
    quoted: (name) => `"${name.replaceAll('"', '""')}"`,
    around,
    clock: `select to_char(statement_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS')`,
    keepOnce: (table) => `insert into ${table} ${columns} values (:operation, :at) on conflict do nothing`,
  },
  mysql: {
    port: 3306,
    quoted: (name) => `\`${name.replaceAll('`', '``')}\``,
    around,
    clock: "select date_format(now(3), '%Y-%m-%dT%H:%i:%s.%f')",
    keepOnce: (table) => `insert ignore into ${table} ${columns} values (:operation, :at)`,
  },
  sqlserver: {
    port: 1433,
    quoted: bracketed,
    around: aroundTsql,
    clock: 'select convert(varchar(23), sysutcdatetime(), 126)',
    keepOnce: (table) =>
      `insert into ${table} ${columns} select :operation, :at where not exists (select 1 from ${table} with (updlock, holdlock) where operation = :operation)`,
  },
};
