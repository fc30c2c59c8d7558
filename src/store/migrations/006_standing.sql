-- Up Migration

-- The newest slot of each schedule that was handed to the workers: once over all processes, however long the queue keeps its jobs.
create table schedule (
  name text primary key,
  -- Expression and time zone. Another one begins anew: its earlier slots were never promised.
  definition text not null,
  slot timestamptz not null,
  updated_at timestamptz not null default now()
);

-- What stands at work, for `status`. A row is renewed every few seconds; one that was not has lost its process.
create table worker (
  id uuid primary key,
  host text not null,
  pid int not null,
  version text not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
) with (fillfactor = 50);

-- Deleting a run looks for what refers to it.
create index on snapshot (run_id);
create index on plan (run_id);

-- Rows here live short or change often. With the server's defaults a fifth of a table has to be dead before it is vacuumed, which for
-- tables of millions of rows is too late.
alter table operation set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.05);
alter table operation_event set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
alter table plan_item set (autovacuum_vacuum_scale_factor = 0.05);
alter table oto_stock set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
alter table product set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
alter table pause set (fillfactor = 50);
alter table checkpoint set (fillfactor = 50, autovacuum_vacuum_threshold = 20);
alter table schedule set (fillfactor = 50, autovacuum_vacuum_threshold = 20);
