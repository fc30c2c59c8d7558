/** What can leak, looked at from outside of the process. */
import { readdir, readFile } from 'node:fs/promises';
import type { Database } from '../../src/store/db.ts';
import { schema } from './site.ts';

export interface Sample {
  /** Since the start. */
  readonly minutes: number;
  readonly rssMb: number;
  /** What is left on the heap, and outside of it in the name of the heap, after a collection; null before the first. */
  readonly heapMb: number | null;
  readonly fds: number;
  readonly threads: number;
  /** Of all workers, to the database. */
  readonly connections: number;
  /** Bytes of all tables with their indexes, and of the catalogue that grows with every table made. */
  readonly tablesMb: number;
  readonly catalogueMb: number;
  readonly deadRows: number;
  readonly documents: number;
  readonly tables: Readonly<Record<string, TableSample>>;
}

export interface TableSample {
  readonly rows: number;
  readonly dead: number;
  readonly kb: number;
}

export async function takeSample(
  { db, heapFile }: { readonly db: Database; readonly heapFile: string },
  pid: number,
  minutes: number,
): Promise<Sample> {
  const heap = Number(await readFile(heapFile, 'utf8').catch(() => 0));
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const fds = await readdir(`/proc/${pid}/fd`);
  const tables = await tablesOf(db);
  const { connections, catalogue, documents } = await db.one<{
    connections: number;
    catalogue: number;
    documents: number;
  }>(
    `select (select count(*) from pg_stat_activity where backend_type = 'client backend' and application_name not in ('soak', 'oto-bridge member')) as connections,
       (select sum(pg_total_relation_size(oid)) from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r')::bigint as catalogue,
       (select count(*) from document) as documents`,
  );
  const values = Object.values(tables);
  return {
    minutes: round(minutes),
    rssMb: round(field(status, 'VmRSS') / 1024),
    heapMb: heap === 0 ? null : round(heap / 1_048_576),
    fds: fds.length,
    threads: field(status, 'Threads'),
    connections: Number(connections),
    tablesMb: round(values.reduce((sum, table) => sum + table.kb, 0) / 1024),
    catalogueMb: round(Number(catalogue) / 1_048_576),
    deadRows: values.reduce((sum, table) => sum + table.dead, 0),
    documents: Number(documents),
    tables,
  };
}

/** Both schemas; the partitions of staged stock together. */
async function tablesOf(db: Database): Promise<Record<string, TableSample>> {
  const rows = await db.query<{ name: string; rows: number; dead: number; bytes: number }>(
    `select case when relname ~ '^stock_row' then 'stock_row' when schemaname = $2 then 'jobs.' || relname else relname end as name,
       sum(n_live_tup)::bigint as rows, sum(n_dead_tup)::bigint as dead, sum(coalesce(pg_total_relation_size(relid), 0))::bigint as bytes
     from pg_stat_user_tables where schemaname in ($1, $2) group by 1 order by 1`,
    [schema, `${schema}_jobs`],
  );
  return Object.fromEntries(
    rows.map(({ name, rows: live, dead, bytes }) => [
      name,
      { rows: Number(live), dead: Number(dead), kb: Math.round(Number(bytes) / 1024) },
    ]),
  );
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
