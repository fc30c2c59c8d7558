-- Up Migration

-- What a run of a whole flow brought, by name: rows read, operations landed, rows of each location. By these it is known later when
-- something has stopped coming. Null: a run that tells nothing (it failed, only planned, or was for one SKU).
alter table run add column signs jsonb;

-- Since when the slots of a schedule are promised.
alter table schedule add column since timestamptz not null default now();

-- ERP location codes that stock was read for, and in which snapshot last. A location of OTO may be the sum of several: where one of them
-- stays away, the sum of the others is no figure.
create table erp_code (
  source text not null,
  code text not null,
  snapshot_id bigint not null,
  primary key (source, code)
);
